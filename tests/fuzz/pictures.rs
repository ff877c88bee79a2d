//! A JPEG to begin with.

use std::sync::LazyLock;

use jpeg_encoder::{ColorType, Encoder};

/// A picture of 64x48 with restart markers.
pub static JPEG: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pixels: Vec<u8> = (0..64 * 48 * 3)
        .map(|at: u32| (at * 7 % 251) as u8)
        .collect();
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 60);
    encoder.set_restart_interval(4);
    encoder
        .encode(&pixels, 64, 48, ColorType::Ycbcr)
        .expect("it encodes");
    jpeg
});
