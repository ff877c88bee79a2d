//! When the next picture of the card is due: an absolute schedule on the monotonic clock, so that
//! nothing adds up. It only computes; waiting is done by the caller.

use std::time::Duration;

use crate::units::{Fps, Micros};

/// What the schedule says at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Picture `index` is due since `at`.
    Now { index: u64, at: Micros },
    /// Nothing is due for so long.
    In(Duration),
}

/// The schedule. It begins with the first question asked of it.
#[derive(Clone, Debug)]
pub struct Pace {
    fps: Fps,
    start: Option<Micros>,
    next_index: u64,
    dropped: u64,
}

impl Pace {
    pub fn new(fps: Fps) -> Self {
        Self {
            fps: fps.or_default(),
            start: None,
            next_index: 0,
            dropped: 0,
        }
    }

    /// What is due at `now`. A picture is handed out once. Who comes so late that the picture after
    /// the next one is due too gets the newest one, and those between count as dropped.
    pub fn ask(&mut self, now: Micros) -> Due {
        let start = *self.start.get_or_insert(now);
        let next_at = self.at(start, self.next_index);
        if now < next_at {
            return Due::In(next_at.since(now));
        }
        let index = self.newest(now.since(start)).max(self.next_index);
        self.dropped += index - self.next_index;
        self.next_index = index + 1;
        Due::Now {
            index,
            at: self.at(start, index),
        }
    }

    /// How many pictures were left out because nobody came for them in time.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn at(&self, start: Micros, index: u64) -> Micros {
        start.after(self.fps.due(index))
    }

    /// The last picture that is due `elapsed` after the first one.
    fn newest(&self, elapsed: Duration) -> u64 {
        let rate = u64::from(self.fps.0);
        let mut index =
            elapsed.as_secs() * rate + u64::from(elapsed.subsec_micros()) * rate / 1_000_000;
        // `at` cuts to whole microseconds: a picture can be due up to one of them earlier than the division says.
        if self.at(Micros(0), index + 1) <= Micros::from_duration(elapsed) {
            index += 1;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Micros = Micros(7_000_123);

    fn started(fps: u32) -> Pace {
        let mut pace = Pace::new(Fps(fps));
        assert_eq!(
            pace.ask(START),
            Due::Now {
                index: 0,
                at: START
            }
        );
        pace
    }

    #[test]
    fn the_first_picture_is_due_at_once_and_the_second_an_interval_later() {
        let mut pace = started(25);
        assert_eq!(pace.ask(START), Due::In(Duration::from_millis(40)));
        assert_eq!(
            pace.ask(Micros(START.0 + 39_999)),
            Due::In(Duration::from_micros(1))
        );
        assert_eq!(
            pace.ask(Micros(START.0 + 40_000)),
            Due::Now {
                index: 1,
                at: Micros(START.0 + 40_000)
            }
        );
    }

    #[test]
    fn somewhat_late_drops_nothing_and_the_lateness_does_not_add_up() {
        let mut pace = started(25);
        for index in 1..1000 {
            let due = Micros(START.0 + index * 40_000);
            assert_eq!(
                pace.ask(Micros(due.0 + 39_999)),
                Due::Now { index, at: due }
            );
        }
        assert_eq!(pace.dropped(), 0);
    }

    #[test]
    fn later_than_an_interval_skips_to_the_newest_picture_and_counts() {
        let mut pace = started(25);
        assert_eq!(
            pace.ask(Micros(START.0 + 200_001)),
            Due::Now {
                index: 5,
                at: Micros(START.0 + 200_000)
            }
        );
        assert_eq!(pace.dropped(), 4);
        assert_eq!(
            pace.ask(Micros(START.0 + 200_002)),
            Due::In(Duration::from_micros(39_998))
        );
    }

    #[test]
    fn a_day_at_thirty_a_second_ends_on_the_second() {
        let mut pace = started(30);
        let end = Micros(START.0 + 86_400_000_000);
        assert_eq!(
            pace.ask(end),
            Due::Now {
                index: 86_400 * 30,
                at: end
            }
        );
    }

    #[test]
    fn every_picture_comes_at_its_own_due_time_at_every_rate() {
        for fps in [1, 7, 24, 25, 30, 50, 60, 90, 120] {
            let mut pace = started(fps);
            for index in 1..500 {
                let due = START.after(Fps(fps).due(index));
                assert_eq!(pace.ask(due), Due::Now { index, at: due }, "{fps} fps");
            }
            assert_eq!(pace.dropped(), 0, "{fps} fps");
        }
    }

    #[test]
    fn a_variable_rate_is_thirty() {
        assert_eq!(
            started(0).ask(START),
            Due::In(Duration::from_micros(33_333))
        );
    }
}
