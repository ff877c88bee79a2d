//! The pair of UDP sockets that all sessions share: RTP on the even port, RTCP on the odd one.
//!
//! One socket serves all, so an error that `sendto` returns is somebody else's: the call is repeated once, and nobody is
//! blamed. Whose it was, the kernel keeps beside (IP_RECVERR, ip(7)).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo, sock_extended_err, sockaddr_in6};
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::sockopt::{Ipv4RecvErr, Ipv6RecvErr};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, getsockname, recvmsg, sendmsg,
    setsockopt,
};

use super::rtcp::{self, Reception};
use crate::units::Micros;

/// So much is read before others have their turn.
const MOST_AT_ONCE: usize = 256;

/// What clients send is shorter; of a longer one the beginning is enough.
const DATAGRAM_BYTES: usize = 2048;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    Rtp,
    Rtcp,
}

/// Where the packets of a session go, and from which of the machine's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    pub to: IpAddr,
    pub rtp: u16,
    pub rtcp: u16,
    /// The one that the client's RTSP connection has at our end.
    pub from: IpAddr,
    /// The interface, where the addresses are of one link alone (scope_id, ipv6(7)); else 0.
    pub interface: u32,
}

/// What was heard of a session.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub heard: Micros,
    /// Nobody listens there.
    pub is_refused: bool,
    pub reception: Option<Reception>,
}

#[derive(Debug)]
pub struct Pair {
    rtp: OwnedFd,
    rtcp: OwnedFd,
    ports: (u16, u16),
    is_ipv6: bool,
    /// By their sources (SSRC).
    lines: RefCell<BTreeMap<u32, (Destination, Line)>>,
    /// Of the stream, as of late.
    bits_a_second: Cell<u64>,
}

impl Pair {
    /// Nothing where the sockets are of no use.
    pub fn new(rtp: OwnedFd, rtcp: OwnedFd) -> Option<Self> {
        let (rtp_address, rtcp_address) = (address_of(&rtp)?, address_of(&rtcp)?);
        let is_ipv6 = rtp_address.is_ipv6();
        for socket in [&rtp, &rtcp] {
            // One of IPv6 carries IPv4 as well, whose errors are asked for on their own.
            let _ = setsockopt(socket, Ipv4RecvErr, &true);
            if is_ipv6 {
                let _ = setsockopt(socket, Ipv6RecvErr, &true);
            }
        }
        Some(Self {
            ports: (rtp_address.port(), rtcp_address.port()),
            is_ipv6,
            rtp,
            rtcp,
            lines: RefCell::default(),
            bits_a_second: Cell::new(0),
        })
    }

    pub fn ports(&self) -> (u16, u16) {
        self.ports
    }

    /// Whether packets can go there.
    pub fn reaches(&self, address: IpAddr) -> bool {
        self.is_ipv6 || address.to_canonical().is_ipv4()
    }

    pub fn poll_on<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        for socket in [&self.rtp, &self.rtcp] {
            fds.push(PollFd::new(socket.as_fd(), PollFlags::POLLIN));
        }
    }

    /// How fast the stream is, for the pace of those who begin.
    pub fn set_rate(&self, bits_a_second: f64) {
        self.bits_a_second.set(bits_a_second as u64);
    }

    pub fn bits_a_second(&self) -> u64 {
        self.bits_a_second.get()
    }

    /// A session begins: what is said of `source`, or from its ports, is about it.
    pub fn enter(&self, source: u32, destination: Destination, now: Micros) {
        let line = Line {
            heard: now,
            is_refused: false,
            reception: None,
        };
        self.lines.borrow_mut().insert(source, (destination, line));
    }

    pub fn leave(&self, source: u32) {
        self.lines.borrow_mut().remove(&source);
    }

    pub fn line(&self, source: u32) -> Option<Line> {
        self.lines.borrow().get(&source).map(|(_, line)| *line)
    }

    /// Sends a packet without waiting.
    pub fn send(&self, port: Port, packet: &[u8], there: &Destination) -> Result<(), Errno> {
        match self.try_send(port, packet, there) {
            Err(Errno::EAGAIN) => Err(Errno::EAGAIN),
            Err(Errno::ENOBUFS) => Err(Errno::ENOBUFS),
            Err(_) => self.try_send(port, packet, there),
            Ok(()) => Ok(()),
        }
    }

    fn try_send(&self, port: Port, packet: &[u8], there: &Destination) -> Result<(), Errno> {
        let (socket, number) = match port {
            Port::Rtp => (&self.rtp, there.rtp),
            Port::Rtcp => (&self.rtcp, there.rtcp),
        };
        let (fd, parts) = (socket.as_raw_fd(), [IoSlice::new(packet)]);
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        if self.is_ipv6 {
            let to = SocketAddrV6::new(mapped(there.to), number, 0, there.interface);
            let from = in6_pktinfo {
                ipi6_addr: in6_addr {
                    s6_addr: mapped(there.from).octets(),
                },
                ipi6_ifindex: there.interface,
            };
            let control = [ControlMessage::Ipv6PacketInfo(&from)];
            let to = SockaddrStorage::from(to);
            return sendmsg(fd, &parts, &control, flags, Some(&to)).map(drop);
        }
        let IpAddr::V4(from) = there.from.to_canonical() else {
            return Err(Errno::EAFNOSUPPORT);
        };
        let from = in_pktinfo {
            ipi_ifindex: 0,
            ipi_spec_dst: in_addr {
                s_addr: u32::from_ne_bytes(from.octets()),
            },
            ipi_addr: in_addr { s_addr: 0 },
        };
        let control = [ControlMessage::Ipv4PacketInfo(&from)];
        let to = SockaddrStorage::from(SocketAddr::new(there.to.to_canonical(), number));
        sendmsg(fd, &parts, &control, flags, Some(&to)).map(drop)
    }

    /// Reads all that has come: reports, what opens ways through firewalls, and refusals. Nothing of it is from anybody whom
    /// no session belongs to, and nothing may be left: systemd would start the service for it again.
    pub fn hear(&self, now: Micros) {
        for _ in 0..MOST_AT_ONCE {
            let mut is_silent = true;
            for (socket, port) in [(&self.rtp, Port::Rtp), (&self.rtcp, Port::Rtcp)] {
                is_silent &=
                    !self.hear_refusal(socket, port) && !self.hear_datagram(socket, port, now);
            }
            if is_silent {
                break;
            }
        }
    }

    fn hear_datagram(&self, socket: &OwnedFd, port: Port, now: Micros) -> bool {
        let mut bytes = [0; DATAGRAM_BYTES];
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let received = recvmsg::<SockaddrStorage>(
            socket.as_raw_fd(),
            &mut parts,
            None,
            MsgFlags::MSG_DONTWAIT,
        );
        let (length, from) = match received {
            Ok(message) => (
                message.bytes,
                message.address.as_ref().and_then(socket_address),
            ),
            Err(Errno::EAGAIN) => return false,
            // Of a packet that was sent: the queue of errors tells whose it was.
            Err(_) => return true,
        };
        if let (Port::Rtcp, Some(from)) = (port, from) {
            self.note_report(&bytes[..length], from, now);
        }
        true
    }

    fn note_report(&self, bytes: &[u8], from: SocketAddr, now: Micros) {
        if !rtcp::is_rtcp(bytes) {
            return;
        }
        for (source, (there, line)) in self.lines.borrow_mut().iter_mut() {
            if there.to.to_canonical() != from.ip() {
                continue;
            }
            let reception = rtcp::reception(bytes, *source);
            if there.rtcp == from.port() || reception.is_some() {
                line.heard = now;
                line.reception = reception.or(line.reception);
            }
        }
    }

    /// A port of a client that is closed.
    fn hear_refusal(&self, socket: &OwnedFd, port: Port) -> bool {
        let mut bytes = [0; 64];
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let mut control = cmsg_space!(sock_extended_err, sockaddr_in6);
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_ERRQUEUE;
        let received =
            recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags);
        let Ok(message) = received else { return false };
        let is_refusal = message
            .cmsgs()
            .into_iter()
            .flatten()
            .any(|control| match control {
                ControlMessageOwned::Ipv4RecvErr(error, _) => is_refusal(&error),
                ControlMessageOwned::Ipv6RecvErr(error, _) => is_refusal(&error),
                _ => false,
            });
        let whom = message.address.as_ref().and_then(socket_address);
        // Many clients have nothing that reads reports: only the port of the pictures tells that one is gone.
        if let (true, Port::Rtp, Some(whom)) = (is_refusal, port, whom) {
            for (there, line) in self.lines.borrow_mut().values_mut() {
                line.is_refused |= (there.to.to_canonical(), there.rtp) == (whom.ip(), whom.port());
            }
        }
        true
    }
}

fn is_refusal(error: &sock_extended_err) -> bool {
    Errno::from_raw(error.ee_errno as i32) == Errno::ECONNREFUSED
}

fn mapped(address: IpAddr) -> std::net::Ipv6Addr {
    match address {
        IpAddr::V4(ipv4) => ipv4.to_ipv6_mapped(),
        IpAddr::V6(ipv6) => ipv6,
    }
}

fn address_of(socket: &OwnedFd) -> Option<SocketAddr> {
    let address: SockaddrStorage = getsockname(socket.as_raw_fd()).ok()?;
    match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(ipv4), _) => Some(SocketAddr::from((ipv4.ip(), ipv4.port()))),
        (_, Some(ipv6)) => Some(SocketAddr::from((ipv6.ip(), ipv6.port()))),
        _ => None,
    }
}

/// An address as it is written, IPv4 as such whatever socket it came by.
pub fn socket_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    let address = match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(ipv4), _) => SocketAddr::from((ipv4.ip(), ipv4.port())),
        (_, Some(ipv6)) => SocketAddr::from((ipv6.ip(), ipv6.port())),
        _ => return None,
    };
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
}
