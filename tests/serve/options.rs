//! Options: what is the camera's, what is each viewer's own, and what comes of a conffile that was edited meanwhile.

use std::time::{Duration, Instant};

use picam_stream::options::{self, Command};
use picam_stream::serve::handed::message::{Kind, Say, Watch};
use test_support::commands::until;
use test_support::program::LONG;
use test_support::service::{Room, Service};
use test_support::session::Session;

use test_support::handed_viewer::{CARD, Viewer, hear, watch};
use test_support::pictures::assert_whole;

/// What an instance asks for that was started with these options.
fn with_options(line: &str) -> Watch {
    let words = line.split_whitespace().map(Into::into);
    let Ok(Command::Stream(options)) = options::parse(words) else {
        panic!("no options of a stream: {line}");
    };
    Watch {
        camera_hash: Some(options.camera_hash()),
        ..watch(Kind::Bare)
    }
}

#[test]
fn other_options_wait_until_nobody_watches_and_who_asks_is_told() {
    let edited = CARD.replace("-fps 25", "-fps 20");
    let service = Service::start(&[Room::Camera], &format!("{CARD} --linger 30"));
    let mut first = Viewer::watch_as(&service, with_options(CARD));
    first.keep_at_least(1);
    service.set_args(&format!("{edited} --linger 0"));
    // Others are watching: it is served as they are, and told.
    let second = Viewer::watch_as(&service, with_options(&edited));
    assert_eq!(second.welcome(), Some(true));
    drop(second);
    let same = Viewer::watch_as(&service, with_options(CARD));
    assert_eq!(same.welcome(), Some(false));
    drop(same);
    drop(first);
    // It lingers for nobody: who comes now is served by the next one.
    until("it begins anew", 20, || {
        let viewer = Viewer::watch_as(&service, with_options(&edited));
        match hear(&viewer.client) {
            Some(Say::AskAgain) => Some(()),
            _ => None,
        }
    });
    assert!(service.wait_for_exit(1).success());
    let mut viewer = Viewer::watch_as(&service, with_options(&edited));
    assert_eq!(viewer.welcome(), Some(false));
    viewer.read_at_least(1);
    assert_eq!(service.starts(), 2);
}

#[test]
fn an_instance_whose_options_are_always_others_is_served_all_the_same() {
    let service = Service::start(&[Room::Camera], &format!("{CARD} --linger 0.2"));
    let asked = Instant::now();
    let mut viewer = Viewer::watch_as(&service, with_options("--source test -fps 7"));
    assert_eq!(viewer.welcome(), Some(true));
    viewer.read_at_least(1);
    assert_eq!(service.starts(), 1, "within {:?}", asked.elapsed());
}

#[test]
fn a_time_limit_and_a_format_are_the_viewers_own() {
    let service = Service::start(&[Room::Camera], CARD);
    let shared = format!("--source shared:{} -v -o -", service.camera().display());
    let mut forever = Session::start(&format!("{shared} -t 0"));
    forever.read_at_least(1);
    let mut timed = Session::start(&format!("{shared} -t 1500 --format mpegts"));
    let stream = timed.read_to_end();
    assert!(timed.wait(LONG).success(), "{}", timed.log());
    assert!(
        timed.log().contains("stream ended: time over; "),
        "{}",
        timed.log()
    );
    let pictures = assert_whole(Kind::MpegTs, &stream);
    assert!((20..=60).contains(&pictures), "{pictures}");
    assert!(
        timed.log().contains(&format!("{pictures} frames")),
        "{}",
        timed.log()
    );
    // The report is the camera's.
    for log in [timed.log(), forever.log()] {
        assert!(log.contains("Camera Name test card"), "{log}");
        assert!(log.contains("Width 160, Height 128"), "{log}");
    }
    forever.read_at_least(1);
    forever.close_viewer();
    assert!(forever.wait(LONG).success());
    assert!(
        forever.log().contains("stream ended: viewer left"),
        "{}",
        forever.log()
    );
}

#[test]
fn a_viewers_time_begins_with_its_first_picture() {
    let service = Service::start(&[Room::Camera], CARD);
    let mut viewer = Viewer::watch_as(
        &service,
        Watch {
            time_limit: Some(Duration::from_millis(400)),
            ..watch(Kind::Records)
        },
    );
    let stream = viewer.read_to_end();
    let ended = viewer.wait_for_end();
    assert_eq!((&ended.reason[..], ended.exit_status), ("time over", 0));
    assert_eq!(assert_whole(Kind::Records, &stream), ended.tally.frames);
}
