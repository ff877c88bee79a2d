//! When each picture was taken, from the lines that the capture program writes with `--save-pts`.
//!
//! The file is a list of milliseconds with three decimals, one line for each frame that was written, behind a head
//! line that begins with `#` ("timecode format v2", as mkvmerge reads it). Its zero is the first frame; which clock
//! runs behind it (sensor time, or the wall clock since rpicam-apps 1.8) is not said.

use std::collections::VecDeque;

use crate::units::Micros;

/// A line longer than this is none.
const LINE_LIMIT: usize = 64;

/// The program's clock has been set back when its time falls by more than this. Frames that are sent in coding
/// order, not in the order of their times, differ by one or two frames only.
const STEP_BACK_US: i64 = 1_000_000;

/// The lines that have come and whose frames are still to be given out.
#[derive(Debug, Default)]
pub struct Lines {
    partial: Vec<u8>,
    /// In microseconds since the first frame.
    waiting: VecDeque<i64>,
    seen: bool,
    clock: CaptureClock,
}

impl Lines {
    /// Adds what has arrived by `arrived`.
    pub fn push(&mut self, bytes: &[u8], arrived: Micros) {
        for &byte in bytes {
            if byte == b'\n' {
                if let Some(time_us) = time_us(&self.partial) {
                    self.seen = true;
                    self.clock.note(time_us, arrived);
                    self.waiting.push_back(time_us);
                }
                self.partial.clear();
            } else if self.partial.len() < LINE_LIMIT {
                self.partial.push(byte);
            }
        }
    }

    /// The capture time of the next frame.
    pub fn next_time(&mut self) -> Option<Micros> {
        self.waiting
            .pop_front()
            .map(|time_us| self.clock.captured(time_us))
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether this program writes the lines at all.
    pub fn seen(&self) -> bool {
        self.seen
    }
}

/// The time in one line; nothing for the head line and for what is no time.
fn time_us(line: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let (milliseconds, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let milliseconds: i64 = milliseconds.parse().ok()?;
    let decimals: i64 = format!("{decimals:0<3.3}").parse().ok()?;
    milliseconds.checked_mul(1000)?.checked_add(decimals)
}

/// Brings the program's times to this machine's monotonic clock.
///
/// What lies between a picture and its arrival here (exposure, encoder, pipe) is not known. The smallest difference
/// seen is taken for zero: a frame that comes late shows how much later it is than the fastest one.
#[derive(Debug, Default)]
struct CaptureClock {
    offset_us: Option<i64>,
    last_us: i64,
}

impl CaptureClock {
    /// A frame of the program's time `time_us` has arrived by `arrived`. Of frames that come together, the last one
    /// tells most: all are noted before any is asked about.
    fn note(&mut self, time_us: i64, arrived: Micros) {
        let now_us = i64::try_from(arrived.0).unwrap_or(i64::MAX);
        let offset_us = now_us.saturating_sub(time_us);
        if self.last_us.saturating_sub(time_us) > STEP_BACK_US {
            self.offset_us = None;
        }
        self.last_us = time_us;
        self.offset_us = Some(
            self.offset_us
                .map_or(offset_us, |known_us| known_us.min(offset_us)),
        );
    }

    /// The capture time of a frame that has been noted.
    fn captured(&self, time_us: i64) -> Micros {
        Micros(u64::try_from(self.offset_us.unwrap_or(0).saturating_add(time_us)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_however_they_arrive() {
        let text = b"# timecode format v2\n0.000\n33.328\n66.656\n1000.5\n7\n";
        for piece in 1..=text.len() {
            let mut lines = Lines::default();
            text.chunks(piece)
                .for_each(|bytes| lines.push(bytes, Micros(0)));
            assert_eq!(
                lines.waiting,
                [0, 33_328, 66_656, 1_000_500, 7_000],
                "in pieces of {piece} bytes"
            );
        }
    }

    #[test]
    fn what_is_no_time_is_passed_over() {
        let mut lines = Lines::default();
        lines.push(b"# timecode format v2\n", Micros(0));
        assert!(!lines.seen());
        lines.push(
            b"nonsense\n\n1.2.3\n.5\n\xff\n99999999999999999999.0\n9223372036854775807.0\n",
            Micros(0),
        );
        lines.push(&[b'1'; 5000], Micros(0));
        lines.push(b"\n", Micros(0));
        assert_eq!((lines.waiting(), lines.seen()), (0, false));
        lines.push(b"5.000\n", Micros(7_000_000));
        assert_eq!(
            (lines.next_time(), lines.seen()),
            (Some(Micros(7_000_000)), true)
        );
    }

    fn captured(clock: &mut CaptureClock, time_us: i64, arrived: Micros) -> Micros {
        clock.note(time_us, arrived);
        clock.captured(time_us)
    }

    #[test]
    fn a_late_frame_keeps_its_capture_time() {
        let mut clock = CaptureClock::default();
        assert_eq!(
            captured(&mut clock, 0, Micros(5_000_000)),
            Micros(5_000_000)
        );
        assert_eq!(
            captured(&mut clock, 33_000, Micros(5_900_000)),
            Micros(5_033_000)
        );
        assert_eq!(
            captured(&mut clock, 66_000, Micros(5_900_000)),
            Micros(5_066_000)
        );
    }

    #[test]
    fn a_first_frame_that_came_late_does_not_shift_all_others() {
        let mut clock = CaptureClock::default();
        clock.note(0, Micros(5_200_000));
        assert_eq!(
            captured(&mut clock, 33_000, Micros(5_033_000)),
            Micros(5_033_000)
        );
        assert_eq!(
            captured(&mut clock, 66_000, Micros(5_070_000)),
            Micros(5_066_000)
        );
    }

    #[test]
    fn frames_that_come_together_are_as_far_apart_as_they_were_taken() {
        let mut lines = Lines::default();
        lines.push(b"0.000\n40.000\n80.000\n", Micros(5_000_000));
        let times: Vec<_> = std::iter::from_fn(|| lines.next_time()).collect();
        assert_eq!(
            times,
            [Micros(4_920_000), Micros(4_960_000), Micros(5_000_000)]
        );
    }

    #[test]
    fn a_program_clock_that_is_set_does_not_make_frames_old() {
        let hour_us = 3_600_000_000;
        for step_us in [hour_us, -hour_us] {
            let mut clock = CaptureClock::default();
            clock.note(0, Micros(9_000_000));
            let captured = captured(&mut clock, 33_000 + step_us, Micros(9_033_000));
            assert_eq!(captured, Micros(9_033_000), "set by {step_us} µs");
        }
    }
}
