//! An answer on its way: as much of it as the connection takes, and the rest when there is room.

use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, sendmsg};

use super::content::Content;
use super::response::{Response, Status, Terms};
use crate::units::Micros;
use crate::viewer::limits::MOST_STUCK;
use crate::viewer::peer::Peer;

pub struct Answering {
    head: Vec<u8>,
    body: Option<Content>,
    done: usize,
    /// When something was taken last.
    since: Micros,
    is_given_up: bool,
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
    pub fn new(response: &Response, terms: &Terms<'_>, keeps_alive: bool, now: Micros) -> Self {
        Self {
            head: response.head(terms),
            body: response.body(terms),
            done: 0,
            since: now,
            is_given_up: false,
            keeps_alive,
        }
    }

    /// To be gone on with at the latest.
    pub fn call_by(&self) -> Micros {
        if self.is_given_up {
            return self.since;
        }
        self.since.after(MOST_STUCK)
    }

    /// Memory is short: who reads a picture so slowly that it is not gone yet goes without.
    pub fn give_up_picture(&mut self) {
        self.is_given_up |= matches!(self.body, Some(Content::Picture(_)));
    }

    pub fn go_on(&mut self, socket: BorrowedFd<'_>, now: Micros) -> Sent {
        if self.is_given_up {
            return Sent::Failed;
        }
        loop {
            let body = self.body.as_ref().map_or(&[][..], Content::bytes);
            let head = self.head.get(self.done..).unwrap_or_default();
            let body = &body[self.done.saturating_sub(self.head.len())..];
            if head.is_empty() && body.is_empty() {
                return Sent::All;
            }
            match send_some(socket, [head, body]) {
                Ok(bytes) => {
                    self.done += bytes;
                    self.since = now;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) if now.since(self.since) < MOST_STUCK => return Sent::InPart,
                Err(_) => return Sent::Failed,
            }
        }
    }
}

/// Says why somebody is not let in, and takes no place for it: what is said fits into the kernel's buffer.
pub fn turn_away(socket: &OwnedFd, why: &str) {
    let refusal = Response::text(Status::ServiceUnavailable, why);
    let _ = Answering::new(&refusal, &Terms::default(), false, Micros::now())
        .go_on(socket.as_fd(), Micros::now());
    Peer::end_sending(socket.as_fd());
}

fn send_some(socket: BorrowedFd<'_>, parts: [&[u8]; 2]) -> nix::Result<usize> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    let parts = parts.map(IoSlice::new);
    sendmsg::<()>(socket.as_raw_fd(), &parts, &[], flags, None)
}
