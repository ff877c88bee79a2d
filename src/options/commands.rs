//! The words that may stand first instead of an option. Each reads the words behind it.

use std::ffi::{OsStr, OsString};

use super::Command;
use crate::error::{Error, Result};

/// A command word.
pub struct CommandWord {
    pub name: &'static str,
    /// One line for `--help`, without a full stop.
    pub help: &'static str,
    /// Reads what stands behind the word.
    pub parse: fn(&[OsString]) -> Result<Command>,
}

/// All command words. Without one, picam-stream streams.
pub const COMMANDS: &[CommandWord] = &[
    CommandWord {
        name: "cameras",
        help: "list the cameras",
        parse: |rest| no_words(rest, Command::Cameras),
    },
    CommandWord {
        name: "doctor",
        help: "tell what is wrong with camera and service, and what to do; --json for programs",
        parse: doctor,
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
        Some(word) => Err(Error::Usage(format!(
            "{word:?} does not belong behind this command, which takes no options"
        ))),
    }
}

/// `--json` is all that it takes.
fn doctor(rest: &[OsString]) -> Result<Command> {
    match rest {
        [] => Ok(Command::Doctor { json: false }),
        [word] if word == "--json" => Ok(Command::Doctor { json: true }),
        [first, ..] => Err(Error::Usage(format!(
            "{first:?} does not belong behind doctor, which takes --json alone"
        ))),
    }
}

fn unknown(word: &OsStr) -> String {
    let names: Vec<_> = COMMANDS.iter().map(|command| command.name).collect();
    let known = if names.is_empty() {
        "there is none".to_owned()
    } else {
        names.join(", ")
    };
    format!(
        "unknown command {word:?}; commands: {known}; options begin with -, see picam-stream --help"
    )
}
