//! Frames: each out as soon as it is whole, none lost, with the time when it was taken.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;

use test_support::commands::tool;
use test_support::decoding::decode;
use test_support::program::LONG;
use test_support::session::Session;
use test_support::stand_in::{StandIn, h264_clip, jpeg_clip, pictures};

/// Lets the stand-in write one frame at a time, and wants each from our end before the next is written.
fn each_frame_comes_alone(stand_in: StandIn, clip: &'static Path, args: &[&str]) {
    let log = frame_by_frame(stand_in, clip, args);
    assert!(
        log.contains(" 30 frames,"),
        "frames were cut at their ends:\n{log}"
    );
}

/// The session's log.
fn frame_by_frame(stand_in: StandIn, clip: &'static Path, args: &[&str]) -> String {
    let steps = stand_in.fifo("steps");
    let stand_in = stand_in
        .playing(clip)
        .behaving_also(&format!("lockstep={}", steps.display()));
    let mut session = stand_in.session(args);
    // For reading, too: so the open does not wait for the stand-in, which may fail to start.
    let mut step = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&steps)
        .expect("the stand-in waits for steps");
    session
        .viewer
        .set_read_timeout(Some(LONG))
        .expect("a time limit");
    for (index, picture) in pictures(clip).iter().take(30).enumerate() {
        step.write_all(b"+").expect("the stand-in takes steps");
        let mut frame = vec![0; picture.len()];
        session
            .viewer
            .read_exact(&mut frame)
            .unwrap_or_else(|error| {
                panic!(
                    "frame {index} is held back: {error}; log:\n{}",
                    session.log()
                )
            });
        assert!(
            frame == *picture,
            "frame {index} is another than was written"
        );
    }
    drop(step);
    session.read_to_end();
    session.wait(LONG);
    session.log()
}

#[test]
fn no_frame_waits_for_the_next_from_the_hardware_encoder() {
    for version in ["1.0.0", "1.5.3", "1.13.0"] {
        each_frame_comes_alone(StandIn::new(version, "vc4"), h264_clip(), &[]);
    }
}

#[test]
fn no_frame_waits_for_the_next_from_the_software_encoder() {
    each_frame_comes_alone(StandIn::new("1.13.0", "pi5"), h264_clip(), &[]);
}

/// The times are ignored by two versions and refused by the third: frames end when it is quiet. A busy machine may make
/// two of one there, so only their bytes are looked at.
#[test]
fn no_frame_waits_for_the_next_from_a_program_without_times() {
    for version in ["1.4.2", "1.5.3", "1.7.0"] {
        frame_by_frame(StandIn::new(version, "pi5"), h264_clip(), &[]);
    }
}

#[test]
fn no_jpeg_waits_for_the_next() {
    for (version, board) in [("1.1.2", "vc4"), ("1.13.0", "pi5")] {
        each_frame_comes_alone(StandIn::new(version, board), jpeg_clip(), &["-cd", "MJPEG"]);
    }
}

#[test]
fn a_frame_that_comes_in_pieces_stays_one() {
    for (version, board) in [("1.5.3", "vc4"), ("1.13.0", "pi5")] {
        each_frame_comes_alone(
            StandIn::new(version, board).behaving("pieces=7001"),
            h264_clip(),
            &[],
        );
    }
}

#[test]
fn frames_that_come_together_are_told_apart() {
    for (clip, args) in [(h264_clip(), &[][..]), (jpeg_clip(), &["-cd", "MJPEG"])] {
        let stand_in = StandIn::new("1.13.0", "vc4")
            .playing(clip)
            .behaving("batch=5,stop=50");
        let mut session = stand_in.session(args);
        let stream = session.read_to_end();
        session.wait(LONG);
        assert!(
            stream == pictures(clip).concat(),
            "the stream is the clip:\n{}",
            session.log()
        );
        assert!(session.log().contains(" 50 frames,"), "{}", session.log());
    }
}

#[test]
fn the_stream_decodes_without_a_complaint() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=75");
    assert_eq!(decode(&stand_in.session(&[]).read_to_end(), "h264"), 75);
    let stand_in = StandIn::new("1.13.0", "pi5").behaving("stop=50");
    assert_eq!(
        decode(&stand_in.session("--format mpegts").read_to_end(), "mpegts"),
        50
    );
}

#[test]
fn every_key_frame_has_its_parameter_sets() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("headless,stop=60");
    let stream = stand_in.session(&[]).read_to_end();
    let count = |kind: u8| {
        test_support::decoding::nal_types(&stream)
            .into_iter()
            .filter(|found| *found == kind)
            .count()
    };
    assert_eq!(
        (count(7), count(8)),
        (3, 3),
        "three key frames in 60 frames"
    );
}

/// The stand-in's clock steps by exactly 40 ms, whenever the frames really come.
#[test]
fn the_capture_times_are_the_programs_own() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=40");
    assert_eq!(steps_us(&stand_in), [40_000; 39]);
}

/// Back by less than a second, by hours, forward: the stream goes on as if nothing had been.
#[test]
fn a_clock_that_is_set_makes_no_frame_old_and_no_step_uneven() {
    for set in ["10:-900000", "20:-100000", "25:-7200000000", "15:5000000"] {
        let stand_in =
            StandIn::new("1.13.0", "vc4").behaving(&format!("fps=100,stop=200,set={set}"));
        assert_eq!(steps_us(&stand_in), [10_000; 199], "set={set}");
    }
}

/// The steps between the times of the `-pts` file, of a stream that lost nothing.
fn steps_us(stand_in: &StandIn) -> Vec<i64> {
    let times = stand_in.path("times");
    let mut session = stand_in.session(&["-pts", times.to_str().expect("a plain path")]);
    session.read_to_end();
    session.wait(LONG);
    let log = session.log();
    let lost_nothing = " 0 frames skipped for the viewer, 0 dropped by the source";
    assert!(log.contains(lost_nothing), "{log}");
    let text = fs::read_to_string(times).expect("the times");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let times_us: Vec<i64> = lines.map(microseconds).collect();
    times_us.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_transport_stream_has_the_programs_even_steps_from_the_first_on() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=40,set=10:-300000");
    let stream = stand_in.session("--format mpegts").read_to_end();
    let entries = ["-show_entries", "packet=pts", "-of", "csv=p=0", "-i", "-"];
    let probed = tool(
        "ffprobe",
        &[&["-v", "error"][..], &entries].concat(),
        &stream,
    );
    let text = String::from_utf8_lossy(&probed.stdout);
    let numbers = text
        .lines()
        .filter_map(|line| line.trim_matches(',').parse().ok());
    let ticks: Vec<i64> = numbers.collect();
    let steps: Vec<i64> = ticks.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(steps, [3600; 39], "90 kHz: {text}");
}

fn microseconds(line: &str) -> i64 {
    let (milliseconds, decimals) = line.split_once('.').expect("three decimals");
    milliseconds.parse::<i64>().expect("a number") * 1000
        + decimals.parse::<i64>().expect("a number")
}

#[test]
fn after_a_pause_the_stream_goes_on_with_a_fresh_key_frame() {
    let stand_in = StandIn::new("1.13.0", "vc4");
    let mut session = stand_in.session(&[]);
    session.read_at_least(200_000);
    session.signal(Signal::SIGSTOP);
    std::thread::sleep(Duration::from_secs(4));
    session.signal(Signal::SIGCONT);
    // The backlog of the pipe alone is more than 50 frames; what comes now is new.
    stand_in.wait_for_frames(stand_in.frames() + 30);
    session.signal(Signal::SIGTERM);
    let stream = session.read_to_end();
    session.wait(LONG);
    assert!(
        test_support::decoding::nal_types(&stream).contains(&5),
        "it went on with a key frame"
    );
    session.wait(LONG);
    let dropped = dropped_by_the_source(&session);
    assert!(
        dropped > 0,
        "old frames are not sent late:\n{}",
        session.log()
    );
}

fn dropped_by_the_source(session: &Session) -> u64 {
    let log = session.log();
    let before = log
        .split(" dropped by the source")
        .next()
        .unwrap_or_default();
    before
        .rsplit(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .expect("the closing line tells it")
}

#[test]
fn a_program_that_says_much_is_kept_short() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("noisy,stop=100");
    let mut session = stand_in.session(&[]);
    let stream = session.read_to_end();
    session.wait(LONG);
    assert_eq!(decode(&stream, "h264"), 100, "its stderr never blocks it");
    let log = session.log();
    assert!(
        log.lines().count() < 300,
        "{} lines in the log",
        log.lines().count()
    );
    assert!(!log.contains("fps) exp"), "no line for each frame");
    assert!(log.contains("the rest is left out"), "{log}");
}

#[test]
fn the_pipe_is_enlarged() {
    let stand_in = StandIn::new("1.13.0", "vc4");
    let mut session = stand_in.session(&[]);
    session.read_at_least(100_000);
    let process = stand_in.process_ids().pop().expect("it runs");
    let pipe = File::open(format!("/proc/{process}/fd/264")).expect("the pipe of the stream");
    let size = nix::fcntl::fcntl(&pipe, nix::fcntl::FcntlArg::F_GETPIPE_SZ).expect("its size");
    assert_eq!(size, 1 << 20);
}
