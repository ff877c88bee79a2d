//! The listening sockets that systemd hands over (sd_listen_fds(3)), told apart by the names of their socket units
//! (`FileDescriptorName=`) and, under one name, by kind.

use std::env;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use libsystemd::activation::receive_descriptors_with_names;
use nix::sys::socket::{
    AddressFamily, SockType, SockaddrLike, SockaddrStorage, getsockname, getsockopt, sockopt,
};
use std::os::fd::IntoRawFd;

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
    /// # Errors
    /// `Usage`: there are none, or one that is not known.
    pub fn from_systemd() -> Result<Self> {
        let wrong = |text: String| Error::Usage(text);
        let announced: usize = env::var("LISTEN_FDS")
            .ok()
            .and_then(|count| count.parse().ok())
            .unwrap_or(0);
        let named = receive_descriptors_with_names(true).map_err(|error| {
            wrong(format!(
                "taking the sockets of systemd failed: {error}; {STARTED_BY_SYSTEMD}"
            ))
        })?;
        if named.is_empty() && announced == 0 {
            return Err(wrong(format!(
                "no socket was handed over: {STARTED_BY_SYSTEMD}"
            )));
        }
        if named.len() != announced {
            return Err(wrong(format!(
                "{announced} sockets were handed over, but only {} have names: each socket unit needs FileDescriptorName=camera, \
                 web or rtsp",
                named.len()
            )));
        }
        let mut sockets = Self::default();
        for (descriptor, name) in named {
            sockets.put(sys::adopt(descriptor.into_raw_fd()), &name)?;
        }
        Ok(sockets)
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

    fn put(&mut self, socket: OwnedFd, name: &str) -> Result<()> {
        accept::prepare(&socket);
        let kind = getsockopt(&socket, sockopt::SockType).ok();
        match (name, kind) {
            ("camera", Some(SockType::SeqPacket)) => self.camera.push(socket),
            ("web", Some(SockType::Stream)) => self.web.push(socket),
            ("rtsp", Some(SockType::Stream)) => self.rtsp.streams.push(socket),
            ("rtsp", Some(SockType::Datagram)) => self.rtsp.put_datagrams(socket)?,
            ("camera" | "web" | "rtsp", _) => {
                return Err(Error::Usage(format!(
                    "the socket that is named {name} is of another kind than its unit in the package makes it: camera is \
                     ListenSequentialPacket=, web ListenStream=, rtsp ListenStream= and two of ListenDatagram="
                )));
            }
            _ => {
                return Err(Error::Usage(format!(
                    "a socket with the unknown name \"{name}\" was handed over; known are camera, web and rtsp \
                     (FileDescriptorName= in its socket unit)"
                )));
            }
        }
        Ok(())
    }
}

impl Rtsp {
    /// The pair, RTP first, if there is one.
    pub fn take_datagrams(&mut self) -> Option<(OwnedFd, OwnedFd)> {
        Some((self.rtp.take()?, self.rtcp.take()?))
    }

    fn put_datagrams(&mut self, socket: OwnedFd) -> Result<()> {
        let place = match port(socket.as_raw_fd()) {
            Some(port) if port % 2 == 0 => &mut self.rtp,
            _ => &mut self.rtcp,
        };
        if place.replace(socket).is_some() {
            return Err(Error::Usage(
                "the datagram sockets that are named rtsp are no pair: one has an even port, for RTP, the other the odd \
                 one above it, for RTCP"
                    .into(),
            ));
        }
        Ok(())
    }
}

fn port(socket: RawFd) -> Option<u16> {
    let address: SockaddrStorage = getsockname(socket).ok()?;
    match address.family()? {
        AddressFamily::Inet => address.as_sockaddr_in().map(|it| it.port()),
        AddressFamily::Inet6 => address.as_sockaddr_in6().map(|it| it.port()),
        _ => None,
    }
}
