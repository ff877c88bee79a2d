//! What stands before the first scan of a picture: its size, its components and how it is coded (ITU-T T.81, B.2.2).

use super::marker;
use super::whole::Fault;
use crate::units::Size;

/// The codings whose scans can be counted: baseline and extended sequential, by Huffman codes.
const SEQUENTIAL: [u8; 2] = [0xc0, 0xc1];

/// JPEG itself allows 255; no decoder takes more.
const MOST_COMPONENTS: usize = 4;

/// The frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    pub size: Size,
    /// Its SOF marker.
    coding: u8,
    components: [ColourPlane; MOST_COMPONENTS],
    count: usize,
}

/// One plane of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColourPlane {
    pub id: u8,
    /// Blocks side by side in an MCU, 1 to 4, and one above the other.
    pub across: u8,
    pub down: u8,
}

impl FrameHeader {
    /// Of the picture that begins at the start of the bytes, from what stands before its first scan.
    pub fn read(picture: &[u8]) -> Result<Self, Fault> {
        let mut at = marker::START.len() - 1;
        while let Some((place, code)) = marker::next(picture, at) {
            at = place + 2;
            if code == marker::SOS {
                break;
            }
            if !marker::has_segment(code) {
                continue;
            }
            let segment = marker::segment(picture, place).ok_or(Fault::NoScan)?;
            if marker::is_frame(code) {
                return Self::of_segment(code, segment).ok_or(Fault::BadHeader);
            }
            at += 2 + segment.len();
        }
        Err(Fault::NoScan)
    }

    pub fn of_segment(coding: u8, segment: &[u8]) -> Option<Self> {
        let &[_, y1, y2, x1, x2, count] = segment.first_chunk()?;
        let size = Size {
            width: u16::from_be_bytes([x1, x2]).into(),
            height: u16::from_be_bytes([y1, y2]).into(),
        };
        let count = usize::from(count);
        // A height of zero is told behind the first scan (DNL), which no decoder here knows.
        if size.width == 0 || size.height == 0 || !(1..=MOST_COMPONENTS).contains(&count) {
            return None;
        }
        let mut components = [ColourPlane::default(); MOST_COMPONENTS];
        let described = segment[6..].chunks_exact(3);
        if described.len() < count {
            return None;
        }
        for (component, bytes) in components.iter_mut().zip(described).take(count) {
            let (across, down) = (bytes[1] >> 4, bytes[1] & 15);
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return None;
            }
            *component = ColourPlane {
                id: bytes[0],
                across,
                down,
            };
        }
        Some(Self {
            size,
            coding,
            components,
            count,
        })
    }

    pub fn components(&self) -> &[ColourPlane] {
        &self.components[..self.count]
    }

    /// Only light and dark: the picture has no colours.
    pub fn is_grey(&self) -> bool {
        self.count == 1
    }

    /// Whether `entropy` can tell if all of it is there.
    pub fn is_sequential(&self) -> bool {
        SEQUENTIAL.contains(&self.coding)
    }
}
