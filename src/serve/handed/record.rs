//! Pictures with their times, one record each: for a program of this package that takes the shared camera for its source. Both
//! ends are on one machine, so their clock is the same.

use std::sync::Arc;
use std::time::Duration;

use super::super::picture::Picture;
use crate::frame::{Frame, LARGEST_PICTURE_BYTES};
use crate::units::{Micros, Pts};
use crate::viewer::Form;

/// Length, flags, and three times in microseconds: when it was taken, when it is shown, how long after its turn that is.
pub const HEAD_BYTES: usize = 32;

const KEY: u32 = 1;
const CONTINUES: u32 = 2;

fn head(frame: &Frame) -> [u8; HEAD_BYTES] {
    let flags = if frame.key { KEY } else { 0 } | if frame.continues { CONTINUES } else { 0 };
    let shown_after_us = u64::try_from(frame.shown_after.as_micros()).unwrap_or(0);
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&(frame.data.len() as u32).to_le_bytes());
    head[4..8].copy_from_slice(&flags.to_le_bytes());
    for (place, number) in [frame.captured.0, frame.pts.0, shown_after_us]
        .iter()
        .enumerate()
    {
        let at = 8 + place * 8;
        head[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    head
}

/// The frame that `head` announces, without its bytes, and how many there are.
///
/// # Errors
/// The length, where no picture is that large.
pub fn announced(head: &[u8; HEAD_BYTES]) -> Result<(Frame, usize), usize> {
    let short =
        |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let long = |at: usize| u64::from(short(at)) | u64::from(short(at + 4)) << 32;
    let (length, flags) = (short(0) as usize, short(4));
    let frame = Frame {
        data: Vec::new(),
        captured: Micros(long(8)),
        pts: Pts(long(16)),
        shown_after: Duration::from_micros(long(24)),
        key: flags & KEY != 0,
        continues: flags & CONTINUES != 0,
    };
    if length > LARGEST_PICTURE_BYTES {
        return Err(length);
    }
    Ok((frame, length))
}

/// The form of a viewer that takes records.
#[derive(Debug, Default)]
pub struct Records {
    record: Vec<u8>,
}

impl Form for Records {
    type Item = Arc<Picture>;

    fn begin(&mut self, item: &Arc<Picture>) {
        self.record = [&head(&item.frame)[..], &item.frame.data].concat();
    }

    fn forget_bytes(&mut self) {
        self.record = Vec::new();
    }

    fn bytes<'a>(&'a self, _: &'a Arc<Picture>) -> &'a [u8] {
        &self.record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_announced_as_it_is() {
        let frame = Frame {
            data: vec![7; 1000],
            captured: Micros(1 << 40),
            pts: Pts(3),
            shown_after: Duration::from_millis(80),
            key: true,
            continues: false,
        };
        let (read, length) = announced(&head(&frame)).unwrap();
        assert_eq!(length, 1000);
        assert_eq!(
            (
                read.captured,
                read.pts,
                read.shown_after,
                read.key,
                read.continues
            ),
            (frame.captured, frame.pts, frame.shown_after, true, false)
        );
    }

    #[test]
    fn no_picture_is_too_large() {
        assert_eq!(
            announced(&[0xff; HEAD_BYTES]).unwrap_err(),
            u32::MAX as usize
        );
    }
}
