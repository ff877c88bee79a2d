//! The stream of a process that serves one viewer: the rules are the viewer's (`viewer`); what is here is that frames are
//! wrapped for it alone, that `-pts` notes them, and that the door of `-l` is kept while it watches.

mod mux;
mod timecodes;

use std::os::fd::BorrowedFd;
use std::time::Duration;

use self::mux::Mux;
pub use self::timecodes::Timecodes;
use super::listener::Door;
use super::{Sink, Tally, Want};
use crate::error::Result;
use crate::frame::Frame;
use crate::log;
use crate::options::{Codec, Format};
use crate::units::Micros;
use crate::viewer::channel::Channel;
use crate::viewer::limits::FAREWELL;
use crate::viewer::peer::Peer;
use crate::viewer::{Form, Viewer};

/// What a stream is opened with besides its channel.
#[derive(Debug)]
pub struct Setup {
    pub name: String,
    pub format: Format,
    pub codec: Codec,
    /// The listener whose further callers are turned away.
    pub door: Option<Door>,
    pub timecodes: Option<Timecodes>,
}

#[derive(Debug)]
pub struct Stream {
    viewer: Viewer<Own>,
    door: Option<Door>,
}

impl Stream {
    pub fn new(channel: Channel, setup: Setup) -> Self {
        let form = Own {
            mux: Mux::new(setup.format, setup.codec),
            timecodes: setup.timecodes,
            spare: Vec::new(),
        };
        Self {
            viewer: Viewer::new(channel, form, setup.name),
            door: setup.door,
        }
    }

    fn go_on(&mut self, now: Micros) -> Result<()> {
        if let Some(door) = &self.door {
            door.turn_away();
        }
        self.viewer.go_on(now)
    }

    fn take_want(&mut self) -> Want {
        if let Some(notice) = self.viewer.take_skip_notice() {
            log::warn!("{notice}");
        }
        self.viewer.take_want()
    }
}

impl Sink for Stream {
    fn put(&mut self, frame: &Frame) -> Result<Want> {
        let now = Micros::now();
        self.go_on(now)?;
        self.viewer.offer(frame, now)?;
        Ok(self.take_want())
    }

    fn idle(&mut self) -> Result<Want> {
        let now = Micros::now();
        self.go_on(now)?;
        self.viewer.probe(now)?;
        Ok(self.take_want())
    }

    fn pending(&self) -> bool {
        self.viewer.pending()
    }

    fn finish(&mut self) {
        let deadline = Micros::now().after(FAREWELL);
        while self.viewer.pending() && Micros::now() < deadline {
            if self.viewer.write_last(Micros::now()).is_err() {
                break;
            }
            if self.viewer.pending() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if let Some(socket) = self.viewer.socket() {
            Peer::farewell(socket);
        }
    }

    /// Not where `-pts` or `-l` have something to do beside it.
    fn connection(&self) -> Option<BorrowedFd<'_>> {
        if self.door.is_some() || self.viewer.form().timecodes.is_some() {
            return None;
        }
        self.viewer.socket()
    }

    fn tally(&self) -> Tally {
        self.viewer.tally()
    }
}

/// Frames for one viewer: copied where they must wait, into memory that is used again, and wrapped when they are begun.
#[derive(Debug)]
struct Own {
    mux: Mux,
    timecodes: Option<Timecodes>,
    spare: Vec<Frame>,
}

impl Form for Own {
    type Item = Frame;

    fn keep(&mut self, item: &Frame) -> Frame {
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.become_copy_of(item);
        copy
    }

    fn release(&mut self, item: Frame) {
        self.spare.push(item);
    }

    fn begin(&mut self, item: &Frame) {
        self.mux.wrap(item);
        if let Some(timecodes) = self.timecodes.as_mut().filter(|_| !item.continues) {
            timecodes.note(item.pts);
        }
    }

    fn bytes<'a>(&'a self, item: &'a Frame) -> &'a [u8] {
        self.mux.bytes(item)
    }

    fn filler(&mut self) -> Option<&[u8]> {
        self.mux.filler()
    }
}
