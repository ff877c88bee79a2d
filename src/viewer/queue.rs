//! The frames that wait because earlier ones lie unsent. Whole frames only; when one has waited for too long, all before
//! the newest key frame are dropped. What counts is the time since a frame was offered: a camera whose clock is wrong, or
//! whose pictures are exposed for seconds, is no reason to drop any.

use std::collections::VecDeque;
use std::time::Duration;

use super::limits::MOST_WAITING_BYTES;
use crate::frame::Frame;
use crate::units::Micros;

/// One that waits, and what must be known of its frame.
#[derive(Debug)]
struct Waiting<T> {
    item: T,
    offered: Micros,
    key: bool,
    continues: bool,
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
    pub fn push(&mut self, item: T, frame: &Frame, now: Micros) {
        let bytes = frame.data.len();
        self.bytes += bytes;
        self.waiting.push_back(Waiting {
            item,
            offered: now,
            key: frame.key,
            continues: frame.continues,
            bytes,
        });
    }

    pub fn pop(&mut self) -> Option<T> {
        let first = self.waiting.pop_front()?;
        self.bytes -= first.bytes;
        Some(first.item)
    }

    /// Whether the first frame carries on a picture that was begun: it must not be held back or dropped.
    pub fn continues(&self) -> bool {
        self.waiting.front().is_some_and(|first| first.continues)
    }

    /// When the first was offered.
    pub fn oldest(&self) -> Option<Micros> {
        self.waiting.front().map(|first| first.offered)
    }

    pub fn has_key(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.key)
    }

    /// When a frame has waited for longer than `limit`, drops all before the newest key frame, or all where that one has
    /// waited for too long itself. Returns how many were dropped; when no key frame is left after that, the next one has yet
    /// to come.
    pub fn drop_overdue(&mut self, limit: Duration, now: Micros, release: impl FnMut(T)) -> u64 {
        let is_overdue = |waiting: &Waiting<T>| now.since(waiting.offered) > limit;
        let first = self.waiting.iter().take_while(|it| it.continues).count();
        if self.bytes <= MOST_WAITING_BYTES && !self.waiting.get(first).is_some_and(is_overdue) {
            return 0;
        }
        let newest_key = self.waiting.iter().rposition(|waiting| waiting.key);
        let end = newest_key
            .filter(|&key| key > first && !is_overdue(&self.waiting[key]))
            .unwrap_or(self.waiting.len());
        let dropped = self.waiting.drain(first..end);
        let (items, bytes): (Vec<T>, Vec<usize>) = dropped.map(|it| (it.item, it.bytes)).unzip();
        self.bytes -= bytes.iter().sum::<usize>();
        let count = items.len() as u64;
        items.into_iter().for_each(release);
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue of frames that were offered a second apart: `K` is a key frame, `c` carries on the frame before.
    fn queue(frames: &str) -> Queue<u64> {
        let mut queue = Queue::default();
        for (second, kind) in (0..).zip(frames.chars()) {
            let frame = Frame {
                data: vec![0; 10],
                key: kind == 'K',
                continues: kind == 'c',
                ..Frame::default()
            };
            queue.push(second, &frame, Micros(second * 1_000_000));
        }
        queue
    }

    /// How many are dropped, and the seconds of those that stay.
    fn dropped_and_left(frames: &str, now_ms: u64) -> (u64, Vec<u64>) {
        let (mut queue, mut released) = (queue(frames), 0);
        let dropped = queue.drop_overdue(LIMIT, Micros(now_ms * 1000), |_| released += 1);
        assert_eq!(dropped, released);
        let left: Vec<u64> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(queue.bytes, 0);
        (dropped, left)
    }

    const LIMIT: Duration = Duration::from_secs(2);

    #[test]
    fn overdue_frames_go_and_all_before_the_newest_key_frame_with_them() {
        assert_eq!(dropped_and_left("KPPPKP", 4000), (4, vec![4, 5]));
        assert_eq!(dropped_and_left("KKPKP", 3500), (3, vec![3, 4]));
    }

    #[test]
    fn a_key_frame_that_is_overdue_itself_goes_too() {
        assert_eq!(dropped_and_left("KKKK", 4500), (3, vec![3]));
        assert_eq!(dropped_and_left("PPKPP", 4500), (5, vec![]));
    }

    #[test]
    fn nothing_is_left_when_no_key_frame_has_come_yet() {
        assert_eq!(dropped_and_left("KPPP", 3000), (4, vec![]));
    }

    #[test]
    fn fresh_frames_stay() {
        assert_eq!(dropped_and_left("KP", 2000), (0, vec![0, 1]));
    }

    #[test]
    fn what_carries_on_a_begun_picture_stays_whatever_its_age() {
        assert_eq!(dropped_and_left("ccPPK", 5000), (2, vec![0, 1, 4]));
        assert_eq!(dropped_and_left("cc", 9000), (0, vec![0, 1]));
    }

    #[test]
    fn a_queue_that_holds_too_much_is_emptied_though_nothing_is_overdue() {
        let mut queue = Queue::default();
        let frame = Frame {
            data: vec![0; MOST_WAITING_BYTES / 2 + 1],
            key: true,
            ..Frame::default()
        };
        queue.push(0, &frame, Micros(0));
        queue.push(1, &frame, Micros(0));
        assert_eq!(queue.drop_overdue(LIMIT, Micros(0), drop), 1);
        assert_eq!(queue.pop(), Some(1));
    }
}
