//! The options while they are read, as plain data: what the table's setters fill.

use std::collections::BTreeMap;

use super::model::{Options, ServeOptions};
use super::words::{RawFormat, WaitMethod};

/// The `-t` that is as good as none.
pub const NOT_GIVEN_MS: i64 = -1;

/// What is known so far.
#[derive(Clone, Default)]
pub struct Draft {
    pub options: Options,
    /// The options of `serve`, without those of the stream.
    pub serve: ServeOptions,
    /// `-t` as it stands; [`NOT_GIVEN_MS`] before any, and where that was given.
    pub time_ms: i64,
    /// What it is then.
    pub default_time_ms: i64,
    /// How the last of `-k`, `-s` and `-td` waits, or the first `-t 0` where none stands before it.
    pub waiting: Option<WaitMethod>,
    /// `-r` was given.
    pub raw: bool,
    pub raw_format: RawFormat,
    /// What stays where a later text is no number.
    numbers: BTreeMap<&'static str, i32>,
}

impl Draft {
    /// Notes something that was changed, left out or ignored.
    pub fn warn(&mut self, text: String) {
        self.options.warnings.push(text);
    }

    /// `-k`, `-s` or `-td`: without a `-t` before it there is no end.
    pub fn wait(&mut self, method: WaitMethod) {
        self.waiting = Some(method);
        if self.time_ms == NOT_GIVEN_MS {
            self.time_ms = 0;
        }
    }

    /// The number that was last read for an option; 0 before any was.
    pub fn number(&self, long: &str) -> i32 {
        self.numbers.get(long).copied().unwrap_or(0)
    }

    pub fn keep_number(&mut self, long: &'static str, number: i32) {
        self.numbers.insert(long, number);
    }
}
