//! A viewer of the installed service, on the port of this machine that leads to it.

use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::machine::{LONG, Machine};
use test_support::commands::until;

/// A viewer outside, who reads all the time, as players do.
pub struct Viewer {
    connection: TcpStream,
    bytes: Receiver<Vec<u8>>,
}

/// Connects; the port is closed to a second viewer, and for a moment after one has left.
pub fn watch(machine: &Machine) -> Viewer {
    let port = machine.port();
    until("a viewer is let in", LONG.as_secs(), || {
        let connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
        connection.set_read_timeout(Some(LONG)).expect("a timeout");
        connection
            .peek(&mut [0])
            .is_ok_and(|count| count > 0)
            .then(|| Viewer::new(connection))
    })
}

impl Viewer {
    fn new(connection: TcpStream) -> Self {
        let (sender, bytes) = channel();
        let mut stream = connection.try_clone().expect("a descriptor");
        thread::spawn(move || {
            let mut chunk = [0; 65536];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { connection, bytes }
    }

    pub fn read_at_least(&self, count: usize) -> Vec<u8> {
        let mut stream = Vec::new();
        while stream.len() < count {
            match self.bytes.recv_timeout(LONG) {
                Ok(chunk) => stream.extend(chunk),
                Err(error) => panic!("{error} after {} bytes", stream.len()),
            }
        }
        stream
    }

    pub fn leave(self) {}
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let _ = self.connection.shutdown(Shutdown::Both);
    }
}
