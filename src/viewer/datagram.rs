//! A stream in datagrams: cut to a size that crosses any network whole, and never waited for.

use std::io;
use std::net::UdpSocket;

/// The socket and what has been said about it.
#[derive(Debug)]
pub struct Datagrams {
    socket: UdpSocket,
    most_bytes: usize,
    target: String,
    refused: bool,
}

impl Datagrams {
    pub fn new(socket: UdpSocket, most_bytes: usize, target: String) -> Self {
        Self {
            socket,
            most_bytes,
            target,
            refused: false,
        }
    }

    /// Sends all of `bytes`. What nobody listens for, and what does not fit into the socket, is lost, as datagrams are;
    /// the stream goes on, and the first refusal is logged.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        for datagram in bytes.chunks(self.most_bytes) {
            match self.socket.send(datagram) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if !self.refused => {
                    self.refused = true;
                    log::warn!(
                        "sending to udp://{}: {error}; the stream goes on and this is not said again; \
                         is a player listening there?",
                        self.target
                    );
                }
                Err(_) | Ok(_) => {}
            }
        }
        bytes.len()
    }
}
