//! `--source test`: a live test card in place of a camera, drawn and encoded here. It is for trying out
//! the way to a viewer on any machine, and for the tests, which read the counter back (`layout`).
//!
//! It is live: it keeps to the clock and leaves frames out when it is not asked for them in time.

mod canvas;
mod card;
mod card_text;
pub mod layout;
mod orientation;
mod overlay;
mod pace;
mod scene;

use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;

use self::card::Palette;
use self::pace::{Due, Pace};
use self::scene::Scene;
use super::encode::h264_encoder::H264;
use super::encode::jpeg_encoder::Jpeg;
use super::encode::{Colours, I420};
use super::{Next, Source};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::options::{Codec, Options, Video};
use crate::units::{Fps, Micros, Size};
use crate::zone;

/// For `-w 0` and `-h 0`, where a camera would give its sensor's size.
const DEFAULT_SIZE: Size = Size {
    width: 1920,
    height: 1080,
};

/// What openh264 takes: the shorter and the longer side at least and at most.
const SMALLEST_SIDE: u32 = 16;
const LARGEST: (u32, u32) = (2160, 3840);

/// A test card with an encoder behind it.
pub struct TestCard {
    scene: Scene,
    encoder: CardEncoder,
    pace: Pace,
    time_zone: TimeZone,
}

enum CardEncoder {
    H264(Box<H264>),
    Jpeg(Jpeg),
}

/// Sets up the card and its encoder. Fails on a size that the encoder cannot take.
pub fn open(options: &Options) -> Result<TestCard> {
    let video = &options.video;
    let fps = video.fps.or_default();
    let size = picture_size(video.size)?;
    let (encoder, palette) = match video.codec {
        Codec::H264 => (
            CardEncoder::H264(Box::new(H264::new(video, size, fps, Colours::BT709)?)),
            Palette::BT709,
        ),
        Codec::Mjpeg => (CardEncoder::Jpeg(Jpeg::new(video, fps)), Palette::JFIF),
    };
    Ok(TestCard {
        scene: Scene::new(options, size, palette, noise_pixels(video, size, fps)),
        encoder,
        pace: Pace::new(fps),
        time_zone: zone::local(),
    })
}

impl Source for TestCard {
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next> {
        let mut due = self.pace.ask(Micros::now());
        if let Due::In(time) = due {
            thread::sleep(time.min(wait));
            due = self.pace.ask(Micros::now());
        }
        let Due::Now { index, at } = due else {
            return Ok(Next::Idle);
        };
        let picture = self.scene.draw(index, &zone::now(&self.time_zone));
        let picture = I420 {
            size: picture.size(),
            y: picture.y(),
            cb: picture.cb(),
            cr: picture.cr(),
        };
        frame.taken_at(at);
        match &mut self.encoder {
            CardEncoder::H264(h264) => h264.encode(picture, frame)?,
            CardEncoder::Jpeg(jpeg) => jpeg.encode(picture, frame)?,
        }
        Ok(Next::Frame)
    }

    fn request_key_frame(&mut self) {
        if let CardEncoder::H264(h264) = &mut self.encoder {
            h264.force_key_frame();
        }
    }

    /// openh264 makes no B pictures.
    fn shows_as_decoded(&self) -> bool {
        true
    }

    fn dropped(&self) -> u64 {
        self.pace.dropped()
    }
}

/// The size of the picture: even, because H.264 in 4:2:0 knows no other.
fn picture_size(asked: Size) -> Result<Size> {
    let or_default = |side, default| if side == 0 { default } else { side };
    let width = or_default(asked.width, DEFAULT_SIZE.width);
    let height = or_default(asked.height, DEFAULT_SIZE.height);
    let size = Size {
        width: width & !1,
        height: height & !1,
    };
    if size.width.min(size.height) < SMALLEST_SIDE
        || size.width.min(size.height) > LARGEST.0
        || size.width.max(size.height) > LARGEST.1
    {
        return Err(Error::Camera(format!(
            "the test card cannot be {width}x{height}: give -w and -h from {SMALLEST_SIDE} to {}x{}",
            LARGEST.1, LARGEST.0
        )));
    }
    if asked.width % 2 + asked.height % 2 > 0 {
        log::warn!("the test card has even sides: {asked} becomes {size}");
    }
    Ok(size)
}

/// How much of the card is noise. Without any the rest of it cannot fill the bitrate that was asked for; a pixel for every
/// five bits of a picture lets the encoder come within a tenth of it and leaves the rest clean.
fn noise_pixels(video: &Video, size: Size, fps: Fps) -> u32 {
    match (video.bitrate.0, video.qp) {
        (0, _) | (_, 1..) => size.width * size.height / 64,
        (bitrate, 0) => bitrate / fps.0 / 5,
    }
}
