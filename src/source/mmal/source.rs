//! The source: sets the camera up, hands out what comes, keeps the text in the picture up to date.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::inbox::{Inbox, Taken};
use super::library::Library;
use super::pipeline::Pipeline;
use super::request::Request;
use super::{Camera, cameras, devices, diagnosis};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::log;
use crate::options::Options;
use crate::source::{Next, Source};
use crate::units::Size;

/// raspivid's camera where the firmware names none.
const UNKNOWN_NAME: &str = "OV5647";
const UNKNOWN_SIZE: Size = Size {
    width: 2592,
    height: 1944,
};
/// The room that each waiting frame begins with: as much as a usual key frame.
const FRAME_BYTES: usize = 64 << 10;
/// How often a key frame is asked for while one is wanted.
const KEY_FRAME_PAUSE: Duration = Duration::from_secs(1);

/// The camera of the legacy stack.
pub struct Mmal {
    pipeline: Pipeline,
    inbox: Arc<Inbox>,
    request: Request,
    /// Whether the text may change, and the firmware takes it.
    annotates: bool,
    /// The second of the day that the text was last composed in.
    second: Duration,
    /// When a key frame was asked for that has not come yet. The first frame is one without being asked for.
    asked: Option<Instant>,
    begun: bool,
}

impl Mmal {
    /// Opens the camera; `announce` is given its name.
    pub fn open(options: &Options, announce: impl FnOnce(&str)) -> Result<Self> {
        devices::check()?;
        let library = Library::load()?;
        let camera = chosen(library, options);
        announce(&camera.name);
        let request = Request::new(options, camera.largest)?;
        let inbox = Arc::new(Inbox::new(options.video.codec, FRAME_BYTES));
        let pipeline = Pipeline::start(library, &request, &inbox).map_err(|failure| {
            Error::Camera(failure.explain(&diagnosis::facts(
                library,
                &request,
                Some(camera.largest),
            )))
        })?;
        let annotates = options.annotation.bits != 0;
        Ok(Self {
            pipeline,
            inbox,
            request,
            annotates,
            second: this_second(),
            asked: None,
            begun: false,
        })
    }

    /// Once a second: the text with the time in it. A firmware that refuses it was told of at the start.
    fn refresh_text(&mut self) {
        let second = this_second();
        if second == self.second {
            return;
        }
        self.second = second;
        if self.request.refresh_text() && self.pipeline.annotate(&self.request).is_err() {
            self.annotates = false;
        }
    }

    /// How long nothing needs doing but waiting.
    fn patience(&self, left: Duration) -> Duration {
        if !self.annotates {
            return left;
        }
        let next = self.second + Duration::from_secs(1);
        left.min(next.saturating_sub(now()).max(Duration::from_millis(1)))
    }

    fn handed_out(&mut self, frame: &Frame) -> Next {
        self.begun = true;
        if frame.key {
            self.asked = None;
        }
        Next::Frame
    }
}

impl Source for Mmal {
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next> {
        let deadline = Instant::now() + wait;
        loop {
            if self.annotates {
                self.refresh_text();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.inbox.take(frame, self.patience(left)) {
                Taken::Frame => return Ok(self.handed_out(frame)),
                Taken::Settings(settings) => log::info!("{settings}"),
                Taken::Failed => return Err(Error::Stalled(NO_DATA.to_owned())),
                Taken::Ended => return Ok(Next::End),
                Taken::Nothing if left.is_zero() => {
                    if self.inbox.dropped().1 {
                        self.request_key_frame();
                    }
                    return Ok(Next::Idle);
                }
                Taken::Nothing => {}
            }
        }
    }

    fn request_key_frame(&mut self) {
        if !self.begun || self.asked.is_some_and(|at| at.elapsed() < KEY_FRAME_PAUSE) {
            return;
        }
        self.asked = Some(Instant::now());
        if let Err(status) = self.pipeline.request_key_frame() {
            log::debug!("asking the encoder for a key frame failed: {status}");
        }
    }

    fn dropped(&self) -> u64 {
        self.inbox.dropped().0
    }
}

const NO_DATA: &str = "the camera says that its sensor gives no data. With the power off, check the ribbon cable at both ends and \
                       the small plug on the camera board that holds the lens module; a weak power supply does it too";

/// The camera that was asked for, or what raspivid takes for one that the firmware does not name: what is
/// wrong with it shows when it is opened.
fn chosen(library: Library, options: &Options) -> Camera {
    let number = options.camera.number;
    let known = cameras::list(library).unwrap_or_else(|error| {
        log::debug!("{error}");
        Vec::new()
    });
    let unknown = || Camera {
        number,
        name: UNKNOWN_NAME.to_owned(),
        largest: UNKNOWN_SIZE,
    };
    known
        .into_iter()
        .find(|camera| camera.number == number && !camera.name.is_empty())
        .unwrap_or_else(unknown)
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn this_second() -> Duration {
    Duration::from_secs(now().as_secs())
}
