//! A service that cannot start: systemd starts it again as long as somebody waits, so it takes who waits, tells each why it is
//! of no use, and lasts so long that it is not started again at once.

use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Duration;

use nix::sys::socket::{MsgFlags, recv, send};
use std::os::fd::AsRawFd;

use super::accept::accept;
use super::handed::message::{Ended, Say};
use super::handed::packet;
use super::notify;
use super::sockets::Sockets;
use crate::error::Error;
use crate::units::Micros;
use crate::viewer::peer::Peer;

/// How long it lasts.
const LASTS: Duration = Duration::from_millis(1200);

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Takes everybody who waits at the sockets of systemd, and tells them `error`. Without such sockets it does nothing.
pub fn refuse_all(error: &Error) {
    let Ok(sockets) = Sockets::from_systemd() else {
        return;
    };
    notify::ready_to_refuse(error);
    let deadline = Micros::now().after(LASTS);
    let mut refused = Vec::new();
    while Micros::now() < deadline {
        let instances = sockets.camera.iter().filter_map(accept);
        refused.extend(instances.inspect(|instance| tell_instance(instance, error)));
        let others = sockets.web.iter().chain(&sockets.rtsp.streams);
        refused.extend(
            others
                .filter_map(accept)
                .inspect(|other| tell_other(other, error)),
        );
        thread::sleep(LOOK_EVERY);
    }
    refused
        .iter()
        .for_each(|other| Peer::hang_up(other.as_fd()));
}

fn tell_instance(instance: &OwnedFd, error: &Error) {
    let ended = Say::Ended(Ended {
        exit_status: error.exit_status(),
        reason: error.reason().into(),
        error: format!("picam-camera.service cannot start: {error}"),
        ..Ended::default()
    });
    let _ = packet::send(instance.as_fd(), &ended.encode(), None);
}

/// HTTP and RTSP have the same form. The request is read, or the answer would be destroyed on its way.
fn tell_other(other: &OwnedFd, error: &Error) {
    let mut request = [0; 4096];
    let length = recv(other.as_raw_fd(), &mut request, MsgFlags::MSG_DONTWAIT).unwrap_or(0);
    let is_rtsp = request[..length].windows(5).any(|word| word == b"RTSP/");
    let protocol = if is_rtsp { "RTSP/1.0" } else { "HTTP/1.1" };
    let text = format!("picam-camera.service cannot start: {error}\n");
    let answer = format!(
        "{protocol} 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    let _ = send(
        other.as_raw_fd(),
        answer.as_bytes(),
        MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
    );
    Peer::end_sending(other.as_fd());
}
