//! Makes frames out of what comes through the pipes, each as soon as its last byte is there.
//!
//! A bare H.264 stream does not mark where a picture ends; where the next one begins is known one frame later, which
//! is too late for live video. The end is told by the second pipe: the program writes and flushes all bytes of a
//! frame, then one line for it (`times`). So when a line has been read, its frame's bytes can be read too; and a
//! frame in bytes that were read *before* the lines, with the next one's start behind it, will get no line any more.
//!
//! Where no lines come (the software encoder of the Pi 5 before rpicam-apps 1.8), a frame is taken to be at its end
//! when nothing has come for [`QUIET`].

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::pipe::{Pipe, ROOM_BYTES};
use super::spare::Spare;
use super::stream_pictures::Units;
use super::times::{TimeLine, TimeLines};
use crate::frame::Frame;
use crate::gate::KeyGate;
use crate::h264::nal::shows_b_picture;
use crate::h264::parameter_sets::Picture;
use crate::options::Codec;
use crate::source::Broken;
use crate::source::clock::Clock;
use crate::source::quiet::{self, QUIET};
use crate::units::{Micros, Pts};

/// How long it must be quiet where lines come: long, since then only a line that was lost leaves a frame without its end.
const QUIET_WITH_LINES: Duration = Duration::from_millis(200);

/// Frames older than this are not given out while newer ones wait: DESIGN's limit for beginning a frame.
const STALE: Duration = Duration::from_secs(2);

/// What is read at once.
const READ_BYTES: usize = 64 * 1024;

/// What is taken from the pipe of the stream in one go: all that lay in it when a line was read.
const DATA_AT_ONCE_BYTES: usize = ROOM_BYTES;

/// What is taken from the pipe of the lines in one go: more lines than [`FRAMES_AT_ONCE`].
const LINES_AT_ONCE_BYTES: usize = 64 * 1024;

/// So many frames are made in one go: half a minute of any stream.
const FRAMES_AT_ONCE: usize = 1024;

/// Bytes and lines in, frames out.
pub struct Frames {
    units: Units,
    lines: TimeLines,
    clock: Clock,
    /// Lines come, or may still come with the first frame.
    has_lines: bool,
    ready: VecDeque<Frame>,
    /// More whole frames than can be made in one go are here: no further bytes are needed.
    unfinished: bool,
    spare: Spare,
    gate: KeyGate,
    last_pts: Pts,
    /// When the bytes of an unfinished frame last came.
    last_bytes: Option<Instant>,
    dropped: u64,
    broken: Broken,
    scratch: Vec<u8>,
}

impl Frames {
    pub fn new(codec: Codec) -> Self {
        Self {
            units: Units::new(codec),
            lines: TimeLines::default(),
            clock: Clock::default(),
            has_lines: true,
            ready: VecDeque::new(),
            unfinished: false,
            spare: Spare::default(),
            gate: KeyGate::open(),
            last_pts: Pts::default(),
            last_bytes: None,
            dropped: 0,
            broken: Broken::default(),
            scratch: vec![0; READ_BYTES],
        }
    }

    /// Takes what the pipes have, within bounds, in the order that makes the reasoning above hold.
    pub fn collect(&mut self, data: &mut Pipe, times: Option<&mut Pipe>) {
        if !self.unfinished {
            self.take_data(data);
        }
        let closed = self.closed_units();
        self.unfinished = closed.len() == FRAMES_AT_ONCE;
        if let Some(times) = times {
            self.take_lines(times);
        } else {
            self.has_lines = false;
        }
        if !closed.is_empty() {
            self.has_lines = self.lines.seen();
        }
        for unit in closed {
            let line = self.lines.next_line();
            self.emit(unit, line);
        }
        if !self.unfinished {
            self.take_data(data);
            self.pay_lines();
        }
    }

    /// How long to wait at most before calling [`Self::end_by_quiet`]; nothing while no frame is begun.
    pub fn quiet_left(&self, now: Instant) -> Option<Duration> {
        if self.unfinished {
            return None;
        }
        let quiet = if self.has_lines {
            QUIET_WITH_LINES
        } else {
            QUIET
        };
        Some(quiet::left(quiet, self.last_bytes?, now))
    }

    /// Ends the frame for which no line came, when nothing has come for long enough.
    pub fn end_by_quiet(&mut self, now: Instant) {
        if self.quiet_left(now).is_some_and(|left| left.is_zero()) {
            self.end_of_stream();
            self.has_lines = self.lines.seen();
        }
    }

    /// Ends the frame that was begun: nothing more will come.
    pub fn end_of_stream(&mut self) {
        let mut unit = self.spare.take();
        while self.next_unit(&mut unit) {
            self.emit(unit, None);
            unit = self.spare.take();
        }
        if self.units.flush(&mut unit) {
            self.emit(unit, None);
        } else {
            self.spare.put(unit);
        }
        self.last_bytes = None;
    }

    /// Gives the next frame out; false when none is ready.
    pub fn next(&mut self, frame: &mut Frame) -> bool {
        self.shed(Micros::now());
        let Some(mut next) = self.ready.pop_front() else {
            return false;
        };
        next.captured = self.clock.captured(next.pts);
        self.broken.pictures = 0;
        self.spare.put(std::mem::replace(frame, next));
        true
    }

    /// Whether `next` has a frame.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether `collect` will make more frames of what it has read already.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// Pictures of no use since the last frame that was given out.
    pub fn broken(&self) -> &Broken {
        &self.broken
    }

    /// How many frames were dropped because they were not fetched in time, or were of no use.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn take_data(&mut self, data: &mut Pipe) {
        let (units, last_bytes) = (&mut self.units, &mut self.last_bytes);
        data.read_some(&mut self.scratch, DATA_AT_ONCE_BYTES, |bytes| {
            units.push(bytes);
            *last_bytes = Some(Instant::now());
        });
    }

    fn take_lines(&mut self, times: &mut Pipe) {
        if self.lines.waiting() < FRAMES_AT_ONCE {
            let (lines, now) = (&mut self.lines, Micros::now());
            times.read_some(&mut self.scratch, LINES_AT_ONCE_BYTES, |bytes| {
                lines.push(bytes, now);
            });
        }
        self.has_lines |= self.lines.seen();
    }

    /// The units behind which the next one has begun.
    fn closed_units(&mut self) -> Vec<Frame> {
        let mut closed = Vec::new();
        while closed.len() < FRAMES_AT_ONCE {
            let mut unit = self.spare.take();
            if !self.next_unit(&mut unit) {
                self.spare.put(unit);
                break;
            }
            closed.push(unit);
        }
        closed
    }

    /// Ends a unit for each line that is left. All bytes of these units are here.
    fn pay_lines(&mut self) {
        while self.ready.len() < FRAMES_AT_ONCE {
            let Some(line) = self.lines.next_line() else {
                return;
            };
            let mut unit = self.spare.take();
            let last = self.lines.waiting() == 0;
            if self.next_unit(&mut unit) {
                self.emit(unit, Some(line));
            } else if last && self.units.flush(&mut unit) {
                self.emit(unit, Some(line));
                self.last_bytes = None;
            } else {
                // Its frame went out without it.
                self.spare.put(unit);
            }
        }
        self.unfinished = true;
    }

    /// The next unit behind which another has begun. A picture that is of no use is lost, and what refers to it.
    fn next_unit(&mut self, unit: &mut Frame) -> bool {
        let found = self.units.next_unit(unit);
        if let Some((pictures, reason)) = self.units.take_broken() {
            self.broken.note(pictures, reason);
            self.dropped += pictures;
            self.gate.close();
        }
        found
    }

    /// A unit without a line counts as arrived now; what carries on a picture has its time.
    fn emit(&mut self, mut unit: Frame, line: Option<TimeLine>) {
        match self.units.picture(&mut unit) {
            Picture::None => self.spare.put(unit),
            kind => {
                unit.key = kind == Picture::Key;
                unit.pts = match line {
                    _ if unit.continues => self.last_pts,
                    Some(line) if kind == Picture::Dependent && shows_b_picture(&unit.data) => {
                        self.clock.reordered(line.time_us)
                    }
                    Some(line) => self.clock.note(Some(line.time_us), line.arrived),
                    None => self.clock.note(None, Micros::now()),
                };
                self.last_pts = unit.pts;
                self.ready.push_back(unit);
            }
        }
    }

    /// Drops what is too old up to the next key frame. One frame is always left: an old frame that nothing newer
    /// follows is the best there is. How old each is, is known best when all that came together have been noted.
    fn shed(&mut self, now: Micros) {
        while self.ready.len() > 1 && now.since(self.clock.captured(self.ready[0].pts)) > STALE {
            self.drop_first();
            self.gate.close();
        }
        while let Some(first) = self.ready.front()
            && !self.gate.lets_through(first.key)
        {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some(frame) = self.ready.pop_front() {
            self.spare.put(frame);
        }
        self.dropped += 1;
    }
}

#[cfg(test)]
mod tests;
