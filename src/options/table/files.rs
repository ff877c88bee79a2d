//! raspivid's own options for its output, its files, the keyboard and the pauses: most of them mean
//! nothing to a stream.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Fate, Group, Kind, Row, Unknown, Whole};
use crate::options::draft::Draft;
use crate::options::value::{Checked, instead};
use crate::options::words::{InitialState, RawFormat, WaitMethod};
use crate::options::{endpoints, names, scan};

const SESSION: Row = Row {
    group: Group::Video,
    fate: Fate::Session,
    ..Row::BLANK
};
const IGNORED: Row = Row {
    group: Group::Video,
    fate: Fate::Ignored,
    ..Row::BLANK
};

pub const ROWS: &[Row] = &[
    Row {
        long: names::LISTEN,
        short: "l",
        kind: Kind::Flag(|draft| draft.options.listen = true),
        help: "with -o tcp://ADDRESS:PORT: wait for viewers there, one after another",
        more: "The camera is closed between viewers. A second viewer at the same time is turned away.",
        ..SESSION
    },
    Row {
        long: names::FLUSH,
        short: "fl",
        kind: Kind::Flag(|draft| draft.options.flush = true),
        help: "write every frame at once",
        more: "A stream always does; it is accepted as raspivid's name for it.",
        ..SESSION
    },
    Row {
        long: names::SAVE_PTS,
        short: "pts",
        placeholder: "FILE",
        kind: Kind::Special {
            takes: "the name of a file, or - for standard output",
            set: |draft, text| {
                draft.options.pts_file = endpoints::pts_file(text)?;
                Ok(draft
                    .options
                    .pts_file
                    .is_none()
                    .then(|| "it is left out".to_owned()))
            },
        },
        help: "write the time of every frame to a file, in mkvmerge's timecode format v2",
        ..SESSION
    },
    Row {
        long: names::INITIAL,
        short: "i",
        placeholder: "STATE",
        kind: Kind::Words {
            words: InitialState::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.report_only.initial_state = InitialState::ALL[at],
        },
        default: Some("record"),
        help: "state at the start, record or pause",
        more: "A pause needs -s, whose signal ends it; without that a stream records, and says so.",
        ..SESSION
    },
    Row {
        long: names::DEMO,
        short: "d",
        placeholder: "[MS]",
        kind: Kind::MaybeWhole(Whole {
            unit: "milliseconds",
            ..Whole::BLANK
        }),
        help: "show one camera effect after another",
        ..IGNORED
    },
    Row {
        long: names::TIMED,
        short: "td",
        placeholder: "ON,OFF",
        kind: Kind::Special {
            takes: "ON,OFF: two whole numbers of milliseconds from 1000 up",
            set: timed,
        },
        help: "record and pause in turn",
        ..IGNORED
    },
    Row {
        long: names::SIGNAL,
        short: "s",
        kind: Kind::Flag(|draft| draft.wait(WaitMethod::Signal)),
        help: "pause at SIGUSR1, and go on at the next",
        more: "The viewer stays. Of -k, -s and -td the last one counts. Without -s the signal means nothing. Where -t is over, \
               the next signal still pauses or goes on, and the one behind it ends the stream.",
        ..SESSION
    },
    Row {
        long: names::KEYPRESS,
        short: "k",
        kind: Kind::Flag(|draft| draft.wait(WaitMethod::Keypress)),
        help: "record and pause at each press of Enter",
        ..IGNORED
    },
    Row {
        long: names::SEGMENT,
        short: "sg",
        placeholder: "MS",
        kind: Kind::Whole(Whole {
            unit: "milliseconds",
            set: |draft, ms| {
                draft.options.report_only.segment_ms = ms;
                // raspivid needs the headers to begin a new file with.
                draft.options.video.inline_headers = true;
            },
            ..Whole::BLANK
        }),
        help: "begin a new file after so long",
        ..IGNORED
    },
    Row {
        long: names::WRAP,
        short: "wr",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            set: |draft, n| draft.options.report_only.segment_wrap = n,
            ..Whole::BLANK
        }),
        default: Some("0"),
        help: "largest number of a file",
        ..IGNORED
    },
    Row {
        long: names::START,
        short: "sn",
        placeholder: "N",
        kind: Kind::Special {
            takes: "a whole number from 0 up",
            set: segment_start,
        },
        default: Some("1"),
        help: "number of the first file",
        more: "raspivid refuses it where an earlier -wr is smaller, and so does picam-stream.",
        ..IGNORED
    },
    Row {
        long: names::SPLIT,
        short: "sp",
        kind: Kind::Flag(|draft| {
            draft.options.video.inline_headers = true;
            draft.options.video.key_frame_at_start = true;
        }),
        help: "begin a new file after each pause",
        ..IGNORED
    },
    Row {
        long: names::CIRCULAR,
        short: "c",
        kind: Kind::Flag(|_| {}),
        help: "keep the last -t milliseconds in memory until a pause",
        ..IGNORED
    },
    Row {
        long: names::VECTORS,
        short: "x",
        placeholder: "FILE",
        kind: Kind::Special {
            takes: "the name of a file",
            set: |_, text| unused_file(text),
        },
        help: "write the motion vectors to a file",
        ..IGNORED
    },
    Row {
        long: names::RAW,
        short: "r",
        placeholder: "FILE",
        kind: Kind::Special {
            takes: "the name of a file",
            set: |draft, text| {
                draft.raw = true;
                unused_file(text)
            },
        },
        help: "write the pictures to a file as they are before the encoder",
        ..IGNORED
    },
    Row {
        long: names::RAW_FORMAT,
        short: "rf",
        placeholder: "FORMAT",
        kind: Kind::Words {
            words: RawFormat::NAMES,
            exact: false,
            unknown: Unknown::Refused,
            set: |draft, at| draft.raw_format = RawFormat::ALL[at],
        },
        default: Some("yuv"),
        help: "form of the pictures in that file",
        ..IGNORED
    },
];

/// Any name but none: nothing is opened.
fn unused_file(text: &OsStr) -> Checked {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(None)
}

fn timed(draft: &mut Draft, text: &OsStr) -> Checked {
    let (times, rest) = scan::list(text.as_bytes(), b',', 2, scan::unsigned);
    let [on_ms, off_ms] = times[..] else {
        return Err(String::new());
    };
    draft.wait(WaitMethod::Timed);
    let used = [on_ms, off_ms].map(|ms| ms.max(SHORTEST_CYCLE_MS));
    Ok(instead(
        used[..] == times[..],
        rest,
        format!("{},{}", used[0], used[1]),
    ))
}

/// What raspivid raises a shorter time of `-td` to.
const SHORTEST_CYCLE_MS: i32 = 1000;

fn segment_start(draft: &mut Draft, text: &OsStr) -> Checked {
    let (number, rest) = scan::unsigned(text.as_bytes()).ok_or_else(String::new)?;
    let wrap = draft.options.report_only.segment_wrap;
    if wrap != 0 && number > wrap {
        return Err(format!("it is larger than the {wrap} given with -wr"));
    }
    draft.options.report_only.segment_start = number;
    Ok(instead(number >= 0, rest, number))
}
