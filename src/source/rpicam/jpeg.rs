//! Cuts a stream of JPEG pictures into pictures (ITU-T T.81 annex B): segment by segment, since the two bytes of an
//! end marker may stand anywhere in a segment, as in a thumbnail. Nothing is decoded.

use crate::frame::LARGEST_PICTURE_BYTES;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

const EOI_BYTES: usize = 2;

/// Takes bytes, gives pictures.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// How far the picture at the start of the buffer has been followed: always at a marker or in a scan.
    at: usize,
    in_scan: bool,
}

impl Splitter {
    /// Adds what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.buffer.len() > LARGEST_PICTURE_BYTES {
            self.buffer.clear();
            self.restart();
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Writes the next whole picture to `picture`; false when more bytes are needed. What stands before a picture
    /// is thrown away. With `followed`, a picture is given only when something stands behind it.
    pub fn next_unit(&mut self, picture: &mut Vec<u8>, followed: bool) -> bool {
        loop {
            if self.at == 0 && !self.find_start() {
                return false;
            }
            match self.follow() {
                Found::End if followed && self.buffer.len() == self.at + EOI_BYTES => return false,
                Found::End => {
                    self.at += EOI_BYTES;
                    picture.clear();
                    picture.extend(self.buffer.drain(..self.at));
                    self.restart();
                    return true;
                }
                Found::Nonsense => {
                    self.buffer.drain(..1);
                    self.restart();
                }
                Found::MoreNeeded => return false,
            }
        }
    }

    fn restart(&mut self) {
        (self.at, self.in_scan) = (0, false);
    }

    /// Brings the next start of a picture (SOI and the first byte of the marker behind it) to the buffer's start.
    fn find_start(&mut self) -> bool {
        let start = self
            .buffer
            .windows(3)
            .position(|bytes| bytes == [0xff, SOI, 0xff]);
        let keep_from = start.unwrap_or(self.buffer.len().saturating_sub(2));
        self.buffer.drain(..keep_from);
        self.at = if start.is_some() { 2 } else { 0 };
        start.is_some()
    }

    /// Goes on from marker to marker.
    fn follow(&mut self) -> Found {
        loop {
            if self.in_scan && !self.leave_scan() {
                return Found::MoreNeeded;
            }
            let Some(&[prefix, marker]) = self.buffer.get(self.at..self.at + 2) else {
                return Found::MoreNeeded;
            };
            match (prefix, marker) {
                (0xff, 0xff) => self.at += 1,
                (0xff, EOI) => return Found::End,
                (0xff, 0x01 | 0xd0..=0xd7) => self.at += 2,
                (0xff, 0x02..=0xbf | 0x00 | SOI) | (..0xff, _) => return Found::Nonsense,
                (0xff, _) => {
                    let Some(&[high, low]) = self.buffer.get(self.at + 2..self.at + 4) else {
                        return Found::MoreNeeded;
                    };
                    let length = usize::from(u16::from_be_bytes([high, low]));
                    if length < 2 {
                        return Found::Nonsense;
                    }
                    if self.buffer.len() < self.at + 2 + length {
                        return Found::MoreNeeded;
                    }
                    self.at += 2 + length;
                    self.in_scan = marker == SOS;
                }
            }
        }
    }

    /// Steps over entropy-coded data to the next marker that is neither a stuffed zero nor a restart (B.1.1.5).
    fn leave_scan(&mut self) -> bool {
        while let Some(offset) = memchr::memchr(0xff, &self.buffer[self.at..]) {
            self.at += offset;
            match self.buffer.get(self.at + 1) {
                None => return false,
                Some(0x00 | 0xd0..=0xd7) => self.at += 2,
                Some(_) => {
                    self.in_scan = false;
                    return true;
                }
            }
        }
        self.at = self.buffer.len();
        false
    }
}

enum Found {
    End,
    Nonsense,
    MoreNeeded,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SOI, an APP1 segment that holds a whole small picture, SOS with stuffing, fill bytes and a restart, EOI.
    const PICTURE: &[u8] = &[
        0xff, 0xd8, 0xff, 0xe1, 0x00, 0x08, 0xff, 0xd8, 0xff, 0xd9, 0xff, 0xd9, 0xff, 0xda, 0x00,
        0x03, 0x01, 0x11, 0xff, 0x00, 0x22, 0xff, 0xd0, 0x33, 0xff, 0xff, 0xd9,
    ];

    fn split(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::default();
        let (mut pictures, mut picture) = (Vec::new(), Vec::new());
        for bytes in stream.chunks(piece) {
            splitter.push(bytes);
            while splitter.next_unit(&mut picture, false) {
                pictures.push(picture.clone());
            }
        }
        pictures
    }

    #[test]
    fn pictures_are_cut_the_same_however_the_bytes_arrive() {
        let stream = [PICTURE, PICTURE, b"noise", PICTURE, &PICTURE[..20]].concat();
        for piece in 1..=stream.len() {
            assert_eq!(
                split(&stream, piece),
                [PICTURE, PICTURE, PICTURE],
                "in pieces of {piece} bytes"
            );
        }
    }

    #[test]
    fn a_broken_picture_costs_no_other() {
        let broken = [&PICTURE[..6], &[0x00; 9]].concat();
        assert_eq!(
            split(&[&broken, PICTURE, PICTURE].concat(), 7),
            [PICTURE, PICTURE]
        );
        assert!(split(&[0xff; 100], 1).is_empty());
        assert!(split(b"", 1).is_empty());
    }

    #[test]
    fn a_picture_can_be_held_until_something_follows() {
        let mut splitter = Splitter::default();
        let mut picture = Vec::new();
        splitter.push(PICTURE);
        assert!(!splitter.next_unit(&mut picture, true));
        splitter.push(&PICTURE[..1]);
        assert!(splitter.next_unit(&mut picture, true));
        assert_eq!(picture, PICTURE);
        splitter.push(&PICTURE[1..]);
        assert!(!splitter.next_unit(&mut picture, true));
        assert!(splitter.next_unit(&mut picture, false));
        assert_eq!(picture, PICTURE);
    }
}
