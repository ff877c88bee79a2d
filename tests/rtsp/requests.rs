//! What is answered to whom: the states of a session, and every refusal.

use std::io::Write;

use picam_stream::h264::nal::{NalType, units};
use test_support::service::{Room, Service};

use super::camera::serve;
use super::client::{Client, rtp_head};

const TCP: &str = "RTP/AVP/TCP;unicast;interleaved=0-1";

#[test]
fn a_stream_is_described_before_anybody_plays_it() {
    let service = serve("");
    let mut client = Client::connect(service.rtsp());
    client.url.push_str("/any/path?with=parameters");
    let options = client.ask("OPTIONS", &[]);
    assert!(
        options
            .field("Public")
            .is_some_and(|it| it.contains("GET_PARAMETER"))
    );
    assert!(!service.log().contains("the camera is on"));
    let answer = client.describe();
    let base = format!("rtsp://{}/live/any/path/", service.rtsp());
    assert_eq!(answer.field("Content-Base"), Some(&*base));
    assert_eq!(answer.field("Content-Type"), Some("application/sdp"));
    for line in [
        "m=video 0 RTP/AVP 96\r\n",
        "a=rtpmap:96 H264/90000\r\n",
        "a=fmtp:96 packetization-mode=1;profile-level-id=4D",
        ";sprop-parameter-sets=Z0",
        "a=framerate:25\r\n",
        "a=range:npt=now-\r\n",
        "a=control:trackID=0\r\n",
    ] {
        assert!(answer.body.contains(line), "{line} in {}", answer.body);
    }
    service.wait_for_log("the camera is on");
}

#[test]
fn requests_that_do_not_fit_are_refused_as_the_rfc_says() {
    let service = serve("");
    let mut client = Client::connect(service.rtsp());
    let transport = |it: &str| format!("Transport: {it}");
    let status =
        |client: &mut Client, method: &str, fields: &[&str]| client.ask(method, fields).status;
    assert_eq!(status(&mut client, "PLAY", &[]), 455);
    assert_eq!(status(&mut client, "PAUSE", &[]), 455);
    assert_eq!(status(&mut client, "TEARDOWN", &[]), 454);
    assert_eq!(status(&mut client, "DANCE", &[]), 501);
    assert_eq!(status(&mut client, "ANNOUNCE", &[]), 405);
    assert_eq!(status(&mut client, "DESCRIBE", &["Accept: text/html"]), 406);
    let required = client.ask("OPTIONS", &["Require: implicit-play"]);
    assert_eq!(
        (required.status, required.field("Unsupported")),
        (551, Some("implicit-play"))
    );
    for list in [
        "RTP/AVP;multicast",
        "RTP/AVP/TCP;unicast;interleaved=300-301",
        "RTP/SAVP;unicast;client_port=5000-5001",
        "",
    ] {
        assert_eq!(
            status(&mut client, "SETUP", &[&transport(list)]),
            461,
            "{list}"
        );
    }
    client.set_up(TCP);
    let session = std::mem::replace(&mut client.session, "0123456789abcdef".into());
    assert_eq!(status(&mut client, "PLAY", &[]), 454);
    assert_eq!(status(&mut client, "GET_PARAMETER", &[]), 454);
    client.session = String::new();
    assert_eq!(status(&mut client, "PLAY", &[]), 454);
    client.session = session;
    client.play();
    assert_eq!(status(&mut client, "SETUP", &[&transport(TCP)]), 455);
    assert_eq!(status(&mut client, "GET_PARAMETER", &[]), 200);
    assert_eq!(status(&mut client, "SET_PARAMETER", &[]), 200);
    assert_eq!(status(&mut client, "TEARDOWN", &[]), 200);
    assert_eq!(status(&mut client, "TEARDOWN", &[]), 454);
}

#[test]
fn a_second_setup_of_a_session_keeps_its_name_and_one_that_names_none_has_another() {
    let service = serve("");
    let mut client = Client::connect(service.rtsp());
    client.set_up(TCP);
    let first = client.session.clone();
    client.set_up("RTP/AVP/TCP;unicast;interleaved=4-5");
    assert_eq!(client.session, first);
    client.session = String::new();
    client.set_up(TCP);
    assert_ne!(client.session, first);
    client.play();
}

#[test]
fn a_service_that_cannot_start_answers_the_request_that_was_made() {
    let service = Service::start(&[Room::Rtsp], "--source test --linger soon");
    let mut client = Client::connect(service.rtsp());
    let answer = client.ask("OPTIONS", &[]);
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("--linger"), "{}", answer.body);
}

#[test]
fn what_cannot_be_understood_ends_the_connection() {
    let service = serve("");
    for (said, status) in [
        ("GET / HTTP/1.1\r\nHost: pi\r\n\r\n", 400),
        ("OPTIONS * RTSP/1.0\r\n\r\n", 400),
        ("OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
        ("\x16\x03\x01\x02\x00", 400),
        (
            "SET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n",
            413,
        ),
    ] {
        let mut client = Client::connect(service.rtsp());
        client
            .stream
            .write_all(said.as_bytes())
            .expect("it is heard");
        let head = client.refusal();
        assert!(
            head.starts_with(&format!("RTSP/1.0 {status} ")),
            "{said:?}: {head}"
        );
        assert!(client.is_ended(), "{said:?}");
    }
    let mut client = Client::connect(service.rtsp());
    let endless = "x".repeat(20_000);
    // It may have refused before all of it was said.
    let _ = client.stream.write_all(endless.as_bytes());
    assert!(client.is_ended());
}

/// The units of the next picture, the numbers of its packets, and their time.
fn next_picture(client: &mut Client) -> (Vec<NalType>, Vec<u16>, u32) {
    let (mut kinds, mut numbers) = (Vec::new(), Vec::new());
    loop {
        let packet = client.packet().expect("a packet");
        if packet.channel != 0 {
            continue;
        }
        let (sequence, ticks, source, is_last) = rtp_head(&packet.bytes);
        assert_eq!(source, client.source);
        numbers.push(sequence);
        kinds.push(match packet.bytes[12] & 0x1f {
            // STAP-A: of the first one in it.
            24 => NalType::of(packet.bytes[15]),
            28 => NalType::of(packet.bytes[13]),
            _ => NalType::of(packet.bytes[12]),
        });
        if is_last {
            return (kinds, numbers, ticks);
        }
    }
}

#[test]
fn a_pause_is_followed_by_a_key_frame_and_no_number_is_missing() {
    let service = serve("");
    let mut client = Client::connect(service.rtsp());
    client.describe();
    client.set_up(TCP);
    let info = client.play();
    let info = info.field("RTP-Info").expect("numbers").to_owned();
    let (kinds, mut numbers, ticks) = next_picture(&mut client);
    let mut times = vec![ticks];
    assert_eq!(kinds[0], NalType::Sps);
    if let Some((_, time)) = info.split_once(";rtptime=") {
        assert_eq!(time.parse(), Ok(ticks));
    }
    assert!(info.contains(&format!(";seq={}", numbers[0])), "{info}");
    for _ in 0..2 {
        for _ in 0..3 {
            let (_, more, ticks) = next_picture(&mut client);
            numbers.extend(more);
            times.push(ticks);
        }
        assert_eq!(client.ask("PAUSE", &[]).status, 200);
        client.play();
        let mut pictures = 0;
        // Those that were on their way before the pause come first.
        loop {
            let (kinds, more, ticks) = next_picture(&mut client);
            numbers.extend(more);
            times.push(ticks);
            pictures += 1;
            if kinds[0] == NalType::Sps {
                break;
            }
            assert!(pictures < 60, "no key frame");
        }
    }
    for pair in numbers.windows(2) {
        assert_eq!(pair[1], pair[0].wrapping_add(1), "{numbers:?}");
    }
    for pair in times.windows(2) {
        let ahead = pair[1].wrapping_sub(pair[0]) as i32;
        assert!(ahead > 0, "a picture came twice: {times:?}");
    }
}

#[test]
fn reports_tell_the_time_of_the_pictures_and_the_last_one_says_goodbye() {
    let service = serve("");
    let mut client = Client::play_interleaved(service.rtsp());
    let (mut reports, mut last_ticks) = (Vec::new(), 0);
    while reports.len() < 2 {
        let packet = client.packet().expect("a packet");
        if packet.channel == 0 {
            last_ticks = rtp_head(&packet.bytes).1;
        } else {
            let word =
                |at: usize| u32::from_be_bytes(packet.bytes[at..at + 4].try_into().expect("four"));
            assert_eq!((packet.bytes[1], word(4)), (200, client.source));
            // The clocks are of one machine: what is reported is now, and the picture before it is not old.
            let ahead = word(16).wrapping_sub(last_ticks) as i32;
            assert!(
                (-9_000..9_000 * 30).contains(&ahead),
                "{ahead} ticks ahead of the picture"
            );
            let ntp = u64::from(word(8)) << 32 | u64::from(word(12));
            reports.push((ntp, word(16)));
        }
    }
    // Both clocks went on by the same time, to a few milliseconds: the pictures of the file are told as unevenly.
    let ntp_ticks = ((reports[1].0 - reports[0].0) as f64 / f64::from(u32::MAX) * 90_000.0) as i64;
    let rtp_ticks = i64::from(reports[1].1.wrapping_sub(reports[0].1));
    assert!(
        (4 * 90_000..30 * 90_000).contains(&ntp_ticks),
        "{ntp_ticks}"
    );
    assert!(
        (ntp_ticks - rtp_ticks).abs() < 9_000,
        "{ntp_ticks} and {rtp_ticks} ticks"
    );
    client.say("TEARDOWN", &[]);
    let mut kinds = Vec::new();
    let answer = client.answer();
    while let Some(packet) = client.waiting_packet() {
        kinds.push((
            packet.channel,
            packet.bytes.windows(2).any(|it| it == [0x81, 203]),
        ));
    }
    assert_eq!(answer.status, 200);
    assert_eq!(kinds.last(), Some(&(1, true)), "{kinds:?}");
}

#[test]
fn a_camera_of_jpegs_says_where_they_are() {
    let service = Service::start(&[Room::Rtsp], "--source test -cd MJPEG -w 320 -h 240");
    let answer = Client::connect(service.rtsp()).ask("DESCRIBE", &[]);
    assert_eq!(answer.status, 415);
    assert!(answer.body.contains("/stream.mjpg"), "{}", answer.body);
    assert!(!service.log().contains("the camera is on"));
}

#[test]
fn a_camera_that_fails_says_why() {
    let service = Service::start(&[Room::Rtsp], "--source file:/nonexistent");
    let answer = Client::connect(service.rtsp()).ask("DESCRIBE", &[]);
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("/nonexistent"), "{}", answer.body);
}

#[test]
fn the_units_of_the_recording_are_what_this_suite_takes_them_for() {
    let recording = std::fs::read(super::camera::FILE).expect("the recording");
    let keys = units(&recording)
        .filter(|nal| nal.kind == NalType::Sps)
        .count();
    assert!(keys >= 4);
}
