//! When a picture is taken to be whole although nothing marks its end: a bare H.264 stream does not, and where the next
//! picture begins is known one picture later, which is too late for live video.

use std::time::{Duration, Instant};

/// How long nothing comes before what has come of a picture is taken to be all of it. That is a heuristic: a writer that
/// is held up in the middle of a picture for longer has it cut in two. The stream stays whole, byte for byte, and the
/// second part is known as such (`Frame::continues`).
pub const QUIET: Duration = Duration::from_millis(3);

/// What is left of `quiet`, when bytes last came at `last_bytes`.
pub fn left(quiet: Duration, last_bytes: Instant, now: Instant) -> Duration {
    quiet.saturating_sub(now.saturating_duration_since(last_bytes))
}
