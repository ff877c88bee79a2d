//! The smallest NAL units that are taken for what they are: the right header, then a byte or two. What needs true headers of
//! slices is made by `made_h264`.

pub const SPS: &[u8] = &[0, 0, 0, 1, 0x67, 0x4d, 9];
pub const PPS: &[u8] = &[0, 0, 0, 1, 0x68, 0xee, 9];
/// The first slice of a key frame.
pub const IDR: &[u8] = &[0, 0, 0, 1, 0x65, 0x88, 7, 7];
/// One that goes on with it: its first_mb_in_slice is 1.
pub const IDR_SECOND_SLICE: &[u8] = &[0, 0, 1, 0x65, 0x40, 7, 7];
/// The first slice of a picture that refers to others.
pub const P: &[u8] = &[0, 0, 0, 1, 0x41, 0x9a, 5];
