//! Taking a connection from a listening socket without waiting.

use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{SockFlag, accept4};

/// From now on `accept` does not wait. systemd, which has the other descriptor of the socket, polls it alone.
pub fn prepare(listener: &OwnedFd) {
    if let Ok(flags) = fcntl(listener, FcntlArg::F_GETFL) {
        let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
        let _ = fcntl(listener, FcntlArg::F_SETFL(flags));
    }
}

/// The next connection that waits, if one does.
pub fn accept(listener: &OwnedFd) -> Option<OwnedFd> {
    accept4(listener, SockFlag::SOCK_CLOEXEC).ok()
}
