//! Finds the address behind a name and connects to it. Both can take long, and signals are heeded meanwhile: `None` says
//! that it is time to stop.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::sockopt::SocketError;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, getsockopt, socket,
};

use crate::stop::Stop;
use crate::units::poll_timeout;

/// How long one address may take to answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How often it is looked whether it is time to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The addresses of a host, at least one. The system's resolver cannot be interrupted: it waits in a thread of its own, which
/// is left behind when it is time to stop.
pub fn resolve(host: &str, port: u16, stop: &Stop) -> io::Result<Option<Vec<SocketAddr>>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(Some(vec![(address, port).into()]));
    }
    let (sender, answer) = channel();
    let name = host.to_owned();
    thread::Builder::new().spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs();
        // Nobody waits for it any more when it is time to stop.
        let _ = sender.send(found.map(Vec::from_iter));
    })?;
    while !stop.requested() {
        match answer.recv_timeout(LOOK_EVERY) {
            Ok(Ok(found)) if found.is_empty() => {
                return Err(io::Error::other("the name has no address"));
            }
            Ok(found) => return found.map(Some),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("the name could not be looked up"));
            }
        }
    }
    Ok(None)
}

/// A connection to the first of the addresses that answers.
pub fn tcp(addresses: &[SocketAddr], stop: &Stop) -> io::Result<Option<TcpStream>> {
    let mut failure = io::Error::other("the name has no address");
    for address in addresses {
        match tcp_to(*address, stop) {
            Ok(connection) => return Ok(connection),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn tcp_to(address: SocketAddr, stop: &Stop) -> io::Result<Option<TcpStream>> {
    let family = if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(family, SockType::Stream, flags, None)?;
    match connect(socket.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) | Err(Errno::EINPROGRESS | Errno::EINTR) => {}
        Err(error) => return Err(error.into()),
    }
    let deadline = Instant::now() + CONNECT_WITHIN;
    while !stop.requested() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Errno::ETIMEDOUT.into());
        }
        if is_settled(&socket, left.min(LOOK_EVERY)) {
            return match getsockopt(&socket, SocketError)? {
                0 => {
                    let connection = TcpStream::from(socket);
                    connection.set_nonblocking(false)?;
                    Ok(Some(connection))
                }
                error => Err(Errno::from_raw(error).into()),
            };
        }
    }
    Ok(None)
}

/// Whether the connection stands or has failed, within the time.
fn is_settled(socket: &OwnedFd, wait: Duration) -> bool {
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    // Interrupted is as good as nothing yet.
    poll(&mut fds, poll_timeout(wait)).is_ok_and(|ready| ready > 0)
}
