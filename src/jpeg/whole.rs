//! A whole picture out of the bytes that a camera gave for one, or why there is none in them.

use std::fmt;

use super::frame_header::FrameHeader;
use super::outline::{Outline, OutlineFound};
use super::tables::STANDARD;
use super::{entropy, marker};

/// The data of a scan that lacks its end marker can end with so many zero bytes. What goes beyond is padding, not data.
const ZEROS_OF_DATA: usize = 2;

/// A picture of which nothing is missing but what can be put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<'a> {
    /// From its start marker on. What stands before and behind it in a buffer is gone.
    bytes: &'a [u8],
    header: FrameHeader,
    lacks_end: bool,
    /// Where the Huffman tables have to be put in.
    tables_at: Option<usize>,
}

/// Why bytes are no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NoStart,
    NoScan,
    BadHeader,
    CutShort,
    Damaged,
    NoEnd,
    TooLarge,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoStart => "no JPEG begins in what came",
            Self::NoScan => "a JPEG ends before its picture data",
            Self::BadHeader => "the header of a JPEG cannot be",
            Self::CutShort => "a JPEG is cut short",
            Self::Damaged => "the data of a JPEG is damaged",
            Self::NoEnd => "a JPEG has no end",
            Self::TooLarge => "a JPEG is larger than 16 MiB",
        })
    }
}

impl<'a> Whole<'a> {
    /// The first whole picture in the bytes; else what is wrong with the first that begins there.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Fault> {
        let (mut first_fault, mut rest) = (None, bytes);
        while let Some(start) = marker::find_start(rest) {
            rest = &rest[start..];
            let (length, has_end) = match Outline::new().follow(rest) {
                OutlineFound::End(end) => (end, true),
                OutlineFound::Start(end) => (end, false),
                OutlineFound::MoreNeeded => (rest.len(), false),
            };
            let (picture, behind) = rest.split_at(length);
            match Self::checked(picture, has_end) {
                Ok(whole) => return Ok(whole),
                Err(fault) => first_fault = first_fault.or(Some(fault)),
            }
            rest = behind;
        }
        Err(first_fault.unwrap_or(Fault::NoStart))
    }

    fn checked(bytes: &'a [u8], has_end: bool) -> Result<Self, Fault> {
        let header = FrameHeader::read(bytes)?;
        if !header.is_sequential() {
            // Its scans are not counted: the end marker has to do.
            return has_end
                .then_some(Self {
                    bytes,
                    header,
                    lacks_end: false,
                    tables_at: None,
                })
                .ok_or(Fault::NoEnd);
        }
        let scans = entropy::count(bytes)?;
        let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
        if !has_end && scans.end > bytes.len() - zeros + ZEROS_OF_DATA {
            return Err(Fault::CutShort);
        }
        Ok(Self {
            bytes: if has_end { bytes } else { &bytes[..scans.end] },
            header,
            lacks_end: !has_end,
            tables_at: scans.lacks_tables.then(|| tables_place(bytes)).flatten(),
        })
    }

    pub fn header(&self) -> &FrameHeader {
        &self.header
    }

    /// The picture with all that belongs to it: as it came where nothing is missing, else a copy in `room`.
    pub fn completed<'b>(&self, room: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        if !self.lacks_end && self.tables_at.is_none() {
            return self.bytes;
        }
        self.copy_into(room);
        room
    }

    /// The same, always copied.
    pub fn copy_into(&self, into: &mut Vec<u8>) {
        into.clear();
        let (head, rest) = self.bytes.split_at(self.tables_at.unwrap_or(0));
        into.extend_from_slice(head);
        if self.tables_at.is_some() {
            into.extend_from_slice(&STANDARD);
        }
        into.extend_from_slice(rest);
        if self.lacks_end {
            into.extend_from_slice(&marker::END);
        }
    }
}

/// Before the picture's own tables, which replace what they define, or before its first scan.
fn tables_place(picture: &[u8]) -> Option<usize> {
    let mut at = marker::START.len() - 1;
    loop {
        let (place, code) = marker::next(picture, at)?;
        if [marker::DHT, marker::SOS].contains(&code) {
            return Some(place);
        }
        at = place + 2;
        if marker::has_segment(code) {
            at += 2 + marker::segment(picture, place)?.len();
        }
    }
}
