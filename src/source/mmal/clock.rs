//! From the clock of the VideoCore to the machine's: when a picture was taken.
//!
//! The two clocks run alike but begin at different times. Their distance is learnt from the frames: the one that came
//! quickest after it was taken, in the last ten to twenty seconds, counts as having come at once. So the clocks may
//! drift against each other for as long as the program runs.

use std::time::Duration;

use super::arrival::TIME_UNKNOWN;
use crate::units::Micros;

/// For how long a quickest frame counts, at least.
const WINDOW: Duration = Duration::from_secs(10);
/// No frame takes so long through the VideoCore: its clock has jumped.
const JUMP_US: i64 = 1_000_000;

/// The distance between the clocks, as far as it is known.
#[derive(Debug, Default)]
pub struct Clock {
    /// The smallest distance in this window and in the one before, in microseconds.
    this: Option<i64>,
    before: Option<i64>,
    begun: Micros,
}

impl Clock {
    /// When the picture with `pts_us` that began to arrive at `arrival` was taken, on the machine's clock.
    pub fn captured(&mut self, pts_us: i64, arrival: Micros) -> Micros {
        if pts_us == TIME_UNKNOWN {
            return arrival;
        }
        let distance = arrival.0.cast_signed().wrapping_sub(pts_us);
        if self
            .smallest()
            .is_some_and(|smallest| distance.saturating_sub(smallest) > JUMP_US)
        {
            *self = Self::default();
        }
        if arrival.since(self.begun) >= WINDOW {
            self.before = self.this.take();
            self.begun = arrival;
        }
        self.this = Some(
            self.this
                .map_or(distance, |smallest| smallest.min(distance)),
        );
        let smallest = self.smallest().unwrap_or(distance);
        Micros(pts_us.wrapping_add(smallest).cast_unsigned())
    }

    fn smallest(&self) -> Option<i64> {
        self.this.into_iter().chain(self.before).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 5_000_000_000;

    /// Frames of 40 ms, taken at `pts_us` and arriving 20 ms later on a clock that is START ahead.
    fn arrival(pts_us: i64) -> Micros {
        Micros(START + pts_us.cast_unsigned() + 20_000)
    }

    #[test]
    fn a_late_frame_keeps_the_time_at_which_it_was_taken() {
        let mut clock = Clock::default();
        assert_eq!(clock.captured(0, arrival(0)), arrival(0));
        let late = Micros(arrival(40_000).0 + 300_000);
        assert_eq!(clock.captured(40_000, late), arrival(40_000));
    }

    #[test]
    fn frames_without_a_time_count_as_taken_when_they_come() {
        assert_eq!(
            Clock::default().captured(TIME_UNKNOWN, Micros(77)),
            Micros(77)
        );
    }

    #[test]
    fn clocks_that_drift_apart_for_a_day_stay_together() {
        let mut clock = Clock::default();
        for index in 0..86_400_i64 {
            let pts_us = index * 1_000_000;
            // 20 parts in a million: 1.7 s a day.
            let came = Micros(arrival(pts_us).0 + 20 * index.cast_unsigned());
            let taken = clock.captured(pts_us, came);
            assert!(
                came.since(taken) < Duration::from_millis(1),
                "after {index} s"
            );
        }
    }

    #[test]
    fn a_clock_that_starts_again_is_followed() {
        let mut clock = Clock::default();
        clock.captured(3_600_000_000, arrival(3_600_000_000));
        let came = arrival(3_600_040_000);
        assert_eq!(clock.captured(0, came), came);
        assert_eq!(
            clock.captured(40_000, Micros(came.0 + 40_000)),
            Micros(came.0 + 40_000)
        );
    }

    #[test]
    fn no_picture_is_taken_after_it_has_come() {
        let mut clock = Clock::default();
        for (pts_us, came) in [(0, 900), (40, 1000), (80, 930), (120, 1100)] {
            assert!(clock.captured(pts_us, Micros(came)) <= Micros(came));
        }
    }
}
