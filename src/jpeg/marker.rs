//! The markers by their names (ITU-T T.81, table B.1), and the segments that begin with one.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// SOI and the first byte of the marker behind it: what every picture begins with.
pub const START: [u8; 3] = [0xff, SOI, 0xff];

static START_FINDER: LazyLock<Finder> = LazyLock::new(|| Finder::new(&START));

/// What every picture ends with.
pub const END: [u8; 2] = [0xff, EOI];

pub const DHT: u8 = 0xc4;
pub const SOI: u8 = 0xd8;
pub const EOI: u8 = 0xd9;
pub const SOS: u8 = 0xda;
pub const DRI: u8 = 0xdd;

/// Stands behind an 0xff that is data.
pub const STUFFING: u8 = 0x00;

/// Where the first picture begins.
pub fn find_start(bytes: &[u8]) -> Option<usize> {
    START_FINDER.find(bytes)
}

/// One of the eight that divide a scan.
pub fn is_restart(marker: u8) -> bool {
    (0xd0..=0xd7).contains(&marker)
}

/// Whether this one begins a frame, whatever its kind of coding (SOF0 to SOF15; three numbers between are others).
pub fn is_frame(marker: u8) -> bool {
    (0xc0..=0xcf).contains(&marker) && ![DHT, 0xc8, 0xcc].contains(&marker)
}

/// Whether a length and that many bytes stand behind it (B.1.1.4).
pub fn has_segment(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf | 0xda..=0xfe)
}

/// The next marker at or behind `from`: where its last 0xff stands, and its code. Fill bytes before it (B.1.1.2), and
/// whatever else is there, are passed over; so is data in which 0xff is stuffed. `None` leaves open what comes.
pub fn next(bytes: &[u8], from: usize) -> Option<(usize, u8)> {
    let mut at = from;
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)?;
        match *bytes.get(at + 1)? {
            STUFFING => at += 2,
            0xff => at += 1,
            marker => return Some((at, marker)),
        }
    }
}

/// The bytes of the segment whose marker stands at `at`, behind its length. `None`: they are not all here, or the length
/// is none.
pub fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]);
    bytes.get(at + 4..at + 2 + usize::from(length))
}
