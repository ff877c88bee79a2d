//! The one place of this source that needs `unsafe`: what has to happen in the child between fork and exec.
//!
//! Everything else about the child (pipes, signals, waiting) is safe code in `child`.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::{CommandExt, parent_id};
use std::process::Command;

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

/// Lets the child die with us, and gives it `pipes`, each under the number beside it. The numbers must not be in
/// use in this process: `Command` keeps a descriptor of its own open until exec.
///
/// The kernel sends the signal when the *thread* that started the child ends (prctl(2), PR_SET_PDEATHSIG): call
/// this from the main thread.
pub fn prepare(command: &mut Command, pipes: Vec<(OwnedFd, RawFd)>) {
    let parent = std::process::id();
    let in_child = move || {
        for (pipe, number) in &pipes {
            // SAFETY: dup2 takes two numbers and touches no memory; `pipe` is open, since this closure owns it.
            check(unsafe { libc::dup2(pipe.as_raw_fd(), *number) })?;
        }
        set_pdeathsig(Signal::SIGKILL)?;
        // The signal is sent for a death from now on, so one before has to be looked for.
        if parent_id() == parent {
            Ok(())
        } else {
            Err(Errno::ESRCH.into())
        }
    };
    // SAFETY: between fork and exec only async-signal-safe functions may run. The closure calls dup2, prctl and
    // getppid, reads a vector that was made before the fork, and allocates nothing: its errors are plain numbers.
    unsafe { command.pre_exec(in_child) };
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
