//! Signals that do not end a stream: those that mean nothing, SIGUSR1 with `-s`, and what was ignored from the start.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use test_support::decoding::decode;
use test_support::folders::Scratch;
use test_support::program::LONG;
use test_support::session::Session;

const SOON: Duration = Duration::from_secs(5);
const PAUSED: &str = "SIGUSR1: the capture is paused";
const GOES_ON: &str = "SIGUSR1: the capture goes on";

/// A stream into a file, which has begun.
fn into_file(args: &str, file: &Path) -> Session {
    let args = format!(
        "--source test -w 160 -h 120 -fps 25 -g 25 {args} -o {}",
        file.display()
    );
    Session::start(&args)
}

fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

fn wait_for_more(session: &Session, file: &Path, than: u64) {
    let begun = Instant::now();
    while length(file) <= than {
        assert!(begun.elapsed() < LONG, "no more comes:\n{}", session.log());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ends_well(session: &mut Session) {
    session.signal(Signal::SIGTERM);
    let status = session.wait(SOON);
    assert_eq!(status.code(), Some(0), "{status}: {}", session.log());
}

#[test]
fn sigusr1_sigusr2_and_sigwinch_do_not_end_a_stream() {
    let scratch = Scratch::new();
    let file = scratch.path("out.h264");
    let mut session = into_file("-t 0", &file);
    wait_for_more(&session, &file, 0);
    for signal in [Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGWINCH] {
        session.signal(signal);
        let before = length(&file);
        wait_for_more(&session, &file, before);
    }
    assert!(!session.log().contains("paused"), "{}", session.log());
    ends_well(&mut session);
}

#[test]
fn with_s_sigusr1_pauses_the_capture_and_lets_it_go_on_at_a_key_frame() {
    let scratch = Scratch::new();
    let file = scratch.path("out.h264");
    let mut session = into_file("-s --stall-timeout 300", &file);
    wait_for_more(&session, &file, 0);
    session.signal(Signal::SIGUSR1);
    session.wait_for_log(PAUSED);
    let paused_at = length(&file);
    // Longer than the camera may give nothing otherwise.
    std::thread::sleep(Duration::from_millis(1000));
    assert_eq!(length(&file), paused_at);
    session.signal(Signal::SIGUSR1);
    session.wait_for_log(GOES_ON);
    wait_for_more(&session, &file, paused_at);
    ends_well(&mut session);
    let stream = fs::read(&file).unwrap();
    let goes_on = &stream[paused_at as usize..];
    assert_eq!(goes_on[..5], [0, 0, 0, 1, 0x67], "it goes on with an SPS");
    assert!(decode(&stream, "h264") > 0);
}

#[test]
fn with_s_and_i_pause_nothing_comes_before_the_first_signal() {
    let scratch = Scratch::new();
    let file = scratch.path("out.h264");
    let mut session = into_file("-s -i pause", &file);
    session.wait_for_log("-i pause");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(length(&file), 0);
    session.signal(Signal::SIGUSR1);
    wait_for_more(&session, &file, 0);
    ends_well(&mut session);
    assert!(decode(&fs::read(&file).unwrap(), "h264") > 0);
}

#[test]
fn with_s_the_time_limit_is_looked_at_as_the_wait_for_a_signal_begins() {
    let scratch = Scratch::new();
    let file = scratch.path("out.h264");
    let mut session = into_file("-s -t 100", &file);
    wait_for_more(&session, &file, 0);
    std::thread::sleep(Duration::from_millis(300));
    session.signal(Signal::SIGUSR1);
    session.wait_for_log(PAUSED);
    session.signal(Signal::SIGUSR1);
    let status = session.wait(LONG);
    assert_eq!(status.code(), Some(0), "{}", session.log());
    let log = session.log();
    assert!(log.contains("time over") && !log.contains(GOES_ON), "{log}");
}

#[test]
fn a_viewer_that_leaves_during_a_pause_ends_the_stream() {
    let mut session = Session::start(
        &"--source test -w 160 -h 120 -s -o -"
            .split(' ')
            .collect::<Vec<_>>(),
    );
    session.read_at_least(1000);
    session.signal(Signal::SIGUSR1);
    session.wait_for_log(PAUSED);
    session.close_viewer();
    let status = session.wait(LONG);
    assert_eq!(status.code(), Some(0), "{}", session.log());
    assert!(session.log().contains("viewer left"), "{}", session.log());
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let scratch = Scratch::new();
    let file = scratch.path("out.h264");
    // As nohup(1) starts it, which looks for a terminal.
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_picam-stream"))
        .args("--source test -w 160 -h 120 -t 0 -o".split(' '))
        .arg(&file)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let pid = Pid::from_raw(child.id() as i32);
    let more_comes = || {
        let (before, begun) = (length(&file), Instant::now());
        while length(&file) <= before && begun.elapsed() < LONG {
            std::thread::sleep(Duration::from_millis(5));
        }
        length(&file) > before
    };
    let streams = more_comes();
    kill(pid, Signal::SIGHUP).expect("our own child");
    let goes_on = streams && more_comes() && more_comes();
    kill(pid, Signal::SIGTERM).expect("our own child");
    let status = child.wait().expect("our own child");
    assert!(streams && goes_on && status.success(), "{status}");
}
