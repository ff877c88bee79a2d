//! H.264 to pictures, by openh264, and pictures to JPEG.

use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder as OpenH264, DecoderConfig, Flush};
use openh264::formats::YUVSource;

use super::colours;
use crate::h264::nal::{NalType, first_slice, units};
use crate::h264::sps::Sps;
use crate::h264::vui::Colour;
use crate::source::encode::jpeg_encoder::{self, Planes};
use crate::units::Size;

/// Good enough to look at, and a fifth of the size of the best.
const QUALITY: u8 = 80;

pub struct Decoder {
    openh264: OpenH264,
    /// What the stream said last of its colours.
    colour: Colour,
}

/// A picture that was decoded.
pub struct Decoded<'a> {
    picture: DecodedYUV<'a>,
    colour: Colour,
}

impl Decoder {
    pub fn new() -> Result<Self, String> {
        // Each picture at once, not when the next one has come: cameras reorder none.
        let config = DecoderConfig::new().flush_after_decode(Flush::Flush);
        OpenH264::with_api_config(OpenH264API::from_source(), config)
            .map(|openh264| Self {
                openh264,
                colour: Colour::default(),
            })
            .map_err(failed)
    }

    /// The picture of an access unit, where it gives one.
    pub fn decode(&mut self, unit: &[u8]) -> Result<Option<Decoded<'_>>, String> {
        let (head, _) = unit.split_at(first_slice(unit).map_or(unit.len(), |(start, _)| start));
        let sps = units(head).find(|nal| nal.kind == NalType::Sps);
        if let Some(sps) = sps.and_then(|nal| Sps::parse(nal.bytes)) {
            self.colour = sps.colour;
        }
        let colour = self.colour;
        let decoded = self.openh264.decode(unit).map_err(failed)?;
        Ok(decoded.map(|picture| Decoded { picture, colour }))
    }
}

fn failed(error: openh264::Error) -> String {
    format!(
        "this camera's H.264 cannot be decoded in software, so there are no JPEGs of it ({error}): -cd MJPEG gives them as they are"
    )
}

impl Decoded<'_> {
    pub fn to_jpeg(&self) -> Option<Result<Vec<u8>, String>> {
        let picture = &self.picture;
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
        let converted = colours::for_jpeg(planes, self.colour);
        let mut jpeg = Vec::new();
        Some(
            jpeg_encoder::encode(converted.planes(&planes), QUALITY, &mut jpeg)
                .map(|()| jpeg)
                .map_err(|error| error.to_string()),
        )
    }
}
