//! `-l`: a port of our own that serves one viewer after another. The listener outlives the sessions; who calls while a
//! viewer is served is turned away at once, as systemd does with `MaxConnections=1`.

use std::cell::Cell;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, poll};

use super::connect;
use crate::error::{Error, Result};
use crate::stop::Stop;
use crate::units::poll_timeout;

/// How often it is looked whether it is time to stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// So many are turned away in one go: a crowd at the door must not hold up the viewer.
const TURNED_AWAY_AT_ONCE: usize = 256;

/// The first who is turned away is told of, then once in this time how many there were.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// The listening socket, shared with the stream that is being served.
#[derive(Clone, Debug)]
pub struct Door(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    listener: TcpListener,
    /// Who was turned away and has not been told of.
    untold: Cell<u64>,
    told: Cell<Option<Instant>>,
}

impl Door {
    /// `None` when it is time to stop before the name is found.
    pub fn open(host: &str, port: u16, stop: &Stop) -> Result<Option<Self>> {
        let listen = || -> io::Result<_> {
            let Some(addresses) = connect::resolve(host, port, stop)? else {
                return Ok(None);
            };
            let listener = TcpListener::bind(&addresses[..])?;
            listener.set_nonblocking(true)?;
            Ok(Some(listener))
        };
        let listener = listen().map_err(|error| {
            Error::Output(format!(
                "listening on tcp://{host}:{port} (-l) failed: {error}; is another program using the port?"
            ))
        })?;
        let Some(listener) = listener else {
            return Ok(None);
        };
        log::info!("waiting for a viewer on tcp://{host}:{port}");
        Ok(Some(Self(Rc::new(Inner {
            listener,
            untold: Cell::new(0),
            told: Cell::new(None),
        }))))
    }

    /// Waits for the next viewer; `None` when it is time to stop.
    pub fn next_viewer(&self, stop: &Stop) -> Result<Option<TcpStream>> {
        self.0.tell();
        while !stop.requested() {
            match self.0.listener.accept() {
                Ok((viewer, _)) => return Ok(Some(viewer)),
                Err(error) if is_passing(&error) => self.wait(),
                Err(error) => {
                    return Err(Error::Output(format!(
                        "waiting for a viewer (-l) failed: {error}"
                    )));
                }
            }
        }
        Ok(None)
    }

    /// Closes the connections of those who call while a viewer is served.
    pub fn turn_away(&self) {
        for _ in 0..TURNED_AWAY_AT_ONCE {
            let Ok((_, caller)) = self.0.listener.accept() else {
                break;
            };
            if self.0.told.get().is_some() {
                self.0.untold.set(self.0.untold.get() + 1);
            } else {
                log::info!("{caller} was turned away: another viewer is served");
                self.0.told.set(Some(Instant::now()));
            }
        }
        if self
            .0
            .told
            .get()
            .is_some_and(|at| at.elapsed() >= TELL_EVERY)
        {
            self.0.tell();
        }
    }

    fn wait(&self) {
        let mut fds = [PollFd::new(self.0.listener.as_fd(), PollFlags::POLLIN)];
        // Whatever ends the wait, the loop looks again.
        let _ = poll(&mut fds, poll_timeout(LOOK_EVERY));
    }
}

impl Inner {
    /// Says how many were turned away since it was said last; the next one is told of at once again if there were none.
    fn tell(&self) {
        match self.untold.take() {
            0 => self.told.set(None),
            count => {
                log::info!("{count} more callers were turned away");
                self.told.set(Some(Instant::now()));
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.tell();
    }
}

/// Nobody there yet, or a caller that left before it was answered (accept(2)).
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | ConnectionAborted)
}
