//! Any bytes from a connection of an RTSP client: as requests and packets between them, in pieces of any size. Nothing grows,
//! how they are cut changes nothing, and whatever is understood can be answered.

#![no_main]

mod bounded;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::serve::rtsp::inbox::{Inbox, Message};
use picam_stream::serve::rtsp::request::Request;
use picam_stream::serve::rtsp::response::{Response, Status};
use picam_stream::serve::rtsp::rtcp;
use picam_stream::serve::rtsp::transport::Transport;
use picam_stream::viewer::limits::MOST_HEAD_BYTES;

fuzz_target!(|input: &[u8]| {
    bounded::run(input, Duration::from_millis(200), |input| {
        let Some((size, bytes)) = input.split_first() else {
            return;
        };
        let outcome = messages(bytes, usize::from(*size).max(1));
        assert_eq!(outcome, messages(bytes, MOST_HEAD_BYTES));
        for message in &outcome.0 {
            match message {
                Message::Request(request) => look_at(request),
                Message::Packet { bytes, .. } => {
                    rtcp::reception(bytes, 0);
                }
            }
        }
    });
});

/// What came over a connection, and the refusal that ended it.
fn messages(bytes: &[u8], size: usize) -> (Vec<Message>, Option<Status>) {
    let (mut inbox, mut messages, mut rest) = (Inbox::default(), Vec::new(), bytes);
    loop {
        match inbox.message() {
            Ok(Some(message)) => messages.push(message),
            Err(refusal) => return (messages, Some(refusal.status)),
            Ok(None) if rest.is_empty() => return (messages, None),
            Ok(None) => {
                let room = inbox.room();
                assert!(room > 0 && room <= MOST_HEAD_BYTES);
                let (now, later) = rest.split_at(size.min(room).min(rest.len()));
                inbox.push(now);
                rest = later;
            }
        }
    }
}

fn look_at(request: &Request) {
    assert!(request.target.starts_with(request.base_url()));
    if let Some(list) = &request.transport
        && let Some(way) = Transport::choose(list, true)
    {
        assert!(Transport::choose(&way.answer(None, 1), true) == Some(way));
    }
    let answer = Response::new(Status::Ok)
        .with("Content-Base", request.base_url().to_owned())
        .answering(request)
        .bytes();
    let lines = answer.split(|byte| *byte == b'\n').count();
    assert_eq!(lines, 6, "{}", String::from_utf8_lossy(&answer));
}
