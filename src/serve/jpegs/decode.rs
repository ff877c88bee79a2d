//! H.264 to pictures, by openh264, and pictures to JPEG.

use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder as OpenH264, DecoderConfig, Flush};
use openh264::formats::YUVSource;

use crate::source::encode::jpeg_encoder::{self, Planes};
use crate::units::Size;

/// Good enough to look at, and a fifth of the size of the best.
const QUALITY: u8 = 80;

pub struct Decoder(OpenH264);

/// A picture that was decoded.
pub struct Decoded<'a>(DecodedYUV<'a>);

impl Decoder {
    pub fn new() -> Result<Self, String> {
        // Each picture at once, not when the next one has come: cameras reorder none.
        let config = DecoderConfig::new().flush_after_decode(Flush::Flush);
        OpenH264::with_api_config(OpenH264API::from_source(), config)
            .map(Self)
            .map_err(failed)
    }

    /// The picture of an access unit, where it gives one.
    pub fn decode(&mut self, unit: &[u8]) -> Result<Option<Decoded<'_>>, String> {
        self.0
            .decode(unit)
            .map(|decoded| decoded.map(Decoded))
            .map_err(failed)
    }
}

fn failed(error: openh264::Error) -> String {
    format!(
        "this camera's H.264 cannot be decoded in software, so there are no JPEGs of it ({error}): -cd MJPEG gives them as they are"
    )
}

impl Decoded<'_> {
    pub fn to_jpeg(&self) -> Option<Result<Vec<u8>, String>> {
        let picture = &self.0;
        let (width, height) = picture.dimensions();
        let (luma_stride, chroma_stride, _) = picture.strides();
        let planes = Planes {
            size: Size {
                width: u32::try_from(width).ok()?,
                height: u32::try_from(height).ok()?,
            },
            y: picture.y(),
            cb: picture.u(),
            cr: picture.v(),
            luma_stride,
            chroma_stride,
        };
        let mut jpeg = Vec::new();
        Some(
            jpeg_encoder::encode(planes, QUALITY, &mut jpeg)
                .map(|()| jpeg)
                .map_err(|error| error.to_string()),
        )
    }
}
