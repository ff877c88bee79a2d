//! What a client may say, and what comes back.

use proptest::prelude::*;

use super::*;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client sends it.
fn client_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = frame(first & 0x0f, payload);
    bytes[0] = first;
    bytes[1] |= MASKED;
    let head = bytes.len() - payload.len();
    bytes.splice(head..head, MASK);
    for (byte, mask) in bytes[head + 4..].iter_mut().zip(MASK.iter().cycle()) {
        *byte ^= mask;
    }
    bytes
}

fn code_of(answer: Option<Answer>) -> Option<u16> {
    match answer {
        Some(Answer::Close(frame)) if frame.len() >= 4 => {
            assert_eq!(frame[0], FINAL | CLOSE);
            Some(u16::from_be_bytes([frame[2], frame[3]]))
        }
        _ => None,
    }
}

#[test]
fn the_example_of_rfc_6455_is_accepted() {
    assert_eq!(
        accepted_key("dGhlIHNhbXBsZSBub25jZQ=="),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    let wish = |key: &str, version: &str| Upgrade {
        key: key.into(),
        version: version.into(),
    };
    let status = |upgrade: Option<&Upgrade>| accept(upgrade).status as u16;
    assert_eq!(status(Some(&wish("dGhlIHNhbXBsZSBub25jZQ==", "13"))), 101);
    assert_eq!(status(Some(&wish("dGhlIHNhbXBsZSBub25jZQ==", "8"))), 426);
    assert_eq!(status(Some(&wish("short", "13"))), 400);
    assert_eq!(status(None), 426);
}

#[test]
fn a_message_has_the_shortest_length_that_holds_it() {
    for (length, head) in [
        (0, &[0x82, 0][..]),
        (125, &[0x82, 125]),
        (126, &[0x82, 126, 0, 126]),
        (65_535, &[0x82, 126, 0xff, 0xff]),
        (65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let message = binary_message(&vec![7; length]);
        assert_eq!(message[..head.len()], *head);
        assert_eq!(message.len(), head.len() + length);
    }
}

#[test]
fn a_ping_comes_back_and_a_goodbye_too() {
    let mut inbound = Inbound::default();
    // RFC 6455, 5.7: a masked "Hello".
    assert_eq!(
        client_frame(0x81, b"Hello"),
        [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
        ]
    );
    assert_eq!(inbound.take(&client_frame(0x81, b"Hello")), None);
    let pong = Some(Answer::Pong(frame(PONG, b"Hello")));
    assert_eq!(inbound.take(&client_frame(FINAL | PING, b"Hello")), pong);
    assert_eq!(inbound.take(&client_frame(FINAL | PONG, b"")), None);
    let goodbye = inbound.take(&client_frame(FINAL | CLOSE, &1001_u16.to_be_bytes()));
    assert_eq!(code_of(goodbye), Some(1001));
}

#[test]
fn a_goodbye_that_nobody_may_say_is_not_given_back() {
    for (payload, code) in [
        (&b""[..], None),
        (b"\x03", Some(CloseCode::ProtocolError as u16)),
        (b"\x03\xed", Some(CloseCode::ProtocolError as u16)),
        (b"\x03\xe8bye", Some(1000)),
        (b"\x0f\xa0", Some(4000)),
    ] {
        let answer = Inbound::default().take(&client_frame(FINAL | CLOSE, payload));
        assert_eq!(code_of(answer), code, "{payload:?}");
    }
}

#[test]
fn a_message_in_parts_passes_and_a_ping_between_them_is_answered() {
    let mut inbound = Inbound::default();
    let part = vec![1; 30_000];
    assert_eq!(inbound.take(&client_frame(BINARY, &part)), None);
    let pong = inbound.take(&client_frame(FINAL | PING, b""));
    assert_eq!(pong, Some(Answer::Pong(frame(PONG, b""))));
    assert_eq!(
        inbound.take(&client_frame(FINAL | CONTINUATION, &part)),
        None
    );
    assert_eq!(inbound.take(&client_frame(FINAL | BINARY, &part)), None);
}

#[test]
fn what_breaks_the_rules_ends_it_with_a_code() {
    let unmasked = frame(TEXT, b"x");
    let large = [FINAL | BINARY, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (bytes, code) in [
        (unmasked, 1002),
        (client_frame(0xc1, b"x"), 1002),
        (client_frame(FINAL | 0x3, b"x"), 1002),
        (client_frame(PING, b"x"), 1002),
        (client_frame(FINAL | PING, &[0; 126]), 1002),
        (client_frame(FINAL | CONTINUATION, b"x"), 1002),
        (
            [client_frame(TEXT, b"x"), client_frame(TEXT, b"x")].concat(),
            1002,
        ),
        (large.to_vec(), 1009),
        (client_frame(FINAL | BINARY, &[0; 70_000]), 1009),
        (b"GET / HTTP/1.1\r\n".to_vec(), 1002),
    ] {
        assert_eq!(code_of(Inbound::default().take(&bytes)), Some(code));
    }
    let long = close(CloseCode::TryAgainLater, &"ä".repeat(100));
    assert_eq!((long.len(), long[1]), (2 + 124, 124));
}

proptest! {
    #[test]
    fn any_bytes_are_bounded(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut inbound = Inbound::default();
        for byte in bytes {
            if let Some(Answer::Close(_)) = inbound.take(&[byte]) {
                break;
            }
            prop_assert!(inbound.held.len() <= 14 + 125);
        }
    }
}
