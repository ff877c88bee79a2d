//! When each picture was taken, from the lines that the capture program writes with `--save-pts`.
//!
//! The file is a list of milliseconds with three decimals, one line for each frame that was written, behind a head
//! line that begins with `#` ("timecode format v2", as mkvmerge reads it). Its zero is the first frame; which clock
//! runs behind it (sensor time, or the wall clock since rpicam-apps 1.8) is not said.

use std::collections::VecDeque;

use crate::units::Micros;

/// A line longer than this is none.
const LINE_LIMIT: usize = 64;

/// What one line tells of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLine {
    /// The program's time, in microseconds since the first frame.
    pub time_us: i64,
    /// When the line was read: the frame has arrived by then.
    pub arrived: Micros,
}

/// The lines that have come and whose frames are still to be given out.
#[derive(Debug, Default)]
pub struct TimeLines {
    partial: Vec<u8>,
    waiting: VecDeque<TimeLine>,
    seen: bool,
}

impl TimeLines {
    /// Adds what has arrived by `arrived`.
    pub fn push(&mut self, bytes: &[u8], arrived: Micros) {
        for &byte in bytes {
            if byte == b'\n' {
                if let Some(time_us) = time_us(&self.partial) {
                    self.seen = true;
                    self.waiting.push_back(TimeLine { time_us, arrived });
                }
                self.partial.clear();
            } else if self.partial.len() < LINE_LIMIT {
                self.partial.push(byte);
            }
        }
    }

    /// The line of the next frame.
    pub fn next_line(&mut self) -> Option<TimeLine> {
        self.waiting.pop_front()
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
///
/// A clock that was set back behind the first frame makes it negative, and then both parts are, each printed as `%03d`:
/// 1.04 ms before it is `-1.-40`.
fn time_us(line: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(line).ok()?.trim();
    let (milliseconds, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let magnitude = |part: &str| -> Option<i64> {
        let digits = part.strip_prefix('-').unwrap_or(part);
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok())?
    };
    let decimals = match decimals.strip_prefix('-') {
        Some(microseconds) => microseconds.to_owned(),
        None => format!("{decimals:0<3.3}"),
    };
    let time_us = magnitude(milliseconds)?
        .checked_mul(1000)?
        .checked_add(magnitude(&decimals)?)?;
    Some(if text.contains('-') {
        -time_us
    } else {
        time_us
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_however_they_arrive() {
        let text = b"# timecode format v2\n0.000\n33.328\n66.656\n1000.5\n7\n";
        for piece in 1..=text.len() {
            let mut lines = TimeLines::default();
            text.chunks(piece)
                .for_each(|bytes| lines.push(bytes, Micros(0)));
            let times_us: Vec<_> = lines.waiting.iter().map(|line| line.time_us).collect();
            assert_eq!(
                times_us,
                [0, 33_328, 66_656, 1_000_500, 7_000],
                "in pieces of {piece} bytes"
            );
        }
    }

    #[test]
    fn times_before_the_first_frame_are_negative() {
        for (line, expected_us) in [
            ("-3600000.000", -3_600_000_000),
            ("-1.-500", -1_500),
            ("0.-40", -40),
            ("-2.-07", -2_007),
        ] {
            assert_eq!(time_us(line.as_bytes()), Some(expected_us), "{line}");
        }
    }

    #[test]
    fn what_is_no_time_is_passed_over() {
        let mut lines = TimeLines::default();
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
        let line = TimeLine {
            time_us: 5_000,
            arrived: Micros(7_000_000),
        };
        assert_eq!((lines.next_line(), lines.seen()), (Some(line), true));
    }
}
