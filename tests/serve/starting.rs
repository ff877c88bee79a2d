//! How the service is started, what systemd hears of it, and what is said when it cannot start.

use std::time::Instant;

use picam_stream::serve::handed::message::Kind;
use test_support::program::{self, assert_ended};
use test_support::service::{Room, Service};

use test_support::handed_viewer::{CARD, Viewer};

#[test]
fn without_a_socket_it_says_how_it_is_started() {
    let output = program::run("serve --source test");
    assert_ended(&output, 64, &["systemctl enable --now picam-camera.socket"]);
}

#[test]
fn a_socket_with_a_name_that_is_not_known_is_named_to_who_waits_and_starts_it_rarely() {
    for (names, text) in [
        ("kitchen", "the unknown name \"kitchen\""),
        ("web", "the socket that is named web is of another kind"),
    ] {
        let service = Service::with(&[Room::Camera], CARD, move |command| {
            command.env("LISTEN_FDNAMES", names);
        });
        let begun = Instant::now();
        for _ in 0..2 {
            let ended = Viewer::watch(&service, Kind::Bare).wait_for_end();
            assert_eq!(ended.exit_status, 64, "{}", ended.error);
            assert!(ended.error.contains(text), "{}", ended.error);
        }
        let status = service.wait_for_exit(1);
        assert_eq!(status.code(), Some(64), "{}", service.log());
        assert_few_starts(&service, begun);
    }
}

#[test]
fn systemd_is_told_that_it_is_ready_who_watches_and_that_it_still_turns() {
    let service = Service::with(&[Room::Camera], &format!("{CARD} --linger 3"), |command| {
        command.env("WATCHDOG_USEC", "400000");
    });
    let mut viewer = Viewer::watch(&service, Kind::Bare);
    viewer.read_at_least(1);
    service.wait_for_notice("READY", |line| line == "READY=1");
    service.wait_for_notice("STATUS of one viewer", |line| {
        line.starts_with("STATUS=1 viewer, ") && line.ends_with("camera on")
    });
    assert!(
        service
            .notices()
            .iter()
            .filter(|line| *line == "WATCHDOG=1")
            .count()
            > 1
    );
    drop(viewer);
    service.wait_for_notice("STATUS of a camera that lingers", |line| {
        line.starts_with("STATUS=no viewers, ") && line.ends_with("camera lingering")
    });
    assert_eq!(service.wait_for_exit(1).code(), Some(0));
}

#[test]
fn who_waits_for_a_service_that_cannot_start_is_told_why_and_it_is_not_started_all_the_time() {
    let service = Service::start(&[Room::Camera], "--source test -fps 1000");
    let begun = Instant::now();
    for _ in 0..2 {
        let viewer = Viewer::watch(&service, Kind::Bare);
        let ended = viewer.wait_for_end();
        assert_eq!(ended.exit_status, 64);
        assert!(ended.error.contains("cannot start"), "{}", ended.error);
        assert!(ended.error.contains("-fps"), "{}", ended.error);
        drop(viewer);
    }
    service.wait_until_off();
    assert_few_starts(&service, begun);
    assert_eq!(service.wait_for_exit(1).code(), Some(64));
}

/// systemd starts what fails for as long as somebody waits.
#[track_caller]
fn assert_few_starts(service: &Service, begun: Instant) {
    let most = 2.0 * begun.elapsed().as_secs_f64() + 1.0;
    let starts = service.starts();
    assert!(f64::from(starts as u32) <= most, "{starts} starts");
}
