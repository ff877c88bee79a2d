//! What a viewer begins with, of whatever kind it is, whoever watches already, and whatever the camera.

use std::sync::mpsc;
use std::thread;

use nix::sys::signal::Signal;
use picam_stream::serve::handed::message::Kind;
use test_support::program::recording;
use test_support::service::{Room, Service};

use test_support::handed_viewer::{CARD, Viewer};
use test_support::pictures::{annex_b, assert_piece_of, assert_whole, slices};
use test_support::stand_in::StandIn;

const KINDS: [Kind; 3] = [Kind::Bare, Kind::MpegTs, Kind::Records];

/// Two viewers of each kind, the second ones later: each can decode all that it gets, and it is the same.
#[track_caller]
fn watch_and_compare(service: &Service) {
    let mut readers = Vec::new();
    for round in 0..2 {
        let (begun, has_begun) = mpsc::channel();
        for kind in KINDS {
            let (mut viewer, begun) = (Viewer::watch(service, kind), begun.clone());
            readers.push(thread::spawn(move || {
                viewer.keep_at_least(8000);
                begun.send(()).expect("it is waited for");
                (kind, round, viewer.read_to_end(), viewer.wait_for_end())
            }));
        }
        // The second ones come while the first are watching, and all are given something.
        assert_eq!(has_begun.iter().take(KINDS.len()).count(), KINDS.len());
    }
    service.signal(Signal::SIGTERM);
    let mut streams = Vec::new();
    for reader in readers {
        let (kind, round, stream, ended) = reader.join().expect("a viewer");
        let pictures = assert_whole(kind, &stream);
        assert_eq!(ended.tally.frames, pictures, "{kind:?}");
        assert_eq!(ended.tally.bytes, stream.len() as u64, "{kind:?}");
        assert_eq!(ended.tally.skipped, 0, "{kind:?}");
        assert_eq!((ended.exit_status, &ended.reason[..]), (0, "stopped"));
        streams.push((kind, round, slices(&annex_b(kind, &stream))));
    }
    let (_, _, longest) = streams
        .iter()
        .max_by_key(|(_, _, it)| it.len())
        .expect("some");
    for (kind, round, pictures) in &streams {
        assert_piece_of(longest, pictures, &format!("{kind:?} {round}"));
    }
    assert!(service.wait_for_exit(1).success());
}

#[test]
fn viewers_of_every_kind_begin_with_a_key_frame_and_have_the_same_pictures_of_the_card() {
    watch_and_compare(&Service::start(&[Room::Camera], CARD));
}

#[test]
fn viewers_of_every_kind_begin_with_a_key_frame_of_a_recording() {
    watch_and_compare(&Service::start(&[Room::Camera], recording()));
}

#[test]
fn viewers_of_every_kind_begin_with_a_key_frame_of_libcamera() {
    let stand_in = std::sync::Arc::new(StandIn::new("1.13.0", "vc4"));
    let theirs = stand_in.clone();
    let service = Service::with(&[Room::Camera], "--source rpicam -t 0", move |command| {
        theirs.set(command);
    });
    watch_and_compare(&service);
    stand_in.wait_until_gone();
}

#[test]
fn a_viewer_of_another_kind_than_the_camera_gives_is_told() {
    let service = Service::start(
        &[Room::Camera],
        "--source test -cd MJPEG -w 160 -h 128 -fps 25",
    );
    let viewer = Viewer::watch(&service, Kind::MpegTs);
    let ended = viewer.wait_for_end();
    assert_eq!(ended.exit_status, 64);
    assert!(ended.error.contains("-cd MJPEG"), "{}", ended.error);
    let mut viewer = Viewer::watch(&service, Kind::Bare);
    assert!(viewer.read_at_least(4000).starts_with(&[0xff, 0xd8]));
}
