//! A way out, and how bytes are put into it without ever waiting.
//!
//! O_NONBLOCK is never set on a descriptor that was given to us: its open file is shared with PID 1 or a shell. So a
//! socket is written with flags of the call, and a pipe is asked first how much it will take.

use std::fs::File;
use std::io;
use std::net::UdpSocket;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};
use nix::unistd::write;
use std::os::fd::AsRawFd;

use super::datagram::Datagrams;
use super::sys;

/// What POLLOUT promises of a pipe (pipe(7), PIPE_BUF).
const PIPE_PROMISE_BYTES: usize = 4096;

/// A way for packets that are numbered by whoever sends them: RTP over UDP.
pub trait PacketWay: std::fmt::Debug {
    /// Sends the first of `packets`, each whole, without waiting, and says how many bytes that was.
    fn write(&mut self, packets: &[u8]) -> Result<usize, Errno>;
}

/// Where the bytes of a stream go.
#[derive(Debug)]
pub enum Channel {
    /// A connected stream socket.
    Socket(OwnedFd),
    /// A pipe, FIFO or terminal: it can be full, so it is polled.
    Polled(OwnedFd),
    /// A regular file or a device that never waits.
    Plain(OwnedFd),
    Datagrams(Datagrams),
    Packets(Box<dyn PacketWay>),
}

impl Channel {
    /// The channel for an open descriptor, by what it is. Asked through the standard library, whose numbers have 64 bits
    /// on 32-bit machines too: fstat(2) fails there on a file of 2 GiB.
    pub fn of(fd: OwnedFd) -> io::Result<Self> {
        let file = File::from(fd);
        let kind = file.metadata()?.file_type();
        let fd = OwnedFd::from(file);
        let terminal = nix::unistd::isatty(&fd).unwrap_or(false);
        Ok(if kind.is_socket() {
            Self::Socket(fd)
        } else if kind.is_fifo() || terminal {
            Self::Polled(fd)
        } else {
            Self::Plain(fd)
        })
    }

    pub fn datagrams(socket: UdpSocket, most_bytes: usize, target: String) -> Self {
        Self::Datagrams(Datagrams::new(socket, most_bytes, target))
    }

    /// Writes what fits now and says how much that was.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let written = match self {
            Self::Socket(fd) => send(
                fd.as_raw_fd(),
                bytes,
                MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
            ),
            Self::Polled(fd) => write_polled(fd.as_fd(), bytes),
            Self::Plain(fd) => write(fd, bytes),
            Self::Datagrams(datagrams) => Ok(datagrams.write(bytes)),
            Self::Packets(way) => way.write(bytes),
        };
        match written {
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(0),
            other => other,
        }
    }

    /// Bytes that lie in the kernel and have not left it for good: for TCP those on their way, too.
    pub fn held_bytes(&self) -> u64 {
        match self {
            Self::Socket(fd) => sys::unacknowledged_bytes(fd).unwrap_or(0),
            Self::Polled(fd) => sys::unread_bytes(fd)
                .or_else(|_| sys::unacknowledged_bytes(fd))
                .unwrap_or(0),
            Self::Plain(_) | Self::Datagrams(_) | Self::Packets(_) => 0,
        }
    }

    /// Of these, the bytes that have not been sent yet. What is on its way is TCP's business: a long line holds much. Where
    /// the kernel tells no difference, as of a Unix socket or a pipe, all that is held lies unsent.
    pub fn unsent_bytes(&self) -> u64 {
        match self {
            Self::Socket(fd) => sys::unsent_bytes(fd).unwrap_or_else(|_| self.held_bytes()),
            _ => self.held_bytes(),
        }
    }

    /// The socket of a viewer, where this is one.
    pub fn socket(&self) -> Option<BorrowedFd<'_>> {
        if let Self::Socket(fd) = self {
            Some(fd.as_fd())
        } else {
            None
        }
    }

    /// Whether the reader of a pipe is gone.
    pub fn reader_is_gone(&self) -> bool {
        let Self::Polled(fd) = self else { return false };
        ready(fd.as_fd(), PollFlags::empty()).intersects(PollFlags::POLLERR | PollFlags::POLLHUP)
    }

    /// Whether a failed write can be the viewer's doing, and not a full disk's.
    pub fn has_viewer(&self) -> bool {
        matches!(self, Self::Socket(_) | Self::Polled(_) | Self::Packets(_))
    }
}

/// Writes to a pipe no more than it takes without waiting: an empty one takes its whole capacity, one with room
/// takes PIPE_BUF bytes, after which it is asked again.
fn write_polled(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    let mut written = 0;
    while written < bytes.len() {
        if !ready(fd, PollFlags::POLLOUT).contains(PollFlags::POLLOUT) {
            break;
        }
        let room = if sys::unread_bytes(fd) == Ok(0) {
            capacity(fd)
        } else {
            PIPE_PROMISE_BYTES
        };
        let end = bytes.len().min(written + room);
        match write(fd, &bytes[written..end]) {
            Ok(count) => written += count,
            Err(error) if written == 0 => return Err(error),
            // Reported by the next write, which finds the same.
            Err(_) => break,
        }
    }
    Ok(written)
}

fn capacity(fd: BorrowedFd<'_>) -> usize {
    nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_GETPIPE_SZ)
        .ok()
        .and_then(|bytes| usize::try_from(bytes).ok())
        .unwrap_or(PIPE_PROMISE_BYTES)
}

/// What poll(2) says of `fd` now.
pub fn ready(fd: BorrowedFd<'_>, events: PollFlags) -> PollFlags {
    let mut fds = [PollFd::new(fd, events)];
    match poll(&mut fds, PollTimeout::ZERO) {
        Ok(1..) => fds[0].revents().unwrap_or(PollFlags::empty()),
        _ => PollFlags::empty(),
    }
}
