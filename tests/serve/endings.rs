//! How it ends: the camera's failures, signals, and deaths. Each viewer has a clean end, each journal its reason, and whoever
//! comes next starts afresh.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use picam_stream::h264::nal::{NalType, units};
use picam_stream::serve::handed::message::Kind;
use test_support::folders::Scratch;
use test_support::program::{LONG, RECORDING};
use test_support::service::{Room, Service};
use test_support::session::Session;

use test_support::handed_viewer::{CARD, Viewer};
use test_support::pictures::{annex_b, assert_whole, slices};

use crate::process::waits;

const KINDS: [Kind; 3] = [Kind::Bare, Kind::MpegTs, Kind::Records];

/// So many groups of pictures of the recording.
fn groups(count: usize) -> Vec<u8> {
    let recording = fs::read(RECORDING).expect("the recording");
    let sets = units(&recording).filter(|unit| unit.kind == NalType::Sps);
    let end = sets
        .skip(count)
        .map(|set| set.with_start_code.as_ptr() as usize)
        .next();
    let length = end.map_or(recording.len(), |end| end - recording.as_ptr() as usize);
    recording[..length].to_vec()
}

/// Waits until so many wait for the camera, which is a FIFO, and opens it.
fn camera_for(service: &Service, viewers: usize, fifo: &Path) -> File {
    let line = format!("STATUS={viewers} viewers, camera starting");
    service.wait_for_notice("all are there", |said| said == line);
    File::options()
        .write(true)
        .open(fifo)
        .expect("it is opened")
}

fn shared(service: &Service) -> String {
    format!("--source shared:{} -o - -t 0", service.camera().display())
}

#[test]
fn a_recording_that_ends_gives_each_viewer_a_clean_end_and_the_next_one_a_new_beginning() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("camera");
    let service = Service::start(
        &[Room::Camera],
        &format!("--source file:{} --linger 0", fifo.display()),
    );
    for round in 1..=2 {
        service.forget_notices();
        let mut viewers: Vec<_> = KINDS
            .map(|kind| (kind, Viewer::watch(&service, kind)))
            .into();
        let mut instance = Session::start(&shared(&service));
        let mut camera = camera_for(&service, 4, &fifo);
        camera.write_all(&groups(2)).expect("it is read");
        drop(camera);
        for (kind, viewer) in &mut viewers {
            let pictures = slices(&annex_b(*kind, &viewer.read_to_end())).len();
            assert_eq!(pictures, 50);
            let ended = viewer.wait_for_end();
            assert_eq!(
                (ended.exit_status, &ended.reason[..]),
                (0, "the source has ended")
            );
        }
        let stream = instance.read_to_end();
        assert!(instance.wait(LONG).success(), "{}", instance.log());
        assert!(
            instance
                .log()
                .contains("stream ended: the source has ended")
        );
        assert_whole(Kind::Bare, &stream);
        assert!(service.wait_for_exit(round).success(), "{}", service.log());
    }
}

#[test]
fn a_camera_that_stalls_ends_every_viewer_with_the_reason() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("camera");
    let service = Service::start(
        &[Room::Camera],
        &format!(
            "--source file:{} --stall-timeout 1500 --linger 0",
            fifo.display()
        ),
    );
    let mut viewers: Vec<_> = KINDS
        .map(|kind| (kind, Viewer::watch(&service, kind)))
        .into();
    let mut instance = Session::start(&shared(&service));
    let mut camera = camera_for(&service, 4, &fifo);
    camera.write_all(&groups(1)).expect("it is read");
    for (kind, viewer) in &mut viewers {
        let pictures = slices(&annex_b(*kind, &viewer.read_to_end())).len();
        assert_eq!(pictures, 25);
        let ended = viewer.wait_for_end();
        assert_eq!(
            (ended.exit_status, &ended.reason[..]),
            (75, "camera stalled")
        );
        assert!(ended.error.contains("check its cable"), "{}", ended.error);
    }
    instance.read_to_end();
    assert_eq!(instance.wait(LONG).code(), Some(75), "{}", instance.log());
    let log = instance.log();
    assert!(log.contains("stream ended: camera stalled"), "{log}");
    assert!(log.contains("check its cable"), "{log}");
    assert_eq!(
        service.wait_for_exit(1).code(),
        Some(75),
        "{}",
        service.log()
    );
}

#[test]
fn a_camera_that_cannot_be_opened_is_told_to_who_waits_and_is_not_tried_all_the_time() {
    let service = Service::start(&[Room::Camera], "--source v4l2:/dev/none --linger 0");
    let begun = Instant::now();
    for _ in 0..3 {
        let mut instance = Session::start(&shared(&service));
        assert!(instance.read_to_end().is_empty());
        assert_eq!(instance.wait(LONG).code(), Some(70), "{}", instance.log());
        let log = instance.log();
        assert!(log.contains("/dev/none"), "{log}");
        assert_eq!(log.matches("/dev/none").count(), 1, "told once: {log}");
    }
    service.wait_until_off();
    let most = begun.elapsed().as_secs_f64() * 2.0 + 1.0;
    assert!(
        (service.starts() as f64) < most,
        "{} starts",
        service.starts()
    );
    assert_eq!(service.wait_for_exit(1).code(), Some(70));
}

#[test]
fn sigterm_ends_all_viewers_in_good_order() {
    let service = Service::start(&[Room::Camera], CARD);
    let mut viewers = Vec::new();
    for number in 0..12 {
        let kind = KINDS[number % 3];
        let mut viewer = Viewer::watch(&service, kind);
        viewer.keep_at_least(1);
        viewers.push((kind, viewer));
    }
    let mut instance = Session::start(&shared(&service));
    instance.read_at_least(1);
    // One that never reads, and one that has asked for nothing.
    let idle = Viewer::watch(&service, Kind::Bare);
    let silent = Viewer::connect(&service);
    let signalled = Instant::now();
    service.signal(Signal::SIGTERM);
    let status = service.wait_for_exit(1);
    let took = signalled.elapsed();
    assert_eq!(status.code(), Some(0), "{}", service.log());
    // 2 s is the promise; this machine may be busy.
    assert!(took < Duration::from_secs(5), "{took:?}");
    for (kind, mut viewer) in viewers {
        assert_whole(kind, &viewer.read_to_end());
        let ended = viewer.wait_for_end();
        assert_eq!((ended.exit_status, &ended.reason[..]), (0, "stopped"));
    }
    instance.read_to_end();
    assert!(instance.wait(LONG).success());
    assert!(
        instance.log().contains("stream ended: stopped"),
        "{}",
        instance.log()
    );
    drop((idle, silent));
}

#[test]
fn who_comes_while_it_is_told_to_end_is_served_by_the_next() {
    let service = Service::start(&[Room::Camera], CARD);
    // The first viewer does not go by itself: the end takes the second that it has for that.
    for step in 0..8 {
        let mut first = Viewer::watch(&service, Kind::Bare);
        first.read_at_least(1);
        let starts = service.starts();
        service.signal(Signal::SIGTERM);
        thread::sleep(Duration::from_millis(20 * step * step));
        let mut second = Viewer::watch(&service, Kind::Bare);
        // As an instance does that is told to ask again.
        while second.welcome().is_none() {
            second = Viewer::watch(&service, Kind::Bare);
        }
        match second.read_at_least_or_end(1) {
            Some(_) => assert_eq!(service.starts(), starts + 1),
            // It had come in before the signal was seen.
            None => assert_eq!(second.wait_for_end().reason, "stopped"),
        }
        drop(first);
    }
    assert!(service.exits().iter().all(|exit| exit.success()));
}

#[test]
fn a_service_that_is_killed_ends_its_viewers_and_each_instance_says_why() {
    let service = Service::start(&[Room::Camera], CARD);
    let mut instances: Vec<_> = ["", "--format mpegts"]
        .map(|format| Session::start(&format!("{} {format}", shared(&service))))
        .into();
    instances.iter_mut().for_each(|instance| {
        instance.read_at_least(1);
    });
    service.signal(Signal::SIGKILL);
    for instance in &mut instances {
        instance.read_to_end();
        assert_eq!(instance.wait(LONG).code(), Some(70), "{}", instance.log());
        assert!(
            instance.log().contains("journalctl -u picam-camera"),
            "{}",
            instance.log()
        );
    }
    // The next one starts it anew.
    let mut viewer = Viewer::watch(&service, Kind::Bare);
    viewer.read_at_least(1);
    assert_eq!(service.starts(), 2);
}

#[test]
fn an_instance_that_is_stopped_or_killed_ends_its_viewer_and_nobody_elses() {
    let service = Service::start(&[Room::Camera], CARD);
    let mut staying = Viewer::watch(&service, Kind::Bare);
    staying.keep_at_least(1);
    let staying = staying.keep_reading();
    for (signal, code) in [
        (Signal::SIGTERM, Some(0)),
        (Signal::SIGINT, Some(0)),
        (Signal::SIGKILL, None),
    ] {
        let mut instance = Session::start(&shared(&service));
        instance.read_at_least(1);
        instance.signal(signal);
        instance.read_to_end();
        assert_eq!(instance.wait(LONG).code(), code, "{}", instance.log());
        if code.is_some() {
            let log = instance.log();
            assert!(log.contains("stream ended: stopped; "), "{log}");
            assert!(!log.contains(" 0 frames, 0 bytes"), "{log}");
        }
    }
    service.signal(Signal::SIGTERM);
    let (stream, ended) = staying.end();
    assert_whole(Kind::Bare, &stream);
    assert_eq!(ended.tally.skipped, 0);
}

#[test]
fn an_instance_sleeps_while_its_viewer_is_served_and_hears_a_signal_all_the_same() {
    let service = Service::start(&[Room::Camera], CARD);
    let mut instance = Session::start(&shared(&service));
    // By then it has heard all that there is to say.
    instance.read_at_least(30_000);
    let pid = Pid::from_raw(instance.child.id() as i32);
    // On a busy machine a viewer may be skipped forward, which is a line: not each time.
    let mut woken = || {
        let before = waits(pid);
        instance.read_at_least(60_000);
        waits(pid) - before
    };
    assert!((0..5).any(|_| woken() == 0), "{}", instance.log());
    instance.signal(Signal::SIGTERM);
    assert!(instance.wait(LONG).success(), "{}", instance.log());
}

#[test]
fn without_a_service_an_instance_says_how_one_is_had() {
    let mut instance = Session::start("--source shared:/nowhere/camera.sock -o - -t 0");
    assert_eq!(instance.wait(LONG).code(), Some(70));
    assert!(
        instance
            .log()
            .contains("systemctl enable --now picam-camera.socket"),
        "{}",
        instance.log()
    );
}
