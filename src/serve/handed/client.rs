//! The other end of `camera.sock`: how a program of this package asks the service for what it has.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, Shutdown, SockFlag, SockType, UnixAddr, connect, shutdown, socket,
};

use super::message::{Ask, Ended, Garbage, Say};
use super::packet::{self, Came};
use crate::error::{Error, Result};
use crate::log::{self, Level};
use crate::units::{Micros, poll_timeout};

/// How long a service may take until it listens to who connects: it may be ending, or starting on a slow machine.
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A connection to the service.
#[derive(Debug)]
pub struct Client {
    control: OwnedFd,
    verbose: bool,
}

/// What the service has said.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Nothing,
    Said(Say),
    /// It has gone without a word.
    Gone,
}

impl Client {
    /// Connects to the service that listens at `path`, with patience for one that is busy.
    ///
    /// # Errors
    /// As connect(2): ENOENT or ECONNREFUSED where nobody listens.
    pub fn connect(path: &Path, verbose: bool) -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let control = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?;
        let address = UnixAddr::new(path)?;
        let deadline = Micros::now().after(TAKEN_WITHIN);
        loop {
            match connect(control.as_raw_fd(), &address) {
                Ok(()) => return Ok(Self { control, verbose }),
                // Its queue is full.
                Err(Errno::EAGAIN) if Micros::now() < deadline => std::thread::sleep(LOOK_EVERY),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Says what is wanted, and hands `connection` over with it.
    ///
    /// # Errors
    /// As sendmsg(2): the service is gone.
    pub fn ask(&self, ask: &Ask, connection: Option<BorrowedFd<'_>>) -> io::Result<()> {
        packet::send(self.control.as_fd(), &ask.encode(), connection)?;
        Ok(())
    }

    /// What the service says next, within `wait`. Its lines for the journal are printed and not returned.
    ///
    /// # Errors
    /// `Camera`: it speaks another language.
    pub fn hear(&self, wait: Duration) -> Result<Heard> {
        let mut fds = [PollFd::new(self.control.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, poll_timeout(wait));
        match packet::receive(self.control.as_fd()) {
            Came::Nothing => Ok(Heard::Nothing),
            Came::End => Ok(Heard::Gone),
            Came::TooLong => Err(not_understood(Garbage::NoMessage)),
            Came::Packet(bytes, _) => match Say::decode(&bytes).map_err(not_understood)? {
                Say::Line { priority, text } => {
                    self.print(priority, text);
                    Ok(Heard::Nothing)
                }
                Say::Welcome { other_options } => {
                    if other_options {
                        log::warn!("{OTHER_OPTIONS}");
                    }
                    Ok(Heard::Nothing)
                }
                said => Ok(Heard::Said(said)),
            },
        }
    }

    /// Nothing more is wanted: what the service has to say to that can still be heard.
    pub fn leave(&self) {
        let _ = shutdown(self.control.as_raw_fd(), Shutdown::Write);
    }

    /// Where something can be heard.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    fn print(&self, priority: Option<u8>, text: String) {
        let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug];
        let level = priority.map(|priority| {
            let matching = levels
                .into_iter()
                .find(|&level| log::priority(level) == priority);
            matching.unwrap_or(Level::Info)
        });
        match level {
            Some(level) => log::log!(level, "{text}"),
            None if self.verbose => log::report(&[text]),
            None => {}
        }
    }
}

const OTHER_OPTIONS: &str = "others are watching the shared camera with options that are not those of /etc/default/raspivid \
    now; they take effect when nobody watches, or at once with: systemctl restart picam-camera";

/// What an unexpected end of the service is called.
pub fn gone() -> Error {
    Error::Camera(
        "picam-camera.service has ended without a word; its journal tells why: journalctl -u picam-camera".into(),
    )
}

fn not_understood(garbage: Garbage) -> Error {
    let what = match garbage {
        Garbage::NoMessage => "what it says is no message of picam-stream".into(),
        Garbage::Version(version) => format!("it speaks version {version} on camera.sock"),
    };
    Error::Camera(format!(
        "the running picam-camera.service is of another version of picam-stream: {what}; systemctl restart picam-camera \
         starts the installed one"
    ))
}

/// An error of an instance, by the exit status that the service gives it.
pub fn error_of(ended: &Ended) -> Option<Error> {
    let text = ended.error.clone();
    let kinds: [fn(String) -> Error; 4] =
        [Error::Usage, Error::Camera, Error::Output, Error::Stalled];
    if ended.exit_status == 0 {
        return None;
    }
    let matching = kinds
        .into_iter()
        .find(|kind| kind(String::new()).exit_status() == ended.exit_status);
    Some(matching.unwrap_or(Error::Camera)(text))
}
