//! Any bytes from a connection of a browser: as heads of requests, in pieces of any size, and as WebSocket frames. Nothing
//! grows, and how they are cut changes nothing.

#![no_main]

mod bounded;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::serve::http::head::Inbox;
use picam_stream::serve::http::hosts::Hosts;
use picam_stream::serve::http::known_urls;
use picam_stream::serve::http::request::Request;
use picam_stream::serve::http::response::Status;
use picam_stream::serve::http::websocket::{self, Answer, Inbound};
use picam_stream::serve::users::authorization;
use picam_stream::viewer::limits::MOST_HEAD_BYTES;

fuzz_target!(|input: &[u8]| {
    bounded::run(input, Duration::from_millis(200), |input| {
        let Some((size, bytes)) = input.split_first() else {
            return;
        };
        let size = usize::from(*size).max(1);
        let outcome = requests(bytes, size);
        assert_eq!(outcome, requests(bytes, MOST_HEAD_BYTES));
        for request in &outcome.0 {
            look_at(request);
        }
        let said = frames(bytes, size);
        assert_eq!(said, frames(bytes, bytes.len().max(1)));
    });
});

/// The requests of a connection, and the refusal that ended it.
fn requests(bytes: &[u8], size: usize) -> (Vec<Request>, Option<Status>) {
    let (mut inbox, mut requests, mut rest) = (Inbox::default(), Vec::new(), bytes);
    loop {
        match inbox.request() {
            Ok(Some(request)) => requests.push(request),
            Err(refusal) => return (requests, Some(refusal.status)),
            Ok(None) if rest.is_empty() => return (requests, None),
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
    let (path, query) = request.path_and_query();
    assert!(request.target.ends_with(query));
    if let Some(resource) = known_urls::find(path, query) {
        assert!(known_urls::find(path, query) == Some(resource) && path.starts_with('/'));
    }
    let host = request.host.as_deref().unwrap_or_default();
    let allowed = Hosts::default().allow(host);
    assert!(!(allowed && host.ends_with(".com")));
    if let Some(value) = &request.authorization {
        let _ = authorization::read(value);
    }
    websocket::accept(request.upgrade.as_ref());
}

/// The goodbye, if it comes to one: pings are answered as they come, so that what is cut otherwise has other answers.
fn frames(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut inbound = Inbound::default();
    bytes
        .chunks(size)
        .find_map(|chunk| match inbound.take(chunk) {
            Some(Answer::Close(frame)) => Some(frame),
            _ => None,
        })
}
