//! `--source test`: a live test card in place of a camera, drawn and encoded here. It is for trying out
//! the way to a viewer on any machine, and for the tests, which read the counter back (`layout`).
//!
//! It is live: it keeps to the clock and leaves frames out when it is not asked for them in time.

mod canvas;
mod card;
mod encode_h264;
mod encode_jpeg;
pub mod layout;
mod overlay;
mod pace;
mod sys;
mod text;

use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use self::canvas::{Canvas, Orientation};
use self::card::{Card, Palette};
use self::encode_h264::H264;
use self::encode_jpeg::Jpeg;
use self::layout::Layout;
use self::overlay::Overlay;
use self::pace::{Due, Pace};
use super::{Next, Source};
use crate::annotation;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::options::{Codec, Options};
use crate::units::{Fps, Micros, Size};

/// The long names of the options that the card acts upon.
pub const HONOURED: &[&str] = &[
    "width",
    "height",
    "bitrate",
    "framerate",
    "intra",
    "profile",
    "level",
    "qp",
    "codec",
    "inline",
    "annotate",
    "annotateex",
    "rotation",
    "hflip",
    "vflip",
];

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
    canvas: Canvas,
    orientation: Orientation,
    /// From this row of the picture on there are parts that change with every frame.
    first_moving_row: i32,
    card: Card,
    overlay: Option<Overlay>,
    encoder: Encoder,
    pace: Pace,
    time_zone: TimeZone,
}

enum Encoder {
    H264(Box<H264>),
    Jpeg(Jpeg),
}

/// Sets up the card and its encoder. Fails on a size or a bitrate that the encoder cannot take.
pub fn open(options: &Options) -> Result<TestCard> {
    let video = &options.video;
    let fps = video.fps.or_default();
    let picture = picture_size(video.size)?;
    let (encoder, palette) = match video.codec {
        Codec::H264 => (
            Encoder::H264(Box::new(H264::new(video, picture, fps)?)),
            Palette::BT709,
        ),
        Codec::Mjpeg => (Encoder::Jpeg(Jpeg::new(video, fps)), Palette::JFIF),
    };
    let camera = &options.camera;
    let orientation = Orientation::new(camera.rotation_degrees, camera.hflip, camera.vflip);
    let layout = Layout::new(orientation.scene(picture));
    let mut card = Card::new(layout, palette, title(picture, fps));
    let mut canvas = Canvas::new(picture, palette.black);
    canvas.orient(orientation);
    card.draw_ground(&mut canvas);
    Ok(TestCard {
        canvas,
        orientation,
        first_moving_row: if orientation == Orientation::default() {
            layout.plate().top_left.y
        } else {
            0
        },
        card,
        overlay: Overlay::new(
            &options.annotation,
            annotation::application_text(video),
            palette,
            picture,
        ),
        encoder,
        pace: Pace::new(fps),
        time_zone: TimeZone::system(),
    })
}

impl Source for TestCard {
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next> {
        let (index, at) = match self.pace.ask(Micros::now()) {
            Due::Now { index, at } => (index, at),
            Due::In(time) if time > wait => {
                thread::sleep(wait);
                return Ok(Next::Idle);
            }
            Due::In(time) => {
                thread::sleep(time);
                match self.pace.ask(Micros::now()) {
                    Due::Now { index, at } => (index, at),
                    Due::In(_) => return Ok(Next::Idle),
                }
            }
        };
        self.draw(
            index,
            &Timestamp::now().to_zoned_datetime(self.time_zone.clone()),
        );
        frame.captured = at;
        match &mut self.encoder {
            Encoder::H264(h264) => h264.encode(&self.canvas, frame)?,
            Encoder::Jpeg(jpeg) => jpeg.encode(&self.canvas, frame)?,
        }
        Ok(Next::Frame)
    }

    fn request_key_frame(&mut self) {
        if let Encoder::H264(h264) = &mut self.encoder {
            h264.force_key_frame();
        }
    }

    fn dropped(&self) -> u64 {
        self.pace.dropped()
    }
}

impl TestCard {
    fn draw(&mut self, index: u64, now: &ZonedDateTime) {
        self.card
            .draw_frame(&mut self.canvas, index, now.datetime());
        let Some(overlay) = &mut self.overlay else {
            return;
        };
        let covered = overlay.covers();
        let painted_over = covered.top_left.y + covered.size.height as i32 > self.first_moving_row;
        if overlay.update(index, now) || painted_over {
            self.canvas.clip(Some(covered));
            self.card.draw_anew(&mut self.canvas, index, now.datetime());
            self.canvas.clip(None);
            overlay.draw(&mut self.canvas);
            self.canvas.orient(self.orientation);
        }
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

fn title(picture: Size, fps: Fps) -> String {
    format!("picam-stream  {picture}  {} fps", fps.0)
}
