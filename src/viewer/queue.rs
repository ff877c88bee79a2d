//! The frames that wait because an earlier one does not fit into the kernel. Whole frames only; what has waited for too
//! long is dropped up to the next key frame.

use std::collections::VecDeque;
use std::time::Duration;

use super::limits::MOST_WAITING_BYTES;
use crate::frame::Frame;
use crate::gate::KeyGate;
use crate::units::Micros;

/// One that waits, and what must be known of its frame.
#[derive(Debug)]
struct Waiting<T> {
    item: T,
    captured: Micros,
    key: bool,
    bytes: usize,
}

/// The queue of one viewer, of frames or of references to them.
#[derive(Debug)]
pub struct Queue<T> {
    waiting: VecDeque<Waiting<T>>,
    bytes: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            bytes: 0,
        }
    }
}

impl<T> Queue<T> {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Puts `item`, which holds `frame` or refers to it, at the end.
    pub fn push(&mut self, item: T, frame: &Frame) {
        let bytes = frame.data.len();
        self.bytes += bytes;
        self.waiting.push_back(Waiting {
            item,
            captured: frame.captured,
            key: frame.key,
            bytes,
        });
    }

    pub fn pop(&mut self) -> Option<T> {
        let first = self.waiting.pop_front()?;
        self.bytes -= first.bytes;
        Some(first.item)
    }

    /// Drops frames from the front while the first one is older than `limit`, and then on to the next key frame.
    /// Returns how many were dropped; when the queue is empty after that, the next key frame has yet to come.
    pub fn drop_overdue(
        &mut self,
        limit: Duration,
        now: Micros,
        mut release: impl FnMut(T),
    ) -> u64 {
        let mut dropped = 0;
        let mut gate = KeyGate::open();
        while let Some(first) = self.waiting.front() {
            let overdue = now.since(first.captured) > limit || self.bytes > MOST_WAITING_BYTES;
            if overdue {
                gate.close();
            } else if gate.lets_through(first.key) {
                break;
            }
            if let Some(item) = self.pop() {
                release(item);
                dropped += 1;
            }
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(second: u64, key: bool) -> Frame {
        Frame {
            data: vec![second as u8; 10],
            captured: Micros(second * 1_000_000),
            key,
            ..Frame::default()
        }
    }

    fn queue(frames: &[Frame]) -> Queue<u64> {
        let mut queue = Queue::default();
        for frame in frames {
            queue.push(frame.captured.0 / 1_000_000, frame);
        }
        queue
    }

    /// How many are dropped, and the seconds of those that stay.
    fn dropped_and_left(mut queue: Queue<u64>, now: u64) -> (u64, Vec<u64>) {
        let mut released = 0;
        let dropped = queue.drop_overdue(LIMIT, Micros(now), |_| released += 1);
        assert_eq!(dropped, released);
        let left: Vec<u64> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(queue.bytes, 0);
        (dropped, left)
    }

    const LIMIT: Duration = Duration::from_secs(2);

    #[test]
    fn overdue_frames_go_and_their_dependents_with_them_up_to_the_next_key_frame() {
        let frames: Vec<Frame> = (0..6)
            .map(|second| frame(second, second == 0 || second == 4))
            .collect();
        assert_eq!(dropped_and_left(queue(&frames), 4_000_000), (4, vec![4, 5]));
    }

    #[test]
    fn a_key_frame_that_is_overdue_itself_goes_too() {
        let frames: Vec<Frame> = (0..4).map(|second| frame(second, true)).collect();
        assert_eq!(dropped_and_left(queue(&frames), 4_500_000), (3, vec![3]));
    }

    #[test]
    fn nothing_is_left_when_no_key_frame_has_come_yet() {
        let frames = [frame(0, true), frame(3, false)];
        assert_eq!(dropped_and_left(queue(&frames), 3_000_000), (2, vec![]));
    }

    #[test]
    fn fresh_frames_stay() {
        let frames = [frame(0, true), frame(1, false)];
        assert_eq!(dropped_and_left(queue(&frames), 2_000_000), (0, vec![0, 1]));
    }
}
