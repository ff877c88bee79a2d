//! One watches, one waits. The camera has one user at a time; who comes while it is in use waits a little, because most
//! often the last viewer is just leaving (a player that reconnects, a page that is loaded anew).
//!
//! The turn is a lock (flock(2)) on the folder of the template's control groups, which dies with the process that holds
//! it. Waiting in the kernel for a lock knows no limit, so it is asked for again and again, and the viewer's connection is
//! looked at meanwhile.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::CAMERA_SOCKET_UNIT;
use super::instance::{Instance, Other};
use crate::error::{Error, Result};
use crate::log;
use crate::sink::Sink;
use crate::stop::Stop;

/// How long a newcomer waits for the camera.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long the last instance may still be there when the camera is free. systemd counts it among the connections until
/// it is gone, so that a viewer who gets pictures before that, and leaves and comes back, would be one too many.
const LAST_STEPS: Duration = Duration::from_millis(500);

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The right to use the camera; given back when it is dropped.
#[derive(Debug)]
pub struct Turn {
    _lock: Option<Flock<File>>,
}

/// How waiting for one's turn has ended.
#[derive(Debug)]
pub enum Wait {
    Over(Turn),
    /// Another viewer is still watching: what the journal is to say.
    Refused(String),
    /// The viewer has left, or it was time to stop.
    Needless(&'static str),
}

impl Turn {
    /// Waits until no other instance has the camera, for three seconds at most. Where there are no others, as in a shell, it
    /// is always one's turn.
    ///
    /// # Errors
    /// What goes wrong with the viewer's connection, other than the viewer's leaving.
    pub fn wait(sink: &mut dyn Sink, stop: &Stop) -> Result<Wait> {
        match Self::take(sink, stop) {
            Err(Error::Viewer(_)) => Ok(Wait::Needless(
                "the viewer left while it waited for the camera",
            )),
            other => other,
        }
    }

    /// The turn of who needs none: in a shell nobody else asks.
    pub fn free() -> Self {
        Self { _lock: None }
    }

    fn take(sink: &mut dyn Sink, stop: &Stop) -> Result<Wait> {
        let Some(own) = Instance::own() else {
            log::debug!("not an instance of a template unit: no turn is waited for");
            return Ok(Wait::Over(Self::free()));
        };
        let deadline = Instant::now() + PATIENCE;
        let mut folder = match File::open(own.slice()) {
            Ok(folder) => folder,
            Err(error) => return Ok(Wait::Over(Self::without(&error))),
        };
        loop {
            folder = match Flock::lock(folder, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => {
                    see_off(&own, sink, stop)?;
                    return Ok(Wait::Over(Self { _lock: Some(lock) }));
                }
                Err((folder, Errno::EWOULDBLOCK | Errno::EINTR)) => folder,
                Err((_, error)) => return Ok(Wait::Over(Self::without(&error))),
            };
            if Instant::now() >= deadline {
                return Ok(Wait::Refused(refusal(own.others().first())));
            }
            if stop.requested() {
                return Ok(Wait::Needless(
                    "stopped while the viewer waited for the camera",
                ));
            }
            sink.idle()?;
            thread::sleep(LOOK_EVERY);
        }
    }

    /// A viewer is not sent away for want of a lock: two at a time are told by the camera itself.
    fn without(error: &dyn std::error::Error) -> Self {
        log::debug!("locking the folder of the instances failed: {error}");
        Self::free()
    }
}

/// Waits until the instances that were there before are gone, if that is soon.
fn see_off(own: &Instance, sink: &mut dyn Sink, stop: &Stop) -> Result<()> {
    let deadline = Instant::now() + LAST_STEPS;
    while own.has_elder() && Instant::now() < deadline && !stop.requested() {
        sink.idle()?;
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Why a viewer was not let in, by whom it was kept out (unknown where it has gone this moment), and what to do.
fn refusal(watching: Option<&Other>) -> String {
    let who = watching.and_then(Other::viewer).unwrap_or("another viewer");
    let since = watching.and_then(|other| Timestamp::try_from(other.since?).ok());
    let since = since.map_or_else(String::new, |since| {
        let local = ZonedDateTime::new(since, TimeZone::system());
        format!(" since {}", local.strftime("%Y-%m-%d %H:%M:%S"))
    });
    format!(
        "turned away after {} s: {who} is watching{since}, and this port serves one viewer at a time; for several at once let \
         them share the camera: sudo systemctl enable --now {CAMERA_SOCKET_UNIT}",
        PATIENCE.as_secs()
    )
}
