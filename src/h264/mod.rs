//! Pure functions on H.264 bytes in Annex B form (ITU-T H.264): no sockets, no clocks.
//!
//! `nal` finds NAL units, `access_unit` cuts a byte stream into pictures, `parameter_sets` makes every key
//! frame decodable by itself, `shown_as_decoded` tells decoders to hold nothing back. Nothing here decodes a picture.

pub mod access_unit;
mod bit_writer;
mod bits;
mod known_sets;
pub mod nal;
pub mod order;
pub mod parameter_sets;
mod pps;
pub mod shown_as_decoded;
mod slice;
pub mod sps;
pub mod vui;

#[cfg(test)]
pub use test_support::{made_h264 as made, real_sps};
