//! The boxes that an MP4 file is made of (ISO/IEC 14496-12 clause 4.2): size, type, contents, one in another.

use super::length_of;

/// Numbers in a box are big-endian.
pub trait PutNumbers {
    fn put_u16(&mut self, value: u16);
    fn put_u32(&mut self, value: u32);
    fn put_u64(&mut self, value: u64);
    fn put_zeros(&mut self, bytes: usize);
}

impl PutNumbers for Vec<u8> {
    fn put_u16(&mut self, value: u16) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn put_u32(&mut self, value: u32) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn put_u64(&mut self, value: u64) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn put_zeros(&mut self, bytes: usize) {
        self.resize(self.len() + bytes, 0);
    }
}

/// A box of this type, with what `contents` writes behind its header.
pub fn put_box(bytes: &mut Vec<u8>, kind: &[u8; 4], contents: impl FnOnce(&mut Vec<u8>)) {
    let start = bytes.len();
    bytes.put_u32(0);
    bytes.extend_from_slice(kind);
    contents(bytes);
    let size = length_of(bytes.len() - start);
    bytes[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

/// A box with version and flags.
pub fn full_box(
    bytes: &mut Vec<u8>,
    kind: &[u8; 4],
    version: u32,
    flags: u32,
    contents: impl FnOnce(&mut Vec<u8>),
) {
    put_box(bytes, kind, |bytes| {
        bytes.put_u32(version << 24 | flags);
        contents(bytes);
    });
}
