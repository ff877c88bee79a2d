//! A service that cannot start: systemd starts it again as long as somebody waits, so it takes who waits, tells each why it is
//! of no use, and lasts so long that it is not started again at once.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockType, getsockopt, recv, send, sockopt};

use super::accept::accept;
use super::handed::message::{Ended, Say};
use super::handed::packet;
use super::notify;
use super::sockets::Sockets;
use crate::error::Error;
use crate::units::Micros;
use crate::viewer::limits::{MOST_HEAD_BYTES, MOST_READS};
use crate::viewer::peer::Peer;

/// How long it lasts.
const LASTS: Duration = Duration::from_millis(1200);

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A request comes right behind the connection; who has not asked by then is told all the same.
const ASKS_WITHIN: Duration = Duration::from_millis(400);

/// Takes everybody who waits at the sockets of systemd, and tells them `error`. Without such sockets nobody waits.
pub fn refuse_all(error: &Error) {
    match Sockets::from_systemd() {
        Ok(sockets) => refuse(&sockets, error),
        Err(_) => notify::ready_to_refuse(error),
    }
}

/// The same, at these.
pub fn refuse(sockets: &Sockets, error: &Error) {
    notify::ready_to_refuse(error);
    let deadline = Micros::now().after(LASTS);
    let mut callers: Vec<Caller> = Vec::new();
    loop {
        let now = Micros::now();
        sockets
            .all()
            .for_each(|socket| callers.extend(Caller::at(socket, now)));
        let is_last = now >= deadline;
        callers
            .iter_mut()
            .for_each(|caller| caller.turn(error, is_last, now));
        if is_last {
            break;
        }
        thread::sleep(LOOK_EVERY);
    }
    callers
        .iter()
        .for_each(|caller| Peer::hang_up(caller.socket.as_fd()));
}

/// One who has come.
struct Caller {
    socket: OwnedFd,
    speaks: Protocol,
    since: Micros,
    request: Vec<u8>,
    is_told: bool,
}

/// What is spoken at a socket. HTTP and RTSP have the same form, and are told apart by what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Messages,
    Requests,
}

impl Caller {
    /// All who wait at a socket. What has come by UDP is read, or systemd would start the service for it again.
    fn at(listener: &OwnedFd, now: Micros) -> Vec<Self> {
        let speaks = match getsockopt(listener, sockopt::SockType) {
            Ok(SockType::SeqPacket) => Protocol::Messages,
            Ok(SockType::Stream) => Protocol::Requests,
            _ => {
                read(listener);
                return Vec::new();
            }
        };
        std::iter::from_fn(|| accept(listener))
            .map(|socket| Self {
                socket,
                speaks,
                since: now,
                request: Vec::new(),
                is_told: false,
            })
            .collect()
    }

    fn turn(&mut self, error: &Error, is_last: bool, now: Micros) {
        if self.is_told {
            return;
        }
        let answer = match self.speaks {
            Protocol::Messages => {
                self.is_told = true;
                let _ = packet::send(self.socket.as_fd(), &ended(error), None);
                return;
            }
            Protocol::Requests => {
                self.request.extend(read(&self.socket));
                let is_whole = self.request.windows(4).any(|end| end == b"\r\n\r\n")
                    || self.request.len() > MOST_HEAD_BYTES;
                if !is_whole && !is_last && now.since(self.since) < ASKS_WITHIN {
                    return;
                }
                answer(&self.request, error)
            }
        };
        self.is_told = true;
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let _ = send(self.socket.as_raw_fd(), answer.as_bytes(), flags);
        Peer::end_sending(self.socket.as_fd());
    }
}

/// What has come, as far as one look goes.
fn read(socket: &OwnedFd) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    for _ in 0..MOST_READS {
        match recv(socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(length) if length > 0 => bytes.extend_from_slice(&buffer[..length]),
            Err(Errno::EINTR) => {}
            _ => break,
        }
    }
    bytes
}

fn text_of(error: &Error) -> String {
    format!("picam-camera.service cannot start: {error}")
}

/// For an instance.
fn ended(error: &Error) -> Vec<u8> {
    let ended = Ended {
        exit_status: error.exit_status(),
        reason: error.reason().into(),
        error: text_of(error),
        ..Ended::default()
    };
    Say::Ended(ended).encode()
}

/// For who speaks HTTP, or RTSP, where each answer has the number of its request (RFC 2326 clause 12.17).
fn answer(request: &[u8], error: &Error) -> String {
    let request = String::from_utf8_lossy(request);
    let mut lines = request.lines();
    let is_rtsp = lines.next().is_some_and(|first| first.contains("RTSP/"));
    let sequence = lines
        .filter(|_| is_rtsp)
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("cseq"))
        .map_or(String::new(), |(_, number)| {
            format!("CSeq: {}\r\n", number.trim())
        });
    let protocol = if is_rtsp { "RTSP/1.0" } else { "HTTP/1.1" };
    let text = text_of(error) + "\n";
    format!(
        "{protocol} 503 Service Unavailable\r\n{sequence}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}
