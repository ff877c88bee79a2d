//! The kernel calls of the made-up lines that no crate offers in safe form: a network device that is a file, and the
//! bytes of a connection that have not been sent.

#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd};

use nix::libc::{IFF_NO_PI, IFF_TUN, O_NONBLOCK, c_int, c_short, ifreq};

mod ioctl {
    nix::ioctl_write_int!(tunsetiff, b'T', 202);
    nix::ioctl_read_bad!(outq_not_sent, 0x894b, nix::libc::c_int);
}

/// A device `name` in the network namespace of this thread, whose packets are read from and written to the file.
pub fn tun(name: &str) -> File {
    use std::os::unix::fs::OpenOptionsExt;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(O_NONBLOCK)
        .open("/dev/net/tun")
        .expect("/dev/net/tun");
    // SAFETY: a C struct of numbers and arrays, for which zero is a value.
    let mut request: ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()).take(15) {
        *to = from as _;
    }
    request.ifr_ifru.ifru_flags = (IFF_TUN | IFF_NO_PI) as c_short;
    // SAFETY: the file is open, and TUNSETIFF takes the address of an ifreq, which lives until the call is over.
    unsafe { ioctl::tunsetiff(file.as_raw_fd(), &raw mut request as _) }.expect("a TUN device");
    file
}

/// Bytes that a TCP socket has taken and not yet sent for the first time.
pub fn unsent_bytes(socket: impl AsFd) -> u64 {
    let mut bytes: c_int = 0;
    // SAFETY: the descriptor is borrowed, hence open, and the kernel writes one int to a valid int.
    unsafe { ioctl::outq_not_sent(socket.as_fd().as_raw_fd(), &raw mut bytes) }
        .expect("SIOCOUTQNSD");
    u64::try_from(bytes).expect("not negative")
}
