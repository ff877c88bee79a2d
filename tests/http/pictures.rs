//! Snapshots and moving JPEGs of an H.264 camera.

use std::time::Instant;

use test_support::card::{BARS_MJPEG, Picture};
use test_support::commands::tool;
use test_support::decoding::ffmpeg;

use crate::client::{CARD, Client, LONG, get, serve, status, wait_for_status};

/// Width and height as ffprobe sees them.
fn size(jpeg: &[u8]) -> String {
    let words = "-v error -show_entries stream=codec_name,width,height -of csv=p=0 -";
    let output = tool("ffprobe", words, jpeg);
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

#[test]
fn a_snapshot_starts_the_camera_and_one_serves_all_who_ask_within_a_second() {
    let service = serve(CARD);
    let first = get(&service, "/snapshot.jpg");
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.field("Content-Type"), "image/jpeg");
    assert_eq!(first.field("Cache-Control"), "no-store");
    assert_eq!(size(&first.body), "mjpeg,320,240");
    let begun = Instant::now();
    let others = [
        "/snapshot",
        "/?action=snapshot",
        "/?action=snapshot&bypassCache=1700000000",
    ];
    let others = others.map(|target| get(&service, target).body);
    if begun.elapsed().as_millis() < 300 {
        assert!(
            others.iter().all(|body| *body == first.body),
            "more than one was made"
        );
    }
    assert_eq!(status(&service)["asked"]["snapshots"], 4);
    // It lingers, and ends.
    service.wait_until_off();
    assert_eq!(service.starts(), 1);
}

#[test]
fn a_fresh_snapshot_is_one_of_after_the_request() {
    let service = serve(&format!("{CARD} -a 4 -g 10"));
    let first = get(&service, "/snapshot").body;
    let fresh = get(&service, "/snapshot?fresh").body;
    let fresher = get(&service, "/snapshot?fresh=1").body;
    assert!(first != fresh && fresh != fresher);
    assert_eq!(size(&fresher), "mjpeg,320,240");
}

#[test]
fn a_camera_that_makes_one_key_frame_at_its_start_is_asked_for_more() {
    let service = serve(&format!("{CARD} -g 0"));
    let mut viewer = Client::ask(&service, "/stream.h264", "");
    viewer.head();
    viewer.bytes(20_000);
    let first = get(&service, "/snapshot?fresh").body;
    // At once again: a key frame was asked for just now.
    let next = get(&service, "/snapshot?fresh").body;
    assert!(first != next);
    assert_eq!(size(&next), "mjpeg,320,240");
}

#[test]
fn the_picture_has_the_colours_of_the_card_as_a_jpeg_has_them() {
    let service = serve(CARD);
    let jpeg = get(&service, "/snapshot").body;
    let words = [
        "-f", "mjpeg", "-i", "-", "-f", "rawvideo", "-pix_fmt", "yuvj420p",
    ];
    let raw = ffmpeg(&words, &jpeg);
    let pictures = Picture::all_i420(320, 240, &raw);
    pictures[0].assert_bars(&BARS_MJPEG, 6);
    pictures[0].counter().expect("a counter");
}

#[test]
fn a_script_can_ask_for_the_moving_pictures_as_bytes_that_no_browser_takes_apart() {
    let service = serve(CARD);
    let mut taken_apart = Client::ask(&service, "/stream.mjpg", "");
    let mut bytes = Client::ask(&service, "/stream.mjpg?bytes", "");
    let (taken_apart_head, bytes_head) = (taken_apart.head(), bytes.head());
    assert!(
        taken_apart_head
            .field("Content-Type")
            .starts_with("multipart/x-mixed-replace;boundary=")
    );
    assert_eq!(bytes_head.field("Content-Type"), "application/octet-stream");
    // The same is in both, and it goes on.
    let begins = String::from_utf8_lossy(&bytes.bytes(60_000)).into_owned();
    let opening = taken_apart.bytes(22);
    assert!(begins.as_bytes().starts_with(&opening), "{begins:.100}");
    assert!(begins.matches("Content-Type: image/jpeg").count() > 1);
}

#[test]
fn moving_pictures_come_at_their_rate_and_cost_nothing_afterwards() {
    let service = serve(&format!("{CARD} --mjpeg-fps 10"));
    let mut client = Client::ask(&service, "/stream.mjpg", "");
    client.head();
    let status = wait_for_status(&service, "no JPEGs are made", |status| {
        status["mjpeg"]["fps"].as_f64() > Some(4.0)
    });
    assert_eq!(status["mjpeg"]["wanted_fps"], 10);
    assert!(status["mjpeg"]["fps"].as_f64() <= Some(11.0), "{status:#}");
    client.bytes(100_000);
    drop(client);
    let mut other = Client::ask(&service, "/live.mp4", "");
    other.head();
    wait_for_status(&service, "JPEGs are made for nobody", |status| {
        status["mjpeg"]["fps"] == 0.0
    });
}

#[test]
fn a_camera_that_fails_is_a_503_with_the_sentence_and_the_rest_answers() {
    let service = serve("--source v4l2:/dev/none --linger 1");
    for target in ["/snapshot", "/live.mp4", "/stream.mjpg", "/ws"] {
        let fields = if target == "/ws" {
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        } else {
            ""
        };
        let answer = crate::client::get_with(&service, target, fields);
        assert_eq!(answer.status, 503, "{target}");
        assert!(
            answer.text().contains("/dev/none"),
            "{target}: {}",
            answer.text()
        );
        assert_eq!(answer.field("Retry-After"), "2");
    }
    assert_eq!(get(&service, "/").status, 200);
    let status = status(&service);
    assert_eq!(status["camera"]["state"], "failed");
    assert!(
        status["last_error"].to_string().contains("/dev/none"),
        "{status:#}"
    );
}

#[test]
fn h264_that_cannot_be_decoded_is_told_and_the_stream_goes_on() {
    let file = test_support::folders::Scratch::new();
    let path = file.path("fields.264");
    // Fields, which no decoder here knows.
    let words = "-v error -f lavfi -i testsrc=s=320x240:r=25 -t 2 -c:v libx264 -x264-params interlaced=1:keyint=10:bframes=0 -f h264 -y";
    let words: Vec<&str> = words
        .split(' ')
        .chain([path.to_str().expect("text")])
        .collect();
    assert!(tool("ffmpeg", words.as_slice(), b"").status.success());
    let service = serve(&format!("--source file:{} --linger 1", path.display()));
    let mut viewer = Client::ask(&service, "/stream.h264", "");
    viewer.head();
    let begun = Instant::now();
    let answer = get(&service, "/snapshot");
    assert!(begun.elapsed() < LONG);
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(
        answer.text().contains("cannot be decoded"),
        "{}",
        answer.text()
    );
    viewer.bytes(20_000);
}
