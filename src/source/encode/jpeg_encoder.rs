//! Pictures to JPEG after JPEG (`-cd MJPEG`), by jpeg-encoder. The quality follows from the bitrate: it
//! is moved after each picture until their sizes come to what `-b` and `-fps` leave for one.

use jpeg_encoder::{Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor};

use super::I420;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::options::Video;
use crate::units::{Fps, Size};

/// Where the quality starts, and stays when `-b` is 0.
const FIRST_QUALITY: u8 = 75;
const QUALITY_LIMITS: (u8, u8) = (5, 95);

/// The encoder with its settings.
pub struct Jpeg {
    quality: u8,
    /// `None` leaves the quality alone.
    target_bytes: Option<usize>,
}

impl Jpeg {
    pub fn new(video: &Video, fps: Fps) -> Self {
        let target = (video.bitrate.0 / 8 / fps.0) as usize;
        Self {
            quality: FIRST_QUALITY,
            target_bytes: (target > 0).then_some(target),
        }
    }

    /// Encodes the picture into `frame`, all but its time.
    pub fn encode(&mut self, picture: I420, frame: &mut Frame) -> Result<()> {
        frame.data.clear();
        frame.key = true;
        let half = picture.size.width as usize / 2;
        let planes = Planes {
            size: picture.size,
            y: picture.y,
            cb: picture.cb,
            cr: picture.cr,
            luma_stride: 2 * half,
            chroma_stride: half,
        };
        encode(planes, self.quality, &mut frame.data)?;
        self.adapt(frame.data.len());
        Ok(())
    }

    fn adapt(&mut self, bytes: usize) {
        let Some(target) = self.target_bytes else {
            return;
        };
        let (least, most) = QUALITY_LIMITS;
        if bytes > target {
            // Too much goes fast: a viewer on a line of just that bitrate is falling behind.
            let step = if bytes > target * 5 / 4 { 8 } else { 2 };
            self.quality = self.quality.saturating_sub(step).max(least);
        } else if bytes < target * 9 / 10 {
            self.quality = (self.quality + 1).min(most);
        }
    }
}

fn failed(size: Size, error: &EncodingError) -> Error {
    Error::Camera(format!("encoding JPEG in software at {size}: {error}"))
}

/// A picture in 4:2:0 whose rows may be longer than it is wide. Both sides are even.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    pub size: Size,
    pub y: &'a [u8],
    pub cb: &'a [u8],
    pub cr: &'a [u8],
    pub luma_stride: usize,
    pub chroma_stride: usize,
}

/// Encodes one picture behind what is in `jpeg`.
pub fn encode(planes: Planes, quality: u8, jpeg: &mut Vec<u8>) -> Result<()> {
    let mut encoder = Encoder::new(jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder
        .encode_image(PixelRows(planes))
        .map_err(|error| failed(planes.size, &error))
}

/// The picture row by row. Each chroma sample is given four times; the encoder then takes one of the four.
struct PixelRows<'a>(Planes<'a>);

impl ImageBuffer for PixelRows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.0.size.width as u16
    }

    fn height(&self) -> u16 {
        self.0.size.height as u16
    }

    fn fill_buffers(&self, row: u16, buffers: &mut [Vec<u8>; 4]) {
        let planes = &self.0;
        let (row, width) = (usize::from(row), planes.size.width as usize);
        let luma = row * planes.luma_stride..row * planes.luma_stride + width;
        let from = row / 2 * planes.chroma_stride;
        let chroma = from..from + width / 2;
        buffers[0].extend_from_slice(&planes.y[luma]);
        buffers[1].extend(planes.cb[chroma.clone()].iter().flat_map(|cb| [*cb; 2]));
        buffers[2].extend(planes.cr[chroma].iter().flat_map(|cr| [*cr; 2]));
    }
}
