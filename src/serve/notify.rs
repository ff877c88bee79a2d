//! What systemd is told (sd_notify(3)): that the service is ready, how it is in one line, and that the loop still turns.

use std::time::Duration;

use libsystemd::daemon::{NotifyState, notify, watchdog_enabled};

use crate::error::Error;
use crate::log;
use crate::units::Micros;

/// The line of state changes no more often.
const STATUS_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Notifier {
    watchdog: Option<Duration>,
    last_watchdog: Micros,
    last_status: Micros,
    status: String,
}

/// The service cannot start. To systemd it is ready all the same: a service that ends before that has failed, and leaves the
/// system "degraded", whatever its unit says of exit statuses.
pub fn ready_to_refuse(error: &Error) {
    tell(&[
        NotifyState::Ready,
        NotifyState::Status(format!("cannot start: {error}")),
    ]);
}

impl Notifier {
    pub fn ready(now: Micros) -> Self {
        tell(&[NotifyState::Ready]);
        Self {
            // Twice as often as it is asked for, as sd_watchdog_enabled(3) has it.
            watchdog: watchdog_enabled(false).map(|limit| limit / 2),
            last_watchdog: now,
            last_status: Micros(0),
            status: String::new(),
        }
    }

    /// The loop has turned.
    pub fn turn(&mut self, now: Micros, status: impl FnOnce() -> String) {
        if self
            .watchdog
            .is_some_and(|every| now.since(self.last_watchdog) >= every)
        {
            self.last_watchdog = now;
            tell(&[NotifyState::Watchdog]);
        }
        if now.since(self.last_status) >= STATUS_EVERY {
            self.last_status = now;
            let status = status();
            if status != self.status {
                tell(&[NotifyState::Status(status.clone())]);
                self.status = status;
            }
        }
    }

    /// When the loop must turn at the latest.
    pub fn call_by(&self) -> Option<Micros> {
        self.watchdog.map(|every| self.last_watchdog.after(every))
    }

    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }

    /// systemd shows the last line also of a service that has ended.
    pub fn ended(&self) {
        tell(&[NotifyState::Status(String::new())]);
    }
}

fn tell(states: &[NotifyState]) {
    if let Err(error) = notify(false, states) {
        log::debug!("telling systemd failed: {error}");
    }
}
