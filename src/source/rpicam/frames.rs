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
use super::times::{Line, Lines};
use super::units::Units;
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
    lines: Lines,
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
            lines: Lines::default(),
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
    fn emit(&mut self, mut unit: Frame, line: Option<Line>) {
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
mod tests {
    use std::fs::File;
    use std::io::Write;

    use test_support::samples::{IDR, IDR_SECOND_SLICE, P, PPS, SPS};

    use super::*;
    use crate::frame::LARGEST_PICTURE_BYTES;

    const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 0xda, 0, 2, 1, 2, 0xff, 0xd9];

    /// The two pipes, with the program's ends in our hand.
    struct Bench {
        frames: Frames,
        data: Pipe,
        data_end: File,
        times: Pipe,
        times_end: File,
    }

    impl Bench {
        fn new(codec: Codec) -> Self {
            let (data, data_end) = Pipe::new().unwrap();
            let (times, times_end) = Pipe::new().unwrap();
            let frames = Frames::new(codec);
            Self {
                frames,
                data,
                data_end: data_end.into(),
                times,
                times_end: times_end.into(),
            }
        }

        fn bytes(&mut self, parts: &[&[u8]]) {
            self.data_end.write_all(&parts.concat()).unwrap();
        }

        fn line(&mut self, time: &str) {
            writeln!(self.times_end, "{time}").unwrap();
        }

        fn taken(&mut self) -> Vec<Frame> {
            self.frames.collect(&mut self.data, Some(&mut self.times));
            self.ready()
        }

        fn ready(&mut self) -> Vec<Frame> {
            let mut frame = Frame::default();
            std::iter::from_fn(|| self.frames.next(&mut frame).then(|| frame.clone())).collect()
        }

        fn taken_bytes(&mut self) -> Vec<Vec<u8>> {
            self.taken().into_iter().map(|frame| frame.data).collect()
        }
    }

    #[test]
    fn a_frame_is_out_with_its_line_and_before_the_next_one() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[SPS, PPS, IDR]);
        assert!(bench.taken().is_empty());
        bench.bytes(&[IDR_SECOND_SLICE]);
        bench.line("# timecode format v2\n0.000");
        assert_eq!(
            bench.taken_bytes(),
            [[SPS, PPS, IDR, IDR_SECOND_SLICE].concat()]
        );
        bench.bytes(&[P]);
        bench.line("33.333");
        assert_eq!(bench.taken_bytes(), [P]);
    }

    #[test]
    fn frames_that_come_together_are_told_apart() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[SPS, PPS, IDR, IDR_SECOND_SLICE, P, P]);
        bench.line("0.000\n40.000\n80.000");
        let frames = bench.taken();
        assert_eq!(
            frames.iter().map(|frame| frame.key).collect::<Vec<_>>(),
            [true, false, false]
        );
        let since_first = |index: usize| frames[index].captured.0 - frames[0].captured.0;
        assert_eq!((since_first(1), since_first(2)), (40_000, 80_000));
    }

    #[test]
    fn the_beginning_of_the_next_frame_is_kept_for_it() {
        let next = [SPS, PPS, IDR].concat();
        for begun in 0..next.len() {
            let mut bench = Bench::new(Codec::H264);
            bench.bytes(&[SPS, PPS, IDR, P, &next[..begun]]);
            bench.line("0.0\n40.0");
            assert_eq!(
                bench.taken_bytes(),
                [next.clone(), P.to_vec()],
                "{begun} bytes of the next frame"
            );
            bench.bytes(&[&next[begun..]]);
            bench.line("80.0");
            assert_eq!(
                bench.taken_bytes(),
                std::slice::from_ref(&next),
                "{begun} bytes of it were there before"
            );
        }
    }

    #[test]
    fn without_lines_a_quiet_time_ends_a_frame() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[SPS, PPS, IDR]);
        assert!(bench.taken().is_empty());
        bench.frames.end_by_quiet(Instant::now() + QUIET);
        assert!(bench.ready().is_empty(), "the first line may still come");
        bench.frames.end_by_quiet(Instant::now() + QUIET_WITH_LINES);
        assert_eq!(bench.ready()[0].data, [SPS, PPS, IDR].concat());
        assert_eq!(bench.frames.quiet_left(Instant::now()), None);
        bench.bytes(&[P]);
        bench.taken();
        bench.frames.end_by_quiet(Instant::now() + QUIET);
        assert_eq!(bench.ready()[0].data, P);
    }

    #[test]
    fn a_first_frame_without_a_line_shows_that_none_come() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[SPS, PPS, IDR]);
        assert!(bench.taken().is_empty());
        bench.bytes(&[P]);
        assert_eq!(bench.taken().len(), 1);
        bench.frames.end_by_quiet(Instant::now() + QUIET);
        assert_eq!(bench.ready()[0].data, P);
    }

    #[test]
    fn a_frame_that_a_pause_cuts_in_two_loses_no_byte() {
        let mut bench = Bench::new(Codec::H264);
        let whole = [SPS, PPS, IDR, IDR_SECOND_SLICE].concat();
        for pause in 1..whole.len() {
            bench.bytes(&[&whole[..pause]]);
            let mut out = bench.taken_bytes();
            bench.frames.end_by_quiet(Instant::now() + QUIET_WITH_LINES);
            out.extend(bench.ready().into_iter().map(|frame| frame.data));
            bench.bytes(&[&whole[pause..]]);
            out.extend(bench.taken_bytes());
            bench.frames.end_by_quiet(Instant::now() + QUIET_WITH_LINES);
            out.extend(bench.ready().into_iter().map(|frame| frame.data));
            // Parameter sets before the pause lead the rest; they are not given out alone.
            assert_eq!(out.concat(), whole, "paused after {pause} bytes");
        }
    }

    #[test]
    fn with_lines_a_short_pause_cuts_no_frame() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[SPS, PPS, IDR]);
        bench.line("0.0");
        bench.taken();
        bench.bytes(&[&P[..6]]);
        bench.taken();
        bench.frames.end_by_quiet(Instant::now() + QUIET);
        assert!(bench.ready().is_empty());
        bench.bytes(&[&P[6..]]);
        bench.line("40.0");
        assert_eq!(bench.taken_bytes(), [P]);
    }

    #[test]
    fn frames_whose_lines_do_not_come_are_given_out_all_the_same() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[SPS, PPS, IDR]);
        bench.line("0.0");
        bench.taken();
        bench.bytes(&[P, P, P]);
        assert_eq!(bench.taken_bytes(), [P, P]);
        bench.frames.end_by_quiet(Instant::now() + QUIET_WITH_LINES);
        assert_eq!(bench.ready().len(), 1);
    }

    #[test]
    fn lines_without_frames_are_forgotten() {
        let mut bench = Bench::new(Codec::H264);
        bench.line("0.0\n40.0\n80.0");
        assert!(bench.taken().is_empty());
        bench.bytes(&[SPS, PPS, IDR]);
        bench.line("120.0");
        assert_eq!(bench.taken().len(), 1);
    }

    #[test]
    fn parameter_sets_of_their_own_lead_the_key_frames_behind_them() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[SPS, PPS]);
        bench.line("0.0");
        assert!(bench.taken().is_empty());
        for time in ["0.1", "40.0"] {
            bench.bytes(&[IDR]);
            bench.line(time);
            assert_eq!(bench.taken_bytes(), [[SPS, PPS, IDR].concat()]);
        }
    }

    #[test]
    fn a_jpeg_waits_for_its_line_and_no_longer() {
        let mut bench = Bench::new(Codec::Mjpeg);
        bench.bytes(&[JPEG]);
        assert!(bench.taken().is_empty());
        bench.line("0.0");
        assert_eq!(bench.taken_bytes(), [JPEG]);
        let mut bench = Bench::new(Codec::Mjpeg);
        bench.bytes(&[JPEG, JPEG, &JPEG[..5]]);
        bench.line("0.0\n40.0");
        let frames = bench.taken();
        assert_eq!((frames.len(), frames[1].key), (2, true));
        assert_eq!(
            frames[1].captured.since(frames[0].captured),
            Duration::from_millis(40)
        );
    }

    #[test]
    fn a_backlog_is_dropped_up_to_a_key_frame() {
        let mut bench = Bench::new(Codec::H264);
        // Four frames of long ago, a key frame of now: the program's clock tells how old each is.
        bench.bytes(&[SPS, PPS, IDR, P, P, P, SPS, PPS, IDR, P]);
        bench.line("0.0\n40.0\n80.0\n120.0\n9000.0\n9040.0");
        assert_eq!(bench.taken_bytes(), [[SPS, PPS, IDR].concat(), P.to_vec()]);
        assert_eq!(bench.frames.dropped(), 4);
    }

    #[test]
    fn a_flood_of_frames_comes_out_whole_and_in_portions() {
        let mut bench = Bench::new(Codec::H264);
        let frames = 3 * FRAMES_AT_ONCE + 1;
        bench.bytes(&[SPS, PPS, IDR, &P.repeat(frames)]);
        for index in 0..=frames / 2 {
            bench.line(&format!("{index}.0"));
        }
        let mut out = Vec::new();
        for round in 0..4 {
            assert_eq!(bench.frames.is_unfinished(), (1..4).contains(&round));
            let taken = bench.taken();
            assert!(taken.len() <= 2 * FRAMES_AT_ONCE);
            assert_eq!(bench.frames.quiet_left(Instant::now()).is_none(), round < 3);
            out.extend(taken);
        }
        assert_eq!(out.len(), frames);
        let last = frames / 2;
        assert_eq!(
            out[last].pts.since(out[0].pts).as_micros(),
            1000 * last as u128,
            "each had its own line"
        );
    }

    #[test]
    fn of_a_flood_of_lines_little_is_taken() {
        let mut bench = Bench::new(Codec::H264);
        bench
            .times_end
            .write_all(&b"0.0\n".repeat(ROOM_BYTES / 4))
            .unwrap();
        bench.taken();
        let mut left = vec![0; ROOM_BYTES];
        assert!(bench.times.read(&mut left) >= ROOM_BYTES - 2 * LINES_AT_ONCE_BYTES);
        assert_eq!(bench.frames.lines.waiting(), 0, "no frame was begun");
    }

    #[test]
    fn a_picture_that_is_too_large_is_lost_and_what_refers_to_it() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[SPS, PPS, IDR]);
        for _ in 0..=LARGEST_PICTURE_BYTES / ROOM_BYTES {
            bench.bytes(&[&vec![0x5a; ROOM_BYTES - 1000]]);
            assert!(bench.taken().is_empty());
        }
        bench.bytes(&[P, P, SPS, PPS, IDR, P, P]);
        bench.line("0.0\n40.0\n80.0\n120.0\n160.0");
        let whole = [SPS, PPS, IDR].concat();
        assert_eq!(bench.taken_bytes(), [&whole, P, P]);
        assert_eq!(bench.frames.dropped(), 3);
    }

    #[test]
    fn a_program_that_writes_other_things_gives_no_key_frame() {
        let mut bench = Bench::new(Codec::H264);
        bench.bytes(&[&[0xa5; 200_000]]);
        bench.line("0.0");
        assert!(!bench.taken().iter().any(|frame| frame.key));
    }
}
