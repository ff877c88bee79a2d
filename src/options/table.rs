//! The one table of options: all of raspivid's and ours, a plain row each. The parser, `--help`,
//! the manual page and the completion are all made from it. Facts: raspivid of raspberrypi/userland
//! at a54a0db.

mod common;
mod encoder;
mod files;
mod ours;
mod picture;
mod preview;
mod sensor;
mod serve;

use std::ffi::OsStr;

use super::draft::Draft;
use super::model::Command;
use super::names;
use super::value::Checked;

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name behind `--`.
    pub long: &'static str,
    /// The name behind `-`; empty where there is none.
    pub short: &'static str,
    /// What stands for the value in help texts; empty for a flag.
    pub placeholder: &'static str,
    pub group: Group,
    pub kind: Kind,
    /// In the form of the command line, read by the same parser; `on` for a flag that is set unless
    /// another option clears it.
    pub default: Option<&'static str>,
    pub fate: Fate,
    /// One line for `--help`, without a full stop.
    pub help: &'static str,
    /// What the manual page adds; may be empty.
    pub more: &'static str,
}

/// The sections of `--help` and of the manual page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Ours,
    /// Those of the command `serve` alone.
    Serve,
    /// raspivid's own: stream, encoder, files.
    Video,
    Common,
    Preview,
    Image,
}

/// What becomes of an option when there is a stream to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The session itself, for every source: loop, output, log.
    Session,
    Encoder,
    Camera,
    /// Its value is checked, then nothing is done: it is for a screen, a keyboard or files.
    Ignored,
}

/// What kind of value an option takes, and where it goes. A setter gets only what its kind has let
/// through.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Flag(fn(&mut Draft)),
    Whole(Whole),
    /// The same, which may be missing: the next word is the value unless it begins with `-`.
    MaybeWhole(Whole),
    /// A decimal number from 0 to `max`.
    Decimal {
        max: f32,
        set: fn(&mut Draft, f32),
    },
    /// One of the words, in any letters unless they must be `exact`.
    Words {
        words: &'static [&'static str],
        exact: bool,
        unknown: Unknown,
        /// Gets the word's place among them.
        set: fn(&mut Draft, usize),
    },
    /// Anything else: what it takes in words, and the setter that reads it, and tells what is used instead of
    /// it or what is wrong with it.
    Special {
        takes: &'static str,
        set: fn(&mut Draft, &OsStr) -> Checked,
    },
    /// Ends the reading at once.
    Stop(fn() -> Command),
}

/// A whole number: how it is read, and what becomes of it where it is none or lies outside its range.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    pub scan: Scan,
    pub unread: Unread,
    pub min: i32,
    pub max: i32,
    pub beyond: Beyond,
    /// May be empty.
    pub unit: &'static str,
    pub set: fn(&mut Draft, i32),
}

/// How raspivid scans a number: `%d` or `%u`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    Signed,
    Unsigned,
}

/// What raspivid does with a text that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    Refused,
    /// The number that was there before stays.
    Kept,
}

/// What becomes of a number outside the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// raspivid refuses it, or nothing could be streamed with it.
    Refused,
    /// As with raspivid, the camera is told, and does with it what it can.
    Passed,
    /// As with raspivid, the camera is not told.
    LeftOut,
}

/// What becomes of a word that is none of the option's.
#[derive(Clone, Copy, Debug)]
pub enum Unknown {
    Refused,
    /// The row's default is used.
    Default,
    /// The option is as if it had not been given.
    Unset(fn(&mut Draft)),
}

impl Whole {
    /// As raspivid reads its own options: any number from 0 up.
    const BLANK: Self = Self {
        scan: Scan::Unsigned,
        unread: Unread::Refused,
        min: 0,
        max: i32::MAX,
        beyond: Beyond::Passed,
        unit: "",
        set: |_, _| {},
    };
    /// As it reads the camera's: any number.
    const CAMERA: Self = Self {
        scan: Scan::Signed,
        unread: Unread::Kept,
        min: i32::MIN,
        ..Self::BLANK
    };
}

/// How many words an option takes behind its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    None,
    One,
    Optional,
}

const TABLE: [&[Row]; 8] = [
    ours::ROWS,
    serve::ROWS,
    encoder::ROWS,
    files::ROWS,
    common::ROWS,
    preview::ROWS,
    picture::ROWS,
    sensor::ROWS,
];

/// All options, in the table's order.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().flat_map(|rows| rows.iter())
}

/// The option that a word names: `-` and the whole short name, or `--` and the whole long name, in
/// exactly these letters.
pub fn find(word: &OsStr) -> Option<&'static Row> {
    let name = word.to_str()?.strip_prefix('-')?;
    rows().find(|row| {
        name == row.short && !row.short.is_empty() || name.strip_prefix('-') == Some(row.long)
    })
}

impl Row {
    /// The start of a row: what most rows have in common.
    const BLANK: Self = Self {
        long: "",
        short: "",
        placeholder: "",
        group: Group::Ours,
        kind: Kind::Flag(|_| {}),
        default: None,
        fate: Fate::Session,
        help: "",
        more: "",
    };

    /// Both names, as messages show them: `-w (--width)`.
    pub fn names(&self) -> String {
        if self.short.is_empty() {
            format!("--{}", self.long)
        } else {
            format!("-{} (--{})", self.short, self.long)
        }
    }

    /// The shorter name, as lists show it.
    pub fn name(&self) -> String {
        if self.short.is_empty() {
            format!("--{}", self.long)
        } else {
            format!("-{}", self.short)
        }
    }

    /// The names as they are typed, the shorter one first.
    pub fn all_names(&self) -> impl Iterator<Item = String> + use<> {
        let short = (!self.short.is_empty()).then(|| format!("-{}", self.short));
        short.into_iter().chain([format!("--{}", self.long)])
    }

    /// Whether every use of the option counts, not only the last.
    pub(super) fn accumulates(&self) -> bool {
        self.long == names::ANNOTATE
    }

    pub(super) fn arity(&self) -> Arity {
        match self.kind {
            Kind::Flag(_) | Kind::Stop(_) => Arity::None,
            Kind::MaybeWhole(_) => Arity::Optional,
            _ => Arity::One,
        }
    }
}

impl Kind {
    /// What the option takes, for messages.
    pub fn takes(&self) -> String {
        match self {
            Self::Flag(_) | Self::Stop(_) => "no value".to_owned(),
            Self::Whole(whole) | Self::MaybeWhole(whole) => whole.takes(),
            Self::Decimal { max, .. } => format!("a decimal number from 0 to {max}"),
            Self::Words { words, .. } => listed(words),
            Self::Special { takes, .. } => (*takes).to_owned(),
        }
    }

    /// The words that the option takes, where it takes words.
    pub fn words(&self) -> &'static [&'static str] {
        match *self {
            Self::Words { words, .. } => words,
            _ => &[],
        }
    }
}

impl Whole {
    fn takes(&self) -> String {
        let mut text = "a whole number".to_owned();
        if !self.unit.is_empty() {
            text.push_str(&format!(" of {}", self.unit));
        }
        match (self.min, self.max) {
            (i32::MIN, _) => {}
            (min, i32::MAX) => text.push_str(&format!(" from {min} up")),
            (min, max) => text.push_str(&format!(" from {min} to {max}")),
        }
        text
    }
}

/// `a, b or c`.
fn listed(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.join(""),
    }
}
