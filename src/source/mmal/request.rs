//! What is asked of the camera, once the sensor is known: the options with the size, level and slices that follow.

use jiff::tz::TimeZone;

use crate::annotation_text::{application_text, compose, shows_clock};
use crate::error::Result;
use crate::options::{Codec, H264Level, Options, level_for, slices_for};
use crate::units::{Bitrate, Size};
use crate::zone;

/// The options, fitted to the sensor.
#[derive(Clone, Debug)]
pub struct Request {
    pub options: Options,
    /// The sensor's own where none was asked for.
    pub size: Size,
    pub level: H264Level,
    pub slices: u32,
    /// The text of `-a` with date and time, also where the settings of the encoder take its place: what raspivid sends first.
    pub user_text: String,
    /// The text in the picture, as it is now.
    pub text: String,
    /// For the time in it; not looked for where it shows none.
    time_zone: Option<TimeZone>,
}

impl Request {
    /// # Errors
    /// `Error::Usage` where the sensor's size is more than the encoder takes at that frame rate.
    pub fn new(options: &Options, sensor: Size) -> Result<Self> {
        let asked = options.video.size;
        let or = |asked: u32, sensor: u32| if asked == 0 { sensor } else { asked };
        let size = Size {
            width: or(asked.width, sensor.width),
            height: or(asked.height, sensor.height),
        };
        let level = match options.video.codec {
            Codec::H264 => level_for(size, options.effective_fps(), options.video.level)?,
            Codec::Mjpeg => options.video.level,
        };
        let slices = slices_for(size, options.video.slices);
        let time_zone = shows_clock(&options.annotation).then(zone::local);
        let user_text = text(options, &options.annotation.text, time_zone.as_ref());
        let first = first_application_text(options);
        let text = text(options, &first, time_zone.as_ref());
        Ok(Self {
            options: options.clone(),
            size,
            level,
            slices,
            user_text,
            text,
            time_zone,
        })
    }

    /// Whether the text tells the time, and so changes by itself.
    pub fn shows_clock(&self) -> bool {
        self.time_zone.is_some()
    }

    /// In bits a second. raspivid's limit is one for numbers from 0 up: what came out below is sent as it is.
    pub fn bitrate(&self) -> u32 {
        let asked = self.options.report_only.bitrate_asked;
        if asked < 0 {
            asked.cast_unsigned()
        } else {
            self.options.video.bitrate.0
        }
    }

    /// Composes the text again. True when it has changed.
    pub fn refresh_text(&mut self) -> bool {
        let application = application_text(&self.options);
        let now = text(&self.options, &application, self.time_zone.as_ref());
        let changed = now != self.text;
        self.text = now;
        changed
    }
}

fn text(options: &Options, application: &str, time_zone: Option<&TimeZone>) -> String {
    if options.annotation.bits == 0 {
        return String::new();
    }
    let now = zone::now(time_zone.unwrap_or(&TimeZone::UTC));
    compose(&options.annotation, application, &now)
}

/// raspivid sends the settings of the encoder before it fits them into what the encoder can do.
fn first_application_text(options: &Options) -> String {
    let mut asked = options.clone();
    asked.video.bitrate = Bitrate(options.report_only.bitrate_asked.unsigned_abs());
    asked.video.level = options.report_only.level_asked;
    application_text(&asked)
}
