//! How a viewer is called in the journal.

use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::sys::socket::{SockaddrLike, SockaddrStorage, getpeername};

/// Address and port: as systemd says it (systemd.exec(5), REMOTE_ADDR), else as the socket does.
pub fn of(socket: BorrowedFd<'_>) -> Option<String> {
    if let (Ok(address), Ok(port)) = (std::env::var("REMOTE_ADDR"), std::env::var("REMOTE_PORT")) {
        return Some(if address.contains(':') {
            format!("[{address}]:{port}")
        } else {
            format!("{address}:{port}")
        });
    }
    of_connection(socket)
}

/// As the socket says it.
pub fn of_connection(socket: BorrowedFd<'_>) -> Option<String> {
    let peer: SockaddrStorage = getpeername(socket.as_raw_fd()).ok()?;
    let address = match (peer.as_sockaddr_in(), peer.as_sockaddr_in6()) {
        (Some(ipv4), _) => SocketAddr::from((ipv4.ip(), ipv4.port())),
        (_, Some(ipv6)) => SocketAddr::from((ipv6.ip(), ipv6.port())),
        _ => {
            return peer
                .family()
                .map(|family| format!("on a socket of family {family:?}"));
        }
    };
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()).to_string())
}
