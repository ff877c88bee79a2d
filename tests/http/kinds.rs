//! Each URL gives what it is for.

use test_support::decoding::{assert_begins_decodable, decode, pictures_of};

use crate::client::{CARD, Client, curl, get, say, serve, status, wait_for_status};

/// Those that are listed to who asks for something else.
fn known_urls(page: &str) -> Vec<String> {
    let links = page.split("<a href=\"").skip(1);
    links
        .map(|link| link.split('"').next().expect("its end").to_owned())
        .collect()
}

#[test]
fn who_asks_for_something_else_is_told_what_there_is_and_each_answers_to_head_without_the_camera() {
    let service = serve(CARD);
    let missing = get(&service, "/favicon.ico");
    assert_eq!(missing.status, 404);
    let urls = known_urls(&missing.text());
    assert_eq!(urls.len(), 14, "{urls:?}");
    for url in &urls {
        let (is_good, complaint, head) = curl(&service, &["--head"], url);
        assert!(is_good, "{url}: {complaint}");
        let head = String::from_utf8(head).expect("text");
        let (status, kind) = match url.as_str() {
            "/ws" => ("426", "text/plain"),
            "/" => ("200", "text/html"),
            "/live.mp4" => ("200", "video/mp4"),
            "/stream.ts" => ("200", "video/mp2t"),
            "/stream.h264" => ("200", "application/octet-stream"),
            "/status.json" => ("200", "application/json"),
            "/metrics" | "/healthz" => ("200", "text/plain"),
            url if url.contains("snapshot") => ("200", "image/jpeg"),
            _ => ("200", "multipart/x-mixed-replace;boundary="),
        };
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{url}: {head}"
        );
        assert!(
            head.contains(&format!("\r\nContent-Type: {kind}")),
            "{url}: {head}"
        );
        for field in [
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Vary: Origin",
        ] {
            assert!(head.contains(field), "{url}: {head}");
        }
        assert!(
            !head.contains("Set-Cookie") && !head.contains("Access-Control"),
            "{head}"
        );
    }
    assert_eq!(get(&service, "/").status, 200);
    assert_eq!(status(&service)["camera"]["state"], "off");
    assert!(
        !service.log().contains("the camera is on"),
        "{}",
        service.log()
    );
}

#[test]
fn the_page_stands_alone_and_may_load_nothing_from_elsewhere() {
    let service = serve(CARD);
    let page = get(&service, "/");
    let policy = page.field("Content-Security-Policy");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(
        !policy.contains("http") && !policy.contains('*'),
        "{policy}"
    );
    assert!(page.text().contains("<!DOCTYPE html>"));
}

#[test]
fn ffmpeg_finds_no_fault_in_mp4_and_in_the_transport_stream() {
    let service = serve(CARD);
    for path in ["/live.mp4", "/stream.ts"] {
        let url = format!("http://{}{path}", service.web());
        let frames = pictures_of(&["-v", "warning", "-t", "3", "-i", &url]);
        assert!((40..=110).contains(&frames), "{path}: {frames} frames");
    }
}

/// For each fragment in a piece of a stream, but for what is cut at its end, when its picture is decoded and how long it is declared to last, in µs.
fn declared(mp4: &[u8]) -> Vec<(u64, u32)> {
    let boxes = |kind: &'static [u8; 4]| {
        let places = mp4[..mp4.len() - 16]
            .windows(4)
            .enumerate()
            .filter(move |it| it.1 == kind);
        places.map(move |(at, _)| &mp4[at + 4..])
    };
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().expect("four bytes"));
    let times =
        boxes(b"tfdt").map(|it| u64::from(number(&it[4..])) << 32 | u64::from(number(&it[8..])));
    // Flags, the count of samples, the place of the data, then the first sample's duration.
    times
        .zip(boxes(b"trun").map(|it| number(&it[12..])))
        .collect()
}

/// Chromium throws pictures away behind a gap, unless they are declared to last longer; VLC adds durations up.
#[test]
fn who_plays_mp4_as_a_file_is_told_how_long_pictures_last_and_a_script_three_times_that() {
    let service = serve(CARD);
    let mut script = Client::ask(&service, "/live.mp4", "");
    let mut player = Client::ask(&service, "/live.mp4", "Range: bytes=0-\r\n");
    assert_eq!((script.head().status, player.head().status), (200, 200));
    let script = declared(&script.bytes(120_000));
    let player = declared(&player.bytes(120_000));
    let mut compared = 0;
    for (time, lasts_us) in player {
        if let Some((_, declared_us)) = script.iter().find(|it| it.0 == time) {
            assert!(
                declared_us.abs_diff(3 * lasts_us) <= 3,
                "{declared_us}, {lasts_us}"
            );
            assert!(lasts_us > 30_000, "{lasts_us}");
            compared += 1;
        }
    }
    assert!(compared > 3, "{compared} pictures that both have");
}

#[test]
fn bare_h264_is_as_the_camera_gives_it_and_the_stream_ends_with_the_connection() {
    let service = serve(CARD);
    let mut client = Client::ask(&service, "/stream.h264", "");
    let head = client.head();
    assert_eq!(head.field("Connection"), "close");
    assert!(head.fields("Content-Length").is_empty(), "{}", head.head);
    let bytes = client.bytes(60_000);
    assert_begins_decodable(&bytes);
    drop(client);
    // The last picture is cut, and the one before may be of two slices.
    let starts = bytes
        .windows(5)
        .enumerate()
        .filter(|(_, it)| it[..4] == [0, 0, 0, 1]);
    let (end, _) = starts.max().expect("a picture");
    assert!(decode(&bytes[..end], "h264") > 5);
    wait_for_status(&service, "its place is not free", |status| {
        status["viewers"]["now"] == 0
    });
    service.wait_until_off();
}

#[test]
fn http_1_0_is_answered_and_its_connection_ends_unless_it_says_otherwise() {
    let service = serve(CARD);
    let answer = say(&service, b"GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
    let mut client = Client::new(&service);
    for _ in 0..2 {
        client.say(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(client.answer().field("Connection"), "keep-alive");
    }
}

#[test]
fn a_camera_that_gives_jpegs_has_no_h264_and_its_jpegs_are_not_touched() {
    let service = serve(&format!("{CARD} -cd MJPEG"));
    for path in ["/live.mp4", "/stream.ts", "/stream.h264"] {
        let answer = get(&service, path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("-cd MJPEG"), "{}", answer.text());
    }
    let snapshot = get(&service, "/snapshot");
    assert_eq!(snapshot.field("Content-Type"), "image/jpeg");
    assert!(snapshot.body.starts_with(b"\xff\xd8") && snapshot.body.ends_with(b"\xff\xd9"));
    let mut client = Client::ask(&service, "/stream", "");
    client.head();
    client.bytes(200_000);
    let status = status(&service);
    assert_eq!(status["mjpeg"]["fps"], 0.0, "{status:#}");
    assert_eq!(status["camera"]["coding"], "MJPEG");
}

#[test]
fn status_and_metrics_tell_who_watches_and_no_address() {
    let service = serve(CARD);
    let mut viewer = Client::ask(&service, "/live.mp4", "");
    viewer.head();
    viewer.bytes(10_000);
    let status = wait_for_status(&service, "the viewer is not told", |status| {
        status["viewers"]["kinds"]["mp4"]["now"] == 1
            && status["camera"]["fps"].as_f64() > Some(1.0)
    });
    assert_eq!(status["camera"]["state"], "on");
    assert_eq!(status["camera"]["width"], 320);
    assert_eq!(status["camera"]["name"], "test card");
    assert!(status["camera"]["bits_per_second"].as_u64() > Some(10_000));
    assert!(!status.to_string().contains("127.0.0.1"), "{status:#}");
    let metrics = get(&service, "/metrics");
    assert!(metrics.field("Content-Type").contains("version=0.0.4"));
    let has = |line: &str| metrics.text().lines().any(|it| it == line);
    assert!(
        has("picam_camera_state{state=\"on\"} 1"),
        "{}",
        metrics.text()
    );
    assert!(has("picam_viewers{kind=\"mp4\"} 1"), "{}", metrics.text());
    drop(viewer);
    service.wait_until_off();
    // They are counted, and not listed.
    assert!(!service.log().contains("/metrics"), "{}", service.log());
    assert!(
        service.log().contains("requests for the status"),
        "{}",
        service.log()
    );
}
