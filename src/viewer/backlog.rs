//! What lies in the kernel, and for how long? The kernel tells how many bytes wait, not since when; this remembers which
//! picture each byte of the stream belongs to, how fast bytes leave, and how long the way of a picture is.

use std::collections::VecDeque;
use std::time::Duration;

use super::limits::{MOST_ON_A_LONG_WAY, MOST_ON_ITS_WAY};
use crate::units::Micros;

/// How finely it is remembered when bytes have left.
const MARK_EVERY: Duration = Duration::from_millis(50);

/// A picture that has not left whole, by its place in the stream.
#[derive(Debug)]
struct Picture {
    start: u64,
    end: u64,
    begun: Micros,
    /// Whether its first byte has left.
    arrived: bool,
}

/// What was handed to the kernel.
#[derive(Debug)]
pub struct Backlog {
    begun: Micros,
    /// Bytes that the kernel took since the stream began.
    taken: u64,
    /// Of these, bytes that have left for good.
    gone: u64,
    last_progress: Micros,
    pictures: VecDeque<Picture>,
    /// How long the first byte of a picture takes to leave for good: the longest of late, which is forgotten bit by bit.
    transit: Duration,
    /// The shortest ever.
    shortest_transit: Duration,
    /// How many bytes had left at points in time, the oldest longer ago than anybody asks for.
    marks: VecDeque<(Micros, u64)>,
}

impl Backlog {
    pub fn new(now: Micros) -> Self {
        Self {
            begun: now,
            taken: 0,
            gone: 0,
            last_progress: now,
            pictures: VecDeque::new(),
            transit: Duration::ZERO,
            shortest_transit: Duration::MAX,
            marks: VecDeque::from([(now, 0)]),
        }
    }

    /// A picture of `bytes` bytes begins, at the end of all that was taken.
    pub fn begin(&mut self, bytes: usize, now: Micros) {
        self.pictures.push_back(Picture {
            start: self.taken,
            end: self.taken + bytes as u64,
            begun: now,
            arrived: false,
        });
    }

    /// The kernel took `bytes`.
    pub fn take(&mut self, bytes: usize) {
        self.taken += bytes as u64;
    }

    /// The kernel says that it still holds `held` bytes; `rest` says that a begun picture waits in front of it.
    pub fn settle(&mut self, held: u64, rest: bool, now: Micros) {
        let gone = self.taken.saturating_sub(held);
        if gone > self.gone || (held == 0 && !rest) {
            self.last_progress = now;
        }
        self.gone = self.gone.max(gone);
        self.note_arrivals(now);
        self.mark(now);
        while self
            .pictures
            .front()
            .is_some_and(|first| first.end <= self.gone)
        {
            self.pictures.pop_front();
        }
    }

    fn mark(&mut self, now: Micros) {
        let is_due = |&(last, _): &(Micros, u64)| now.since(last) >= MARK_EVERY;
        if self.marks.back().is_none_or(is_due) {
            self.marks.push_back((now, self.gone));
        }
        while self
            .marks
            .get(1)
            .is_some_and(|&(second, _)| now.since(second) >= MOST_ON_A_LONG_WAY)
        {
            self.marks.pop_front();
        }
    }

    fn note_arrivals(&mut self, now: Micros) {
        for picture in &mut self.pictures {
            if picture.start >= self.gone {
                break;
            }
            if !picture.arrived {
                picture.arrived = true;
                let took = now.since(picture.begun);
                self.shortest_transit = self.shortest_transit.min(took);
                self.transit = took.max((self.transit * 7 + took) / 8);
            }
        }
    }

    /// Bytes that lie in the kernel, as of the last look.
    pub fn held(&self) -> u64 {
        self.taken - self.gone
    }

    /// Bytes that have left within the last `time`, which is `MOST_ON_A_LONG_WAY` at most. In the first second they count by
    /// and by: every line takes the first bytes quickly, into some queue.
    pub fn gone_within(&self, time: Duration, now: Micros) -> u64 {
        let mut before = self.marks.iter().rev();
        let before = before.find(|&&(at, _)| now.since(at) >= time);
        let gone = self.gone - before.or(self.marks.front()).map_or(0, |&(_, gone)| gone);
        let known_ms = now.since(self.begun).as_millis().min(1000);
        gone * u64::try_from(known_ms).unwrap_or(1000) / 1000
    }

    /// How long a picture takes from its begin until its first byte has left for good: the time of the way there and of
    /// the answer, and of what lies before it. A longer time counts at once, a shorter one bit by bit.
    pub fn transit(&self, now: Micros) -> Duration {
        let under_way = self.pictures.iter().find(|picture| !picture.arrived);
        under_way.map_or(self.transit, |picture| {
            self.transit.max(now.since(picture.begun))
        })
    }

    /// Whether the line is so full that it is no use to put more on it.
    pub fn is_line_full(&self, now: Micros) -> bool {
        let two_ways = self.shortest_transit.saturating_mul(2);
        self.held() > self.gone_within(two_ways.clamp(MOST_ON_ITS_WAY, MOST_ON_A_LONG_WAY), now)
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
    fn the_transit_is_the_time_until_the_first_byte_has_left() {
        let mut backlog = Backlog::new(Micros(0));
        let mut picture = |transit_ms| {
            let begun = Micros(backlog.taken() * SECOND);
            let arrived = begun.after(Duration::from_millis(transit_ms));
            backlog.begin(10, begun);
            backlog.take(10);
            backlog.settle(10, false, arrived);
            let under_way = backlog.transit(arrived);
            backlog.settle(9, false, arrived);
            backlog.settle(0, false, begun.after(Duration::from_secs(9)));
            (under_way.as_millis(), backlog.transit(begun).as_millis())
        };
        assert_eq!(picture(100), (100, 100));
        assert_eq!(picture(900), (900, 900));
        assert_eq!(picture(100), (900, 800));
        let later = (0..60).map(|_| picture(100).1).min();
        assert!(later.is_some_and(|transit| (100..=101).contains(&transit)));
    }

    #[test]
    fn what_has_left_is_known_for_the_last_second() {
        let mut backlog = Backlog::new(Micros(0));
        let at = |tenth: u64| Micros(tenth * SECOND / 10);
        for tenth in 1..=30 {
            backlog.take(100);
            backlog.settle(0, false, at(tenth));
        }
        let within = |backlog: &Backlog, tenths, ms| {
            backlog.gone_within(Duration::from_millis(ms), at(tenths))
        };
        assert_eq!(within(&backlog, 30, 200), 200);
        assert_eq!(
            Backlog::new(Micros(0)).gone_within(MOST_ON_A_LONG_WAY, at(3)),
            0
        );
        assert_eq!(within(&backlog, 30, 1000), 1000);
        assert_eq!(within(&backlog, 35, 1000), 500);
        backlog.take(100);
        backlog.settle(100, false, at(50));
        assert_eq!(within(&backlog, 50, 1000), 0);
        assert!(backlog.marks.len() < 30);
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
