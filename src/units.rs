//! Numbers with a unit, each a type of its own, so that a bitrate is never taken for a frame rate.

use std::fmt;
use std::time::Duration;

use nix::poll::PollTimeout;
use nix::time::{ClockId, clock_gettime};

/// A point on the machine's monotonic clock (CLOCK_MONOTONIC), in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub u64);

impl Micros {
    /// Now. The clock has been there in every Linux that this program can start on.
    pub fn now() -> Self {
        let time =
            clock_gettime(ClockId::CLOCK_MONOTONIC).expect("CLOCK_MONOTONIC is always there");
        Self::from_duration(Duration::from(time))
    }

    /// The time since the clock's own start.
    pub fn from_duration(since_clock_start: Duration) -> Self {
        // In 64 bits, not by `as_micros` in 128: on 32-bit processors that is a hundred instructions less.
        let whole = since_clock_start.as_secs().saturating_mul(1_000_000);
        Self(whole.saturating_add(since_clock_start.subsec_micros().into()))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        duration(self.0.saturating_sub(earlier.0))
    }

    /// This point, `later` on.
    pub fn after(self, later: Duration) -> Self {
        Self(self.0.saturating_add(Self::from_duration(later).0))
    }
}

/// As `Duration::from_micros`. What is shorter than an hour is divided in 32 bits, which is a hundred instructions less on a
/// 32-bit processor, and there are dozens of such times in a picture.
fn duration(micros: u64) -> Duration {
    const SECOND: u32 = 1_000_000;
    u32::try_from(micros).map_or_else(
        |_| Duration::from_micros(micros),
        |short| Duration::new((short / SECOND).into(), short % SECOND * 1000),
    )
}

/// How long poll(2) is to wait for this time to be over: in whole milliseconds, rounded up, since a wait that is rounded
/// down to nothing spins until the time is over.
pub fn poll_timeout(wait: Duration) -> PollTimeout {
    // Not by `as_nanos`, whose 128 bits are divided by a function of their own.
    let whole_ms = wait.as_secs().saturating_mul(1000);
    let ms = whole_ms.saturating_add(wait.subsec_nanos().div_ceil(1_000_000).into());
    PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX)
}

/// A presentation time stamp in microseconds, on a time line of the stream's own: its zero says nothing, only differences do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pts(pub u64);

impl Pts {
    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        duration(self.0.saturating_sub(earlier.0))
    }
}

/// A bitrate in bit/s; 0 means that the encoder chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bitrate(pub u32);

/// A frame rate in whole frames a second, as raspivid's `-fps`; 0 means variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fps(pub u32);

impl Fps {
    /// The rate for a source that needs a number: raspivid's default, 30, stands in for "variable".
    pub fn or_default(self) -> Self {
        if self.0 == 0 { Self(30) } else { self }
    }

    /// When frame `index` is due after the first one. Computed anew for each frame, so nothing adds up.
    pub fn due(self, index: u64) -> Duration {
        let rate = u64::from(self.or_default().0);
        Duration::from_secs(index / rate)
            + Duration::from_nanos(index % rate * 1_000_000_000 / rate)
    }
}

/// A key frame period in frames; 0 means one key frame at the start only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gop(pub u32);

/// A picture size in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_due_without_drift() {
        assert_eq!(Fps(30).due(30), Duration::from_secs(1));
        assert_eq!(Fps(30).due(30 * 86_400), Duration::from_secs(86_400));
        assert_eq!(Fps(30).due(1), Duration::from_nanos(33_333_333));
        assert_eq!(Fps(0).due(3), Duration::from_millis(100));
    }

    #[test]
    fn times_between_points_are_exact_however_long() {
        for micros in [0, 1, 999_999, 1_000_000, u32::MAX.into(), 1 << 32, 1 << 60] {
            let since = Micros(micros + 7).since(Micros(7));
            assert_eq!(since, Duration::from_micros(micros));
        }
    }

    #[test]
    fn a_wait_is_rounded_up_to_the_milliseconds_of_poll() {
        let milliseconds =
            |nanoseconds| poll_timeout(Duration::from_nanos(nanoseconds)).as_millis();
        assert_eq!(milliseconds(0), Some(0));
        assert_eq!(milliseconds(1), Some(1));
        assert_eq!(milliseconds(1_000_000), Some(1));
        assert_eq!(milliseconds(1_000_001), Some(2));
        assert_eq!(poll_timeout(Duration::MAX), PollTimeout::MAX);
    }

    #[test]
    fn time_never_runs_backwards() {
        assert_eq!(Micros(5).since(Micros(7)), Duration::ZERO);
        assert_eq!(Micros(7).since(Micros(5)), Duration::from_micros(2));
        assert_eq!(
            Micros(u64::MAX).after(Duration::from_secs(1)),
            Micros(u64::MAX)
        );
    }
}
