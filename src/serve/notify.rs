//! What systemd is told (sd_notify(3)): that the service is ready, how it is in one line, and that the loop still turns.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
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
    tell_at_start(&[
        NotifyState::Ready,
        NotifyState::Status(format!("cannot start: {error}")),
    ]);
}

impl Notifier {
    pub fn ready(now: Micros) -> Self {
        tell_at_start(&[NotifyState::Ready]);
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

/// What must not be lost: systemd waits for it.
fn tell_at_start(states: &[NotifyState]) {
    if let Err(error) = notify(false, states) {
        log::debug!("telling systemd failed: {error}");
    }
}

/// Not by `notify`, which waits while PID 1 does not read: the loop would stand still. A watchdog's sign is given twice as often as it is asked for.
fn tell(states: &[NotifyState]) {
    let text: String = states.iter().map(|state| format!("{state}\n")).collect();
    if let Err(error) = send(&text) {
        log::debug!("telling systemd failed: {error}");
    }
}

fn send(text: &str) -> io::Result<()> {
    let Some(path) = env::var_os("NOTIFY_SOCKET") else {
        return Ok(());
    };
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(text.as_bytes(), &address)?;
    Ok(())
}
