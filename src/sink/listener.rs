//! `-l`: a port of our own that serves one viewer after another. The listener outlives the sessions; who calls while a
//! viewer is served is turned away at once, as systemd does with `MaxConnections=1`.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::rc::Rc;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::error::{Error, Result};
use crate::stop::Stop;

/// The listening socket, shared with the stream that is being served.
#[derive(Clone, Debug)]
pub struct Door(Rc<TcpListener>);

impl Door {
    pub fn open(host: &str, port: u16) -> Result<Self> {
        let listen = || -> io::Result<_> {
            let listener = TcpListener::bind((host, port))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        let listener = listen().map_err(|error| {
            Error::Output(format!(
                "listening on tcp://{host}:{port} (-l) failed: {error}; is another program using the port?"
            ))
        })?;
        log::info!("waiting for a viewer on tcp://{host}:{port}");
        Ok(Self(Rc::new(listener)))
    }

    /// Waits for the next viewer; `None` when it is time to stop.
    pub fn next_viewer(&self, stop: &Stop) -> Result<Option<TcpStream>> {
        while !stop.requested() {
            match self.0.accept() {
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

    /// Closes the connections of all who call while a viewer is served.
    pub fn turn_away(&self) {
        while let Ok((_, caller)) = self.0.accept() {
            log::info!("{caller} was turned away: another viewer is served");
        }
    }

    fn wait(&self) {
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        // Whatever ends the wait, the loop looks again.
        let _ = poll(&mut fds, PollTimeout::from(200u8));
    }
}

/// Nobody there yet, or a caller that left before it was answered (accept(2)).
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | ConnectionAborted)
}
