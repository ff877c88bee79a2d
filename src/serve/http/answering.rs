//! An answer on its way: as much of it as the connection takes, and the rest when there is room.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, send};

use super::response::{Response, Status, Terms};
use crate::units::Micros;
use crate::viewer::peer::Peer;

/// An answer of which nothing is taken for so long has nobody who waits for it.
const MOST_STUCK: Duration = Duration::from_secs(10);

pub struct Answering {
    bytes: Vec<u8>,
    done: usize,
    /// When something was taken last.
    since: Micros,
    /// Another request may follow.
    pub keeps_alive: bool,
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    All,
    InPart,
    /// Nobody takes it any more.
    Failed,
}

impl Answering {
    pub fn new(bytes: Vec<u8>, keeps_alive: bool, now: Micros) -> Self {
        Self {
            bytes,
            done: 0,
            since: now,
            keeps_alive,
        }
    }

    /// To be gone on with at the latest.
    pub fn call_by(&self) -> Micros {
        self.since.after(MOST_STUCK)
    }

    pub fn go_on(&mut self, socket: BorrowedFd<'_>, now: Micros) -> Sent {
        while self.done < self.bytes.len() {
            match send_some(socket, &self.bytes[self.done..]) {
                Ok(bytes) => {
                    self.done += bytes;
                    self.since = now;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) if now.since(self.since) < MOST_STUCK => return Sent::InPart,
                Err(_) => return Sent::Failed,
            }
        }
        Sent::All
    }
}

/// Says why somebody is not let in, and takes no place for it: what is said fits into the kernel's buffer.
pub fn turn_away(socket: &OwnedFd, why: &str) {
    let refusal = Response::text(Status::ServiceUnavailable, why);
    let _ = send_some(socket.as_fd(), &refusal.bytes(&Terms::default()));
    Peer::end_sending(socket.as_fd());
}

fn send_some(socket: BorrowedFd<'_>, bytes: &[u8]) -> nix::Result<usize> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    send(socket.as_raw_fd(), bytes, flags)
}
