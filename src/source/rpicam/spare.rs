//! Frames that have been given out, kept for their memory: a stream in good order allocates none after its start.
//! What a backlog or a picture of unusual size has taken beyond that is given back.

use crate::frame::{Frame, LARGEST_PICTURE_BYTES};

/// The frames and the memory they hold.
#[derive(Debug, Default)]
pub struct Spare {
    frames: Vec<Frame>,
    bytes: usize,
}

/// More frames than this lie in a backlog only.
const KEPT: usize = 64;

impl Spare {
    /// A frame with any content.
    pub fn take(&mut self) -> Frame {
        let frame = self.frames.pop().unwrap_or_default();
        self.bytes -= frame.data.capacity();
        frame
    }

    pub fn put(&mut self, frame: Frame) {
        let bytes = self.bytes + frame.data.capacity();
        if self.frames.len() < KEPT && bytes <= LARGEST_PICTURE_BYTES {
            self.bytes = bytes;
            self.frames.push(frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Frame {
        Frame {
            data: Vec::with_capacity(bytes),
            ..Frame::default()
        }
    }

    #[test]
    fn memory_is_kept_within_bounds() {
        let mut spare = Spare::default();
        for _ in 0..3 {
            spare.put(frame(LARGEST_PICTURE_BYTES / 2));
        }
        assert_eq!(spare.frames.len(), 2);
        assert!(spare.take().data.capacity() > 0);
        for _ in 0..2 * KEPT {
            spare.put(frame(1));
        }
        assert_eq!(spare.frames.len(), KEPT);
        for _ in 0..2 * KEPT {
            spare.take();
        }
        assert_eq!(spare.bytes, 0);
    }
}
