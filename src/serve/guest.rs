//! A guest: one connection in one of the rooms. The loop knows nothing else of them.

use std::sync::Arc;
use std::time::Duration;

use nix::poll::PollFd;

use super::camera::Word;
use super::house::House;
use super::picture::Picture;
use crate::error::{Departure, Error};
use crate::units::Micros;

/// Whether a guest is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Stay {
    Stays,
    /// It is to be forgotten: its connection has ended, and what was to be said about it has been said.
    Gone,
}

/// Why a guest is sent away, or has gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It went by itself, or took nothing any more.
    Departed(Departure),
    /// Its own time is over (`-t`).
    TimeOver,
    /// The source has no more pictures.
    SourceEnded,
    /// The camera failed.
    Failed(Failure),
    /// The service is told to stop.
    Stopped,
}

/// A camera that failed, for all who waited for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What an instance ends with.
    pub exit_status: u8,
    /// What is wrong, and what can be done.
    pub text: String,
    /// In the words of the closing line.
    pub reason: &'static str,
    /// All that the source had said.
    pub words: Arc<[Word]>,
}

impl Ending {
    /// In the words of the closing line.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Departed(departure) => Error::Viewer(*departure).reason(),
            Self::TimeOver => "time over",
            Self::SourceEnded => "the source has ended",
            Self::Failed(failure) => failure.reason,
            Self::Stopped => "stopped",
        }
    }
}

/// What status pages tell of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The kind of its stream, in one word.
    pub kind: &'static str,
    pub since: Micros,
    /// Pictures that were skipped for it.
    pub skipped: u64,
    /// For how long the oldest picture waits that it has not been given.
    pub lag: Duration,
}

/// One connection.
pub trait Guest {
    /// Its descriptors, and what is to be waited for on each, as for poll(2). None that it has named
    /// is closed before it is gone: `Waiting` knows them by their numbers.
    fn poll_on<'a>(&'a self, fds: &mut Vec<PollFd<'a>>);

    /// When it wants `go_on` to be called though nothing happens.
    fn call_by(&self) -> Option<Micros>;

    /// Whether it needs the camera now.
    fn needs_pictures(&self) -> bool;

    /// Something has happened on its descriptors, its time has come, or the camera's state has changed.
    fn go_on(&mut self, house: &mut House, now: Micros) -> Stay;

    /// A new picture.
    fn take(&mut self, picture: &Arc<Picture>, house: &mut House, now: Micros) -> Stay;

    /// It has to go: says so as its kind says it, and goes on with that in `go_on` until it is gone. Called for those that
    /// need pictures when the camera fails, and for all when the service stops.
    fn dismiss(&mut self, why: &Ending, house: &mut House, now: Micros);

    /// Memory is short: what waits for it is thrown away up to the next key frame.
    fn skip_forward(&mut self, now: Micros);

    /// What is told of one that watches; nothing of others.
    fn about(&self) -> Option<About>;
}
