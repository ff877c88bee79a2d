//! One picture as the encoders take it, from what a camera gives: `raw` formats with or without padding, or a JPEG
//! (`decoded`). Pure functions on bytes. A camera can give less than a whole picture: that is a picture to drop, not an
//! error.

mod decoded;
mod raw;
mod rgb;

pub use self::decoded::check_size;
use self::rgb::Weights;
use super::abi::{FourCc, PixelFormat};
use crate::source::encode::{Colours, I420, Matrix};
use crate::units::Size;

/// Longer sides are an error of the driver; V4L2 itself has no limit.
const LONGEST_SIDE: u32 = 16_384;

/// Rows that are further apart are an error, too: no format has more bytes a pixel, whatever the padding.
const MOST_BYTES_A_PIXEL: u32 = 8;

/// How the pictures of a camera lie in its buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelLayout {
    pub format: FourCc,
    /// As the device has it; a side can be odd.
    pub size: Size,
    /// Bytes from row to row of the first plane.
    stride: usize,
    /// What becomes of red, green and blue.
    weights: Weights,
}

/// A picture in memory, reused.
#[derive(Debug)]
pub struct Planes {
    size: Size,
    y: Vec<u8>,
    cb: Vec<u8>,
    cr: Vec<u8>,
    /// A JPEG's samples, pixel by pixel.
    decoded: Vec<u8>,
    /// A JPEG that got what it lacked.
    jpeg: Vec<u8>,
}

impl PixelLayout {
    /// From what the device answered; `None` when that cannot be.
    pub fn new(got: &PixelFormat) -> Option<Self> {
        let sides = 2..=LONGEST_SIDE;
        let strides = 0..=LONGEST_SIDE * MOST_BYTES_A_PIXEL;
        if !sides.contains(&got.width)
            || !sides.contains(&got.height)
            || !strides.contains(&got.bytes_per_line)
        {
            return None;
        }
        let row_bytes = match got.pixel_format {
            FourCc::YUYV | FourCc::UYVY | FourCc::YVYU => 2 * got.width.next_multiple_of(2),
            FourCc::RGB24 | FourCc::BGR24 => 3 * got.width,
            _ => got.width,
        };
        Some(Self {
            format: got.pixel_format,
            size: Size {
                width: got.width,
                height: got.height,
            },
            stride: got.bytes_per_line.max(row_bytes) as usize,
            weights: Weights::new(colours(got).matrix, got.quantization != LIMITED_RANGE),
        })
    }

    /// The size of what is encoded: even, because H.264 in 4:2:0 knows no other.
    pub fn even_size(&self) -> Size {
        even(self.size)
    }
}

fn even(size: Size) -> Size {
    Size {
        width: size.width & !1,
        height: size.height & !1,
    }
}

/// `enum v4l2_quantization`.
const FULL_RANGE: u32 = 1;
const LIMITED_RANGE: u32 = 2;

/// How the numbers are meant, from what the device answered (V4L2 colour spaces and their defaults, Linux media userspace
/// API, "Colorspaces").
pub fn colours(got: &PixelFormat) -> Colours {
    const REC709: u32 = 3;
    const JPEG: u32 = 7;
    const ENCODING_709: u32 = 2;
    let is_rgb = [FourCc::RGB24, FourCc::BGR24].contains(&got.pixel_format);
    let is_jpeg = [FourCc::MJPEG, FourCc::JPEG].contains(&got.pixel_format);
    let is_709 = match got.ycbcr_encoding {
        0 => got.colour_space == REC709,
        encoding => encoding == ENCODING_709,
    };
    Colours {
        matrix: if is_709 && !is_jpeg {
            Matrix::Bt709
        } else {
            Matrix::Bt601
        },
        full_range: match got.quantization {
            // JFIF has no other.
            _ if is_jpeg => true,
            // `rgb` makes the kind that every player shows right.
            _ if is_rgb => false,
            FULL_RANGE => true,
            LIMITED_RANGE => false,
            _ => got.colour_space == JPEG,
        },
    }
}

impl Planes {
    pub fn new(size: Size) -> Self {
        let mut planes = Self {
            size,
            y: Vec::new(),
            cb: Vec::new(),
            cr: Vec::new(),
            decoded: Vec::new(),
            jpeg: Vec::new(),
        };
        planes.resize(size);
        planes
    }

    fn resize(&mut self, size: Size) {
        let luma = size.width as usize * size.height as usize;
        self.size = size;
        self.y.resize(luma, 0);
        self.cb.resize(luma / 4, 0);
        self.cr.resize(luma / 4, 0);
    }

    pub fn i420(&self) -> I420<'_> {
        I420 {
            size: self.size,
            y: &self.y,
            cb: &self.cb,
            cr: &self.cr,
        }
    }

    /// Takes the picture that lies in `bytes`. A JPEG has its own size, whatever was agreed upon. Errors say what is wrong
    /// with it.
    pub fn read(&mut self, layout: &PixelLayout, bytes: &[u8]) -> Result<(), String> {
        if [FourCc::MJPEG, FourCc::JPEG].contains(&layout.format) {
            return self.read_jpeg(layout.size, bytes);
        }
        self.read_raw(layout, bytes).ok_or_else(|| {
            format!(
                "{} bytes are no picture of {} in {}",
                bytes.len(),
                layout.size,
                layout.format
            )
        })
    }

    fn width(&self) -> usize {
        self.size.width as usize
    }

    fn height(&self) -> usize {
        self.size.height as usize
    }
}

/// Rounded up, as the mean of two samples always is here.
fn mean(a: u8, b: u8) -> u8 {
    u16::midpoint(u16::from(a), u16::from(b) + 1) as u8
}

#[cfg(test)]
mod tests;
