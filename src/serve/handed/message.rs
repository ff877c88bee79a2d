//! The messages on `camera.sock`, one a packet (SOCK_SEQPACKET): a fixed head, numbers of fixed size with the lowest byte
//! first, and text at the end. The first three bytes, and what `Ended` says, stay as they are in every version, so that a
//! service and an instance of different ones understand each other so far.

use std::time::Duration;

use crate::viewer::Tally;

/// The version that is spoken here.
pub const VERSION: u8 = 1;

/// No message is longer.
pub const MOST_BYTES: usize = 8 << 10;

/// What a text may be of that.
const MOST_TEXT_BYTES: usize = 4 << 10;

/// Why nobody gets a transport stream of a camera that gives JPEGs, at whichever end it is found out.
pub const CANNOT_HOLD_JPEG: &str =
    "--format mpegts cannot hold -cd MJPEG, which the shared camera gives: leave one of them out";

const MAGIC: [u8; 2] = *b"Pc";

/// In which form a viewer wants the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pictures as they are: H.264, or JPEGs where the camera gives those.
    Bare,
    MpegTs,
    /// Pictures with their times, for a program of this package that goes on with them.
    Records,
}

impl Kind {
    /// In one word, for the journal and the status.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "raw",
            Self::MpegTs => "mpegts",
            Self::Records => "shared",
        }
    }
}

/// What an instance asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The connection that comes with it is to be served.
    Watch(Watch),
}

/// A viewer that is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    pub kind: Kind,
    /// What the instance's options ask of the camera (`Options::camera_hash`); nothing where it takes the camera as it is.
    pub camera_hash: Option<u64>,
    /// `-t`.
    pub time_limit: Option<Duration>,
    /// How the instance calls its viewer.
    pub name: String,
}

/// What the service says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// The viewer is served. Others are watching with other options, if `other_options`.
    Welcome { other_options: bool },
    /// A line for the journal: its priority (syslog(3)), or none for one of the `-v` report.
    Line { priority: Option<u8>, text: String },
    /// The service ends, to begin anew with the options that are wanted now: ask again.
    AskAgain,
    /// The viewer has been served.
    Ended(Ended),
}

/// How a viewer was served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// What the instance ends with.
    pub exit_status: u8,
    pub tally: Tally,
    /// Frames that the source lost.
    pub dropped: u64,
    pub first_frame_ms: Option<u64>,
    /// In the words of the closing line.
    pub reason: String,
    /// The error, where there was one.
    pub error: String,
}

/// What came and is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbage {
    /// It is none at all.
    NoMessage,
    /// It is one of another version.
    Version(u8),
}

const ASK_WATCH: u8 = 1;
const SAY_WELCOME: u8 = 0x81;
const SAY_LINE: u8 = 0x82;
const SAY_AGAIN: u8 = 0x83;
const SAY_ENDED: u8 = 0x84;

/// Stands for nothing where a number is optional.
const NONE: u64 = u64::MAX;
const NO_PRIORITY: u8 = u8::MAX;

impl Ask {
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Watch(watch) => {
                let limit_us = watch.time_limit.map_or(NONE, |limit| {
                    u64::try_from(limit.as_micros()).unwrap_or(NONE - 1)
                });
                let mut writer = Writer::new(ASK_WATCH);
                writer.byte(watch.kind as u8);
                writer.number(watch.camera_hash.unwrap_or(NONE));
                writer.number(limit_us);
                writer.text(&watch.name);
                writer.0
            }
        }
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Garbage> {
        let (what, mut reader) = Reader::open(bytes)?;
        let read = match what {
            ASK_WATCH => reader.watch().map(Self::Watch),
            _ => None,
        };
        reader.close(read)
    }
}

impl Say {
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Welcome { other_options } => {
                let mut writer = Writer::new(SAY_WELCOME);
                writer.byte(u8::from(*other_options));
                writer.0
            }
            Self::Line { priority, text } => {
                let mut writer = Writer::new(SAY_LINE);
                writer.byte(priority.unwrap_or(NO_PRIORITY));
                writer.text(text);
                writer.0
            }
            Self::AskAgain => Writer::new(SAY_AGAIN).0,
            Self::Ended(ended) => {
                let mut writer = Writer::new(SAY_ENDED);
                writer.byte(ended.exit_status);
                writer.number(ended.tally.frames);
                writer.number(ended.tally.bytes);
                writer.number(ended.tally.skipped);
                writer.number(ended.dropped);
                writer.number(ended.first_frame_ms.unwrap_or(NONE));
                writer.text(&ended.reason);
                writer.text(&ended.error);
                writer.0
            }
        }
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Garbage> {
        let (what, mut reader) = Reader::open(bytes)?;
        let read = match what {
            SAY_WELCOME => reader.byte().map(|byte| Self::Welcome {
                other_options: byte != 0,
            }),
            SAY_LINE => reader.line(),
            SAY_AGAIN => Some(Self::AskAgain),
            SAY_ENDED => reader.ended().map(Self::Ended),
            _ => None,
        };
        reader.close(read)
    }
}

/// Writes one message.
struct Writer(Vec<u8>);

impl Writer {
    fn new(what: u8) -> Self {
        Self(vec![MAGIC[0], MAGIC[1], VERSION, what])
    }

    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// As much of it as a message may have.
    fn text(&mut self, text: &str) {
        let room = MOST_TEXT_BYTES.min(MOST_BYTES - self.0.len() - 4);
        let fits = |end: &usize| text.is_char_boundary(*end);
        let end = (0..=room.min(text.len())).rev().find(fits).unwrap_or(0);
        let text = &text[..end];
        self.0.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Reads one message; every length is checked against what is there before anything is made of it.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn open(bytes: &'a [u8]) -> Result<(u8, Self), Garbage> {
        match bytes {
            [first, second, version, rest @ ..] if [*first, *second] == MAGIC => match rest {
                // How something ended is said alike in every version.
                [what, rest @ ..] if *version == VERSION || *what == SAY_ENDED => {
                    Ok((*what, Self(rest)))
                }
                _ if *version != VERSION => Err(Garbage::Version(*version)),
                _ => Err(Garbage::NoMessage),
            },
            _ => Err(Garbage::NoMessage),
        }
    }

    /// What was read, if that was all.
    fn close<T>(self, read: Option<T>) -> Result<T, Garbage> {
        read.filter(|_| self.0.is_empty()).ok_or(Garbage::NoMessage)
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u64> {
        let bytes = self.bytes(8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    fn optional_number(&mut self) -> Option<Option<u64>> {
        self.number()
            .map(|number| (number != NONE).then_some(number))
    }

    fn text(&mut self) -> Option<String> {
        let length = u32::from_le_bytes(self.bytes(4)?.try_into().ok()?) as usize;
        let text = self.bytes(length)?;
        (length <= MOST_TEXT_BYTES).then(|| String::from_utf8_lossy(text).into_owned())
    }

    fn watch(&mut self) -> Option<Watch> {
        let kind = match self.byte()? {
            0 => Kind::Bare,
            1 => Kind::MpegTs,
            2 => Kind::Records,
            _ => return None,
        };
        Some(Watch {
            kind,
            camera_hash: self.optional_number()?,
            time_limit: self.optional_number()?.map(Duration::from_micros),
            name: self.text()?,
        })
    }

    fn line(&mut self) -> Option<Say> {
        let priority = self.byte()?;
        Some(Say::Line {
            priority: (priority != NO_PRIORITY).then_some(priority),
            text: self.text()?,
        })
    }

    fn ended(&mut self) -> Option<Ended> {
        Some(Ended {
            exit_status: self.byte()?,
            tally: Tally {
                frames: self.number()?,
                bytes: self.number()?,
                skipped: self.number()?,
            },
            dropped: self.number()?,
            first_frame_ms: self.optional_number()?,
            reason: self.text()?,
            error: self.text()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn watch() -> Ask {
        Ask::Watch(Watch {
            kind: Kind::MpegTs,
            camera_hash: Some(0x1234_5678_9abc_def0),
            time_limit: Some(Duration::from_millis(1500)),
            name: "192.0.2.7:50000".into(),
        })
    }

    fn ended() -> Say {
        Say::Ended(Ended {
            exit_status: 75,
            tally: Tally {
                frames: 1,
                bytes: 2,
                skipped: 3,
            },
            dropped: 4,
            first_frame_ms: None,
            reason: "camera stalled".into(),
            error: "the camera has given no frame".into(),
        })
    }

    #[test]
    fn every_message_is_read_as_it_was_written() {
        assert_eq!(Ask::decode(&watch().encode()), Ok(watch()));
        let line = |priority| Say::Line {
            priority,
            text: "Width 640".into(),
        };
        for say in [
            Say::Welcome {
                other_options: true,
            },
            line(None),
            line(Some(4)),
            Say::AskAgain,
            ended(),
        ] {
            assert_eq!(Say::decode(&say.encode()), Ok(say));
        }
    }

    #[test]
    fn a_message_with_bytes_missing_or_too_many_is_none() {
        let whole = watch().encode();
        for length in 0..whole.len() {
            assert_eq!(Ask::decode(&whole[..length]), Err(Garbage::NoMessage));
        }
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(Ask::decode(&longer), Err(Garbage::NoMessage));
    }

    #[test]
    fn another_version_is_told_but_how_it_ended_is_understood() {
        let mut ask = watch().encode();
        ask[2] = 9;
        assert_eq!(Ask::decode(&ask), Err(Garbage::Version(9)));
        let mut end = ended().encode();
        end[2] = 9;
        assert_eq!(Say::decode(&end), Ok(ended()));
    }

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        let text = "ä".repeat(MOST_BYTES);
        let bytes = Say::Line {
            priority: None,
            text,
        }
        .encode();
        assert!(bytes.len() <= MOST_BYTES);
        let Ok(Say::Line { text, .. }) = Say::decode(&bytes) else {
            panic!("a line");
        };
        assert_eq!(text, "ä".repeat(MOST_TEXT_BYTES / 2));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let with_head = [&[MAGIC[0], MAGIC[1], VERSION], &bytes[..]].concat();
            for bytes in [&bytes[..], &with_head] {
                if let Ok(ask) = Ask::decode(bytes) {
                    prop_assert_eq!(Ask::decode(&ask.encode()), Ok(ask));
                }
                if let Ok(say) = Say::decode(bytes) {
                    prop_assert_eq!(Say::decode(&say.encode()), Ok(say));
                }
            }
        }
    }
}
