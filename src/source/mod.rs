//! Where frames come from. `open` is the only place that knows all kinds.

mod encode;
mod file;
pub mod test;
mod v4l2;

use std::time::Duration;

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::log;
use crate::options::{self, Options, SourceChoice};

/// What a source had to offer within the time it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The frame was filled.
    Frame,
    /// Nothing came in time; ask again.
    Idle,
    /// The source has ended by itself: nothing more will come.
    End,
}

/// A source of frames. Dropping it sets the camera free.
pub trait Source {
    /// Fills `frame` with the next picture, waiting for at most `wait`. This is the only place where a session waits.
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next>;

    /// Asks for a key frame soon: a wish, which a source that cannot grant it ignores.
    fn request_key_frame(&mut self) {}

    /// How many frames the source itself had to drop so far, because it or its reader was too slow.
    fn dropped(&self) -> u64 {
        0
    }
}

/// Opens the source that the options ask for, with the `-v` report and the warning about what it cannot honour.
pub fn open(options: &Options) -> Result<Box<dyn Source>> {
    match &options.source {
        SourceChoice::File(path) => {
            announce(options, &format!("file {}", path.display()), file::HONOURED);
            Ok(Box::new(file::Recording::open(path, options)?))
        }
        SourceChoice::Test => {
            announce(options, "test card", test::HONOURED);
            Ok(Box::new(test::open(options)?))
        }
        SourceChoice::V4l2(device) => {
            let camera = v4l2::open(device.as_deref(), options)?;
            announce(options, &camera.name(), camera.honoured());
            Ok(Box::new(camera))
        }
        SourceChoice::Auto => Err(Error::Camera(
            "no camera was found (--source auto); --source test streams a test card".into(),
        )),
    }
}

fn announce(options: &Options, camera_name: &str, honoured: &[&str]) {
    if options.verbose {
        log::report(&options::settings(options, camera_name));
    }
    if let Some(warning) = options::unhonoured(options, honoured) {
        log::warn!("{warning}");
    }
}
