//! Packets on `camera.sock`: one message each, and at most one descriptor with it.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockType, SockaddrLike,
    SockaddrStorage, UnixAddr, getpeername, getsockname, getsockopt, recvmsg, sendmsg, sockopt,
};

use super::super::sys;
use super::message::MOST_BYTES;

/// What came.
#[derive(Debug)]
pub enum Came {
    /// Nothing yet.
    Nothing,
    /// A packet, and the first descriptor with it; the others are closed.
    Packet(Vec<u8>, Option<OwnedFd>),
    /// One that is too long for a message.
    TooLong,
    /// The other side has ended.
    End,
}

/// How many descriptors a message can have at most (unix(7), SCM_MAX_FD): all are taken over, and closed but for one. With less
/// room, those that have room are ours, too, but nix does not say which.
const MOST_DESCRIPTORS: usize = 253;

/// Takes the next packet without waiting.
pub fn receive(socket: BorrowedFd<'_>) -> Came {
    let mut bytes = [0; MOST_BYTES];
    let mut control = cmsg_space!([std::os::fd::RawFd; MOST_DESCRIPTORS]);
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let received = recvmsg::<UnixAddr>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags);
    let message = match received {
        Ok(message) => message,
        Err(Errno::EAGAIN | Errno::EINTR) => return Came::Nothing,
        Err(_) => return Came::End,
    };
    let mut descriptors = Vec::new();
    for control in message.cmsgs().into_iter().flatten() {
        if let ControlMessageOwned::ScmRights(fds) = control {
            descriptors.extend(fds.into_iter().map(sys::adopt));
        }
    }
    let (length, is_cut) = (message.bytes, message.flags.contains(MsgFlags::MSG_TRUNC));
    if is_cut {
        return Came::TooLong;
    }
    if length == 0 {
        return Came::End;
    }
    Came::Packet(bytes[..length].to_vec(), descriptors.into_iter().next())
}

/// Sends a packet without waiting. Who does not read loses it.
pub fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    with: Option<BorrowedFd<'_>>,
) -> Result<(), Errno> {
    let fds: Vec<_> = with.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&fds)];
    let control = if fds.is_empty() { &[][..] } else { &rights[..] };
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    sendmsg::<UnixAddr>(
        socket.as_raw_fd(),
        &[IoSlice::new(bytes)],
        control,
        flags,
        None,
    )?;
    Ok(())
}

/// What a descriptor is that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descriptor {
    Connection,
    /// One whose viewer has hung up already.
    EndedConnection,
    /// Everything else can make the one loop wait: a file on a hung mount, a FIFO, a terminal.
    NoConnection,
}

/// A viewer is on the other end of a stream socket, in a network or on this machine.
pub fn kind(fd: &OwnedFd) -> Descriptor {
    let is_stream = getsockopt(fd, sockopt::SockType) == Ok(SockType::Stream);
    let listens = getsockopt(fd, sockopt::AcceptConn) != Ok(false);
    let own: Result<SockaddrStorage, Errno> = getsockname(fd.as_raw_fd());
    let family = own.ok().and_then(|own| own.family());
    let is_known = matches!(
        family,
        Some(AddressFamily::Inet | AddressFamily::Inet6 | AddressFamily::Unix)
    );
    if !is_stream || listens || !is_known {
        return Descriptor::NoConnection;
    }
    match getpeername::<SockaddrStorage>(fd.as_raw_fd()) {
        Ok(_) => Descriptor::Connection,
        Err(_) => Descriptor::EndedConnection,
    }
}

/// The address of the peer, where it has one in a network.
pub fn address(fd: BorrowedFd<'_>) -> Option<std::net::IpAddr> {
    let peer: SockaddrStorage = getpeername(fd.as_raw_fd()).ok()?;
    peer.family()?;
    match (peer.as_sockaddr_in(), peer.as_sockaddr_in6()) {
        (Some(ipv4), _) => Some(ipv4.ip().into()),
        (_, Some(ipv6)) => Some(ipv6.ip().into()),
        _ => None,
    }
}
