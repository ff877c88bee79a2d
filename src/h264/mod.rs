//! Pure functions on H.264 bytes in Annex B form (ITU-T H.264): no sockets, no clocks.
//!
//! `nal` finds NAL units, `access_unit` cuts a byte stream into pictures, `parameter_sets` makes every key
//! frame decodable by itself. Nothing here decodes a picture.

pub mod access_unit;
mod bits;
mod known_sets;
pub mod nal;
pub mod order;
pub mod parameter_sets;
mod pps;
mod slice;
mod sps;

#[cfg(test)]
pub use test_support::made_h264 as made;
