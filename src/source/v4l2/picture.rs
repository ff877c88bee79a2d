//! One picture as the encoders take it, from what a camera gives: packed or planar raw formats, with or without padding, or
//! a JPEG. Pure functions on bytes. A camera can give less than a whole picture: that is a picture to drop, not an error.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::abi::{FourCc, PixelFormat};
use crate::jpeg::Whole;
use crate::source::encode::{Colours, I420, Matrix};
use crate::units::Size;

/// Longer sides are an error of the driver; V4L2 itself has no limit.
const LONGEST_SIDE: u32 = 16_384;

/// How the pictures of a camera lie in its buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub format: FourCc,
    /// As the device has it; a side can be odd.
    pub size: Size,
    /// Bytes from row to row of the first plane.
    stride: usize,
}

/// A picture in memory, reused.
#[derive(Debug)]
pub struct Planes {
    size: Size,
    y: Vec<u8>,
    cb: Vec<u8>,
    cr: Vec<u8>,
    /// Y, Cb and Cr of a decoded JPEG, pixel by pixel.
    decoded: Vec<u8>,
    /// A JPEG that got tables.
    jpeg: Vec<u8>,
}

impl Layout {
    /// From what the device answered; `None` when that cannot be.
    pub fn new(got: &PixelFormat) -> Option<Self> {
        let sides = 2..=LONGEST_SIDE;
        if !sides.contains(&got.width) || !sides.contains(&got.height) {
            return None;
        }
        let row_bytes = match got.pixel_format {
            FourCc::YUYV => 2 * got.width.next_multiple_of(2),
            _ => got.width,
        };
        Some(Self {
            format: got.pixel_format,
            size: Size {
                width: got.width,
                height: got.height,
            },
            stride: got.bytes_per_line.max(row_bytes) as usize,
        })
    }

    /// The size of what is encoded: even, because H.264 in 4:2:0 knows no other.
    pub fn even_size(&self) -> Size {
        Size {
            width: self.size.width & !1,
            height: self.size.height & !1,
        }
    }
}

/// How the numbers are meant, from what the device answered (V4L2 colour spaces and their defaults, Linux media userspace
/// API, "Colorspaces").
pub fn colours(got: &PixelFormat) -> Colours {
    const REC709: u32 = 3;
    const JPEG: u32 = 7;
    const ENCODING_709: u32 = 2;
    const FULL_RANGE: u32 = 1;
    const LIMITED_RANGE: u32 = 2;
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
            FULL_RANGE => true,
            LIMITED_RANGE => false,
            _ => got.colour_space == JPEG,
        },
    }
}

impl Planes {
    pub fn new(size: Size) -> Self {
        let luma = size.width as usize * size.height as usize;
        Self {
            size,
            y: vec![0; luma],
            cb: vec![0; luma / 4],
            cr: vec![0; luma / 4],
            decoded: Vec::new(),
            jpeg: Vec::new(),
        }
    }

    pub fn i420(&self) -> I420<'_> {
        I420 {
            size: self.size,
            y: &self.y,
            cb: &self.cb,
            cr: &self.cr,
        }
    }

    /// Takes the picture that lies in `bytes`. Errors say what is wrong with it.
    pub fn read(&mut self, layout: &Layout, bytes: &[u8]) -> Result<(), String> {
        match layout.format {
            FourCc::MJPEG | FourCc::JPEG => return self.read_jpeg(bytes),
            FourCc::YUYV => self.read_yuyv(layout, bytes),
            FourCc::NV12 => self.read_nv12(layout, bytes),
            FourCc::I420 => self.read_i420(layout, bytes),
            _ => None,
        }
        .ok_or_else(|| {
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

    fn read_yuyv(&mut self, layout: &Layout, bytes: &[u8]) -> Option<()> {
        let (width, stride) = (self.width(), layout.stride);
        for pair in 0..self.height() / 2 {
            let top = bytes.get(2 * pair * stride..)?.get(..2 * width)?;
            let bottom = bytes.get((2 * pair + 1) * stride..)?.get(..2 * width)?;
            let (upper, lower) = self.y[2 * pair * width..][..2 * width].split_at_mut(width);
            take_luma(upper, top);
            take_luma(lower, bottom);
            let chroma = pair * width / 2..(pair + 1) * width / 2;
            let both = top.chunks_exact(4).zip(bottom.chunks_exact(4));
            let differences = self.cb[chroma.clone()].iter_mut().zip(&mut self.cr[chroma]);
            for ((cb, cr), (top, bottom)) in differences.zip(both) {
                *cb = mean(top[1], bottom[1]);
                *cr = mean(top[3], bottom[3]);
            }
        }
        Some(())
    }

    fn read_nv12(&mut self, layout: &Layout, bytes: &[u8]) -> Option<()> {
        let stride = layout.stride;
        self.read_luma(stride, bytes)?;
        let chroma = bytes.get(stride * layout.size.height as usize..)?;
        let half = self.width() / 2;
        for row in 0..self.height() / 2 {
            let pairs = chroma.get(row * stride..)?.get(..2 * half)?.chunks_exact(2);
            let place = row * half..(row + 1) * half;
            let differences = self.cb[place.clone()].iter_mut().zip(&mut self.cr[place]);
            for ((cb, cr), pair) in differences.zip(pairs) {
                (*cb, *cr) = (pair[0], pair[1]);
            }
        }
        Some(())
    }

    fn read_i420(&mut self, layout: &Layout, bytes: &[u8]) -> Option<()> {
        let (height, half) = (layout.size.height as usize, self.width() / 2);
        self.read_luma(layout.stride, bytes)?;
        let stride = layout.stride / 2;
        let chroma = bytes.get(layout.stride * height..)?;
        let second = chroma.get(stride * height.div_ceil(2)..)?;
        copy_rows(&mut self.cb, half, chroma, stride)?;
        copy_rows(&mut self.cr, half, second, stride)
    }

    fn read_luma(&mut self, stride: usize, bytes: &[u8]) -> Option<()> {
        let width = self.width();
        copy_rows(&mut self.y, width, bytes, stride)
    }

    fn read_jpeg(&mut self, bytes: &[u8]) -> Result<(), String> {
        let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::YCbCr);
        let (least_width, least_height) = (self.width(), self.height());
        let whole = Whole::of(bytes).map_err(|fault| fault.to_string())?;
        let jpeg = whole.completed(&mut self.jpeg);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
        decoder
            .decode_headers()
            .map_err(|error| error.to_string())?;
        let (width, height) = decoder.dimensions().unwrap_or_default();
        if width < least_width || height < least_height {
            return Err(format!(
                "a JPEG of {width}x{height} instead of {}",
                self.size
            ));
        }
        if width > LONGEST_SIDE as usize || height > LONGEST_SIDE as usize {
            return Err(format!("a JPEG of {width}x{height}"));
        }
        let length = decoder.output_buffer_size().unwrap_or(0);
        if length != width * height * 3 {
            return Err("a JPEG without colours".into());
        }
        self.decoded.resize(length, 0);
        decoder
            .decode_into(&mut self.decoded)
            .map_err(|error| error.to_string())?;
        self.take_decoded(width);
        Ok(())
    }

    /// From three bytes a pixel to planes, with the mean colour of each four.
    fn take_decoded(&mut self, decoded_width: usize) {
        let (width, stride) = (self.width(), decoded_width * 3);
        for pair in 0..self.height() / 2 {
            let rows = &self.decoded[2 * pair * stride..(2 * pair + 2) * stride];
            let (top, bottom) = rows.split_at(stride);
            let luma = &mut self.y[2 * pair * width..][..2 * width];
            let (upper, lower) = luma.split_at_mut(width);
            for (y, pixel) in upper.iter_mut().zip(top.chunks_exact(3)) {
                *y = pixel[0];
            }
            for (y, pixel) in lower.iter_mut().zip(bottom.chunks_exact(3)) {
                *y = pixel[0];
            }
            let chroma = pair * width / 2..(pair + 1) * width / 2;
            let differences = self.cb[chroma.clone()].iter_mut().zip(&mut self.cr[chroma]);
            for ((cb, cr), (top, bottom)) in
                differences.zip(top.chunks_exact(6).zip(bottom.chunks_exact(6)))
            {
                *cb = mean(mean(top[1], top[4]), mean(bottom[1], bottom[4]));
                *cr = mean(mean(top[2], top[5]), mean(bottom[2], bottom[5]));
            }
        }
    }
}

fn take_luma(row: &mut [u8], packed: &[u8]) {
    for (y, pair) in row.iter_mut().zip(packed.chunks_exact(2)) {
        *y = pair[0];
    }
}

/// Fills a plane whose rows are `width` long from rows that are `stride` apart; `None` when there are too few bytes.
fn copy_rows(plane: &mut [u8], width: usize, bytes: &[u8], stride: usize) -> Option<()> {
    for (row, into) in plane.chunks_exact_mut(width).enumerate() {
        into.copy_from_slice(bytes.get(row * stride..)?.get(..width)?);
    }
    Some(())
}

fn mean(a: u8, b: u8) -> u8 {
    u16::midpoint(u16::from(a), u16::from(b) + 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(format: FourCc, width: u32, height: u32, bytes_per_line: u32) -> Layout {
        Layout::new(&PixelFormat {
            width,
            height,
            pixel_format: format,
            bytes_per_line,
            ..PixelFormat::default()
        })
        .expect("a possible format")
    }

    fn read(layout: &Layout, bytes: &[u8]) -> Result<Planes, String> {
        let mut planes = Planes::new(layout.even_size());
        planes.read(layout, bytes).map(|()| planes)
    }

    #[test]
    fn yuyv_keeps_its_luma_and_the_mean_colour_of_two_rows() {
        let layout = layout(FourCc::YUYV, 2, 2, 6);
        let bytes = [1, 100, 2, 200, 0, 0, 3, 110, 4, 220, 0, 0];
        let planes = read(&layout, &bytes).expect("a picture");
        assert_eq!(planes.y, [1, 2, 3, 4]);
        assert_eq!((planes.cb[0], planes.cr[0]), (105, 210));
        // The padding of the last row may be missing.
        assert!(read(&layout, &bytes[..10]).is_ok());
        assert!(read(&layout, &bytes[..9]).is_err());
    }

    #[test]
    fn nv12_and_i420_with_padding_give_the_same_planes() {
        let nv12 = [1, 2, 0, 0, 3, 4, 0, 0, 7, 8, 0, 0];
        let i420 = [1, 2, 0, 0, 3, 4, 0, 0, 7, 0, 8, 0];
        for (format, bytes) in [(FourCc::NV12, nv12), (FourCc::I420, i420)] {
            let planes = read(&layout(format, 2, 2, 4), &bytes).expect("a picture");
            assert_eq!(planes.y, [1, 2, 3, 4], "{format}");
            assert_eq!((planes.cb[0], planes.cr[0]), (7, 8), "{format}");
            for length in 0..10 {
                let cut = read(&layout(format, 2, 2, 4), &bytes[..length]);
                assert!(cut.is_err(), "{format}, {length} bytes");
            }
        }
    }

    #[test]
    fn odd_sides_lose_their_last_row_and_column() {
        let layout = layout(FourCc::I420, 3, 3, 4);
        assert_eq!(
            layout.even_size(),
            Size {
                width: 2,
                height: 2
            }
        );
        let bytes = [1, 2, 9, 0, 3, 4, 9, 0, 9, 9, 9, 0, 7, 9, 9, 9, 8, 9, 9, 9];
        let planes = read(&layout, &bytes).expect("a picture");
        assert_eq!(planes.y, [1, 2, 3, 4]);
        assert_eq!((planes.cb[0], planes.cr[0]), (7, 8));
    }

    #[test]
    fn a_jpeg_gives_its_colours_and_half_a_jpeg_no_panic() {
        let mut jpeg = Vec::new();
        let pixels: Vec<u8> = [200, 90, 160].repeat(32 * 16);
        jpeg_encoder::Encoder::new(&mut jpeg, 95)
            .encode(&pixels, 32, 16, jpeg_encoder::ColorType::Ycbcr)
            .expect("it encodes");
        let layout = layout(FourCc::MJPEG, 32, 16, 0);
        let planes = read(&layout, &jpeg).expect("a picture");
        let near = |plane: &[u8], value: u8| plane.iter().all(|&byte| byte.abs_diff(value) < 3);
        assert!(near(&planes.y, 200) && near(&planes.cb, 90) && near(&planes.cr, 160));
        for length in 0..jpeg.len() {
            let _ = read(&layout, &jpeg[..length]);
        }
        assert!(read(&layout, &jpeg[..20]).is_err());
        let larger = Layout {
            size: Size {
                width: 64,
                height: 16,
            },
            ..layout
        };
        assert!(read(&larger, &jpeg).is_err());
    }

    #[test]
    fn impossible_answers_of_a_device_are_no_layout() {
        for (width, height) in [(0, 480), (640, 0), (1, 1), (640, u32::MAX), (20_000, 480)] {
            let got = PixelFormat {
                width,
                height,
                pixel_format: FourCc::YUYV,
                ..PixelFormat::default()
            };
            assert_eq!(Layout::new(&got), None, "{width}x{height}");
        }
    }

    #[test]
    fn colours_follow_the_defaults_of_v4l2() {
        let colours = |pixel_format, colour_space, quantization| {
            colours(&PixelFormat {
                pixel_format,
                colour_space,
                quantization,
                ..PixelFormat::default()
            })
        };
        let srgb = colours(FourCc::YUYV, 8, 0);
        assert_eq!((srgb.matrix, srgb.full_range), (Matrix::Bt601, false));
        assert_eq!(colours(FourCc::YUYV, 3, 0), Colours::BT709);
        assert!(colours(FourCc::NV12, 3, 1).full_range);
        let jpeg = colours(FourCc::MJPEG, 8, 0);
        assert_eq!((jpeg.matrix, jpeg.full_range), (Matrix::Bt601, true));
    }
}
