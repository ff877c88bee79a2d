//! Cuts a byte stream into access units (ITU-T H.264 clause 7.4.1.2.3), however it arrives in pieces.
//!
//! An access unit ends where the next begins: at an access unit delimiter, SPS, PPS, SEI or NAL unit type 14 to 18
//! behind a slice, or at a slice that begins at macroblock 0. The last rule is a short cut for the comparison of
//! slice headers in clause 7.4.1.2.4: it holds for every stream without arbitrary slice order, which no camera uses.

use super::nal::{NalType, find_start_code};

/// Takes bytes, gives access units.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// Where the unit that is being collected begins.
    begin: usize,
    /// How far start codes have been looked for.
    scanned: usize,
    /// Whether a slice of the unit that is being collected has been seen.
    has_slice: bool,
}

impl Splitter {
    /// Adds what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.begin > 0 && self.begin >= self.buffer.len() / 2 {
            self.buffer.drain(..self.begin);
            self.scanned -= self.begin;
            self.begin = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Writes the next whole access unit to `unit` (replacing what was there); false when more bytes are needed.
    pub fn next_unit(&mut self, unit: &mut Vec<u8>) -> bool {
        while let Some(code) = find_start_code(&self.buffer, self.scanned) {
            // The header byte, and the first byte of the slice header.
            let Some(&[header, first]) = self.buffer.get(code.end..code.end + 2) else {
                // The zero_byte before the start code must be seen again next time.
                self.scanned = code.start;
                return false;
            };
            self.scanned = code.end;
            let kind = NalType::of(header);
            let found = self.has_slice && begins_access_unit(kind, first);
            self.has_slice = kind.is_slice() || (self.has_slice && !found);
            if found {
                self.cut(code.start, unit);
                return true;
            }
        }
        // A start code may lie across the end of what is here: up to three zero bytes of it.
        self.scanned = self.scanned.max(self.buffer.len().saturating_sub(3));
        false
    }

    /// The stream has ended: writes what is left to `unit`; false when nothing is.
    pub fn finish(&mut self, unit: &mut Vec<u8>) -> bool {
        let left = self.buffered() > 0;
        if left {
            self.cut(self.buffer.len(), unit);
        }
        *self = Self {
            buffer: std::mem::take(&mut self.buffer),
            ..Self::default()
        };
        self.buffer.clear();
        left
    }

    /// How many bytes wait for the end of their access unit.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.begin
    }

    fn cut(&mut self, end: usize, unit: &mut Vec<u8>) {
        unit.clear();
        unit.extend_from_slice(&self.buffer[self.begin..end]);
        self.begin = end;
    }
}

/// Whether a NAL unit behind a slice begins the next access unit. `first` is the byte behind its header:
/// first_mb_in_slice, an Exp-Golomb code, is 0 when its first bit is set.
pub fn begins_access_unit(kind: NalType, first: u8) -> bool {
    match kind {
        NalType::Slice | NalType::IdrSlice => first & 0x80 != 0,
        NalType::Other => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPS: &[u8] = &[0, 0, 0, 1, 0x67, 0x4d, 9];
    const PPS: &[u8] = &[0, 0, 0, 1, 0x68, 0xee, 9];
    const IDR: &[u8] = &[0, 0, 0, 1, 0x65, 0x88, 7, 7];
    const IDR_SECOND_SLICE: &[u8] = &[0, 0, 1, 0x65, 0x40, 7, 7];
    const P: &[u8] = &[0, 0, 0, 1, 0x41, 0x9a, 5];
    const SEI: &[u8] = &[0, 0, 1, 0x06, 0x80, 1];

    fn split(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::default();
        let (mut units, mut unit) = (Vec::new(), Vec::new());
        for bytes in stream.chunks(piece) {
            splitter.push(bytes);
            while splitter.next_unit(&mut unit) {
                units.push(unit.clone());
            }
        }
        if splitter.finish(&mut unit) {
            units.push(unit);
        }
        units
    }

    #[test]
    fn pictures_are_cut_the_same_however_the_bytes_arrive() {
        let expected = [
            [SPS, PPS, IDR, IDR_SECOND_SLICE].concat(),
            P.to_vec(),
            [SEI, P].concat(),
            [SPS, PPS, IDR].concat(),
        ];
        let stream = expected.concat();
        for piece in 1..=stream.len() {
            assert_eq!(
                split(&stream, piece),
                expected,
                "in pieces of {piece} bytes"
            );
        }
    }

    #[test]
    fn nothing_is_lost_when_the_stream_is_no_h264() {
        let noise: Vec<u8> = (0..=255).cycle().take(5000).collect();
        assert_eq!(split(&noise, 7).concat(), noise);
        assert!(split(&[], 1).is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_come_out_whole_and_cut_at_the_same_places(
            stream in stream_like_bytes(),
            pieces in prop::collection::vec(1..40usize, 1..20),
        ) {
            let mut splitter = Splitter::default();
            let (mut units, mut unit, mut left) = (Vec::new(), Vec::new(), &stream[..]);
            for &piece in pieces.iter().cycle() {
                let (bytes, rest) = left.split_at(piece.min(left.len()));
                splitter.push(bytes);
                while splitter.next_unit(&mut unit) {
                    units.push(unit.clone());
                }
                left = rest;
                if left.is_empty() {
                    break;
                }
            }
            if splitter.finish(&mut unit) {
                units.push(unit.clone());
            }
            prop_assert_eq!(units.concat(), stream.clone());
            prop_assert_eq!(units, split(&stream, stream.len().max(1)));
        }
    }

    /// Bytes in which start codes and NAL headers are as frequent as everything else.
    fn stream_like_bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            Just(0),
            Just(0),
            Just(1),
            Just(0x65),
            Just(0x41),
            Just(0x67),
            any::<u8>()
        ];
        prop::collection::vec(byte, 0..300)
    }

    #[test]
    fn a_splitter_can_be_used_again_after_its_end() {
        let mut splitter = Splitter::default();
        let mut unit = Vec::new();
        for _ in 0..2 {
            splitter.push(IDR);
            assert!(!splitter.next_unit(&mut unit));
            assert!(splitter.finish(&mut unit));
            assert_eq!(unit, IDR);
        }
    }
}
