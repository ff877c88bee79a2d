//! Descriptors that come as bare numbers: from systemd, and with a message of a Unix socket.

#![allow(unsafe_code)]

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use nix::libc;

/// Where the descriptors of systemd begin (SD_LISTEN_FDS_START, sd_listen_fds(3)).
const FIRST_HANDED_OVER: RawFd = 3;

/// Takes over a descriptor that was given to this process, and that nothing else in it knows of.
pub fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: the callers have the number from the kernel just now, as that of a descriptor that is open and theirs alone:
    // LISTEN_FDS counts descriptors that systemd opened for this process, SCM_RIGHTS makes a new one for each message.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Takes over the descriptor of systemd with this place among them, from 0 on: one that nothing else has taken over.
pub fn adopt_handed_over(place: usize) -> Option<OwnedFd> {
    let fd = FIRST_HANDED_OVER + RawFd::try_from(place).ok()?;
    // SAFETY: fcntl(2) with F_SETFD takes numbers alone, and says so where there is no such descriptor.
    let is_open = unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } == 0;
    is_open.then(|| adopt(fd))
}
