//! What a child process is given besides its three streams.

#![allow(unsafe_code)]

use std::os::fd::RawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::unistd::dup2_raw;
use std::os::fd::{BorrowedFd, IntoRawFd};

/// The first number that systemd gives (sd_listen_fds(3)).
pub const FIRST: RawFd = 3;

/// The child has `sockets` as descriptors from `FIRST` on. They have higher numbers than all of those, and stay open until
/// the child was started.
pub fn pass(command: &mut Command, sockets: Vec<RawFd>) {
    let work = move || {
        for (place, &socket) in sockets.iter().enumerate() {
            // SAFETY: the caller keeps the sockets open, and the child has copies of all descriptors.
            let socket = unsafe { BorrowedFd::borrow_raw(socket) };
            // SAFETY: the number belongs to the child, which uses nothing but its three streams before it is another
            // program; it is given away at once, so nothing closes it.
            let copy = unsafe { dup2_raw(socket, FIRST + place as RawFd)? };
            fcntl(&copy, FcntlArg::F_SETFD(FdFlag::empty()))?;
            let _ = copy.into_raw_fd();
        }
        Ok(())
    };
    // SAFETY: between fork and exec nothing but dup2(2) and fcntl(2) is called, which are async-signal-safe, and nothing
    // is allocated.
    unsafe { command.pre_exec(work) };
}
