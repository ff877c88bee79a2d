//! Pictures as cameras give them, made by an encoder and then cut, padded and stuffed.

mod splitting;
mod wholes;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::strides::LEAST_DATA_BYTES;

/// Sides that are no whole number of blocks.
pub const WIDTH: u16 = 52;
pub const HEIGHT: u16 = 44;

/// How a picture is to be coded.
#[derive(Clone, Copy)]
pub enum Coding {
    Grey,
    Colours(SamplingFactor),
    /// So many MCUs between two restart markers.
    Restarts(u16),
    /// Tables of its own, made for this picture.
    OwnTables,
    Progressive,
}

/// Every coding there is.
pub const CODINGS: [Coding; 7] = [
    Coding::Grey,
    Coding::Colours(SamplingFactor::R_4_4_4),
    Coding::Colours(SamplingFactor::R_4_2_2),
    Coding::Colours(SamplingFactor::R_4_2_0),
    Coding::Restarts(3),
    Coding::Restarts(1),
    Coding::OwnTables,
];

pub fn picture(coding: Coding) -> Vec<u8> {
    sized(coding, WIDTH, HEIGHT)
}

/// One whose codes are looked up several at once.
pub fn large_picture(coding: Coding) -> Vec<u8> {
    let jpeg = sized(coding, 8 * WIDTH, 8 * HEIGHT);
    assert!(jpeg.len() > 2 * LEAST_DATA_BYTES, "{} bytes", jpeg.len());
    jpeg
}

fn sized(coding: Coding, width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 90);
    let (mut colours, mut bytes) = (ColorType::Rgb, 3);
    match coding {
        Coding::Grey => (colours, bytes) = (ColorType::Luma, 1),
        Coding::Colours(factor) => encoder.set_sampling_factor(factor),
        Coding::Restarts(mcus) => encoder.set_restart_interval(mcus),
        Coding::OwnTables => encoder.set_optimized_huffman_tables(true),
        Coding::Progressive => encoder.set_progressive(true),
    }
    let samples = usize::from(width) * usize::from(height) * bytes;
    let pixels: Vec<u8> = (0..samples).map(|at| (at * at / 7) as u8).collect();
    encoder
        .encode(&pixels, width, height, colours)
        .expect("a JPEG");
    jpeg
}

/// Without its end marker.
pub fn bare(jpeg: &[u8]) -> &[u8] {
    jpeg.strip_suffix(&[0xff, 0xd9]).expect("its end")
}

/// With this behind its start marker.
pub fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("a segment");
    let head = [&[0xff, marker], &length.to_be_bytes()[..]].concat();
    [&jpeg[..2], &head, content, &jpeg[2..]].concat()
}

/// With a whole small picture in a segment before it, as cameras put a thumbnail there.
pub fn with_thumbnail(jpeg: &[u8]) -> Vec<u8> {
    let mut small = Vec::new();
    Encoder::new(&mut small, 50)
        .encode(&[90; 16 * 16], 16, 16, ColorType::Luma)
        .expect("a JPEG");
    with_segment(jpeg, 0xe1, &[b"Exif\0\0", &small[..]].concat())
}
