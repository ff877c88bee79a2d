//! The words behind `--`, which go to the capture program unchanged: which of its options they are, and which of these
//! would take the stream away from us, end it, or keep it from beginning.
//!
//! Facts from rpicam-apps 1.0 to 1.13 (core/options, core/video_options, apps/rpicam_vid.cpp); its reader of options
//! (Boost's program_options) takes the beginning of a name for the name.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::error::{Error, Result};
use crate::options::Options;

/// The short form of options that are given by us, or are refused.
const SHORT: [(char, &str); 11] = [
    ('b', "bitrate"),
    ('c', "config"),
    ('g', "intra"),
    ('h', "help"),
    ('i', "initial"),
    ('k', "keypress"),
    ('l', "listen"),
    ('n', "nopreview"),
    ('o', "output"),
    ('s', "signal"),
    ('t', "timeout"),
];

/// An option that cannot stand behind `--`.
struct Refused {
    name: &'static str,
    /// With which values it can.
    unless: fn(&str) -> bool,
    reason: &'static str,
}

const ELSEWHERE: &str = "where the stream goes and its form are told by picam-stream's own options";
const TEXT: &str = "it prints a text and ends, and no stream begins; type it in a terminal";
const NOBODY: &str = "it pauses the stream at a key or a signal, which nobody gives here";

const REFUSED: [Refused; 19] = [
    never("output", ELSEWHERE),
    never("codec", ELSEWHERE),
    never("save-pts", ELSEWHERE),
    never("libav-format", ELSEWHERE),
    never("circular", ELSEWHERE),
    never("segment", ELSEWHERE),
    never("split", ELSEWHERE),
    never("listen", ELSEWHERE),
    never("help", TEXT),
    never("version", TEXT),
    never("list-cameras", TEXT),
    never("keypress", NOBODY),
    never("signal", NOBODY),
    never(
        "config",
        "what that file says cannot be seen here: write its options behind --",
    ),
    but(
        "timeout",
        is_zero,
        "it ends the stream: how long that lasts is told by picam-stream's own -t",
    ),
    but(
        "frames",
        is_zero,
        "it ends the stream after so many pictures: how long that lasts is told by picam-stream's own -t",
    ),
    but(
        "initial",
        |state| state.eq_ignore_ascii_case("record"),
        "a stream that begins with a pause never begins here",
    ),
    but(
        "sync",
        |mode| mode == "off",
        "it holds the stream back until another camera answers",
    ),
    but(
        "metadata",
        |file| file != "-",
        "- is the output of the stream itself: give it a file",
    ),
];

const fn never(name: &'static str, reason: &'static str) -> Refused {
    but(name, |_| false, reason)
}

const fn but(name: &'static str, unless: fn(&str) -> bool, reason: &'static str) -> Refused {
    Refused {
        name,
        unless,
        reason,
    }
}

/// Refuses words with which no stream would come, or not to us.
///
/// # Errors
/// `Error::Usage`, with the option and the reason.
pub fn check(options: &Options) -> Result<()> {
    let given = uses(&options.passed_on);
    let refused = given.iter().find_map(|(name, value)| {
        let row = REFUSED.iter().find(|row| row.is_meant_by(name))?;
        let value = value.as_deref().unwrap_or_default();
        (!(row.unless)(value)).then_some((row, value))
    });
    match refused {
        None => Ok(()),
        Some((row, value)) => Err(Error::Usage(format!(
            "--{}{}{value} cannot stand behind --: {}",
            row.name,
            if value.is_empty() { "" } else { " " },
            row.reason
        ))),
    }
}

impl Refused {
    fn is_meant_by(&self, name: &str) -> bool {
        name == self.name || name.len() >= 3 && self.name.starts_with(name)
    }
}

/// The long names of the options among these words.
pub fn names(words: &[OsString]) -> HashSet<String> {
    uses(words).into_iter().map(|(name, _)| name).collect()
}

/// The value that an option is given among these words.
pub fn value(words: &[OsString], name: &str) -> Option<String> {
    let mut given = uses(words).into_iter();
    given.find_map(|(other, value)| (other == name).then_some(value)?)
}

/// The options with the values that they are given.
fn uses(words: &[OsString]) -> Vec<(String, Option<String>)> {
    let texts: Vec<&str> = words
        .iter()
        .map(|word| std::str::from_utf8(word.as_bytes()).unwrap_or_default())
        .collect();
    let next = |index: usize| {
        let word = texts.get(index + 1)?;
        (!word.starts_with('-') || *word == "-").then(|| (*word).to_owned())
    };
    let read = |(index, word): (usize, &&str)| {
        let (name, value) = named(word)?;
        Some((name, value.or_else(|| next(index))))
    };
    texts.iter().enumerate().filter_map(read).collect()
}

/// The option that a word names, and the value where that is in the same word.
fn named(word: &str) -> Option<(String, Option<String>)> {
    if let Some(long) = word.strip_prefix("--") {
        return Some(match long.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (long.to_owned(), None),
        });
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let letter = letters.next()?;
    let (_, long) = SHORT.iter().find(|(short, _)| *short == letter)?;
    let value = letters.as_str();
    Some((
        (*long).to_owned(),
        (!value.is_empty()).then(|| value.trim_start_matches('=').to_owned()),
    ))
}

/// `0`, also with a unit.
fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    number.parse() == Ok(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(words: &str) -> Options {
        Options {
            passed_on: words.split_whitespace().map(OsString::from).collect(),
            ..Options::default()
        }
    }

    #[test]
    fn options_that_go_over_unchanged_are_known_by_all_their_forms() {
        let words = "--width=640 --bitrate 4000000 -g25 -t 5 -- - é";
        let words = with(words).passed_on;
        let mut names: Vec<String> = names(&words).into_iter().collect();
        names.sort();
        assert_eq!(names, ["", "bitrate", "intra", "timeout", "width"]);
    }

    #[test]
    fn words_with_which_no_stream_would_come_are_refused_with_the_reason() {
        for (words, named, reason) in [
            ("--version", "--version", "prints a text and ends"),
            ("--vers", "--version", "prints a text and ends"),
            ("--denoise cdn_off --list-cameras", "--list-cameras", "text"),
            ("-h", "--help", "text"),
            ("--initial pause", "--initial pause", "never begins"),
            ("--initial=Pause", "--initial Pause", "never begins"),
            ("-ipause", "--initial pause", "never begins"),
            ("--sync server", "--sync server", "another camera"),
            ("--sync", "--sync", "another camera"),
            ("--keypress", "--keypress", "nobody"),
            ("-s", "--signal", "nobody"),
            ("--timeout 5000", "--timeout 5000", "picam-stream's own -t"),
            ("-t 5sec", "--timeout 5sec", "picam-stream's own -t"),
            ("--frames=100", "--frames 100", "picam-stream's own -t"),
            ("-c file.txt", "--config file.txt", "cannot be seen"),
            ("--metadata -", "--metadata -", "the stream itself"),
            ("-o x.264", "--output x.264", "own options"),
            ("--libav-format=mpegts", "--libav-format", "own options"),
        ] {
            let error = check(&with(words)).expect_err(words).to_string();
            assert!(
                error.starts_with(named) && error.contains(reason),
                "{error}"
            );
        }
    }

    #[test]
    fn words_that_leave_the_stream_alone_pass() {
        for words in [
            "",
            "--denoise cdn_off --autofocus-mode continuous",
            "--timeout 0",
            "-t0",
            "--timeout=0ms --frames 0",
            "--initial record --sync off",
            "--metadata /tmp/x --metadata-format txt",
            "--info-text version --level 4.2 --mode 1:2",
            "--low-latency --libav-video-codec-opts preset=superfast",
        ] {
            assert!(check(&with(words)).is_ok(), "{words}");
        }
    }
}
