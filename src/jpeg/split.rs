//! Cuts a stream of JPEG pictures into pictures. Nothing is decoded; what stands between pictures is thrown away, and so
//! is a picture that is not all there.

use super::marker;
use super::outline::{Outline, OutlineFound};
use super::whole::{Fault, Whole};
use crate::frame::LARGEST_PICTURE_BYTES;

/// Takes bytes, gives pictures. The work is linear in the bytes, whatever they are.
#[derive(Debug, Default)]
pub struct JpegSplitter {
    buffer: Vec<u8>,
    /// Where the picture begins that is being followed, or the search for one.
    begin: usize,
    /// `None` while the start of a picture is looked for.
    outline: Option<Outline>,
    /// So many bytes were no whole picture when it was tried to end it there.
    tried: usize,
    broken: u64,
    fault: Option<Fault>,
}

impl JpegSplitter {
    /// Adds what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.begin > 0 && self.begin >= self.buffer.len() / 2 {
            self.buffer.drain(..self.begin);
            self.begin = 0;
        }
        if self.buffered() + bytes.len() > LARGEST_PICTURE_BYTES
            && let Some(outline) = &mut self.outline
            && outline.follow(&self.buffer[self.begin..]) == OutlineFound::MoreNeeded
        {
            self.drop_picture(Fault::TooLarge);
            self.go_to(self.buffer.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Writes the next picture to `picture`, once something stands behind its end; false when more bytes are needed.
    pub fn next_unit(&mut self, picture: &mut Vec<u8>) -> bool {
        self.next(picture, true)
    }

    /// Nothing more may come: writes the next picture to `picture`, also the last one, and one that lacks nothing but its end
    /// marker. Of anything less, the rest can still come.
    pub fn flush(&mut self, picture: &mut Vec<u8>) -> bool {
        if self.next(picture, false) {
            return true;
        }
        // To look at a picture whenever it has grown by a byte would be quadratic.
        let has_scan = self.outline.is_some_and(|outline| outline.has_scan());
        if !has_scan || self.buffered() < 2 * self.tried {
            return false;
        }
        self.tried = self.buffered();
        let Ok(whole) = Whole::of(&self.buffer[self.begin..]) else {
            return false;
        };
        whole.copy_into(picture);
        self.go_to(self.buffer.len());
        true
    }

    /// How many bytes wait for the end of their picture.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.begin
    }

    /// How many pictures were broken since this was asked last, and what was wrong with the last one.
    pub fn take_broken(&mut self) -> Option<(u64, Fault)> {
        let fault = self.fault.take()?;
        Some((std::mem::take(&mut self.broken), fault))
    }

    fn next(&mut self, picture: &mut Vec<u8>, followed: bool) -> bool {
        loop {
            if self.outline.is_none() && !self.find_start() {
                return false;
            }
            let bytes = &self.buffer[self.begin..];
            let outline = self.outline.get_or_insert_with(Outline::new);
            match outline.follow(bytes) {
                OutlineFound::MoreNeeded => return false,
                OutlineFound::End(end) if followed && end == bytes.len() => return false,
                OutlineFound::End(end) if outline.has_scan() => {
                    picture.clear();
                    picture.extend_from_slice(&bytes[..end]);
                    self.go_to(self.begin + end);
                    return true;
                }
                OutlineFound::End(end) => {
                    self.drop_picture(Fault::NoScan);
                    self.go_to(self.begin + end);
                }
                OutlineFound::Start(end) => {
                    let whole = Whole::of(&bytes[..end]);
                    let fault = whole.map(|whole| whole.copy_into(picture)).err();
                    self.go_to(self.begin + end);
                    match fault {
                        None => return true,
                        Some(fault) => self.drop_picture(fault),
                    }
                }
            }
        }
    }

    fn go_to(&mut self, begin: usize) {
        self.begin = begin;
        self.outline = None;
        self.tried = 0;
    }

    fn drop_picture(&mut self, fault: Fault) {
        self.broken += 1;
        self.fault = Some(fault);
    }

    /// Goes to the next start of a picture, or to the last bytes that may be the beginning of one.
    fn find_start(&mut self) -> bool {
        let bytes = &self.buffer[self.begin..];
        let start = marker::find_start(bytes);
        self.begin += start.unwrap_or(bytes.len().saturating_sub(marker::START.len() - 1));
        self.outline = start.map(|_| Outline::new());
        start.is_some()
    }
}
