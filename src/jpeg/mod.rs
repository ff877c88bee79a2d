//! Pure functions on JPEG bytes (ITU-T T.81): no sockets, no clocks, no pixels.
//!
//! `outline` walks from marker to marker and finds where a picture ends; `split` cuts a byte stream into pictures with it.
//! `frame_header` reads what stands before the scans, `entropy` counts whether they are all there (several codes at once, by
//! `strides`), `tables` has the Huffman tables that many cameras leave out. `whole` puts these together: a picture as a
//! decoder wants it, or what is wrong with it. What markers and segments mean is known here alone.

mod entropy;
pub mod frame_header;
mod marker;
mod outline;
pub mod split;
mod strides;
mod tables;
pub mod whole;

pub use frame_header::FrameHeader;
pub use split::JpegSplitter;
pub use whole::{Fault, Whole};

/// Whether a picture begins here: SOI and the first byte of another marker (B.1.1).
pub fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&marker::START)
}

#[cfg(test)]
mod tests;
