//! How old is what lies unsent? Kernels tell how many bytes wait, not since when; this remembers which picture
//! each byte of the stream belongs to, and when anything was last taken.

use std::collections::VecDeque;
use std::time::Duration;

use crate::units::Micros;

/// What was handed to the kernel, by stream position.
#[derive(Debug)]
pub struct Backlog {
    /// Bytes that the kernel took since the stream began.
    taken: u64,
    /// Of these, bytes that have left for good.
    gone: u64,
    last_progress: Micros,
    /// For every picture that has not left whole: where it ends, and when it was captured.
    pictures: VecDeque<(u64, Micros)>,
}

impl Backlog {
    pub fn new(now: Micros) -> Self {
        Self {
            taken: 0,
            gone: 0,
            last_progress: now,
            pictures: VecDeque::with_capacity(256),
        }
    }

    /// A picture of `bytes` bytes begins, at the end of all that was taken.
    pub fn begin(&mut self, bytes: usize, captured: Micros) {
        self.pictures
            .push_back((self.taken + bytes as u64, captured));
    }

    /// The kernel took `bytes`.
    pub fn take(&mut self, bytes: usize) {
        self.taken += bytes as u64;
    }

    /// The kernel says that `unsent` bytes still wait in it; `rest` says that a begun picture waits in front of it.
    pub fn settle(&mut self, unsent: u64, rest: bool, now: Micros) {
        let gone = self.taken.saturating_sub(unsent);
        if gone > self.gone || (unsent == 0 && !rest) {
            self.last_progress = now;
        }
        self.gone = self.gone.max(gone);
        while self
            .pictures
            .front()
            .is_some_and(|&(end, _)| end <= self.gone)
        {
            self.pictures.pop_front();
        }
    }

    /// How long ago the oldest picture that has not left whole was captured.
    pub fn age(&self, now: Micros) -> Duration {
        self.pictures
            .front()
            .map_or(Duration::ZERO, |&(_, captured)| now.since(captured))
    }

    /// For how long nothing has left although something waits.
    pub fn stuck_for(&self, now: Micros) -> Duration {
        now.since(self.last_progress)
    }

    /// Bytes that the kernel took since the stream began.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn the_age_is_that_of_the_oldest_picture_with_a_byte_left() {
        let mut backlog = Backlog::new(Micros(0));
        for second in 0..3 {
            backlog.begin(100, Micros(second * SECOND));
            backlog.take(100);
        }
        backlog.settle(201, false, Micros(3 * SECOND));
        assert_eq!(backlog.age(Micros(3 * SECOND)), Duration::from_secs(3));
        backlog.settle(200, false, Micros(3 * SECOND));
        assert_eq!(backlog.age(Micros(3 * SECOND)), Duration::from_secs(2));
        backlog.settle(0, false, Micros(4 * SECOND));
        assert_eq!(backlog.age(Micros(4 * SECOND)), Duration::ZERO);
    }

    #[test]
    fn progress_is_bytes_that_leave_even_while_more_come() {
        let mut backlog = Backlog::new(Micros(0));
        backlog.take(1000);
        backlog.settle(1000, false, Micros(SECOND));
        assert_eq!(backlog.stuck_for(Micros(SECOND)), Duration::from_secs(1));
        backlog.take(500);
        backlog.settle(1400, false, Micros(2 * SECOND));
        assert_eq!(backlog.stuck_for(Micros(2 * SECOND)), Duration::ZERO);
        backlog.settle(1400, false, Micros(5 * SECOND));
        assert_eq!(
            backlog.stuck_for(Micros(5 * SECOND)),
            Duration::from_secs(3)
        );
    }

    #[test]
    fn a_picture_that_the_kernel_takes_nothing_of_counts_as_stuck() {
        let mut backlog = Backlog::new(Micros(0));
        backlog.begin(10, Micros(0));
        backlog.settle(0, true, Micros(SECOND));
        assert_eq!(backlog.stuck_for(Micros(SECOND)), Duration::from_secs(1));
    }
}
