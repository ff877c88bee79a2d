//! Descriptors that come as bare numbers: from systemd, and with a message of a Unix socket.

#![allow(unsafe_code)]

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// Takes over a descriptor that was given to this process, and that nothing else in it knows of.
pub fn adopt(fd: RawFd) -> OwnedFd {
    // SAFETY: both callers have the number from the kernel just now, as that of a descriptor that is open and theirs alone:
    // LISTEN_FDS counts descriptors that systemd opened for this process, SCM_RIGHTS makes a new one for each message.
    unsafe { OwnedFd::from_raw_fd(fd) }
}
