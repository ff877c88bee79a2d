//! The programs that know mjpg-streamer, as their sources ask: printers' front ends and home automation.

use test_support::commands::tool;
use test_support::decoding::{ffmpeg, pictures_of};

use crate::client::{Answer, CARD, Client, get_with, serve};

/// Mainsail's reader of mjpg-streamer: the fields of each part, then so many bytes as they say.
fn part(client: &mut Client) -> (Answer, Vec<u8>) {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        text.push(char::from(client.bytes(1)[0]));
    }
    let head = Answer {
        status: 0,
        head: text,
        body: Vec::new(),
    };
    let length = head.field("Content-Length").parse().expect("a length");
    let jpeg = client.bytes(length);
    (head, jpeg)
}

#[test]
fn mainsail_reads_part_after_part_from_another_port() {
    let service = serve(CARD);
    let mut client = Client::ask(
        &service,
        "/?action=stream&1700000000000",
        "Origin: http://mainsailos.local\r\n",
    );
    let head = client.head();
    assert_eq!(
        head.field("Access-Control-Allow-Origin"),
        "http://mainsailos.local"
    );
    assert_eq!(head.field("Vary"), "Origin");
    let boundary = head
        .field("Content-Type")
        .split_once("boundary=")
        .expect("one")
        .1
        .to_owned();
    let opening = format!("--{boundary}\r\n");
    assert_eq!(client.bytes(opening.len()), opening.as_bytes());
    let mut last = 0.0;
    for _ in 0..5 {
        let (head, jpeg) = part(&mut client);
        assert_eq!(head.field("Content-Type"), "image/jpeg");
        let taken: f64 = head.field("X-Timestamp").parse().expect("seconds");
        assert!(taken > last, "{taken} after {last}");
        last = taken;
        assert!(jpeg.starts_with(b"\xff\xd8") && jpeg.ends_with(b"\xff\xd9"));
        let end = format!("\r\n{opening}");
        assert_eq!(client.bytes(end.len()), end.as_bytes());
    }
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("after 1970")
        .as_secs_f64();
    assert!((now - last).abs() < 60.0, "{last} is not now");
}

#[test]
fn mainsail_polls_snapshots_with_a_number_that_changes() {
    let service = serve(CARD);
    let mut client = Client::new(&service);
    for number in 0..20 {
        let request = format!(
            "GET /?action=snapshot&bypassCache={number} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        );
        client.say(request.as_bytes());
        let answer = client.answer();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.body.starts_with(b"\xff\xd8"));
    }
}

#[test]
fn octoprint_asks_in_http_1_0_and_by_plain_get() {
    let service = serve(CARD);
    let answer = crate::client::say(
        &service,
        b"GET /?action=snapshot HTTP/1.0\r\nUser-Agent: octoprint\r\n\r\n",
    );
    assert!(answer.body.ends_with(b"\xff\xd9"));
    let mut client = Client::new(&service);
    client.say(b"GET /?action=stream HTTP/1.0\r\n\r\n");
    assert_eq!(client.head().status, 200);
    client.bytes(20_000);
}

/// Home Assistant has no still URL of a MJPEG camera: it cuts FF D8 to FF D9 out of the stream.
#[test]
fn home_assistant_cuts_a_still_out_of_the_stream() {
    let script = r#"
import sys, urllib.request
data = b""
with urllib.request.urlopen(sys.argv[1], timeout=50) as stream:
    while True:
        data += stream.read(1024)
        end = data.find(b"\xff\xd9")
        start = data.find(b"\xff\xd8")
        if start >= 0 and end > start:
            sys.stdout.buffer.write(data[start:end + 2])
            break
"#;
    let service = serve(CARD);
    let url = format!("http://{}/stream.mjpg", service.web());
    let output = tool("python3", ["-c", script, &url].as_slice(), b"");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let pixels = ffmpeg(
        &[
            "-f", "mjpeg", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray",
        ],
        &output.stdout,
    );
    assert_eq!(pixels.len(), 320 * 240);
}

/// ffmpeg is what Frigate and Scrypted ask with.
#[test]
fn ffmpeg_reads_the_moving_pictures() {
    let service = serve(CARD);
    let url = format!("http://{}/?action=stream", service.web());
    let input = ["-f", "mpjpeg", "-i", &url, "-frames:v", "6"];
    assert_eq!(pictures_of(&input), 6);
}

#[test]
fn pages_of_elsewhere_are_not_let_to_read() {
    let service = serve(CARD);
    for (origin, passes) in [
        ("http://mainsail.local", true),
        ("http://192.168.1.9:7125", true),
        ("https://octopi", true),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let answer = get_with(&service, "/status.json", &format!("Origin: {origin}\r\n"));
        let echoed = answer.fields("Access-Control-Allow-Origin");
        assert_eq!(
            echoed,
            if passes { vec![origin] } else { vec![] },
            "{}",
            answer.head
        );
        assert_eq!(answer.field("Vary"), "Origin");
    }
}
