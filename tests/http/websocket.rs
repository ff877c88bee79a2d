//! WebSocket, as Mainsail's jmuxer player opens it.

use test_support::decoding::assert_begins_decodable;

use crate::client::{CARD, Client, get_with, serve};

pub const FIELDS: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A frame of the server: the first byte, and the payload.
fn frame(client: &mut Client) -> (u8, Vec<u8>) {
    let head = client.bytes(2);
    let length = match head[1] {
        126 => {
            let bytes = client.bytes(2);
            usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
        }
        127 => {
            let bytes = client.bytes(8);
            usize::try_from(u64::from_be_bytes(bytes.try_into().expect("eight"))).expect("small")
        }
        short => usize::from(short),
    };
    (head[0], client.bytes(length))
}

/// A frame of a client: masked with zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    bytes.extend_from_slice(payload);
    bytes
}

#[test]
fn each_picture_is_a_message_and_a_ping_is_answered_between_two() {
    let service = serve(CARD);
    let mut client = Client::ask(&service, "/ws", FIELDS);
    let head = client.head();
    assert_eq!(head.status, 101, "{}", head.head);
    assert_eq!(
        head.field("Sec-WebSocket-Accept"),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    let (first, picture) = frame(&mut client);
    assert_eq!(first, 0x82);
    assert_begins_decodable(&picture);
    client.say(&masked(0x89, b"are you there"));
    client.say(&masked(0x81, b"what a client says means nothing"));
    let mut pictures = 0;
    let pong = loop {
        match frame(&mut client) {
            (0x82, picture) => {
                assert!(picture.starts_with(&[0, 0, 0, 1]), "{:?}", &picture[..8]);
                pictures += 1;
            }
            (0x8a, payload) => break payload,
            (other, _) => panic!("{other:x}"),
        }
        assert!(pictures < 500, "no answer");
    };
    assert_eq!(pong, b"are you there");
    client.say(&masked(0x88, &1000_u16.to_be_bytes()));
    let goodbye = loop {
        match frame(&mut client) {
            (0x88, payload) => break payload,
            (first, _) => assert_eq!(first, 0x82),
        }
    };
    assert_eq!(goodbye, 1000_u16.to_be_bytes());
    assert_eq!(client.rest(), b"");
}

#[test]
fn who_breaks_the_rules_is_told_and_closed() {
    let service = serve(CARD);
    let mut client = Client::ask(&service, "/ws", FIELDS);
    client.head();
    client.say(b"GET / HTTP/1.1\r\n\r\n");
    let goodbye = loop {
        match frame(&mut client) {
            (0x88, payload) => break payload,
            (first, _) => assert_eq!(first, 0x82),
        }
    };
    assert_eq!(goodbye[..2], 1002_u16.to_be_bytes());
    client.rest();
}

#[test]
fn who_said_goodbye_and_never_hangs_up_keeps_nothing_alive() {
    let service = serve(CARD);
    let mut client = Client::ask(&service, "/ws", FIELDS);
    client.head();
    client.say(&masked(0x88, &1000_u16.to_be_bytes()));
    assert_eq!(service.wait_for_exit(1).code(), Some(0));
    drop(client);
}

#[test]
fn a_page_of_elsewhere_cannot_open_one() {
    let service = serve(CARD);
    for (origin, number) in [("http://evil.example", 403), ("null", 403)] {
        let fields = format!("{FIELDS}Origin: {origin}\r\n");
        let answer = get_with(&service, "/ws", &fields);
        assert_eq!(answer.status, number, "{origin}");
        assert!(answer.text().contains("--hosts"), "{}", answer.text());
    }
    let fields = format!("{FIELDS}Origin: http://mainsail.local\r\n");
    assert_eq!(Client::ask(&service, "/ws", &fields).head().status, 101);
    assert_eq!(get_with(&service, "/ws", "").status, 426);
}
