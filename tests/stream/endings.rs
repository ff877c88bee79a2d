//! How a session ends: signals, `-t`, a camera that stalls, and what the exit status says.

use std::io::Write;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use test_support::decoding::decode;
use test_support::folders::Scratch;
use test_support::program::{LONG, RECORDING, run, stderr};
use test_support::session::Session;

const SOON: Duration = Duration::from_secs(5);

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| panic!("killed: {status}"))
}

#[test]
fn a_signal_ends_a_stream_cleanly() {
    let source = format!("file:{RECORDING}");
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut session = Session::start(&format!("--source {source} -fps 25 -t 0 -o -"));
        let mut stream = session.read_at_least(50_000);
        session.signal(signal);
        stream.extend(session.read_to_end());
        assert_eq!(code(session.wait(SOON)), 0, "{}", session.log());
        assert!(session.log().contains("stopped"), "{}", session.log());
        assert!(decode(&stream, "h264") > 0);
    }
}

#[test]
fn a_signal_during_the_start_ends_cleanly() {
    let scratch = Scratch::new();
    let source = format!("file:{}", scratch.fifo("camera").display());
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut session = Session::start(&format!("--source {source} -t 0 -o -"));
        session.wait_for_log("viewer");
        session.signal(signal);
        assert_eq!(code(session.wait(SOON)), 0, "{}", session.log());
        assert!(session.read_to_end().is_empty());
    }
}

#[test]
fn a_signal_during_a_stall_ends_cleanly() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut stalled = Stalled::start(&["--stall-timeout", "60000"]);
        stalled.session.signal(signal);
        assert_eq!(
            code(stalled.session.wait(SOON)),
            0,
            "{}",
            stalled.session.log()
        );
    }
}

#[test]
fn a_camera_that_stalls_is_reported_with_what_to_check() {
    let begun = Instant::now();
    let mut stalled = Stalled::start(&["--stall-timeout", "1500"]);
    assert_eq!(
        code(stalled.session.wait(LONG)),
        75,
        "{}",
        stalled.session.log()
    );
    assert!(begun.elapsed() >= Duration::from_millis(1500));
    let log = stalled.session.log();
    assert!(
        log.contains("no frame for") && log.contains("cable") && log.contains("camera stalled"),
        "{log}"
    );
    assert_eq!(
        log.matches("no frame for").count(),
        1,
        "an error is printed once: {log}"
    );
}

#[test]
fn a_camera_without_a_first_frame_is_given_three_times_as_long() {
    let scratch = Scratch::new();
    let source = format!("file:{}", scratch.fifo("camera").display());
    let begun = Instant::now();
    let mut session = Session::start(&format!("--source {source} -t 0 --stall-timeout 500 -o -"));
    assert_eq!(code(session.wait(LONG)), 75, "{}", session.log());
    assert!(begun.elapsed() >= Duration::from_millis(1500));
    assert!(
        session.log().contains("no first key frame"),
        "{}",
        session.log()
    );
}

#[test]
fn a_time_limit_ends_the_stream_and_counts_from_the_first_frame() {
    let source = format!("file:{RECORDING}");
    let mut session = Session::start(&format!("--source {source} -fps 25 -t 2000 -o -"));
    let stream = session.read_to_end();
    assert_eq!(code(session.wait(SOON)), 0);
    assert!(session.log().contains("time over"), "{}", session.log());
    let pictures = decode(&stream, "h264");
    assert!(
        (48..=52).contains(&pictures),
        "{pictures} pictures in 2 s at 25 a second"
    );
}

#[test]
fn the_closing_line_counts_what_the_viewer_got() {
    let source = format!("file:{RECORDING}");
    let mut session = Session::start(&format!("--source {source} -fps 50 -t 1000 -o -"));
    let stream = session.read_to_end();
    session.wait(SOON);
    let log = session.log();
    let expected = format!(
        " {} frames, {} bytes, 0 frames skipped",
        decode(&stream, "h264"),
        stream.len()
    );
    assert!(
        log.contains(&expected) && log.contains("first frame after"),
        "{expected} is not in {log}"
    );
}

#[test]
fn a_source_that_ends_closes_the_stream_in_good_order() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("camera");
    let source = format!("file:{}", fifo.display());
    let mut session = Session::start(&format!("--source {source} -t 0 -o -"));
    let recording = std::fs::read(RECORDING).unwrap();
    std::fs::OpenOptions::new()
        .write(true)
        .open(&fifo)
        .unwrap()
        .write_all(&recording)
        .unwrap();
    let stream = session.read_to_end();
    assert_eq!(code(session.wait(SOON)), 0);
    assert_eq!(stream, recording, "every byte of the recording, once");
    assert!(
        session.log().contains("the source has ended"),
        "{}",
        session.log()
    );
}

#[test]
fn a_recording_that_is_no_h264_or_not_there_is_a_camera_error() {
    let scratch = Scratch::new();
    let noise = scratch.path("noise");
    std::fs::write(&noise, "no video at all ".repeat(1000)).unwrap();
    for (path, words) in [
        (noise, "no H.264 key frame"),
        (scratch.path("missing"), "opening the recording"),
        ("/dev/null".into(), "no H.264 key frame"),
    ] {
        let output = run(&[
            "--source",
            &format!("file:{}", path.display()),
            "-o",
            "/dev/null",
        ]);
        assert_eq!(code(output.status), 70, "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

#[test]
fn sigterm_is_heeded_while_a_source_gives_without_end_what_cannot_be_shown() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("camera");
    let source = format!("file:{}", fifo.display());
    let mut session = Session::start(&format!("--source {source} -t 0 -o -"));
    let feeder = std::thread::spawn(move || {
        let mut camera = std::fs::OpenOptions::new().write(true).open(&fifo)?;
        // Pictures that all refer to one that never came.
        let pictures = [0, 0, 0, 1, 0x41, 0x9a, 5].repeat(10_000);
        let mut bytes = 0;
        while camera.write_all(&pictures).is_ok() {
            bytes += pictures.len();
        }
        std::io::Result::Ok(bytes)
    });
    std::thread::sleep(Duration::from_millis(500));
    session.signal(Signal::SIGTERM);
    assert_eq!(code(session.wait(LONG)), 0, "{}", session.log());
    let fed = feeder.join().unwrap().expect("a writer");
    assert!(fed > 1_000_000, "only {fed} bytes were taken");
}

/// A camera that has given some pictures and then gives nothing.
struct Stalled {
    session: Session,
    _camera: std::fs::File,
    _scratch: Scratch,
}

impl Stalled {
    fn start(extra: &[&str]) -> Self {
        let scratch = Scratch::new();
        let fifo = scratch.fifo("camera");
        let source = format!("file:{}", fifo.display());
        let args = [&["--source", &source, "-t", "0", "-o", "-"][..], extra].concat();
        let mut session = Session::start(&args);
        let mut camera = std::fs::OpenOptions::new()
            .write(true)
            .open(&fifo)
            .expect("a writer");
        camera
            .write_all(&std::fs::read(RECORDING).unwrap()[..60_000])
            .expect("some pictures");
        session.read_at_least(20_000);
        Self {
            session,
            _camera: camera,
            _scratch: scratch,
        }
    }
}
