//! The options of `serve` alone: how long it stays, whom it serves, and how many.

use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Fate, Group, Kind, Row};
use crate::options::endpoints::file;
use crate::options::names;
use crate::options::value::utf8;

const SERVE: Row = Row {
    group: Group::Serve,
    fate: Fate::Session,
    ..Row::BLANK
};

const LONGEST_LINGER: Duration = Duration::from_secs(3600);
const VIEWERS: RangeInclusive<u32> = 1..=1000;
const JPEGS_A_SECOND: RangeInclusive<u32> = 1..=30;

pub const ROWS: &[Row] = &[
    Row {
        long: names::LINGER,
        placeholder: "SECONDS",
        kind: Kind::Special {
            takes: "a number of seconds from 0 to 3600, such as 5 or 0.5",
            set: |draft, text| {
                draft.serve.linger = seconds(utf8(text)?).ok_or_else(String::new)?;
                Ok(None)
            },
        },
        default: Some("5"),
        help: "keep the camera for so long after the last viewer has left",
        more: "Who comes within that time has pictures at once. With 0 the camera is free as soon as nobody watches.",
        ..SERVE
    },
    Row {
        long: names::MAX_VIEWERS,
        placeholder: "N",
        kind: Kind::Special {
            takes: "a whole number from 1 to 1000",
            set: |draft, text| {
                draft.serve.max_viewers = number(text, VIEWERS)? as usize;
                Ok(None)
            },
        },
        default: Some("100"),
        help: "serve no more viewers than this at once",
        more: "Who comes then is told so.",
        ..SERVE
    },
    Row {
        long: names::MAX_VIEWERS_PER_ADDRESS,
        placeholder: "N",
        kind: Kind::Special {
            takes: "a whole number from 1 to 1000",
            set: |draft, text| {
                draft.serve.max_viewers_per_address = number(text, VIEWERS)? as usize;
                Ok(None)
            },
        },
        default: Some("16"),
        help: "serve no more viewers of one address than this at once",
        more: "With IPv6 the first 64 bits of the address count.",
        ..SERVE
    },
    Row {
        long: names::USERS,
        placeholder: "FILE",
        kind: Kind::Special {
            takes: "the name of a file",
            set: |draft, text| {
                draft.serve.users = Some(file(text)?);
                Ok(None)
            },
        },
        help: "ask for a name and a password, which must be in this file",
        more: "It holds for browsers and for RTSP. The stream on port 3333 knows no passwords.",
        ..SERVE
    },
    Row {
        long: names::HOSTS,
        placeholder: "NAME[,NAME]",
        kind: Kind::Special {
            takes: "names of this machine without a port, such as camera.example.org,garden",
            set: |draft, text| {
                draft.serve.hosts = hosts(utf8(text)?)?;
                Ok(None)
            },
        },
        help: "more names of this machine that the web page answers to",
        more: "It answers to addresses, to names without a dot and to those of a home network (such as .local) in any \
               case; to other names it does not, so that no page from elsewhere can look through the camera.",
        ..SERVE
    },
    Row {
        long: names::MJPEG_FPS,
        placeholder: "N",
        kind: Kind::Special {
            takes: "a whole number from 1 to 30",
            set: |draft, text| {
                draft.serve.mjpeg_fps = number(text, JPEGS_A_SECOND)?;
                Ok(None)
            },
        },
        default: Some("5"),
        help: "JPEG pictures a second, where a viewer asks for such",
        more: "They are made of the H.264 stream, which costs processor time.",
        ..SERVE
    },
];

/// Digits, with a point among them or not.
fn seconds(text: &str) -> Option<Duration> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = text.parse().ok().filter(|_| is_plain)?;
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    (duration <= LONGEST_LINGER).then_some(duration)
}

/// Digits alone.
fn number(text: &OsStr, allowed: RangeInclusive<u32>) -> Result<u32, String> {
    let text = utf8(text)?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain);
    number
        .filter(|number| allowed.contains(number))
        .ok_or_else(String::new)
}

/// In small letters, as they are compared.
fn hosts(text: &str) -> Result<Vec<String>, String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.split(',')
        .map(|name| {
            let plain = name.strip_suffix('.').unwrap_or(name);
            match plain {
                "" => Err("one of the names is empty".to_owned()),
                _ if plain.bytes().all(is_part) => Ok(plain.to_ascii_lowercase()),
                _ => Err(format!("{name:?} is no host name")),
            }
        })
        .collect()
}
