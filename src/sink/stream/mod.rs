//! The stream to one viewer: every frame leaves when it is complete, in one write where the kernel takes it; a viewer
//! that falls behind is skipped forward, one that is stuck or gone ends the session. Nothing here waits.

mod backlog;
pub mod channel;
mod datagram;
mod mux;
pub mod peer;
mod queue;
mod timecodes;

use std::time::Duration;

use nix::errno::Errno;

use self::backlog::Backlog;
use self::channel::Channel;
use self::mux::Mux;
use self::peer::Peer;
use self::queue::Queue;
pub use self::timecodes::Timecodes;
use super::listener::Door;
use super::{Sink, Tally, Want};
use crate::error::{Departure, Error, Result};
use crate::frame::Frame;
use crate::options::{Codec, Format};
use crate::units::Micros;

/// A picture older than this is not begun any more, and none is while older bytes wait in the kernel.
const MOST_LAG: Duration = Duration::from_secs(2);

/// A viewer that takes nothing for this long although bytes wait is stuck.
const MOST_STUCK: Duration = Duration::from_secs(10);

/// How often a viewer that closed its sending half is asked whether it is still there while no frame flows.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// How long after that it is asked first: a camera that starts quickly makes the question needless.
const FIRST_PROBE_AFTER: Duration = Duration::from_millis(300);

/// How long such a viewer is believed in when it cannot be asked.
const SILENCE_LIMIT: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub struct Stream {
    channel: Channel,
    peer: Peer,
    mux: Mux,
    door: Option<Door>,
    timecodes: Option<Timecodes>,
    /// What the output is called in messages.
    name: String,
    /// The end of a frame that was begun and did not fit.
    rest: Vec<u8>,
    rest_done: usize,
    queue: Queue,
    backlog: Backlog,
    /// Whether frames go by until the next key frame.
    skipping: bool,
    want: Want,
    last_write: Option<Micros>,
    tally: Tally,
}

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

impl Stream {
    pub fn new(channel: Channel, setup: Setup) -> Self {
        if let Some(socket) = channel.socket() {
            Peer::prepare(socket);
        }
        Self {
            channel,
            peer: Peer::default(),
            mux: Mux::new(setup.format, setup.codec),
            door: setup.door,
            timecodes: setup.timecodes,
            name: setup.name,
            rest: Vec::new(),
            rest_done: 0,
            queue: Queue::default(),
            backlog: Backlog::new(Micros::now()),
            skipping: false,
            want: Want::Nothing,
            last_write: None,
            tally: Tally::default(),
        }
    }

    /// Looks at the viewer and at what waits, and goes on with what did not fit.
    fn go_on(&mut self, now: Micros) -> Result<()> {
        if let Some(door) = &self.door {
            door.turn_away();
        }
        if let Some(socket) = self.channel.socket() {
            self.peer.look(socket).map_err(Error::Viewer)?;
        } else if self.channel.reader_is_gone() {
            return Err(Error::Viewer(Departure::Left));
        }
        self.backlog
            .settle(self.channel.unsent_bytes(), self.has_rest(), now);
        if self.backlog.stuck_for(now) >= MOST_STUCK {
            return Err(Error::Viewer(Departure::Stuck));
        }
        self.write_rest(now)?;
        self.write_waiting(now)
    }

    fn has_rest(&self) -> bool {
        self.rest_done < self.rest.len()
    }

    fn write_rest(&mut self, now: Micros) -> Result<()> {
        if self.has_rest() {
            let written = self.channel.write(&self.rest[self.rest_done..]);
            self.rest_done += self.account(written, now)?;
        }
        Ok(())
    }

    fn write_waiting(&mut self, now: Micros) -> Result<()> {
        self.drop_overdue(now);
        while self.may_begin(now) {
            let Some(frame) = self.queue.pop() else { break };
            let begun = self.begin(&frame, now);
            self.queue.recycle(frame);
            begun?;
        }
        Ok(())
    }

    fn may_begin(&self, now: Micros) -> bool {
        !self.has_rest() && self.backlog.age(now) <= MOST_LAG
    }

    /// Skips forward: what is overdue goes, and what depends on it.
    fn drop_overdue(&mut self, now: Micros) {
        let dropped = self.queue.drop_overdue(MOST_LAG, now);
        if dropped > 0 && self.tally.skipped == 0 {
            log::warn!(
                "{}: the viewer is too slow for this stream and is skipped forward",
                self.name
            );
        }
        self.tally.skipped += dropped;
        if dropped > 0 && self.queue.is_empty() {
            self.skipping = true;
            self.want = Want::KeyFrame;
        }
    }

    /// Takes a new frame: begins it at once when nothing is in its way.
    fn offer(&mut self, frame: &Frame, now: Micros) -> Result<()> {
        if self.skipping && !frame.key {
            self.tally.skipped += 1;
            return Ok(());
        }
        self.skipping = false;
        let fresh = now.since(frame.captured) <= MOST_LAG;
        if fresh && self.queue.is_empty() && self.may_begin(now) {
            return self.begin(frame, now);
        }
        self.queue.push(frame);
        self.drop_overdue(now);
        Ok(())
    }

    /// Begins a frame; what does not fit becomes the rest.
    fn begin(&mut self, frame: &Frame, now: Micros) -> Result<()> {
        let bytes = self.mux.wrap(frame);
        self.backlog.begin(bytes.len(), frame.captured);
        let written = self.channel.write(bytes);
        self.rest.clear();
        self.rest_done = 0;
        self.rest.extend_from_slice(&bytes[written.unwrap_or(0)..]);
        self.tally.frames += 1;
        if let Some(timecodes) = &mut self.timecodes {
            timecodes.note(frame.captured);
        }
        self.account(written, now)?;
        Ok(())
    }

    fn account(
        &mut self,
        written: std::result::Result<usize, Errno>,
        now: Micros,
    ) -> Result<usize> {
        match written {
            Ok(bytes) => {
                self.backlog.take(bytes);
                self.tally.bytes = self.backlog.taken();
                if bytes > 0 {
                    self.last_write = Some(now);
                }
                Ok(bytes)
            }
            Err(error) if self.channel.has_viewer() => {
                Err(Error::Viewer(peer::departure_for(error)))
            }
            Err(error) => Err(Error::Output(format!(
                "writing to {} failed: {}; is there room, and may this user write there?",
                self.name,
                error.desc()
            ))),
        }
    }

    /// Finds out whether a viewer that has closed its sending half is still there, while no frame flows.
    fn probe(&mut self, now: Micros) -> Result<()> {
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
        if let Some(filler) = self.mux.filler() {
            let written = self.channel.write(filler);
            self.account(written, now)?;
        } else if finished_for >= SILENCE_LIMIT && silent_for >= SILENCE_LIMIT {
            return Err(Error::Viewer(Departure::Left));
        }
        Ok(())
    }

    fn take_want(&mut self) -> Want {
        std::mem::replace(&mut self.want, Want::Nothing)
    }
}

impl Sink for Stream {
    fn put(&mut self, frame: &Frame) -> Result<Want> {
        let now = Micros::now();
        self.go_on(now)?;
        self.offer(frame, now)?;
        Ok(self.take_want())
    }

    fn idle(&mut self) -> Result<Want> {
        let now = Micros::now();
        self.go_on(now)?;
        self.probe(now)?;
        Ok(self.take_want())
    }

    fn pending(&self) -> bool {
        self.has_rest() || !self.queue.is_empty()
    }

    fn finish(&mut self) {
        let deadline = Micros::now().after(Duration::from_secs(1));
        while self.has_rest() && Micros::now() < deadline {
            let now = Micros::now();
            if self.write_rest(now).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(socket) = self.channel.socket() {
            Peer::farewell(socket);
        }
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(socket) = self.channel.socket() {
            Peer::hang_up(socket);
        }
    }
}
