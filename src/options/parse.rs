//! Reads a command line: raspivid's names and rules, read with more care. Nothing is opened or run.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::draft::Draft;
use super::model::Command;
use super::shown::shown;
use super::similar::nearest;
use super::table::{Arity, Kind, Row, find, rows};
use super::{apply, commands, finish, names, serve, service};
use crate::error::{Error, Result};

/// One option as it stands on the command line.
#[derive(Clone, Debug)]
pub struct Use {
    pub row: &'static Row,
    pub value: Option<OsString>,
}

/// Reads the words behind the program's name.
///
/// Errors: `Usage`, with one line that names the option, what was given and what is allowed.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command> {
    let words: Vec<OsString> = args.into_iter().collect();
    match words.split_first() {
        None => Err(usage("no options were given: see picam-stream --help")),
        Some((first, rest)) if is_bare(first) => commands::parse(first, rest),
        Some(_) => stream(&words),
    }
}

/// Reads what stands behind the word `serve`.
pub(super) fn serve(words: &[OsString]) -> Result<Command> {
    let (uses, passed_on) = split(words)?;
    if let Some((_, command)) = uses.last().and_then(stopping) {
        return Ok(command);
    }
    let draft = read(&uses, passed_on)?;
    Ok(Command::Serve(Box::new(serve::finish(draft)?)))
}

/// The options among the words of a command line that streams, as they stand there, their values unread.
///
/// Errors: `Usage`, as `parse`.
pub fn uses(words: &[OsString]) -> Result<Vec<Use>> {
    split(words).map(|(uses, _)| uses)
}

fn stream(words: &[OsString]) -> Result<Command> {
    let (uses, passed_on) = split(words)?;
    if let Some((name, command)) = uses.last().and_then(stopping) {
        let is_service = uses.iter().any(|it| it.row.long == names::SERVICE);
        return if is_service {
            service::check(command, &name)
        } else {
            Ok(command)
        };
    }
    if let Some(refusal) = uses.iter().find_map(|it| serve::refusal(it.row)) {
        return Err(usage(refusal));
    }
    let draft = read(&uses, passed_on)?;
    Ok(Command::Stream(Box::new(finish::finish(draft)?)))
}

/// The option that ends the reading, as it is typed, and what it asks for.
fn stopping(last: &Use) -> Option<(String, Command)> {
    match last.row.kind {
        Kind::Stop(command) => Some((format!("--{}", last.row.long), command())),
        _ => None,
    }
}

/// Whether the default of the option changes nothing in what was read.
fn says_the_default(row: &Row, draft: &Draft) -> bool {
    row.default.is_some_and(|default| {
        let mut again = draft.clone();
        apply::apply(row, Some(default.as_ref()), &mut again).is_ok()
            && again.options == draft.options
            && again.serve == draft.serve
    })
}

/// The options up to `--` or up to one that ends the reading, and the words behind `--`.
fn split(words: &[OsString]) -> Result<(Vec<Use>, &[OsString])> {
    let mut uses: Vec<Use> = Vec::new();
    let mut rest = words;
    while let Some((word, behind)) = rest.split_first() {
        rest = behind;
        if word == "--" {
            return Ok((uses, rest));
        }
        let row = find(word).ok_or_else(|| usage(unknown(word, uses.last())))?;
        let next = rest.first();
        let value = match row.arity() {
            Arity::None => None,
            Arity::One => Some(next.ok_or_else(|| usage(missing(row)))?.clone()),
            Arity::Optional => next.filter(|next| is_bare(next)).cloned(),
        };
        rest = &rest[usize::from(value.is_some())..];
        uses.push(Use { row, value });
        if matches!(row.kind, Kind::Stop(_)) {
            break;
        }
    }
    Ok((uses, &[]))
}

/// Reads all values; the last one of each option counts, but every one must be right. What is overruled needs no warning.
fn read(uses: &[Use], passed_on: &[OsString]) -> Result<Draft> {
    let mut draft = finish::begin();
    for (index, Use { row, value }) in uses.iter().enumerate() {
        let warnings = draft.options.warnings.len();
        apply::apply(row, value.as_deref(), &mut draft).map_err(usage)?;
        let is_overruled = |later: &Use| later.row.long == row.long && !row.accumulates();
        if uses[index + 1..].iter().any(is_overruled) {
            draft.options.warnings.truncate(warnings);
        }
    }
    draft.options.given = rows()
        .map(|row| row.long)
        .filter(|long| uses.iter().any(|it| it.row.long == *long))
        .collect();
    let restated = uses.iter().filter(|it| says_the_default(it.row, &draft));
    draft.options.restated = restated.map(|it| it.row.long).collect();
    draft.options.passed_on = passed_on.to_vec();
    Ok(draft)
}

/// Whether a word is neither an option nor `--`.
fn is_bare(word: &OsStr) -> bool {
    !word.as_bytes().starts_with(b"-")
}

fn usage(text: impl Into<String>) -> Error {
    Error::Usage(text.into())
}

fn missing(row: &Row) -> String {
    let help = if row.short == "h" {
        " (-h is the height; for help: --help)"
    } else {
        ""
    };
    format!(
        "{} has no value: it takes {}{help}",
        row.names(),
        row.kind.takes()
    )
}

fn unknown(word: &OsStr, before: Option<&Use>) -> String {
    if is_bare(word) {
        let place = before.map_or_else(String::new, |before| {
            format!(" behind {}", before.row.name())
        });
        return format!(
            "stray word {}{place}: options begin with -, see picam-stream --help",
            shown(word)
        );
    }
    let hint = similar(word).map_or_else(String::new, |row| {
        format!(": did you mean {}?", row.names())
    });
    format!(
        "unknown option {}{hint}; picam-stream --help lists all",
        shown(word)
    )
}

/// The option that was probably meant: with the wrong number of dashes, in other letters, with `=`, or misspelt.
fn similar(word: &OsStr) -> Option<&'static Row> {
    let name = word.to_str()?.trim_start_matches('-').split('=').next()?;
    let named = |name: &str| {
        rows().find(|row| {
            !name.is_empty()
                && (row.long.eq_ignore_ascii_case(name) || row.short.eq_ignore_ascii_case(name))
        })
    };
    let names = || rows().flat_map(|row| [row.long, row.short]);
    named(name).or_else(|| named(nearest(name, names())?))
}
