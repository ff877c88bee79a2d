//! Which of its formats a camera is asked for, and what it gave: size, rate and pixel format can all come out otherwise.

use std::fmt;

use super::abi::{FourCc, Fraction, QueueKind};
use super::device::{self, CaptureDevice};
use super::pixels::{self, PixelLayout};
use crate::error::{Error, Result};
use crate::options::{Codec, Video};
use crate::source::encode::Colours;
use crate::units::{Fps, Size};

/// What has only to be encoded, in the order of preference: what comes nearest to what encoders take first.
const RAW: [FourCc; 10] = [
    FourCc::I420,
    FourCc::YV12,
    FourCc::NV12,
    FourCc::NV21,
    FourCc::NV16,
    FourCc::YUYV,
    FourCc::UYVY,
    FourCc::YVYU,
    FourCc::RGB24,
    FourCc::BGR24,
];

/// What is understood, in the order of preference: what has to be neither decoded nor encoded, then what has only to be
/// encoded, then what has to be decoded before, and at last what has no colours. JPEG is MJPEG by another name.
pub fn understood(codec: Codec) -> Vec<FourCc> {
    let jpeg = [FourCc::MJPEG, FourCc::JPEG];
    let grey = [FourCc::GREY];
    match codec {
        Codec::H264 => [&[FourCc::H264][..], &RAW, &jpeg, &grey].concat(),
        Codec::Mjpeg => [&jpeg[..], &RAW, &grey].concat(),
    }
}

/// What -w 0 and -h 0 ask for. Every driver answers with the largest that it has.
const LARGEST: u32 = 16_383;

/// What the camera will give.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    pub layout: PixelLayout,
    pub colours: Colours,
    /// `None` where the device does not tell.
    pub interval: Option<Fraction>,
}

impl Format {
    /// The rate in whole frames a second: the nearest, at least 1.
    pub fn fps(&self, asked: Fps) -> Fps {
        let Some(interval) = self.interval else {
            return asked.or_default();
        };
        Fps((interval.frames_per_second().round() as u32).clamp(1, 1000))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.layout.size, self.layout.format)?;
        match self.interval {
            Some(interval) => write!(f, " at {} frames a second", interval.rate()),
            None => write!(f, " at its own rate"),
        }
    }
}

/// Sets the camera to the format that comes nearest to what is asked for: the first that has size and rate, else the one
/// with the nearest size, else the one with the highest rate.
pub fn negotiate(camera: &CaptureDevice, video: &Video) -> Result<Format> {
    let offered = device::pixel_formats(&camera.device, QueueKind::Capture);
    let mut usable = understood(video.codec);
    usable.retain(|format| offered.contains(format));
    let mut best: Option<(FormatDistance, FourCc)> = None;
    for &pixel_format in &usable {
        let Some(format) = try_format(camera, video, pixel_format)? else {
            continue;
        };
        let distance = FormatDistance::new(&format, video);
        if distance == FormatDistance::NONE {
            return Ok(format);
        }
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, pixel_format));
        }
    }
    let Some((_, pixel_format)) = best else {
        return Err(no_format(camera, video.codec, &offered));
    };
    try_format(camera, video, pixel_format)?.ok_or_else(|| no_format(camera, video.codec, &offered))
}

/// Asks for one format; `None` when the device answers with another, or with none that can be.
fn try_format(
    camera: &CaptureDevice,
    video: &Video,
    pixel_format: FourCc,
) -> Result<Option<Format>> {
    let or_largest = |side| if side == 0 { LARGEST } else { side };
    let size = Size {
        width: or_largest(video.size.width),
        height: or_largest(video.size.height),
    };
    let got = camera
        .device
        .set_format(size, pixel_format)
        .map_err(|errno| device::failed("setting the format of", &camera.path, errno))?;
    if got.pixel_format != pixel_format {
        return Ok(None);
    }
    let asked = Fraction {
        numerator: 1,
        denominator: video.fps.or_default().0,
    };
    // Not every driver has a rate to set (ENOTTY): it gives what it gives.
    let interval = camera
        .device
        .set_interval(QueueKind::Capture, asked)
        .unwrap_or(None);
    Ok(PixelLayout::new(&got).map(|layout| Format {
        layout,
        colours: pixels::colours(&got),
        interval,
    }))
}

/// How far a format is from what is asked for; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FormatDistance {
    pixels: u64,
    /// Frames a second too few.
    too_slow: u32,
}

impl FormatDistance {
    const NONE: Self = Self {
        pixels: 0,
        too_slow: 0,
    };

    fn new(format: &Format, video: &Video) -> Self {
        let size = format.layout.size;
        let off = |asked: u32, got: u32| match asked {
            0 => LARGEST - got.min(LARGEST),
            asked => asked.abs_diff(got),
        };
        let (across, down) = (
            off(video.size.width, size.width),
            off(video.size.height, size.height),
        );
        let fps = video.fps.or_default();
        Self {
            pixels: u64::from(across) + u64::from(down),
            too_slow: fps.0.saturating_sub(format.fps(fps).0),
        }
    }
}

fn no_format(camera: &CaptureDevice, codec: Codec, offered: &[FourCc]) -> Error {
    let listed = |formats: &[FourCc]| match formats {
        [] => "nothing".to_owned(),
        formats => {
            let names: Vec<_> = formats.iter().map(FourCc::to_string).collect();
            names.join(" ")
        }
    };
    Error::Camera(format!(
        "the camera {} ({}) gives {}, and none of what is understood: {}; another device of the same camera may be the \
         right one (--source v4l2:/dev/videoN)",
        camera.path.display(),
        camera.capability.card,
        listed(offered),
        listed(&understood(codec)),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::abi::PixelFormat;
    use super::*;
    use crate::options::Options;

    fn format(width: u32, height: u32, interval: Option<(u32, u32)>) -> Format {
        let got = PixelFormat {
            width,
            height,
            pixel_format: FourCc::YUYV,
            ..PixelFormat::default()
        };
        Format {
            layout: PixelLayout::new(&got).expect("a possible size"),
            colours: Colours::BT709,
            interval: interval.map(|(numerator, denominator)| Fraction {
                numerator,
                denominator,
            }),
        }
    }

    fn distance(format: &Format, width: u32, height: u32, fps: u32) -> FormatDistance {
        let mut video = Options::raspivid().video;
        video.size = Size { width, height };
        video.fps = Fps(fps);
        FormatDistance::new(format, &video)
    }

    #[test]
    fn a_format_with_size_and_rate_is_no_distance_away() {
        let vga = format(640, 480, Some((1, 30)));
        assert_eq!(distance(&vga, 640, 480, 30), FormatDistance::NONE);
        assert_eq!(distance(&vga, 640, 480, 15), FormatDistance::NONE);
        assert_eq!(
            distance(&format(640, 480, None), 640, 480, 90),
            FormatDistance::NONE
        );
        let ntsc = format(640, 480, Some((1001, 30_000)));
        assert_eq!(distance(&ntsc, 640, 480, 30), FormatDistance::NONE);
    }

    #[test]
    fn the_size_counts_more_than_the_rate() {
        let slow = format(1280, 720, Some((1, 5)));
        let small = format(640, 480, Some((1, 30)));
        assert!(distance(&slow, 1280, 720, 30) < distance(&small, 1280, 720, 30));
        let fast = format(1280, 720, Some((1, 25)));
        assert!(distance(&fast, 1280, 720, 30) < distance(&slow, 1280, 720, 30));
    }

    #[test]
    fn no_size_asks_for_the_largest() {
        let small = format(640, 480, Some((1, 30)));
        let large = format(1920, 1080, Some((1, 30)));
        assert!(distance(&large, 0, 0, 30) < distance(&small, 0, 0, 30));
    }

    #[test]
    fn rates_are_told_as_they_are() {
        let text = format(640, 480, Some((1001, 30_000))).to_string();
        assert_eq!(text, "640x480 in YUYV at 29.97 frames a second");
        assert_eq!(format(640, 480, None).fps(Fps(25)), Fps(25));
        assert_eq!(format(640, 480, Some((10, 1))).fps(Fps(25)), Fps(1));
    }
}
