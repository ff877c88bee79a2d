//! The tests of `frames`.

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
