//! raspivid's own options for its output, its files, the keyboard and the pauses: most of them mean
//! nothing to a stream.

use std::path::PathBuf;

use super::{Fate, Group, Kind, Row};
use crate::options::draft::Draft;
use crate::options::{endpoints, value, words};

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
const MAX: i64 = i32::MAX as i64;

pub const ROWS: &[Row] = &[
    Row {
        long: "listen",
        short: "l",
        kind: Kind::Flag(|draft| draft.options.listen = true),
        help: "with -o tcp://ADDRESS:PORT: wait for viewers there, one after another",
        more: "The camera is closed between viewers. A second viewer at the same time is turned away.",
        ..SESSION
    },
    Row {
        long: "flush",
        short: "fl",
        kind: Kind::Flag(|draft| draft.options.flush = true),
        help: "write every frame at once",
        more: "A stream always does; it is accepted as raspivid's name for it.",
        ..SESSION
    },
    Row {
        long: "save-pts",
        short: "pts",
        placeholder: "FILE",
        kind: Kind::Special {
            takes: "the name of a file, or - for standard output",
            set: |draft, text| {
                draft.options.pts_file = Some(endpoints::pts_file(text)?);
                Ok(())
            },
        },
        help: "write the time of every frame to a file, in mkvmerge's timecode format v2",
        ..SESSION
    },
    Row {
        long: "initial",
        short: "i",
        placeholder: "STATE",
        kind: Kind::Words {
            words: words::INITIAL_STATES,
            exact: false,
            set: |draft, word| draft.options.report_only.initial_state = word,
        },
        default: Some("record"),
        help: "state at the start; a stream always records",
        ..IGNORED
    },
    Row {
        long: "demo",
        short: "d",
        placeholder: "[MS]",
        kind: Kind::MaybeWhole {
            min: 0,
            max: MAX,
            unit: "milliseconds",
            set: |_, _| {},
        },
        help: "show one camera effect after another",
        ..IGNORED
    },
    Row {
        long: "timed",
        short: "td",
        placeholder: "ON,OFF",
        kind: Kind::Special {
            takes: "ON,OFF: two whole numbers of milliseconds from 0 to 2147483647",
            set: |draft, text| {
                value::whole_list(text, ',', 2..=2, 0..=MAX)?;
                draft.waiting = Some("Cycle on time");
                Ok(())
            },
        },
        help: "record and pause in turn",
        ..IGNORED
    },
    Row {
        long: "signal",
        short: "s",
        kind: Kind::Flag(|draft| draft.waiting = Some("Cycle on signal")),
        help: "record and pause at each SIGUSR1",
        ..IGNORED
    },
    Row {
        long: "keypress",
        short: "k",
        kind: Kind::Flag(|draft| draft.waiting = Some("Cycle on keypress")),
        help: "record and pause at each press of Enter",
        ..IGNORED
    },
    Row {
        long: "segment",
        short: "sg",
        placeholder: "MS",
        kind: Kind::Whole {
            min: 0,
            max: MAX,
            unit: "milliseconds",
            set: |draft, ms| {
                draft.options.report_only.segment_ms = ms as u32;
                // raspivid needs the headers to begin a new file with.
                draft.options.video.inline_headers |= ms != 0;
            },
        },
        default: Some("0"),
        help: "begin a new file after so long",
        ..IGNORED
    },
    Row {
        long: "wrap",
        short: "wr",
        placeholder: "N",
        kind: Kind::Whole {
            min: 0,
            max: MAX,
            unit: "",
            set: |draft, n| draft.options.report_only.segment_wrap = n as u32,
        },
        default: Some("0"),
        help: "largest number of a file",
        ..IGNORED
    },
    Row {
        long: "start",
        short: "sn",
        placeholder: "N",
        kind: Kind::Special {
            takes: "a whole number from 0 to 2147483647",
            set: segment_start,
        },
        default: Some("1"),
        help: "number of the first file",
        more: "raspivid refuses it where an earlier -wr is smaller, and so does picam-stream.",
        ..IGNORED
    },
    Row {
        long: "split",
        short: "sp",
        kind: Kind::Flag(|draft| draft.options.video.inline_headers = true),
        help: "begin a new file after each pause",
        ..IGNORED
    },
    Row {
        long: "circular",
        short: "c",
        kind: Kind::Flag(|_| {}),
        help: "keep the last -t milliseconds in memory until a pause",
        ..IGNORED
    },
    Row {
        long: "vectors",
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
        long: "raw",
        short: "r",
        placeholder: "FILE",
        kind: Kind::Special {
            takes: "the name of a file",
            set: |draft, text| {
                unused_file(text)?;
                draft.raw = true;
                Ok(())
            },
        },
        help: "write the pictures to a file as they are before the encoder",
        ..IGNORED
    },
    Row {
        long: "raw-format",
        short: "rf",
        placeholder: "FORMAT",
        kind: Kind::Words {
            words: words::RAW_FORMATS,
            exact: false,
            set: |draft, word| draft.raw_format = word,
        },
        default: Some("yuv"),
        help: "form of the pictures in that file",
        ..IGNORED
    },
];

fn unused_file(text: &std::ffi::OsStr) -> Result<(), String> {
    endpoints::file(text).map(|_: PathBuf| ())
}

fn segment_start(draft: &mut Draft, text: &std::ffi::OsStr) -> Result<(), String> {
    let number = value::whole(text, 0..=MAX)? as u32;
    let wrap = draft.options.report_only.segment_wrap;
    if wrap != 0 && number > wrap {
        return Err(format!("it is larger than the {wrap} given with -wr"));
    }
    draft.options.report_only.segment_start = number;
    Ok(())
}
