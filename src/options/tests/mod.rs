//! Tests of the options as a whole: from the words of a command line to what it asks for.

mod conffile;
mod doubtful;
mod limits;
mod properties;
mod refused;
mod report;
mod serve;
mod service;
mod table;
mod understood;

use super::{Command, Options, parse};
use crate::error::{Error, Result};

/// Reads a command line of words without blanks.
fn options(line: &str) -> Options {
    stream(parse_words(&line.split_whitespace().collect::<Vec<_>>()))
}

fn parse_words(words: &[&str]) -> Result<Command> {
    parse(words.iter().map(Into::into))
}

fn stream(result: Result<Command>) -> Options {
    match result {
        Ok(Command::Stream(options)) => *options,
        other => panic!("not a stream: {other:?}"),
    }
}

/// The one line about a command line that is refused.
fn refusal(words: &[&str]) -> String {
    match parse_words(words) {
        Err(error @ Error::Usage(_)) => {
            assert_eq!(error.exit_status(), 64);
            let text = error.to_string();
            assert!(!text.contains('\n'), "{text}");
            text
        }
        other => panic!("{words:?} is not refused: {other:?}"),
    }
}

/// The single warning of a command line.
fn warning(line: &str) -> String {
    let given = options(line);
    assert_eq!(given.warnings.len(), 1, "{line}: {:?}", given.warnings);
    given.warnings.concat()
}
