//! The frames that wait because an earlier one does not fit into the kernel. Whole frames only; what has waited for too
//! long is dropped up to the next key frame. Its memory is used again, so a session takes it once.

use std::collections::VecDeque;
use std::time::Duration;

use crate::frame::Frame;
use crate::units::Micros;

/// More than two seconds of any stream that the encoder makes (62.5 Mbit/s at most); a guard against a lying clock.
const MOST_BYTES: usize = 16 << 20;

#[derive(Debug, Default)]
pub struct Queue {
    waiting: VecDeque<Frame>,
    spare: Vec<Frame>,
    bytes: usize,
}

impl Queue {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Puts a copy of `frame` at the end.
    pub fn push(&mut self, frame: &Frame) {
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.clone_from(frame);
        self.bytes += copy.data.len();
        self.waiting.push_back(copy);
    }

    /// Takes the first frame; give it back with `recycle`.
    pub fn pop(&mut self) -> Option<Frame> {
        let frame = self.waiting.pop_front()?;
        self.bytes -= frame.data.len();
        Some(frame)
    }

    pub fn recycle(&mut self, frame: Frame) {
        self.spare.push(frame);
    }

    /// Drops frames from the front while the first one is older than `limit`, and then on to the next key frame.
    /// Returns how many were dropped; when the queue is empty after that, the next key frame has yet to come.
    pub fn drop_overdue(&mut self, limit: Duration, now: Micros) -> u64 {
        let mut dropped = 0;
        while let Some(first) = self.waiting.front() {
            let overdue = now.since(first.captured) > limit || self.bytes > MOST_BYTES;
            if !overdue && (dropped == 0 || first.key) {
                break;
            }
            if let Some(frame) = self.pop() {
                self.recycle(frame);
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

    fn seconds_left(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop())
            .map(|frame| frame.captured.0 / 1_000_000)
            .collect()
    }

    const LIMIT: Duration = Duration::from_secs(2);

    #[test]
    fn overdue_frames_go_and_their_dependents_with_them_up_to_the_next_key_frame() {
        let mut queue = Queue::default();
        for second in 0..6 {
            queue.push(&frame(second, second == 0 || second == 4));
        }
        assert_eq!(queue.drop_overdue(LIMIT, Micros(4_000_000)), 4);
        assert_eq!(seconds_left(&mut queue), [4, 5]);
    }

    #[test]
    fn a_key_frame_that_is_overdue_itself_goes_too() {
        let mut queue = Queue::default();
        for second in 0..4 {
            queue.push(&frame(second, true));
        }
        assert_eq!(queue.drop_overdue(LIMIT, Micros(4_500_000)), 3);
        assert_eq!(seconds_left(&mut queue), [3]);
    }

    #[test]
    fn nothing_is_left_when_no_key_frame_has_come_yet() {
        let mut queue = Queue::default();
        queue.push(&frame(0, true));
        queue.push(&frame(3, false));
        assert_eq!(queue.drop_overdue(LIMIT, Micros(3_000_000)), 2);
        assert!(queue.is_empty());
    }

    #[test]
    fn fresh_frames_stay() {
        let mut queue = Queue::default();
        queue.push(&frame(0, true));
        queue.push(&frame(1, false));
        assert_eq!(queue.drop_overdue(LIMIT, Micros(2_000_000)), 0);
        assert_eq!(seconds_left(&mut queue), [0, 1]);
    }
}
