//! The tests of `inbox` and of the requests in it.

use super::super::request::Method;
use super::*;

const OPTIONS: &str = "OPTIONS rtsp://pi:8554/live RTSP/1.0\r\nCSeq: 1\r\n\r\n";

/// What comes of `bytes` in pieces of `size`: the messages, and the status of the refusal that ended them.
fn messages(bytes: &[u8], size: usize) -> (Vec<Message>, Option<Status>) {
    let (mut inbox, mut messages, mut rest) = (Inbox::default(), Vec::new(), bytes);
    loop {
        match inbox.message() {
            Ok(Some(message)) => messages.push(message),
            Err(refusal) => return (messages, Some(refusal.status)),
            Ok(None) if rest.is_empty() => return (messages, None),
            Ok(None) => {
                let (now, later) = rest.split_at(size.min(inbox.room()).min(rest.len()));
                inbox.push(now);
                rest = later;
            }
        }
    }
}

fn methods(messages: &[Message]) -> Vec<Method> {
    messages
        .iter()
        .filter_map(|message| match message {
            Message::Request(request) => Some(request.method),
            Message::Packet { .. } => None,
        })
        .collect()
}

fn only(text: &str) -> Request {
    match messages(text.as_bytes(), 4096) {
        (mut messages, None) if messages.len() == 1 => match messages.remove(0) {
            Message::Request(request) => request,
            Message::Packet { .. } => panic!("a packet in {text:?}"),
        },
        other => panic!("{other:?} in {text:?}"),
    }
}

fn refusal(text: &str) -> Option<Status> {
    messages(text.as_bytes(), 4096).1
}

#[test]
fn requests_and_packets_are_told_apart_however_they_are_cut() {
    let stream = [
        OPTIONS.as_bytes(),
        b"$\x01\x00\x08\x80\xc9\x00\x01\0\0\0\x01",
        b"\r\n",
        b"$\x01\x00\x00",
        b"SET_PARAMETER * RTSP/1.0\nCSeq: 2\nContent-Length: 4\n\nabcd",
        b"$\x07\x10\x00",
        &[b'x'; 4096],
        b"TEARDOWN /a RTSP/1.0\r\ncseq:3\r\nSession: 12;timeout=60\r\n\r\n",
    ]
    .concat();
    let whole = messages(&stream, stream.len());
    assert_eq!(
        methods(&whole.0),
        [Method::Options, Method::SetParameter, Method::Teardown]
    );
    assert_eq!(whole.0.len(), 5);
    for size in [1, 2, 3, 7, 100, 5000] {
        assert_eq!(messages(&stream, size), whole, "in pieces of {size}");
    }
}

#[test]
fn a_request_says_what_it_wants() {
    let request = only(
        "SETUP rtsp://pi:8554/live/trackID=0?a=b RTSP/1.0\r\nCSeq:  7 \r\nTransport: RTP/AVP\r\nSESSION: 1a ; timeout=60\r\n\
         Require: x\r\nAccept: application/sdp\r\nAuthorization: Basic eA==\r\nConnection: Close\r\n\r\n",
    );
    assert_eq!(request.method, Method::Setup);
    assert_eq!(request.base_url(), "rtsp://pi:8554/live/trackID=0");
    assert_eq!(request.sequence, "7");
    assert_eq!(request.session.as_deref(), Some("1a"));
    assert_eq!(request.transport.as_deref(), Some("RTP/AVP"));
    assert_eq!(request.authorization.as_deref(), Some("Basic eA=="));
    assert!(request.ends_connection && !request.has_body);
    let unknown = only("DANCE * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    assert_eq!(
        (unknown.method, unknown.method_name.as_str()),
        (Method::Unknown, "DANCE")
    );
    assert_eq!(
        only("RECORD /x RTSP/1.0\r\nCSeq: 1\r\n\r\n").method,
        Method::NotAllowed
    );
}

#[test]
fn what_cannot_be_understood_is_refused() {
    let with = |line: &str| format!("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n{line}\r\n\r\n");
    for text in [
        "GET / HTTP/1.1\r\nHost: pi\r\n\r\n".to_owned(),
        "\x16\x03\x01".to_owned(),
        "hello\r\n\r\n".to_owned(),
        "OPTIONS pi RTSP/1.0\r\nCSeq: 1\r\n\r\n".to_owned(),
        "OPTIONS rtsp://pi/\x07 RTSP/1.0\r\nCSeq: 1\r\n\r\n".to_owned(),
        "OPTIONS * RTSP/1.0\r\n\r\n".to_owned(),
        "OPTIONS * RTSP/1.0\r\nCSeq: one\r\n\r\n".to_owned(),
        format!("OPTIONS * RTSP/1.0\r\nCSeq: {}\r\n\r\n", "1".repeat(21)),
        "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n".to_owned(),
        with("no colon"),
        with(" folded: line"),
        with(": no name"),
        with("A: \x01"),
        with("Content-Length: -1"),
        with("Content-Length: 99999999999999999999999"),
    ] {
        assert_eq!(refusal(&text), Some(Status::BadRequest), "{text:?}");
    }
    let version = "OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n";
    assert_eq!(refusal(version), Some(Status::VersionNotSupported));
    assert_eq!(
        refusal(&with("Content-Length: 10000000")),
        Some(Status::BodyTooLarge)
    );
    assert_eq!(refusal(&with("A: b")), None);
    let many = with(&"A: b\r\n".repeat(70));
    assert_eq!(refusal(&many), Some(Status::BadRequest));
}

#[test]
fn a_head_without_an_end_is_refused_when_it_is_too_long() {
    let endless = format!(
        "OPTIONS * RTSP/1.0\r\nA: {}",
        "x".repeat(3 * MOST_HEAD_BYTES)
    );
    for size in [1, 1000, 100_000] {
        let (messages, refusal) = messages(endless.as_bytes(), size);
        assert_eq!((messages, refusal), (vec![], Some(Status::HeadTooLarge)));
    }
}

#[test]
fn a_body_or_a_large_packet_that_never_ends_costs_no_memory() {
    let mut inbox = Inbox::default();
    inbox.push(b"$\x00\xff\xff");
    for _ in 0..65 {
        assert_eq!(inbox.message(), Ok(None));
        inbox.push(&[0; 1000]);
        assert!(inbox.bytes.len() <= MOST_HEAD_BYTES && inbox.is_within_message());
    }
    assert_eq!(inbox.message(), Ok(None));
    inbox.push(&[0; 535]);
    assert_eq!(inbox.message(), Ok(None));
    assert!(!inbox.is_within_message());
}
