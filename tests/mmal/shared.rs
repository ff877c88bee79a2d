//! The legacy camera shared by two viewers: `serve` as it is built for the Raspberry Pi.

use std::sync::Arc;

use nix::sys::signal::Signal;
use picam_stream::serve::handed::message::Kind;
use test_support::service::{Room, Service};

use test_support::handed_viewer::Viewer;
use test_support::mmal::equipment::Pi;
use test_support::pictures::{annex_b, assert_piece_of, assert_whole, slices};

#[test]
fn two_viewers_have_the_same_pictures_of_one_camera_which_is_set_free_in_order() {
    let pi = Arc::new(Pi::with_a_camera());
    let theirs = pi.clone();
    let service = Service::of(
        pi.program(),
        &[Room::Camera],
        "--source mmal --linger 0",
        move |command| theirs.set(command),
    );
    let mut first = Viewer::watch(&service, Kind::Bare);
    first.keep_at_least(20_000);
    let mut second = Viewer::watch(&service, Kind::MpegTs);
    second.keep_at_least(20_000);
    service.signal(Signal::SIGTERM);
    let streams = [(Kind::Bare, first), (Kind::MpegTs, second)].map(|(kind, mut viewer)| {
        let stream = viewer.read_to_end();
        assert_whole(kind, &stream);
        let ended = viewer.wait_for_end();
        assert_eq!((ended.exit_status, ended.tally.skipped), (0, 0));
        slices(&annex_b(kind, &stream))
    });
    assert_piece_of(&streams[0], &streams[1], "the second viewer");
    assert!(service.wait_for_exit(1).success(), "{}", service.log());
    assert_eq!(pi.mistakes(), Vec::<String>::new(), "{}", service.log());
    let cameras = pi.calls();
    let cameras = cameras
        .iter()
        .filter(|call| call.starts_with("component_create vc.ril.camera"));
    assert_eq!(cameras.count(), 1);
}
