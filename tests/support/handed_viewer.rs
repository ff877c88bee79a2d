//! A viewer whose connection was handed over, without an instance between: the test has both the viewer's end and what the
//! instance would hear.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::commands::until;
use crate::connections::connection;
use crate::program::LONG;
use crate::service::Service;
use nix::sys::socket::{MsgFlags, recv};
use picam_stream::serve::handed::client::{Client, Heard};
use picam_stream::serve::handed::message::{Ask, Ended, Kind, MOST_BYTES, Say, Watch};

/// A small card, cheap for many tests at once.
pub const CARD: &str = "--source test -w 160 -h 128 -fps 25 -b 300000 -v";

/// Both ends of what a viewer has.
pub struct Viewer {
    pub client: Client,
    pub stream: Stream,
    /// What was read of the stream to see that it flows.
    pub read_before: Vec<u8>,
}

/// The viewer's end of its connection.
pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A viewer that reads.
pub struct Reading(JoinHandle<(Vec<u8>, Ended)>);

impl Reading {
    /// All that it was given, and what the service says of it.
    #[track_caller]
    pub fn end(self) -> (Vec<u8>, Ended) {
        self.0.join().expect("a viewer")
    }
}

impl Viewer {
    /// Connects to `camera.sock`, and asks for nothing.
    pub fn connect(service: &Service) -> Client {
        Client::connect(service.camera(), false).expect("somebody listens")
    }

    /// A viewer over TCP.
    pub fn watch(service: &Service, kind: Kind) -> Self {
        Self::watch_as(service, watch(kind))
    }

    pub fn watch_as(service: &Service, watch: Watch) -> Self {
        let (ours, theirs) = connection();
        let client = ask(service, watch, theirs.as_fd());
        Self::new(client, Stream::Tcp(ours))
    }

    /// A viewer on a Unix socket, of which thousands cost no ports.
    pub fn watch_locally(service: &Service, kind: Kind) -> Self {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let client = ask(service, watch(kind), theirs.as_fd());
        Self::new(client, Stream::Unix(ours))
    }

    fn new(client: Client, stream: Stream) -> Self {
        Self {
            client,
            stream,
            read_before: Vec::new(),
        }
    }

    /// Reads until there are so many bytes.
    #[track_caller]
    pub fn read_at_least(&mut self, bytes: usize) -> Vec<u8> {
        self.read_at_least_or_end(bytes)
            .unwrap_or_else(|| panic!("the stream has ended; {:?}", self.wait_for_end()))
    }

    /// The same; nothing where the stream ends before that.
    #[track_caller]
    pub fn read_at_least_or_end(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let mut stream = Vec::new();
        let mut chunk = [0; 65536];
        while stream.len() < bytes {
            match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => panic!("the stream does not go on: {error}"),
                Ok(0) => return None,
                Ok(count) => stream.extend_from_slice(&chunk[..count]),
            }
        }
        Some(stream)
    }

    /// Reads until there are so many bytes more, and keeps them for `read_to_end`.
    #[track_caller]
    pub fn keep_at_least(&mut self, bytes: usize) {
        let read = self.read_at_least(bytes);
        self.read_before.extend(read);
    }

    /// Reads on in a thread of its own, as a player does, until the service ends the stream.
    pub fn keep_reading(mut self) -> Reading {
        Reading(thread::spawn(move || {
            (self.read_to_end(), self.wait_for_end())
        }))
    }

    /// The whole stream, until the service ends it.
    #[track_caller]
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let mut stream = std::mem::take(&mut self.read_before);
        self.stream.read_to_end(&mut stream).expect("a clean end");
        stream
    }

    /// Whether it is told that others watch with other options; nothing where it was not welcomed.
    pub fn welcome(&self) -> Option<bool> {
        let mut bytes = [0; MOST_BYTES];
        until("it is answered", LONG.as_secs(), || {
            let socket = self.client.descriptor().as_raw_fd();
            recv(socket, &mut bytes, MsgFlags::MSG_DONTWAIT)
                .ok()
                .map(|length| match Say::decode(&bytes[..length]) {
                    Ok(Say::Welcome { other_options }) => Some(other_options),
                    _ => None,
                })
        })
    }

    /// What the service says of how the viewer was served.
    #[track_caller]
    pub fn wait_for_end(&self) -> Ended {
        match hear(&self.client) {
            Some(Say::Ended(ended)) => ended,
            other => panic!("not how it ended: {other:?}"),
        }
    }
}

/// What the service says next that is not for the journal; nothing where it has gone.
#[track_caller]
pub fn hear(client: &Client) -> Option<Say> {
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        match client.hear(Duration::from_millis(500)) {
            Ok(Heard::Said(said)) => return Some(said),
            Ok(Heard::Nothing) => {}
            Ok(Heard::Gone) => return None,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the service says nothing");
}

/// What an instance asks that takes the camera as it is.
pub fn watch(kind: Kind) -> Watch {
    Watch {
        kind,
        camera_hash: None,
        time_limit: None,
        name: "a test".into(),
    }
}

fn ask(service: &Service, watch: Watch, connection: BorrowedFd<'_>) -> Client {
    let client = Viewer::connect(service);
    client
        .ask(&Ask::Watch(watch), Some(connection))
        .expect("it is taken");
    client
}

impl Stream {
    /// Sends a FIN, and can still read.
    pub fn half_close(&self) {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
        .expect("it is open");
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(LONG))?;
                stream.read(bytes)
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(LONG))?;
                stream.read(bytes)
            }
        }
    }
}
