//! What a V4L2 camera may put into a buffer, in any format and layout: a picture or an error, and no JPEG whose header
//! claims much more than was agreed upon.

#![no_main]

mod bounded;
mod edited;
mod pictures;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::source::v4l2::abi::{FourCc, PixelFormat};
use picam_stream::source::v4l2::pixels::{PixelLayout, Planes};

const FORMATS: [FourCc; 13] = [
    FourCc::MJPEG,
    FourCc::YUYV,
    FourCc::YVYU,
    FourCc::UYVY,
    FourCc::NV12,
    FourCc::NV21,
    FourCc::NV16,
    FourCc::I420,
    FourCc::YV12,
    FourCc::RGB24,
    FourCc::BGR24,
    FourCc::GREY,
    FourCc::H264,
];

/// The largest picture that is taken whatever was agreed upon.
const MOST_PIXELS: usize = 1920 * 1088;

fuzz_target!(|input: &[u8]| {
    // A header of a few bytes may claim such a picture, and decoding it takes its time.
    bounded::run(input, Duration::from_secs(3), |input| {
        if let [format, width, height, stride, colours, bytes @ ..] = input {
            let got = PixelFormat {
                width: u32::from(*width),
                height: u32::from(*height),
                pixel_format: FORMATS[usize::from(*format) % FORMATS.len()],
                bytes_per_line: u32::from(*stride) * 2,
                colour_space: u32::from(*colours >> 4),
                quantization: u32::from(*colours & 3),
                ..PixelFormat::default()
            };
            read(&got, bytes);
        }
    });
});

fn read(got: &PixelFormat, bytes: &[u8]) {
    let Some(layout) = PixelLayout::new(got) else {
        return;
    };
    let mut planes = Planes::new(layout.even_size());
    let edits = bytes.get(..64.min(bytes.len() & !3)).unwrap_or(&[]);
    let nearly = edited::edited(&pictures::JPEG, edits);
    let bytes = if got.pixel_format == FourCc::MJPEG && bytes.len().is_multiple_of(2) {
        &nearly
    } else {
        bytes
    };
    if let Err(why) = planes.read(&layout, bytes) {
        assert!(!why.is_empty() && why.len() < 1000);
    }
    let i420 = planes.i420();
    let pixels = i420.size.width as usize * i420.size.height as usize;
    assert!(pixels <= MOST_PIXELS && i420.y.len() == pixels);
    assert!(i420.cb.len() == pixels / 4 && i420.cr.len() == pixels / 4);
}
