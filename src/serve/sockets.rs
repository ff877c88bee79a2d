//! The listening sockets that systemd hands over (sd_listen_fds(3)), told apart by the names of their socket units
//! (`FileDescriptorName=`) and, under one name, by kind.

use std::env;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd, RawFd};
use std::process;

use libsystemd::activation::receive_descriptors_with_names;
use nix::sys::socket::{
    AddressFamily, SockType, SockaddrLike, SockaddrStorage, getsockname, getsockopt, sockopt,
};

use super::{accept, sys};
use crate::error::{Error, Result};

/// What is listened on: nothing where the socket unit is not enabled.
#[derive(Debug, Default)]
pub struct Sockets {
    /// `camera.sock`: SOCK_SEQPACKET.
    pub camera: Vec<OwnedFd>,
    /// HTTP.
    pub web: Vec<OwnedFd>,
    /// RTSP, and the pair of UDP sockets for RTP and RTCP.
    pub rtsp: Rtsp,
    /// Those whose name or kind is wrong.
    unusable: Vec<OwnedFd>,
    fault: Option<Error>,
}

/// The sockets of picam-rtsp.socket.
#[derive(Debug, Default)]
pub struct Rtsp {
    pub streams: Vec<OwnedFd>,
    /// On the even port.
    pub rtp: Option<OwnedFd>,
    /// On the odd port.
    pub rtcp: Option<OwnedFd>,
}

/// Whom a socket leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Camera,
    Web,
    Rtsp,
}

const STARTED_BY_SYSTEMD: &str = "serve is started by systemd, which listens for it: systemctl enable --now \
    picam-camera.socket; to try it by hand: systemd-socket-activate --seqpacket --fdname=camera -l PATH picam-stream serve";

impl Sockets {
    /// Takes them over. What is of no use among them is kept, too: who has to refuse everybody listens there as well.
    ///
    /// # Errors
    /// `Usage`: there are none.
    pub fn from_systemd() -> Result<Self> {
        let announced = announced();
        let named = receive_descriptors_with_names(true).map_err(|error| {
            Error::Usage(format!(
                "taking the sockets of systemd failed: {error}; {STARTED_BY_SYSTEMD}"
            ))
        })?;
        if announced == 0 {
            return Err(Error::Usage(format!(
                "no socket was handed over: {STARTED_BY_SYSTEMD}"
            )));
        }
        let mut sockets = Self::default();
        let with_names = named.len();
        for (descriptor, name) in named {
            sockets.put(sys::adopt(descriptor.into_raw_fd()), &name);
        }
        let nameless = (with_names..announced).filter_map(sys::adopt_handed_over);
        sockets.unusable.extend(nameless);
        if with_names < announced {
            sockets.note_fault(format!(
                "{announced} sockets were handed over, but only {with_names} have names: each socket unit needs \
                 FileDescriptorName=camera, web or rtsp"
            ));
        }
        sockets.check_pair();
        sockets.all().for_each(accept::prepare);
        Ok(sockets)
    }

    /// What is wrong with them: then nobody can be served.
    pub fn take_fault(&mut self) -> Option<Error> {
        self.fault.take()
    }

    /// The sockets that connections come from.
    pub fn listeners(&self) -> impl Iterator<Item = (Room, &OwnedFd)> {
        let rooms = [
            (Room::Camera, &self.camera),
            (Room::Web, &self.web),
            (Room::Rtsp, &self.rtsp.streams),
        ];
        rooms
            .into_iter()
            .flat_map(|(room, sockets)| sockets.iter().map(move |socket| (room, socket)))
    }

    /// All of them, those of no use too.
    pub fn all(&self) -> impl Iterator<Item = &OwnedFd> {
        let Rtsp { streams, rtp, rtcp } = &self.rtsp;
        [&self.camera, &self.web, streams, &self.unusable]
            .into_iter()
            .flatten()
            .chain(rtp)
            .chain(rtcp)
    }

    fn put(&mut self, socket: OwnedFd, name: &str) {
        let kind = getsockopt(&socket, sockopt::SockType).ok();
        match (name, kind) {
            ("camera", Some(SockType::SeqPacket)) => self.camera.push(socket),
            ("web", Some(SockType::Stream)) => self.web.push(socket),
            ("rtsp", Some(SockType::Stream)) => self.rtsp.streams.push(socket),
            ("rtsp", Some(SockType::Datagram)) => {
                let spare = self.rtsp.put_datagrams(socket);
                self.unusable.extend(spare);
            }
            ("camera" | "web" | "rtsp", _) => {
                self.unusable.push(socket);
                self.note_fault(format!(
                    "the socket that is named {name} is of another kind than its unit in the package makes it: camera is \
                     ListenSequentialPacket=, web ListenStream=, rtsp ListenStream= and two of ListenDatagram="
                ));
            }
            _ => {
                self.unusable.push(socket);
                self.note_fault(format!(
                    "a socket with the unknown name \"{name}\" was handed over; known are camera, web and rtsp \
                     (FileDescriptorName= in its socket unit)"
                ));
            }
        }
    }

    /// One alone would be of no use, and what comes to it would be read by nobody: systemd would start the service for ever.
    fn check_pair(&mut self) {
        let Rtsp { rtp, rtcp, .. } = &self.rtsp;
        let has_spare = self.unusable.iter().any(is_datagram);
        if has_spare || rtp.is_some() != rtcp.is_some() {
            self.note_fault(
                "the datagram sockets that are named rtsp are no pair: one has an even port, for RTP, the other the odd \
                 one above it, for RTCP"
                    .into(),
            );
        }
    }

    /// The first is told.
    fn note_fault(&mut self, text: String) {
        self.fault.get_or_insert(Error::Usage(text));
    }
}

impl Rtsp {
    /// The pair, RTP first, if there is one.
    pub fn take_datagrams(&mut self) -> Option<(OwnedFd, OwnedFd)> {
        Some((self.rtp.take()?, self.rtcp.take()?))
    }

    /// Gives back the one whose place it takes.
    fn put_datagrams(&mut self, socket: OwnedFd) -> Option<OwnedFd> {
        let place = match port(socket.as_raw_fd()) {
            Some(port) if port % 2 == 0 => &mut self.rtp,
            _ => &mut self.rtcp,
        };
        place.replace(socket)
    }
}

/// How many sockets are for this process.
fn announced() -> usize {
    let number = |name| env::var(name).ok()?.parse::<usize>().ok();
    let is_for_us = number("LISTEN_PID") == Some(process::id() as usize);
    number("LISTEN_FDS").filter(|_| is_for_us).unwrap_or(0)
}

fn is_datagram(socket: &OwnedFd) -> bool {
    getsockopt(socket, sockopt::SockType) == Ok(SockType::Datagram)
}

fn port(socket: RawFd) -> Option<u16> {
    let address: SockaddrStorage = getsockname(socket).ok()?;
    match address.family()? {
        AddressFamily::Inet => address.as_sockaddr_in().map(|it| it.port()),
        AddressFamily::Inet6 => address.as_sockaddr_in6().map(|it| it.port()),
        _ => None,
    }
}
