//! Encoders in software, for sources that have pictures and no stream: the test card, and cameras without H.264.
//!
//! A picture comes in as I420 and leaves as one frame at once: nothing is held back, nothing is reordered.

pub mod h264_encoder;
pub mod jpeg_encoder;
mod sys;

use crate::units::Size;

/// A picture in 4:2:0, its planes without padding. Both sides are even.
#[derive(Clone, Copy, Debug)]
pub struct I420<'a> {
    pub size: Size,
    pub y: &'a [u8],
    pub cb: &'a [u8],
    pub cr: &'a [u8],
}

/// How the numbers of a picture are meant, as the stream will say (ITU-T H.264 annex E.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    pub matrix: Matrix,
    /// 0 to 255 instead of 16 to 235.
    pub full_range: bool,
}

/// Which weights made luma out of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matrix {
    Bt601,
    Bt709,
}

impl Colours {
    /// High-definition television.
    pub const BT709: Self = Self {
        matrix: Matrix::Bt709,
        full_range: false,
    };
}
