//! Viewers that take nothing for a while, or for ever. Those that are slow are in tests/lines.

use std::net::TcpStream;
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt};

use test_support::decoding::decode;
use test_support::program::{LONG, RECORDING};
use test_support::session::Session;

fn small_receive_buffer(viewer: &TcpStream) {
    setsockopt(&viewer.as_fd(), sockopt::RcvBuf, &8192).expect("a receive buffer");
}

#[test]
fn a_viewer_that_never_reads_is_dropped_and_the_camera_is_free() {
    let source = format!("file:{RECORDING}");
    let begun = Instant::now();
    let mut session = Session::with(
        &format!("--source {source} -fps 25 -t 0 -o -"),
        small_receive_buffer,
        |_| {},
    );
    let status = session.wait(LONG);
    assert!(status.success(), "{}", session.log());
    assert!(session.log().contains("viewer stuck"), "{}", session.log());
    assert!(
        begun.elapsed() >= Duration::from_secs(9),
        "a viewer that takes nothing has ten seconds"
    );
}

#[test]
fn a_viewer_that_stops_reading_for_a_while_gets_a_fresh_picture_afterwards() {
    let source = format!("file:{RECORDING}");
    let args = ["--source", &source, "-fps", "25", "-t", "12000", "-o", "-"];
    let mut session = Session::with(&args, small_receive_buffer, |_| {});
    let mut stream = session.read_at_least(50_000);
    thread::sleep(Duration::from_secs(6));
    stream.extend(session.read_to_end());
    assert!(session.wait(LONG).success(), "{}", session.log());
    assert!(
        session.log().contains("skipped forward"),
        "{}",
        session.log()
    );
    assert!(decode(&stream, "h264") > 50);
}
