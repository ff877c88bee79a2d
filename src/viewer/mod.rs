//! One viewer, whatever the shape of the process: frames are offered to it, and each leaves when it is complete, in one
//! write where the kernel takes it; a viewer that falls behind is skipped forward, one that is stuck or gone is told
//! apart. Nothing here waits, and nothing here knows a source: who owns both calls again when there is a frame, or room.

mod backlog;
pub mod channel;
mod datagram;
mod form;
pub mod limits;
pub mod peer;
pub mod peer_name;
mod queue;
mod skipping;
mod sys;
mod writing;

use std::os::fd::BorrowedFd;
use std::time::Duration;

use self::backlog::Backlog;
use self::channel::Channel;
pub use self::form::{Form, Offered};
use self::limits::{FAREWELL, FIRST_PROBE_AFTER, MOST_STUCK, PROBE_EVERY, SILENCE_LIMIT};
use self::peer::Peer;
use self::queue::Queue;
use self::writing::Begun;
use crate::error::{Departure, Error, Result};
use crate::gate::KeyGate;
use crate::units::Micros;

/// What a viewer would like from the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    Nothing,
    /// A key frame soon: the viewer was skipped forward.
    KeyFrame,
}

/// What a viewer has been given so far, for the closing line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames begun towards the viewer.
    pub frames: u64,
    /// Bytes that the kernel took.
    pub bytes: u64,
    /// Frames that were skipped because the viewer was behind.
    pub skipped: u64,
}

/// A viewer under way.
#[derive(Debug)]
pub struct Viewer<F: Form> {
    channel: Channel,
    peer: Peer,
    form: F,
    /// What the output is called in messages.
    name: String,
    begun: Option<Begun<F::Item>>,
    /// Bytes that go between two frames, before the next.
    aside: Vec<u8>,
    queue: Queue<F::Item>,
    backlog: Backlog,
    gate: KeyGate,
    want: Want,
    last_write: Option<Micros>,
    tally: Tally,
    /// Whether the first skip has been told.
    skip_is_told: bool,
    /// When the end began, and whether all has been sent since.
    farewell: Option<(Micros, bool)>,
}

impl<F: Form> Viewer<F> {
    pub fn new(channel: Channel, form: F, name: String) -> Self {
        if let Some(socket) = channel.socket() {
            Peer::prepare(socket);
        }
        Self {
            channel,
            peer: Peer::default(),
            form,
            name,
            begun: None,
            aside: Vec::new(),
            queue: Queue::default(),
            backlog: Backlog::new(Micros::now()),
            gate: KeyGate::open(),
            want: Want::Nothing,
            last_write: None,
            tally: Tally::default(),
            skip_is_told: false,
            farewell: None,
        }
    }

    /// The same for a viewer whose words mean something: they, and its FIN, are left to be read from its socket.
    pub fn with_words(channel: Channel, form: F, name: String) -> Self {
        let mut viewer = Self::new(channel, form, name);
        viewer.peer = Peer::with_words();
        viewer
    }

    /// Puts bytes behind the frame that was begun, before the next one.
    pub fn put_aside(&mut self, bytes: &[u8], now: Micros) -> Result<()> {
        self.aside.extend_from_slice(bytes);
        self.write_begun(now)
    }

    /// How many bytes wait to go between two frames.
    pub fn aside_bytes(&self) -> usize {
        self.aside.len()
    }

    /// Looks at the viewer and at what waits, and goes on with what did not fit.
    pub fn go_on(&mut self, now: Micros) -> Result<()> {
        self.look()?;
        self.proceed(now)
    }

    /// Whether it is still there. What it sends is read.
    fn look(&mut self) -> Result<()> {
        if let Some(socket) = self.channel.socket() {
            self.peer.look(socket).map_err(Error::Viewer)?;
        } else if self.channel.reader_is_gone() {
            return Err(Error::Viewer(Departure::Left));
        }
        Ok(())
    }

    /// Goes on with what waits, where nothing has happened on its socket as far as poll(2) has just told.
    pub fn proceed(&mut self, now: Micros) -> Result<()> {
        self.backlog
            .settle(self.channel.held_bytes(), self.has_begun(), now);
        if self.backlog.stuck_for(now) >= MOST_STUCK {
            return Err(Error::Viewer(Departure::Stuck));
        }
        self.write_begun(now)?;
        self.write_waiting(now)
    }

    /// Takes a new frame: begins it at once when nothing is in its way.
    pub fn offer(&mut self, item: &F::Item, now: Micros) -> Result<()> {
        let frame = item.frame();
        if !self.gate.lets_through(frame.key) {
            self.tally.skipped += 1;
            return Ok(());
        }
        if self.queue.is_empty() && self.may_begin(frame.continues, now) {
            if let Some(done) = self.begin(item, now)? {
                let item = self.form.keep(item);
                self.begun = Some(Begun { item, done });
            }
            return Ok(());
        }
        let kept = self.form.keep(item);
        self.queue.push(kept, frame, now);
        self.drop_overdue(now);
        Ok(())
    }

    /// Finds out whether a viewer that has closed its sending half is still there, while no frame flows.
    pub fn probe(&mut self, now: Micros) -> Result<()> {
        let Some(finished) = self.peer.finished() else {
            return Ok(());
        };
        let silent_for = self
            .last_write
            .map_or(Duration::MAX, |last| now.since(last));
        let finished_for = now.since(finished);
        if silent_for < PROBE_EVERY || finished_for < FIRST_PROBE_AFTER || self.pending() {
            return Ok(());
        }
        if let Some(filler) = self.form.filler() {
            let written = self.channel.write(filler);
            self.account(written, now)?;
        } else if finished_for >= SILENCE_LIMIT && silent_for >= SILENCE_LIMIT {
            return Err(Error::Viewer(Departure::Left));
        }
        Ok(())
    }

    /// Whether anything waits: then `go_on` wants to be called again soon, without a frame.
    pub fn pending(&self) -> bool {
        self.has_begun() || !self.queue.is_empty()
    }

    /// Whether something that was begun waits for room: until poll(2) says POLLOUT, going on is in vain.
    pub fn has_begun(&self) -> bool {
        self.begun.is_some() || !self.aside.is_empty()
    }

    /// Brings the stream to its end without waiting: what waits is sent, then the end, then the viewer's own end is awaited,
    /// all within a bounded time. To be called again until it says that it is over.
    pub fn say_farewell(&mut self, now: Micros) -> bool {
        let (since, all_sent) = *self.farewell.get_or_insert((now, false));
        let is_late = now.since(since) >= FAREWELL;
        if !all_sent {
            let is_gone = self.write_last(now).is_err();
            if self.pending() && !is_gone && !is_late {
                return false;
            }
            if let Some(socket) = self.channel.socket() {
                Peer::end_sending(socket);
            }
            self.farewell = Some((now, true));
            return is_gone || is_late || self.channel.socket().is_none();
        }
        is_late || self.channel.socket().is_none_or(Peer::has_ended)
    }

    /// When the viewer said that it will send nothing more, if it has.
    pub fn finished(&self) -> Option<Micros> {
        self.peer.finished()
    }

    /// Whether bytes of the viewer lie in the kernel, as of the last look.
    pub fn holds_bytes(&self) -> bool {
        self.backlog.held() > 0
    }

    /// What the viewer would like, told once.
    pub fn take_want(&mut self) -> Want {
        std::mem::replace(&mut self.want, Want::Nothing)
    }

    /// The viewer's connection, where it has one.
    pub fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.channel.socket()
    }

    pub fn form(&self) -> &F {
        &self.form
    }

    /// For what a viewer asks of it before it has pictures.
    pub fn form_mut(&mut self) -> &mut F {
        &mut self.form
    }

    pub fn tally(&self) -> Tally {
        self.tally
    }
}

impl<F: Form> Drop for Viewer<F> {
    fn drop(&mut self) {
        if let Some(socket) = self.channel.socket() {
            Peer::hang_up(socket);
        }
    }
}
