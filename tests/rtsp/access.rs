//! Names and passwords: Digest for those who can, Basic for those who cannot.

use std::fs;

use test_support::commands::{command, run};
use test_support::folders::Scratch;
use test_support::service::Service;

use super::camera::{serve, url};
use super::client::Client;

/// A service that wants `viewer` with `secret`: MD5 of `viewer:picam-stream:secret`.
fn guarded() -> (Service, Scratch) {
    let scratch = Scratch::new();
    let users = scratch.path("users");
    fs::write(
        &users,
        "viewer:picam-stream:3b800c10e015abd64a5bc56decd89495\n",
    )
    .expect("the file");
    (serve(&format!("--users {}", users.display())), scratch)
}

/// What ffmpeg says when it opens the stream as `user`.
fn ffmpeg_as(user: &str, service: &Service) -> (bool, String) {
    let url = url(service).replace("rtsp://", &format!("rtsp://{user}@"));
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(["-v", "error", "-rtsp_transport", "tcp", "-i", &url]);
    ffmpeg.args(["-c", "copy", "-frames:v", "10", "-f", "null", "-"]);
    let done = run(&mut ffmpeg);
    (done.status.success(), done.err)
}

#[test]
fn ffmpeg_and_gstreamer_are_let_in_by_digest_with_the_right_password() {
    let (service, scratch) = guarded();
    assert_eq!(ffmpeg_as("viewer:secret", &service), (true, String::new()));
    let (is_in, complaint) = ffmpeg_as("viewer:wrong", &service);
    assert!(!is_in && complaint.contains("401"), "{complaint}");
    let packets = scratch.path("packets");
    let line = format!(
        "-q rtspsrc location={} user-id=viewer user-pw=secret protocols=tcp ! identity eos-after=20 ! filesink location={}",
        url(&service),
        packets.display()
    );
    // How it ends says nothing: now and then GStreamer's own PAUSE at the end of the stream fails before it is sent.
    let done = run(command("gst-launch-1.0").args(line.split_whitespace()));
    let bytes = fs::metadata(&packets).map_or(0, |file| file.len());
    assert!(bytes > 1000, "{bytes} bytes came: {done}");
}

#[test]
fn basic_is_asked_once_a_connection_and_every_request_but_options_asks() {
    let (service, _scratch) = guarded();
    let mut client = Client::connect(service.rtsp());
    assert_eq!(client.ask("OPTIONS", &[]).status, 200);
    for method in ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN", "GET_PARAMETER"] {
        let answer = client.ask(method, &[]);
        assert_eq!(answer.status, 401, "{method}");
        let challenges = answer.head.matches("WWW-Authenticate: ").count();
        assert_eq!(challenges, 2, "{}", answer.head);
    }
    let wrong = "Authorization: Basic dmlld2VyOndyb25n";
    assert_eq!(client.ask("DESCRIBE", &[wrong]).status, 401);
    assert!(!service.log().contains("the camera is on"));
    let right = "Authorization: Basic dmlld2VyOnNlY3JldA==";
    assert_eq!(client.ask("DESCRIBE", &[right]).status, 200);
    client.set_up("RTP/AVP/TCP;unicast;interleaved=0-1");
    client.play();
}

#[test]
fn whoever_guesses_must_wait() {
    let (service, _scratch) = guarded();
    let mut client = Client::connect(service.rtsp());
    let wrong = "Authorization: Basic dmlld2VyOndyb25n";
    let statuses: Vec<u16> = (0..7)
        .map(|_| client.ask("DESCRIBE", &[wrong]).status)
        .collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 403, 403]);
}
