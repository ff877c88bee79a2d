//! The viewer at the other end of a socket: is it there, has it gone, what does it send?
//!
//! A viewer that closes only its sending half (as `nc -N` does) looks at first like one that closed altogether: both
//! send a FIN. What tells them apart is the RST that answers the next bytes to one that is gone.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Instant;

use nix::errno::Errno;
use nix::libc::POLLRDHUP;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::{SocketError, TcpNoDelay};
use nix::sys::socket::{MsgFlags, Shutdown, getsockopt, recv, setsockopt, shutdown};

use super::channel::ready;
use super::limits::{FAREWELL, MOST_READS};
use crate::error::Departure;
use crate::units::Micros;

/// What poll(2) tells of a FIN, also where bytes lie before it that are not read. nix has no name for it.
const HUNG_UP: PollFlags = PollFlags::from_bits_retain(POLLRDHUP);

#[derive(Debug, Default)]
pub struct Peer {
    /// When the viewer's FIN was seen.
    finished: Option<Micros>,
    /// What the viewer sends means something: whoever owns it reads it.
    has_words: bool,
}

impl Peer {
    /// One whose words mean something: they are left to be read by the owner, who sees the FIN, too.
    pub fn with_words() -> Self {
        Self {
            has_words: true,
            ..Self::default()
        }
    }

    /// Sets what this connection needs: no waiting for more bytes behind a frame. A socket that is not TCP refuses it
    /// and does not need it.
    pub fn prepare(socket: BorrowedFd<'_>) {
        let _ = setsockopt(&socket, TcpNoDelay, &true);
    }

    /// Looks at the connection without waiting. The events are level-triggered: waited for, they would spin. A FIN is seen as
    /// the end of the input, which is why all input is read.
    pub fn look(&mut self, socket: BorrowedFd<'_>) -> Result<(), Departure> {
        let events = ready(socket, PollFlags::POLLIN);
        if events.intersects(PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL) {
            return Err(departure(socket));
        }
        if events.contains(PollFlags::POLLIN)
            && !self.has_words
            && self.finished.is_none()
            && discard_input(socket)
        {
            self.finished = Some(Micros::now());
        }
        Ok(())
    }

    /// When the viewer said that it will send nothing more, if it has.
    pub fn finished(&self) -> Option<Micros> {
        self.finished
    }

    /// Ends the connection so that the viewer gets every byte that was sent: unread input would turn the close into a
    /// RST, which destroys what is still on its way. PID 1 keeps a copy of the connection, so closing alone ends nothing.
    pub fn farewell(socket: BorrowedFd<'_>) {
        Self::end_sending(socket);
        let deadline = Instant::now() + FAREWELL;
        while !Self::has_ended(socket) && Instant::now() < deadline {
            let mut fds = [PollFd::new(socket, PollFlags::POLLIN)];
            let _ = poll(&mut fds, PollTimeout::from(10u8));
        }
        Self::hang_up(socket);
    }

    /// The first half of a farewell: nothing more is sent.
    pub fn end_sending(socket: BorrowedFd<'_>) {
        discard_input(socket);
        let _ = shutdown(socket.as_raw_fd(), Shutdown::Write);
    }

    /// Whether the viewer has seen the end and has ended the connection, too.
    pub fn has_ended(socket: BorrowedFd<'_>) -> bool {
        let events = ready(socket, PollFlags::POLLIN);
        events.intersects(PollFlags::POLLERR | PollFlags::POLLHUP) || discard_input(socket)
    }

    /// Whether the other side has sent its FIN, or is gone, whatever lies before that and is not read.
    pub fn has_hung_up(socket: BorrowedFd<'_>) -> bool {
        let mut fds = [PollFd::new(socket, HUNG_UP)];
        matches!(poll(&mut fds, PollTimeout::ZERO), Ok(1..))
    }

    /// Ends a connection whose viewer is gone.
    pub fn hang_up(socket: BorrowedFd<'_>) {
        let _ = shutdown(socket.as_raw_fd(), Shutdown::Both);
    }
}

/// How a failed call on the connection reads as a departure.
pub fn departure_for(error: Errno) -> Departure {
    match error {
        Errno::ETIMEDOUT | Errno::EHOSTUNREACH | Errno::ENETUNREACH => Departure::Stuck,
        _ => Departure::Left,
    }
}

fn departure(socket: BorrowedFd<'_>) -> Departure {
    let error = getsockopt(&socket, SocketError).unwrap_or(0);
    departure_for(Errno::from_raw(error))
}

/// Reads and throws away what the viewer has sent; true when its FIN was reached.
fn discard_input(socket: BorrowedFd<'_>) -> bool {
    let mut buffer = [0; 16 << 10];
    for _ in 0..MOST_READS {
        match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(0) => return true,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
    false
}
