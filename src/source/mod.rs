//! Where frames come from. `open` is the only place that knows all kinds.

pub(crate) mod auto;
pub(crate) mod clock;
pub mod encode;
pub(crate) mod file;
pub mod holders;
pub(crate) mod honoured;
pub(crate) mod missing;
pub mod mmal;
pub(crate) mod needs;
mod quiet;
pub mod rpicam;
mod shared;
pub(crate) mod test;
pub mod v4l2;

use std::time::Duration;

use crate::error::Result;
use crate::frame::Frame;
use crate::log;
use crate::options::{self, Options, SourceChoice};
use crate::system::System;

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

/// Pictures that came and were of no use, since the last that was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    pub pictures: u64,
    /// Why the last of them was none; empty while there was none.
    pub reason: String,
}

impl Broken {
    /// More of them came. The first is told; a stall tells of those that follow.
    pub fn note(&mut self, pictures: u64, reason: String) {
        if self.reason.is_empty() {
            log::warn!(
                "a picture of the camera is broken and left out, as others will be: {reason}"
            );
        }
        self.pictures += pictures;
        self.reason = reason;
    }
}

/// A source of frames. Dropping it sets the camera free.
pub trait Source {
    /// Fills `frame` with the next picture, waiting for at most `wait`. This is the only place where a session waits.
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next>;

    /// Asks for a key frame soon: a wish, which a source that cannot grant it ignores.
    fn request_key_frame(&mut self) {}

    /// Starts or pauses the capture itself, as SIGUSR1 asks with `-s`. False where the source cannot: then it goes on, and
    /// its frames are thrown away.
    fn set_capturing(&mut self, _capturing: bool) -> Result<bool> {
        Ok(false)
    }

    /// Whether pictures are shown in the order in which they come, in every stream that this source can give: then decoders
    /// may be told so (`h264::shown_as_decoded`).
    fn shows_as_decoded(&self) -> bool {
        false
    }

    /// How many frames the source itself had to drop so far, because it or its reader was too slow.
    fn dropped(&self) -> u64 {
        0
    }

    /// What came in place of frames; for the message when none does.
    fn broken(&self) -> Option<&Broken> {
        None
    }
}

/// Opens the source that the options ask for, with the `-v` report and the warning about what it cannot honour.
pub fn open(options: &Options) -> Result<Box<dyn Source>> {
    match &options.source {
        SourceChoice::File(path) => {
            announce(
                options,
                &format!("file {}", path.display()),
                honoured::RECORDING,
            );
            Ok(Box::new(file::Recording::open(path, options)?))
        }
        SourceChoice::Rpicam => Ok(Box::new(rpicam::Rpicam::open(options)?)),
        SourceChoice::Test => {
            announce(options, "test card", &honoured::by_the_test_card());
            Ok(Box::new(test::open(options)?))
        }
        // Every option of the camera and the encoder is honoured: they are this camera's.
        SourceChoice::Mmal => mmal::open(options, |camera_name| report(options, camera_name)),
        SourceChoice::V4l2(device) => {
            let camera = v4l2::open(device.as_deref(), options)?;
            announce(options, &camera.name(), camera.honoured());
            Ok(Box::new(camera))
        }
        SourceChoice::Auto => open_found(options),
        SourceChoice::Shared(path) => Ok(Box::new(shared::open(path.as_deref(), options)?)),
    }
}

/// Opens the camera that the machine has.
fn open_found(options: &Options) -> Result<Box<dyn Source>> {
    let survey = auto::survey(&System::here());
    let camera = survey.choose()?;
    let passed_over = survey.passed_over();
    let why = if passed_over.is_empty() {
        "the first choice is there".to_owned()
    } else {
        passed_over.join("; ")
    };
    // In a journal the report of -v names the camera; doctor tells the choice at any time.
    let level = if options.service {
        log::Level::Debug
    } else {
        log::Level::Info
    };
    log::log!(level, "--source auto takes {camera}: {why}");
    let source = match camera {
        auto::ChosenCamera::Libcamera { .. } => SourceChoice::Rpicam,
        auto::ChosenCamera::Mmal { .. } => SourceChoice::Mmal,
        auto::ChosenCamera::V4l2(found) => SourceChoice::V4l2(Some(found.device.into())),
    };
    open(&Options {
        source,
        ..options.clone()
    })
}

fn announce(options: &Options, camera_name: &str, honoured: &[&str]) {
    report(options, camera_name);
    warn_unhonoured(options, honoured);
}

fn warn_unhonoured(options: &Options, honoured: &[&str]) {
    let unhonoured = options::unhonoured(options, honoured);
    if let Some(warning) = unhonoured.warning {
        log::warn!("{warning}");
    }
    if let Some(note) = unhonoured.note {
        log::info!("{note}");
    }
}

/// raspivid's report of `-v`.
fn report(options: &Options, camera_name: &str) {
    if options.verbose {
        log::report(&options::settings(options, camera_name));
    }
}
