//! From the start of a picture to its end, marker by marker: the two bytes of an end marker may stand anywhere in a
//! segment, as in the thumbnail that a camera puts there. Each byte is looked at once, also when they come in pieces.

use super::marker;

/// How far a picture has been followed. It begins at the first byte of what `follow` is given.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// Nothing before it has to be looked at again.
    at: usize,
    has_scan: bool,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlineFound {
    /// The picture ends here, behind its end marker.
    End(usize),
    /// Another picture begins here, before this one has ended.
    Start(usize),
    /// It is not at its end yet.
    MoreNeeded,
}

impl Outline {
    /// Of the picture whose start marker stands at the start of the bytes.
    pub fn new() -> Self {
        Self {
            at: marker::START.len() - 1,
            has_scan: false,
        }
    }

    /// Whether a scan has begun: what ends before has no picture in it.
    pub fn has_scan(&self) -> bool {
        self.has_scan
    }

    /// Goes on with what is here now: the same bytes as before, and perhaps more.
    pub fn follow(&mut self, bytes: &[u8]) -> OutlineFound {
        loop {
            let Some((at, code)) = marker::next(bytes, self.at) else {
                // All of it has been looked at but a last 0xff.
                let open = usize::from(bytes.last() == Some(&0xff));
                self.at = self.at.max(bytes.len() - open);
                return OutlineFound::MoreNeeded;
            };
            self.at = at;
            match code {
                marker::EOI => return OutlineFound::End(at + marker::END.len()),
                marker::SOI => return OutlineFound::Start(at),
                _ if marker::has_segment(code) => {
                    let Some(&[high, low]) = bytes.get(at + 2..at + 4) else {
                        return OutlineFound::MoreNeeded;
                    };
                    // A length below 2 is none; what follows is passed over up to the next marker.
                    let length = usize::from(u16::from_be_bytes([high, low]));
                    if bytes.len() < at + 2 + length {
                        return OutlineFound::MoreNeeded;
                    }
                    self.at += 2 + length;
                    self.has_scan |= code == marker::SOS;
                }
                _ => self.at += 2,
            }
        }
    }
}
