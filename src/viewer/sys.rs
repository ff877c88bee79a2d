//! The kernel calls of the viewers that no crate offers in safe form: how much lies in a descriptor.

#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;

mod ioctl {
    nix::ioctl_read_bad!(outq, nix::libc::TIOCOUTQ, nix::libc::c_int);
    // SIOCOUTQNSD of linux/sockios.h.
    nix::ioctl_read_bad!(outq_not_sent, 0x894b, nix::libc::c_int);
    nix::ioctl_read_bad!(inq, nix::libc::FIONREAD, nix::libc::c_int);
}

/// Bytes that a socket or terminal has taken and not yet got rid of: for TCP what the peer has not acknowledged
/// (tcp(7), SIOCOUTQ, which is the same number as TIOCOUTQ).
pub fn unacknowledged_bytes(fd: impl AsFd) -> Result<u64, Errno> {
    let mut bytes = 0;
    // SAFETY: the descriptor is borrowed, hence open, and the kernel writes one int to a valid int.
    unsafe { ioctl::outq(fd.as_fd().as_raw_fd(), &raw mut bytes) }?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Bytes that a TCP socket has taken and not yet sent for the first time (SIOCOUTQNSD); other sockets do not know.
pub fn unsent_bytes(fd: impl AsFd) -> Result<u64, Errno> {
    let mut bytes = 0;
    // SAFETY: the descriptor is borrowed, hence open, and the kernel writes one int to a valid int.
    unsafe { ioctl::outq_not_sent(fd.as_fd().as_raw_fd(), &raw mut bytes) }?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Bytes in a pipe that its reader has not taken (pipe(7), FIONREAD, from either end).
pub fn unread_bytes(fd: impl AsFd) -> Result<u64, Errno> {
    let mut bytes = 0;
    // SAFETY: the descriptor is borrowed, hence open, and the kernel writes one int to a valid int.
    unsafe { ioctl::inq(fd.as_fd().as_raw_fd(), &raw mut bytes) }?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}
