//! The signals. SIGINT, SIGTERM and SIGHUP mean a clean end, SIGUSR1 with `-s` starts and pauses the capture, and SIGUSR1 without
//! it and SIGUSR2 mean nothing: each sets one flag, which the loops look at. No signal is blocked or
//! ignored, so a child inherits nothing.
//!
//! A flag that is set just before poll(2) does not end the wait, so a loop that looks at it wakes up now and then. Who only
//! waits, for hours, is woken by a pipe.

use std::fs;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::raw::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};

/// Whether it is time to stop, or to pause.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    requested: Arc<AtomicBool>,
    /// Readable, and never read, once it is time to stop. Both ends: without a writer it would be readable at once.
    wake: Option<Arc<(PipeReader, PipeWriter)>>,
    switched: Arc<AtomicBool>,
}

impl Stop {
    /// From now on these signals mean what is said above. An end that was ignored when the program was started stays ignored,
    /// as nohup(1) wants it.
    pub fn on_signals() -> io::Result<Self> {
        let wake = Arc::new(io::pipe()?);
        let stop = Self {
            wake: Some(wake.clone()),
            ..Self::default()
        };
        let ignored = ignored();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if ignored & bit(signal) == 0 {
                // In this order: who is woken finds the flag set.
                signal_hook::flag::register(signal, Arc::clone(&stop.requested))?;
                signal_hook::low_level::pipe::register(signal, wake.1.try_clone()?)?;
            }
        }
        signal_hook::flag::register(SIGUSR1, Arc::clone(&stop.switched))?;
        // Caught, it does not end us as it would by default. The flag is nobody's.
        signal_hook::flag::register(SIGUSR2, Arc::default())?;
        // A file at its limit (ulimit -f): where the signal does not kill, write(2) fails with EFBIG, and that is told.
        signal_hook::flag::register(SIGXFSZ, Arc::default())?;
        Ok(stop)
    }

    pub fn requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Waits until `fd` has something to read or has ended, or it is time to stop.
    pub fn wait_beside(&self, fd: BorrowedFd<'_>) {
        let wake = self.wake.as_ref().map(|wake| wake.0.as_fd());
        let both = [fd].into_iter().chain(wake);
        let mut fds: Vec<_> = both.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        // Whatever else goes wrong is seen on the descriptor itself.
        let _ = poll(&mut fds, PollTimeout::NONE);
    }

    /// Whether SIGUSR1 has come since this was asked last.
    pub fn take_switch(&self) -> bool {
        self.switched.swap(false, Ordering::Relaxed)
    }
}

/// The signals that are ignored, a bit each (proc(5), SigIgn). Without /proc none is.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}
