//! Heads, whole and in pieces, right and wrong.

use proptest::prelude::*;

use super::super::request::{Method, Upgrade};
use super::*;

fn read(bytes: &[u8]) -> Result<Option<Request>, Response> {
    let mut inbox = Inbox::default();
    inbox.push(&bytes[..bytes.len().min(inbox.room())]);
    inbox.request()
}

fn refused(bytes: &[u8]) -> u16 {
    match read(bytes) {
        Err(response) => response.status as u16,
        Ok(request) => panic!("{}: {request:?}", bytes.escape_ascii()),
    }
}

fn understood(text: &str) -> Request {
    read(text.as_bytes())
        .expect("understood")
        .expect("the whole head")
}

#[test]
fn a_request_is_understood_however_it_is_cut() {
    let text = b"\r\nGET /snapshot?a=b HTTP/1.1\r\nhOST: pi.local:8080\r\nOrigin: http://a.local\r\nAuthorization: Basic YTpi\r\n\r\n";
    let whole = read(text).expect("understood").expect("whole");
    assert_eq!(whole.method, Method::Get);
    assert_eq!(whole.path_and_query(), ("/snapshot", "a=b"));
    assert_eq!(whole.host.as_deref(), Some("pi.local:8080"));
    assert_eq!(whole.origin.as_deref(), Some("http://a.local"));
    assert_eq!(whole.authorization.as_deref(), Some(&b"Basic YTpi"[..]));
    assert!(whole.keeps_alive && !whole.is_old && whole.upgrade.is_none());
    let mut inbox = Inbox::default();
    for (index, byte) in text.iter().enumerate() {
        inbox.push(&[*byte]);
        let next = inbox.request().expect("no refusal");
        assert_eq!(next.is_some(), index + 1 == text.len());
        assert!(next.is_none_or(|request| request == whole));
    }
    assert!(inbox.is_empty());
}

#[test]
fn what_follows_a_request_stays_for_the_next() {
    let mut inbox = Inbox::default();
    inbox.push(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /b HTTP/1.0\r\n\r\nGET /c");
    let mut next = || inbox.request().expect("understood");
    assert_eq!(next().expect("the first").target, "/a");
    let second = next().expect("the second");
    assert_eq!((second.method, second.is_old), (Method::Head, true));
    assert_eq!(next(), None);
    assert_eq!(inbox.take(), b"GET /c");
    assert!(inbox.is_empty());
}

#[test]
fn a_connection_goes_on_as_its_version_says() {
    for (version, connection, goes_on) in [
        ("1.1", "", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: Upgrade, CLOSE\r\n", false),
        ("1.1", "Connection: x\r\nConnection: close\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
    ] {
        let text = format!("GET / HTTP/{version}\r\nHost: a\r\n{connection}\r\n");
        assert_eq!(understood(&text).keeps_alive, goes_on, "{text}");
    }
}

#[test]
fn the_whole_url_is_understood_and_names_the_host() {
    let request =
        understood("GET http://pi.local:8080/live.mp4?x HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert_eq!(request.host.as_deref(), Some("pi.local:8080"));
    assert_eq!(request.path_and_query(), ("/live.mp4", "x"));
    for (url, query) in [("HTTP://pi", ""), ("http://pi?a=b", "a=b")] {
        let request = understood(&format!("GET {url} HTTP/1.1\r\nHost: pi\r\n\r\n"));
        assert_eq!(request.path_and_query(), ("/", query));
    }
}

#[test]
fn the_wish_for_a_websocket_is_read() {
    let fields = "Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n";
    let with_version = |it: &str| understood(&format!("GET /ws HTTP/{it}\r\n{fields}\r\n"));
    let (key, version) = ("k".into(), "13".into());
    assert_eq!(with_version("1.1").upgrade, Some(Upgrade { key, version }));
    assert_eq!(with_version("1.0").upgrade, None);
}

#[test]
fn what_is_wrong_is_refused_with_its_number() {
    let with = |fields: &str| format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n").into_bytes();
    for (text, status) in [
        (b"\x16\x03\x01\x02\x00\x01".to_vec(), 400),
        (b"GET / HTTP/1.1\nHost: a\n\n".to_vec(), 400),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 400),
        (b"GET live.mp4 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 400),
        (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 400),
        (b"GET /\r\n\r\n".to_vec(), 400),
        (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 505),
        (b"\0\0\0\r\n\r\n".to_vec(), 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), 505),
        (b"POST / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 405),
        (b"OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 405),
        (b"get / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 405),
        (with("Host: b"), 400),
        (with("Content-Length: 5"), 413),
        (with("Content-Length: 0\r\nContent-Length: 0"), 400),
        (with("Content-Length: 5\r\nContent-Length: 6"), 400),
        (with("Content-Length: +5"), 400),
        (with("Content-Length: 5, 5"), 400),
        (with("Content-Length:"), 400),
        (with("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400),
        (with("Transfer-Encoding: chunked"), 411),
        (with("Transfer-Encoding : chunked"), 400),
        (with("Transfer-Encoding:\x0bchunked"), 400),
        (with("X: a\r\n folded: b"), 400),
        (with("X: a\rContent-Length: 4"), 400),
        (with("X\0: a"), 400),
        (with(": a"), 400),
        (with("no colon"), 400),
        (with(&"X: a\r\n".repeat(64)), 431),
        (with(&format!("X: {}", "a".repeat(9000))), 431),
    ] {
        let shown = String::from_utf8_lossy(&text[..text.len().min(200)]).into_owned();
        assert_eq!(refused(&text), status, "{shown:?}");
    }
    let most = format!("Content-Length: 000\r\n{}", "X: a\r\n".repeat(61));
    assert!(read(&with(&format!("{most}X: b"))).is_ok());
}

#[test]
fn nothing_beyond_the_largest_head_is_taken() {
    let mut inbox = Inbox::default();
    inbox.push(&vec![b'a'; MOST_HEAD_BYTES - 1]);
    assert_eq!(inbox.request(), Ok(None));
    assert_eq!(inbox.room(), 1);
    inbox.push(b"a");
    assert_eq!(
        inbox.request().map_err(|refusal| refusal.status),
        Err(Status::HeadTooLarge)
    );
}

proptest! {
    #[test]
    fn how_bytes_are_cut_changes_nothing(
        bytes in "(GET|HEAD|POST) /[a-z?=&]{0,9} HTTP/1\\.[01]\r\n(Host: [a-z.]{1,9}\r\n)?(X: [ -~]{0,9}\r?\n){0,3}\r?\n.{0,9}",
        pieces in prop::collection::vec(1_usize..20, 1..40),
    ) {
        let whole = read(bytes.as_bytes());
        let (mut inbox, mut rest, mut outcome) = (Inbox::default(), bytes.as_bytes(), Ok(None));
        for piece in pieces.iter().cycle() {
            let (now, later) = rest.split_at((*piece).min(rest.len()));
            inbox.push(now);
            outcome = inbox.request();
            rest = later;
            if rest.is_empty() || outcome != Ok(None) {
                break;
            }
        }
        prop_assert_eq!(outcome, whole);
    }
}
