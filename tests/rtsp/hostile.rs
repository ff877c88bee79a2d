//! What nobody should send: the service goes on, and others notice nothing.

use std::io::Write;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::camera::serve;
use super::client::Client;

const TCP: &str = "RTP/AVP/TCP;unicast;interleaved=0-1";

/// Whether the viewer still gets pictures.
fn assert_is_served(viewer: &mut Client) {
    for _ in 0..30 {
        viewer.packet().expect("it is served");
    }
}

#[test]
fn a_client_that_asks_for_a_hundred_sessions_has_one() {
    let service = serve("--max-viewers 2");
    let mut greedy = Client::connect(service.rtsp());
    for _ in 0..100 {
        greedy.session = String::new();
        greedy.set_up(TCP);
    }
    let mut viewer = Client::play_interleaved(service.rtsp());
    greedy.describe();
    greedy.play();
    assert_is_served(&mut viewer);
    assert_is_served(&mut greedy);
    let refused = Client::connect(service.rtsp()).ask("SETUP", &[&format!("Transport: {TCP}")]);
    assert_eq!(refused.status, 503);
    assert!(refused.body.contains("--max-viewers"), "{}", refused.body);
}

#[test]
fn one_address_cannot_have_all_connections() {
    let service = serve("--max-viewers-per-address 3");
    let mut viewer = Client::play_interleaved(service.rtsp());
    let mut greedy: Vec<Client> = (0..60).map(|_| Client::connect(service.rtsp())).collect();
    let refusal = greedy[59].refusal();
    assert!(refusal.starts_with("RTSP/1.0 503 "), "{refusal}");
    assert!(greedy[59].is_ended());
    assert_eq!(greedy[0].ask("OPTIONS", &[]).status, 200);
    assert_is_served(&mut viewer);
}

#[test]
fn the_session_of_another_cannot_be_ended() {
    let service = serve("");
    let mut viewer = Client::play_interleaved(service.rtsp());
    let mut thief = Client::connect(service.rtsp());
    thief.session = viewer.session.clone();
    for method in ["TEARDOWN", "PAUSE", "PLAY", "GET_PARAMETER"] {
        assert_eq!(thief.ask(method, &[]).status, 454, "{method}");
    }
    assert_is_served(&mut viewer);
}

#[test]
fn a_client_that_never_reads_is_dropped_and_nobody_waits_for_it() {
    let service = serve("--linger 1");
    let mut deaf = Client::play_interleaved(service.rtsp());
    let mut viewer = Client::play_interleaved(service.rtsp());
    // It asks and asks, too, until its own line is full.
    deaf.stream
        .set_write_timeout(Some(Duration::from_millis(500)))
        .expect("a limit");
    let request = "GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n\r\n".repeat(100);
    while deaf.stream.write_all(request.as_bytes()).is_ok() {
        assert_is_served(&mut viewer);
    }
    while !service.log().contains("(rtsp): viewer stuck") {
        assert_is_served(&mut viewer);
    }
}

#[test]
fn half_a_request_is_waited_for_but_not_for_ever() {
    let service = serve("");
    let mut viewer = Client::play_interleaved(service.rtsp());
    let mut slow = Client::connect(service.rtsp());
    slow.stream
        .write_all(b"OPTIONS * RTSP/1.0\r\nCS")
        .expect("it is heard");
    let head = slow.refusal();
    assert!(head.starts_with("RTSP/1.0 408 "), "{head}");
    assert!(slow.is_ended());
    assert_is_served(&mut viewer);
}

#[test]
fn whatever_stands_between_requests_is_read() {
    let service = serve("");
    let mut viewer = Client::play_interleaved(service.rtsp());
    let mut between = b"$\x01\x00\x08\x80\xc9\x00\x01\0\0\0\x01\r\n\r\n$\x09\xff\xff".to_vec();
    between.extend_from_slice(&[b'$'; 0xffff]);
    for byte in &between[..40] {
        viewer.stream.write_all(&[*byte]).expect("it is heard");
    }
    viewer
        .stream
        .write_all(&between[40..])
        .expect("it is heard");
    assert_eq!(viewer.ask("GET_PARAMETER", &[]).status, 200);
    assert_is_served(&mut viewer);
}

#[test]
fn who_is_killed_sets_the_camera_free() {
    let service = serve("");
    let viewer = Client::play_interleaved(service.rtsp());
    drop(viewer);
    service.wait_for_log("the camera is off");
    service.wait_until_off();
    assert_eq!(service.exits()[0].code(), Some(0));
}

#[test]
fn a_service_that_is_stopped_says_goodbye() {
    let service = serve("");
    let mut viewer = Client::play_interleaved(service.rtsp());
    assert_is_served(&mut viewer);
    service.signal(Signal::SIGTERM);
    let mut last = None;
    while let Some(packet) = viewer.packet() {
        last = Some(packet);
    }
    let last = last.expect("packets");
    assert!(
        last.bytes.windows(2).any(|it| it == [0x81, 203]),
        "{last:?}"
    );
    assert_eq!(service.wait_for_exit(1).code(), Some(0));
}
