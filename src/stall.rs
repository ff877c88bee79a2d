//! A camera that gives nothing: how long that is believed in, and what is said then.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::options::Options;
use crate::source::Broken;
use crate::units::Micros;

/// The camera may take so much longer for its first frame.
const FIRST_FRAME_FACTOR: u32 = 3;

/// How long the camera may give nothing. A long exposure is no stall: it has as much longer as two exposures take.
pub fn limit(options: &Options) -> Duration {
    options.stall_timeout + 2 * options.camera.shutter()
}

/// The silence of a camera.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    since: Micros,
    limit: Duration,
    what: &'static str,
}

impl Silence {
    /// That of a camera which was opened at `begun` and gave its last picture at `last`.
    pub fn of(begun: Micros, last: Option<Micros>, limit: Duration) -> Self {
        match last {
            Some(since) => Self {
                since,
                limit,
                what: "no frame",
            },
            None => Self {
                since: begun,
                limit: limit * FIRST_FRAME_FACTOR,
                what: "no first key frame",
            },
        }
    }

    /// When it has lasted for too long.
    pub fn ends_at(self) -> Micros {
        self.since.after(self.limit)
    }

    /// # Errors
    /// `Stalled`, when it has lasted for too long; `broken` says what came in place of pictures.
    pub fn check(self, now: Micros, broken: impl FnOnce() -> Option<Broken>) -> Result<()> {
        let lasted = now.since(self.since);
        if lasted < self.limit {
            return Ok(());
        }
        let (what, time) = (self.what, lasted.as_secs_f32());
        let came = match broken() {
            Some(Broken {
                pictures: 1,
                reason,
            }) => format!("1 picture came, and was broken: {reason}"),
            Some(Broken { pictures, reason }) if pictures > 0 => {
                format!("{pictures} pictures came, all broken: {reason}")
            }
            _ => {
                return Err(Error::Stalled(format!(
                    "the camera has given {what} for {time:.1} s; check its cable and its connectors, the power \
                     supply, and whether another program uses it (--stall-timeout sets the limit)"
                )));
            }
        };
        Err(Error::Stalled(format!(
            "the camera has given {what} for {time:.1} s, but {came}; check its cable and the power supply, and try \
             another size or rate (-w, -h, -fps)"
        )))
    }
}
