//! Viewers that read and throw away, all in one thread.

use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};
use test_support::program::LONG;

/// A connection, and what is done with what comes.
pub type Viewer = (TcpStream, Box<dyn FnMut(&[u8]) + Send>);

/// One that throws away.
pub fn idle(connection: TcpStream) -> Viewer {
    (connection, Box::new(|_| {}))
}

/// So many connections that are read from until this is dropped.
pub struct Crowd {
    thread: Option<JoinHandle<()>>,
    stop: Option<OwnedFd>,
    counts: Arc<Vec<AtomicU64>>,
}

impl Crowd {
    pub fn new(connections: Vec<Viewer>) -> Self {
        let counts: Arc<Vec<_>> = Arc::new(connections.iter().map(|_| AtomicU64::new(0)).collect());
        let (stopped, stop) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("a pipe");
        let counted = counts.clone();
        Self {
            thread: Some(thread::spawn(move || read(connections, &stopped, &counted))),
            stop: Some(stop),
            counts,
        }
    }

    /// Bytes that all have been given.
    pub fn bytes(&self) -> u64 {
        self.counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .sum()
    }

    /// Waits until each has been given so many.
    pub fn wait_for_each(&self, bytes: u64) {
        let begun = Instant::now();
        while self
            .counts
            .iter()
            .any(|count| count.load(Ordering::Relaxed) < bytes)
        {
            assert!(begun.elapsed() < LONG, "a viewer is given nothing");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(mut connections: Vec<Viewer>, stopped: &OwnedFd, counts: &[AtomicU64]) {
    let mut bytes = vec![0; 256 << 10];
    loop {
        let sockets = connections.iter().map(|(socket, _)| socket.as_fd());
        let mut fds: Vec<_> = sockets
            .chain([stopped.as_fd()])
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        let _ = poll(&mut fds, PollTimeout::NONE);
        let ready: Vec<bool> = fds.iter().map(|fd| fd.any() == Some(true)).collect();
        if ready.last() == Some(&true) {
            return;
        }
        let ready = connections
            .iter_mut()
            .zip(counts)
            .zip(ready)
            .filter(|(_, ready)| *ready);
        for (((socket, take), count), _) in ready {
            let length = recv(socket.as_raw_fd(), &mut bytes, MsgFlags::MSG_DONTWAIT).unwrap_or(0);
            count.fetch_add(length as u64, Ordering::Relaxed);
            take(&bytes[..length]);
        }
    }
}
