//! Where the clock of the pictures stands now. The time when a picture was taken is told unevenly, its own time stamp evenly:
//! the distance between the two clocks is smoothed, and follows a clock that runs a little faster or slower.

use std::time::Duration;

use crate::frame::Frame;
use crate::units::{Micros, Pts};

/// Each picture counts for one part in so many: about two seconds at 30 pictures a second.
const SMOOTHED_OVER: i64 = 64;

/// Further off than this it is another time line: the capture was paused, or a clock was set.
const SAME_LINE: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, Default)]
pub struct StreamClock {
    /// How far the pictures' clock is ahead of the machine's, in µs times `SMOOTHED_OVER`.
    ahead: Option<i64>,
}

impl StreamClock {
    pub fn note(&mut self, frame: &Frame) {
        let ahead_us = frame.pts.0.wrapping_sub(frame.captured.0) as i64;
        let sample = ahead_us.saturating_mul(SMOOTHED_OVER);
        let limit = i64::try_from(SAME_LINE.as_micros()).unwrap_or(i64::MAX) * SMOOTHED_OVER;
        self.ahead = match self.ahead {
            Some(known) if sample.saturating_sub(known).saturating_abs() <= limit => {
                Some(known + (sample - known) / SMOOTHED_OVER)
            }
            _ => Some(sample),
        };
    }

    /// This moment on the time line of the pictures; nothing before the first one.
    pub fn at(&self, now: Micros) -> Option<Pts> {
        let ahead_us = self.ahead? / SMOOTHED_OVER;
        Some(Pts(now.0.wrapping_add_signed(ahead_us)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_a_camera_that_runs_fast_is_followed_for_hours() {
        let mut clock = StreamClock::default();
        assert_eq!(clock.at(Micros(0)), None);
        let mut worst_ms = 0.0_f64;
        for picture in 0..10 * 3600 * 25_u64 {
            let exact_us = 7_000_000 + picture * 40_000;
            // Told up to 8 ms late; the camera's second is 200 µs short.
            let captured = Micros(exact_us + picture * 7919 % 8000);
            let pts = Pts((picture as f64 * 40_000.0 * 1.0002) as u64);
            clock.note(&Frame {
                pts,
                captured,
                ..Frame::default()
            });
            if picture > 100 {
                let told = clock.at(Micros(exact_us)).unwrap();
                worst_ms = worst_ms.max(told.0.abs_diff(pts.0) as f64 / 1000.0);
            }
        }
        // The mean lateness, 4 ms, is what nobody can know; it is followed half a millisecond late.
        assert!(worst_ms < 6.0, "{worst_ms} ms");
    }

    #[test]
    fn another_time_line_counts_at_once() {
        let mut clock = StreamClock::default();
        let mut note = |pts, captured| {
            clock.note(&Frame {
                pts: Pts(pts),
                captured: Micros(captured),
                ..Frame::default()
            });
            clock.at(Micros(captured)).unwrap()
        };
        assert_eq!(note(1_000_000, 500), Pts(1_000_000));
        assert_eq!(note(60_000_000, 1000), Pts(60_000_000));
    }
}
