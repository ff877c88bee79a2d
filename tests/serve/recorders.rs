//! Who writes the pictures of the shared camera himself: to a file, or to a pipe that may not be read.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use picam_stream::serve::handed::message::Kind;
use test_support::commands::until;
use test_support::program::{self, LONG, assert_ended, program};
use test_support::service::{Room, Service};

use crate::process::memory_kib;
use test_support::handed_viewer::{CARD, Viewer};
use test_support::pictures::assert_whole;

fn shared(service: &Service) -> String {
    format!("--source shared:{}", service.camera().display())
}

/// Records what others watch until it is told to end.
fn recorder(service: &Service, to: impl AsRef<OsStr>) -> Command {
    let mut recorder = program();
    let shared = shared(service);
    recorder
        .args(shared.split(' '))
        .args(["-t", "0", "-o"])
        .arg(to);
    recorder
}

#[test]
fn a_recording_of_the_shared_camera_has_what_others_watch() {
    let service = Service::start(&[Room::Camera], CARD);
    let mut viewer = Viewer::watch(&service, Kind::Bare);
    viewer.read_at_least(1);
    for (format, kind) in [("h264", Kind::Bare), ("mpegts", Kind::MpegTs)] {
        let clip = service.scratch().path(format);
        let args = format!(
            "{} -t 1200 --format {format} -o {}",
            shared(&service),
            clip.display()
        );
        let output = program::run(&args);
        assert_ended(&output, 0, &["stream ended: time over"]);
        let pictures = assert_whole(kind, &fs::read(&clip).expect("the clip"));
        assert!(pictures >= 15, "{pictures}");
    }
    viewer.read_at_least(1);
}

#[test]
fn a_recorder_is_told_that_the_shared_camera_has_its_own_options() {
    let service = Service::start(&[Room::Camera], &format!("{CARD} -cd MJPEG"));
    let clip = service.scratch().path("clip");
    let record = |options: &str| {
        let clip = clip.display();
        program::run(&format!("{} {options} -t 400 -o {clip}", shared(&service)))
    };
    let refused = record("--format mpegts");
    assert_ended(&refused, 64, &["--format mpegts cannot hold -cd MJPEG"]);
    let output = record("-w 640 -fps 5");
    let warning = "this source cannot do what these options ask for: -fps -w";
    assert_ended(&output, 0, &[warning]);
    assert!(fs::read(&clip).expect("the clip").starts_with(b"\xff\xd8"));
}

#[test]
fn a_recorder_is_told_why_the_service_ends() {
    let service = Service::start(&[Room::Camera], "--source v4l2:/dev/none");
    let output = program::run(&format!("{} -o /dev/null -t 0", shared(&service)));
    assert_ended(&output, 70, &["/dev/none"]);
    let service = Service::start(&[Room::Camera], CARD);
    let clip = service.scratch().path("clip.h264");
    let mut recorder = recorder(&service, &clip)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    until("it records", LONG.as_secs(), || {
        fs::metadata(&clip)
            .is_ok_and(|clip| clip.len() > 3000)
            .then_some(())
    });
    service.signal(Signal::SIGKILL);
    let mut log = String::new();
    recorder
        .stderr
        .take()
        .expect("piped")
        .read_to_string(&mut log)
        .expect("a log");
    assert_eq!(recorder.wait().expect("it ends").code(), Some(70), "{log}");
    assert!(log.contains("journalctl -u picam-camera"), "{log}");
}

#[test]
fn a_pipe_that_nobody_reads_holds_up_its_recorder_alone() {
    let service = Service::start(
        &[Room::Camera],
        "--source test -w 640 -h 480 -fps 25 -b 6000000 -g 25",
    );
    let mut viewer = Viewer::watch(&service, Kind::Records);
    viewer.keep_at_least(1);
    let viewer = viewer.keep_reading();
    let pid = service.pid().expect("it runs");
    let mut recorder = recorder(&service, "-")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let pipe = recorder.stdout.take().expect("piped");
    service.wait_for_notice("both are there", |line| {
        line.starts_with("STATUS=2 viewers")
    });
    let before = memory_kib(pid);
    // More than its pipe and its socket hold, and than it may wait for.
    thread::sleep(Duration::from_secs(3));
    let grown = memory_kib(pid).saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more");
    kill(Pid::from_raw(recorder.id() as i32), Signal::SIGTERM).expect("it runs");
    assert!(recorder.wait().expect("it ends").success());
    drop(pipe);
    service.signal(Signal::SIGTERM);
    let (stream, ended) = viewer.end();
    assert_whole(Kind::Records, &stream);
    assert_eq!(ended.tally.skipped, 0);
}
