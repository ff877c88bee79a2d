//! The words that may stand first instead of an option. Each reads the words behind it.

use std::ffi::{OsStr, OsString};

use super::model::Command;
use super::shown::shown;
use super::similar::nearest;
use crate::error::{Error, Result};

/// A command word.
pub struct CommandWord {
    pub name: &'static str,
    /// One line for `--help`, without a full stop.
    pub help: &'static str,
    /// The words that it takes, for the completion; `None` where it takes options.
    pub words: Option<&'static [&'static str]>,
    /// Reads what stands behind the word.
    pub parse: fn(&[OsString]) -> Result<Command>,
}

/// All command words. Without one, picam-stream streams.
pub const COMMANDS: &[CommandWord] = &[
    CommandWord {
        name: "cameras",
        help: "list the cameras",
        words: Some(&[]),
        parse: |rest| no_words(rest, Command::Cameras),
    },
    CommandWord {
        name: "doctor",
        help: "tell what is wrong with camera and service, and what to do; --json for programs",
        words: Some(&["--json"]),
        parse: doctor,
    },
    CommandWord {
        name: "help",
        help: "print this help and exit, as --help does",
        words: Some(&[]),
        parse: |rest| no_words(rest, Command::Help),
    },
    CommandWord {
        name: "serve",
        help: "share the camera among viewers that systemd listens for, as picam-camera.service does",
        words: None,
        parse: super::parse::serve,
    },
    CommandWord {
        name: "version",
        help: "print the version and exit, as --version does",
        words: Some(&[]),
        parse: |rest| no_words(rest, Command::Version),
    },
];

/// Reads a command line that begins with `word`, which is no option.
pub fn parse(word: &OsStr, rest: &[OsString]) -> Result<Command> {
    match COMMANDS.iter().find(|command| word == command.name) {
        Some(command) => (command.parse)(rest),
        None => Err(Error::Usage(unknown(word))),
    }
}

/// A command that takes no words of its own.
fn no_words(rest: &[OsString], command: Command) -> Result<Command> {
    match rest.first() {
        None => Ok(command),
        // Who asks for help gets it, wherever it stands.
        Some(word) if asks_for_help(word) => Ok(Command::Help),
        Some(word) => Err(Error::Usage(format!(
            "{} does not belong behind this command, which takes no options",
            shown(word)
        ))),
    }
}

fn asks_for_help(word: &OsStr) -> bool {
    word == "--help" || word == "-?"
}

/// `--json` is all that it takes.
fn doctor(rest: &[OsString]) -> Result<Command> {
    match rest {
        [] => Ok(Command::Doctor { json: false }),
        [word] if word == "--json" => Ok(Command::Doctor { json: true }),
        [word, ..] if asks_for_help(word) => Ok(Command::Help),
        [first, ..] => Err(Error::Usage(format!(
            "{} does not belong behind doctor, which takes --json alone",
            shown(first)
        ))),
    }
}

fn unknown(word: &OsStr) -> String {
    let names = || COMMANDS.iter().map(|command| command.name);
    let hint = word
        .to_str()
        .and_then(|word| nearest(word, names()))
        .map_or_else(String::new, |name| format!(": did you mean {name}?"));
    format!(
        "unknown command {}{hint}; commands: {}; options begin with -, see picam-stream --help",
        shown(word),
        names().collect::<Vec<_>>().join(", ")
    )
}
