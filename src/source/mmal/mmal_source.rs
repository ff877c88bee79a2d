//! The source: sets the camera up, hands out what comes, keeps the text in the picture up to date.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::inbox::{Arrived, Inbox};
use super::library::Library;
use super::pipeline::Pipeline;
use super::request::Request;
use super::{FirmwareCamera, devices, diagnosis, firmware_cameras};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::log;
use crate::options::Options;
use crate::source::{Next, Source};
use crate::units::{Micros, Size};

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
    /// When the text in the picture changes next; never where it tells no time, or the firmware does not take it.
    text_due: Option<Micros>,
    /// When a key frame was asked for that has not come yet. The first frame is one without being asked for.
    asked: Option<Micros>,
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
            failure.explain(&diagnosis::facts(library, &request, Some(camera.largest)))
        })?;
        let text_due = request.shows_clock().then(|| next_second(Micros::now()));
        Ok(Self {
            pipeline,
            inbox,
            request,
            text_due,
            asked: None,
            begun: false,
        })
    }

    /// Once a second: the text with the time in it. A firmware that refuses it was told of at the start.
    fn refresh_text(&mut self, now: Micros) {
        if self.text_due.is_none_or(|due| now < due) {
            return;
        }
        self.text_due = Some(next_second(now));
        if self.request.refresh_text() && self.pipeline.annotate(&self.request).is_err() {
            self.text_due = None;
        }
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
        let mut now = Micros::now();
        let deadline = now.after(wait);
        loop {
            self.refresh_text(now);
            let until = self.text_due.map_or(deadline, |due| due.min(deadline));
            match self.inbox.take(frame, until.since(now)) {
                Arrived::Frame => return Ok(self.handed_out(frame)),
                Arrived::Settings(settings) => log::info!("{settings}"),
                Arrived::Failed => return Err(Error::Stalled(NO_DATA.to_owned())),
                Arrived::Ended => return Ok(Next::End),
                Arrived::Nothing if now >= deadline => {
                    if self.inbox.dropped().1 {
                        self.request_key_frame();
                    }
                    return Ok(Next::Idle);
                }
                Arrived::Nothing => {}
            }
            now = Micros::now();
        }
    }

    fn request_key_frame(&mut self) {
        let now = Micros::now();
        let asked_just_now = |at| now.since(at) < KEY_FRAME_PAUSE;
        if !self.begun || self.asked.is_some_and(asked_just_now) {
            return;
        }
        self.asked = Some(now);
        if let Err(status) = self.pipeline.request_key_frame() {
            log::debug!("asking the encoder for a key frame failed: {status}");
        }
    }

    fn set_capturing(&mut self, capturing: bool) -> Result<bool> {
        let doing = if capturing { "starting" } else { "pausing" };
        let done = self.pipeline.set_capturing(capturing);
        done.map_err(|status| Error::Camera(format!("{doing} the capture failed: {status}")))?;
        Ok(true)
    }

    /// The firmware's encoder makes no B pictures.
    fn shows_as_decoded(&self) -> bool {
        true
    }

    fn dropped(&self) -> u64 {
        self.inbox.dropped().0
    }
}

const NO_DATA: &str = "the camera says that its sensor gives no data. With the power off, check the ribbon cable at both ends and \
                       the small plug on the camera board that holds the lens module; a weak power supply does it too";

/// The camera that was asked for, or what raspivid takes for one that the firmware does not name: what is
/// wrong with it shows when it is opened.
fn chosen(library: Library, options: &Options) -> FirmwareCamera {
    let number = options.camera.number;
    let known = firmware_cameras::list(library).unwrap_or_else(|error| {
        log::debug!("{error}");
        Vec::new()
    });
    let unknown = || FirmwareCamera {
        number,
        name: UNKNOWN_NAME.to_owned(),
        largest: UNKNOWN_SIZE,
    };
    known
        .into_iter()
        .find(|camera| camera.number == number && !camera.name.is_empty())
        .unwrap_or_else(unknown)
}

/// When the wall clock's next second begins.
fn next_second(now: Micros) -> Micros {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH);
    let passed = Duration::from_nanos(wall.map_or(0, |time| time.subsec_nanos()).into());
    now.after(Duration::from_secs(1).saturating_sub(passed))
}
