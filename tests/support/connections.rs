//! TCP over the loopback interface.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::LONG;

/// A connection over the loopback interface: the viewer's end and the server's.
pub fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let viewer =
        TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    let (server, _) = listener.accept().expect("the other end");
    (viewer, server)
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address")
        .port()
}

/// Connects as soon as somebody listens.
pub fn connect(address: SocketAddr) -> TcpStream {
    let begun = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(connection) => return connection,
            Err(error) => assert!(
                begun.elapsed() < LONG,
                "nobody listens on {address}: {error}"
            ),
        }
        thread::sleep(Duration::from_millis(10));
    }
}
