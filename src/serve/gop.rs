//! The pictures since the last key frame: what a viewer can begin with at once.

use std::sync::Arc;
use std::time::Duration;

use super::picture::Picture;
use crate::units::Micros;

/// A viewer begins with what has been only while that is so young: it stays as far behind the camera as it began.
const YOUNG: Duration = Duration::from_secs(1);

/// No more than this is sent at once, or kept.
const MOST_BYTES: usize = 2 << 20;

#[derive(Debug, Default)]
pub struct Gop {
    pictures: Vec<Arc<Picture>>,
    bytes: usize,
    begun: Micros,
}

impl Gop {
    /// A picture came at `now`.
    pub fn push(&mut self, picture: &Arc<Picture>, now: Micros) {
        if picture.frame.key {
            self.clear();
            self.begun = now;
        } else if self.pictures.is_empty() {
            return;
        }
        self.bytes += picture.frame.data.len();
        self.pictures.push(picture.clone());
        if self.bytes > MOST_BYTES || now.since(self.begun) > YOUNG {
            self.forget_all_but_the_key_frame();
        }
    }

    /// The pictures that a viewer can begin with at `now`, and be live.
    pub fn to_begin_with(&self, now: Micros) -> &[Arc<Picture>] {
        if self.is_whole() && now.since(self.begun) <= YOUNG {
            &self.pictures
        } else {
            &[]
        }
    }

    /// The newest key frame, whatever its age.
    pub fn key_frame(&self) -> Option<&Arc<Picture>> {
        self.pictures.first()
    }

    pub fn clear(&mut self) {
        self.pictures.clear();
        self.bytes = 0;
    }

    /// Nobody begins with them any more.
    fn forget_all_but_the_key_frame(&mut self) {
        self.pictures.truncate(1);
        self.bytes = MOST_BYTES + 1;
    }

    fn is_whole(&self) -> bool {
        self.bytes <= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::super::picture::{Memory, Numbering};
    use super::*;
    use crate::frame::Frame;

    const MS: u64 = 1000;

    /// `frames`: time in milliseconds, size in bytes, key frame or not.
    fn gop(frames: &[(u64, usize, bool)]) -> (Gop, Memory) {
        let (mut gop, memory) = (Gop::default(), Memory::default());
        let mut numbering = Numbering::new(memory.clone());
        for &(ms, bytes, key) in frames {
            let frame = Frame {
                data: vec![0; bytes],
                key,
                ..Frame::default()
            };
            gop.push(&numbering.next(frame), Micros(ms * MS));
        }
        (gop, memory)
    }

    #[test]
    fn a_viewer_begins_with_the_pictures_since_the_last_key_frame() {
        let (gop, _) = gop(&[
            (0, 1, false),
            (40, 1, true),
            (80, 1, false),
            (120, 1, true),
            (160, 1, false),
        ]);
        let numbers = |ms: u64| {
            let pictures = gop.to_begin_with(Micros(ms * MS));
            pictures.iter().map(|it| it.number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(200), [3, 4]);
        assert_eq!(numbers(1120), [3, 4]);
        assert!(numbers(1121).is_empty());
        assert_eq!(gop.key_frame().map(|key| key.number), Some(3));
    }

    #[test]
    fn what_nobody_can_begin_with_is_not_kept() {
        let (old, memory) = gop(&[
            (0, 10, true),
            (900, 10, false),
            (1100, 10, false),
            (1200, 10, false),
        ]);
        assert_eq!(memory.bytes(), 10);
        assert_eq!(old.to_begin_with(Micros(900 * MS)).len(), 0);
        let (large, memory) = gop(&[(0, 1 << 20, true), (40, 1 << 20, false), (80, 1, false)]);
        assert_eq!(memory.bytes(), 1 << 20);
        assert_eq!(large.to_begin_with(Micros(80 * MS)).len(), 0);
    }

    #[test]
    fn a_camera_that_has_just_begun_offers_nothing() {
        let (gop, _) = gop(&[(0, 10, false)]);
        assert!(gop.to_begin_with(Micros(0)).is_empty());
        assert!(gop.key_frame().is_none());
    }
}
