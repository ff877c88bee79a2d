//! A camera whose library hangs for half a minute: only its own thread waits for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use picam_stream::serve::handed::message::Kind;
use test_support::commands::until;
use test_support::folders::Scratch;
use test_support::service::{Room, Service};

use crate::process::descriptors;
use test_support::handed_viewer::{CARD, Viewer};
use test_support::pictures::assert_whole;
use test_support::preload::library;

/// `hangs.c`, compiled once.
static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| library("tests/serve/hangs.c"));

/// A service whose camera hangs once `hangs` is there.
fn service(options: &str, hangs: &Path) -> Service {
    let hangs = hangs.to_owned();
    Service::with(
        &[Room::Camera],
        &format!("{CARD} {options}"),
        move |command| {
            command
                .env("LD_PRELOAD", &*LIBRARY)
                .env("HANGS_WHEN", &hangs);
        },
    )
}

#[test]
fn while_the_camera_hangs_viewers_that_leave_are_noticed_and_sigterm_is_obeyed() {
    let scratch = Scratch::new();
    let hangs = scratch.path("hangs");
    let service = service("", &hangs);
    let mut staying = Viewer::watch(&service, Kind::Bare);
    staying.keep_at_least(1);
    let leaving: Vec<_> = (0..5)
        .map(|_| Viewer::watch_locally(&service, Kind::Records))
        .collect();
    service.wait_for_notice("all are there", |line| line.starts_with("STATUS=6 viewers"));
    fs::write(&hangs, "").expect("a file");
    // Its next sleep is the long one.
    thread::sleep(Duration::from_millis(200));
    let hung = Instant::now();
    let pid = service.pid().expect("it runs");
    let before = descriptors(pid);
    drop(leaving);
    until("the places of those who left are free", 15, || {
        (descriptors(pid) == before - 10).then_some(())
    });
    // One that comes is taken, though it is given nothing.
    let coming = Viewer::watch(&service, Kind::MpegTs);
    assert_eq!(coming.welcome(), Some(false));
    service.signal(Signal::SIGTERM);
    assert_eq!(
        service.wait_for_exit(1).code(),
        Some(0),
        "{}",
        service.log()
    );
    assert!(
        hung.elapsed() < Duration::from_secs(20),
        "{:?}",
        hung.elapsed()
    );
    assert_whole(Kind::Bare, &staying.read_to_end());
    for viewer in [staying, coming] {
        assert_eq!(viewer.wait_for_end().reason, "stopped");
    }
}

#[test]
fn a_camera_that_hangs_has_stalled_and_the_next_viewer_starts_it_anew() {
    let scratch = Scratch::new();
    let hangs = scratch.path("hangs");
    let service = service("--stall-timeout 800", &hangs);
    let mut viewer = Viewer::watch(&service, Kind::Bare);
    viewer.keep_at_least(1);
    fs::write(&hangs, "").expect("a file");
    let begun = Instant::now();
    assert_whole(Kind::Bare, &viewer.read_to_end());
    let ended = viewer.wait_for_end();
    assert_eq!(
        (ended.exit_status, &ended.reason[..]),
        (75, "camera stalled")
    );
    fs::remove_file(&hangs).expect("a file");
    assert_eq!(
        service.wait_for_exit(1).code(),
        Some(75),
        "{}",
        service.log()
    );
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        service.log().contains("the camera's library hangs"),
        "{}",
        service.log()
    );
    let mut next = Viewer::watch(&service, Kind::Bare);
    next.read_at_least(1);
    assert_eq!(service.starts(), 2);
}
