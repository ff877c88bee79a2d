//! A capture program that writes without end what is no stream: memory stays small, the work is in proportion, and whoever
//! wants the end gets it.

use std::net::Shutdown;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use test_support::program::{LONG, stderr};
use test_support::session::Session;
use test_support::stand_in::StandIn;

/// So much of each flood is taken before it ends: what grows with it, or takes time by its square, shows.
const FLOOD_MIB: usize = 24;

/// Of five bytes each, so many MiB are millions of pictures.
const FLOOD_OF_PICTURES_MIB: usize = 6;

/// A picture of 16 MiB, in a buffer that has been doubled, and what lies in the pipes.
const MOST_MEMORY_KIB: usize = 96 * 1024;

const H264: [&str; 7] = [
    "zeros", "ones", "codes", "slices", "keys", "sets", "picture",
];
const JPEG: [&str; 5] = ["zeros", "soi", "jpegs", "segments", "jpeg"];
const OTHERS: [&str; 5] = ["times", "digits", "newlines", "words", "letters"];

/// The most memory that a process has had so far.
fn most_memory_kib(session: &Session) -> usize {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", session.child.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.and_then(|kib| kib.parse().ok()).expect("a size")
}

/// Lets it flow, then ends it by a signal or by leaving.
fn flood(what: &str, args: &[&str], leaves: bool) {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving(&format!("flood={what}"));
    let args = [&["--stall-timeout", "60000"], args].concat();
    let mut session = stand_in.session(&args);
    // Whatever of it is a picture goes to the viewer.
    let viewer = session.viewer.try_clone().expect("a copy");
    let reader = std::thread::spawn(move || {
        let _ = std::io::copy(&mut &viewer, &mut std::io::sink());
    });
    stand_in.wait_for_flood(if ["slices", "keys", "jpegs"].contains(&what) {
        FLOOD_OF_PICTURES_MIB
    } else {
        FLOOD_MIB
    });
    let memory_kib = most_memory_kib(&session);
    if leaves {
        // The reader's copy must be gone, too.
        let _ = session.viewer.shutdown(Shutdown::Both);
        reader.join().expect("it reads");
        session.close_viewer();
    } else {
        session.signal(Signal::SIGTERM);
    }
    assert!(session.wait(LONG).success(), "{what}: {}", session.log());
    stand_in.wait_until_gone();
    assert_eq!(stand_in.signals(), 1, "{what}: it was asked once");
    assert!(
        memory_kib < MOST_MEMORY_KIB,
        "{what}: {memory_kib} KiB of memory"
    );
    let lines = session.log().lines().count();
    assert!(lines < 300, "{what}: {lines} lines in the log");
}

#[test]
fn no_flood_of_h264_takes_memory_or_hides_a_signal() {
    for what in H264 {
        flood(what, &[], false);
    }
}

#[test]
fn no_flood_of_jpegs_takes_memory_or_hides_a_signal() {
    for what in JPEG {
        flood(what, &["-cd", "MJPEG"], false);
    }
}

#[test]
fn no_flood_of_times_or_messages_takes_memory_or_hides_a_signal() {
    for what in OTHERS {
        flood(what, &[], false);
    }
}

#[test]
fn a_viewer_that_leaves_is_seen_whatever_the_flood() {
    for what in ["zeros", "slices", "times", "words"] {
        flood(what, &[], true);
    }
}

#[test]
fn a_flood_that_does_not_heed_sigint_is_cut_off() {
    for what in ["zeros", "times", "words"] {
        let stand_in = StandIn::new("1.13.0", "vc4").behaving(&format!("deaf,flood={what}"));
        let mut session = stand_in.session(&[]);
        stand_in.wait_for_flood(2);
        session.signal(Signal::SIGTERM);
        assert!(session.wait(LONG).success(), "{what}: {}", session.log());
        let log = session.log();
        assert!(log.contains("does not stop on SIGINT"), "{what}: {log}");
        stand_in.wait_until_gone();
    }
}

#[test]
fn a_picture_of_more_than_16_mib_is_told_once() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("flood=picture");
    let mut session = stand_in.session(&[]);
    stand_in.wait_for_flood(FLOOD_MIB);
    session.signal(Signal::SIGTERM);
    session.wait(LONG);
    let log = session.log();
    assert_eq!(log.matches("more than 16 MiB").count(), 1, "{log}");
    assert!(log.contains(" 1 dropped by the source"), "{log}");
}

#[test]
fn help_without_end_is_an_error_at_once() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("longhelp");
    let output = stand_in.run(&[]);
    let log = stderr(&output);
    assert_eq!(output.status.code(), Some(70), "{log}");
    assert!(log.contains("--help is longer than 256 KiB"), "{log}");
    stand_in.wait_until_gone();
}

/// Longer than the two seconds that a program has otherwise.
#[test]
fn a_long_exposure_gives_the_program_longer_to_stop() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("deaf");
    let mut session = stand_in.session("-ss 1500000");
    session.read_at_least(100_000);
    let begun = Instant::now();
    session.signal(Signal::SIGTERM);
    assert!(session.wait(LONG).success(), "{}", session.log());
    assert!(
        begun.elapsed() >= Duration::from_secs(5),
        "two seconds and two exposures"
    );
    stand_in.wait_until_gone();
}

/// As one that hangs in a driver: killed, and still not gone.
#[test]
fn a_program_that_does_not_end_when_killed_holds_up_no_end() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("deaf,mourned");
    let mut session = stand_in.session(&[]);
    session.read_at_least(100_000);
    session.signal(Signal::SIGTERM);
    let ended = session.wait(LONG);
    std::fs::write(stand_in.path("mourner"), "").expect("the tracer may go");
    assert!(ended.success(), "{}", session.log());
    let log = session.log();
    assert!(log.contains("does not end although it was killed"), "{log}");
    stand_in.wait_until_gone();
}
