//! The manual page picam-stream(1): the options from the table, around them the prose of
//! `man/*.roff`. It bears no date, so that the same sources give the same page.

use super::commands::COMMANDS;
use super::table::{Fate, Group, Row, rows};
use crate::error::EXIT_STATUSES;

const HEAD: &str = include_str!("man/head.roff");
const COMMANDS_HEAD: &str = r".SH COMMANDS
A first word that does not begin with \- is a command.
Without one, picam\-stream streams.
";
const USE: &str = include_str!("man/use.roff");
const TAIL: &str = include_str!("man/tail.roff");

/// The page in roff, with the macros of man(7).
pub fn man_page() -> String {
    let mut page = format!(
        ".TH PICAM\\-STREAM 1 \"\" \"picam\\-stream {}\" \"User Commands\"\n",
        env!("CARGO_PKG_VERSION")
    );
    // Neither hyphens in names nor gaps between words.
    page.push_str(".nh\n.ad l\n");
    page.push_str(HEAD);
    page.push_str(".SH OPTIONS\n");
    section(
        &mut page,
        "Options that raspivid does not have",
        Group::Ours,
    );
    section(&mut page, "Options of serve alone", Group::Serve);
    section(&mut page, "Stream and encoder", Group::Video);
    section(&mut page, "Common settings", Group::Common);
    section(&mut page, "Preview", Group::Preview);
    section(&mut page, "Image parameters", Group::Image);
    commands(&mut page);
    page.push_str(USE);
    exit_statuses(&mut page);
    page.push_str(TAIL);
    page
}

fn exit_statuses(page: &mut String) {
    page.push_str(".SH EXIT STATUS\n");
    for status in EXIT_STATUSES {
        // README marks what is typed with backquotes.
        let when = escape(&capitalised(status.when).replace('`', ""));
        page.push_str(&format!(".TP\n.B {}\n{when}.\n", status.code));
    }
}

fn section(page: &mut String, title: &str, group: Group) {
    page.push_str(&format!(".SS {title}\n"));
    for row in rows().filter(|row| row.group == group) {
        page.push_str(&option(row));
    }
}

fn option(row: &Row) -> String {
    let names: Vec<_> = row
        .all_names()
        .map(|name| format!("\\fB{}\\fR", escape(&name)))
        .collect();
    let value = if row.placeholder.is_empty() {
        String::new()
    } else {
        format!(" \\fI{}\\fR", escape(row.placeholder))
    };
    let mut text = format!(
        ".TP\n{}{value}\n{}.\n",
        names.join(", "),
        escape(&capitalised(row.help))
    );
    let words: Vec<_> = row
        .kind
        .words()
        .iter()
        .map(|word| format!("\\fB{}\\fR", escape(word)))
        .collect();
    if !words.is_empty() {
        text.push_str(&format!("One of {}.\n", words.join(", ")));
    }
    if !row.more.is_empty() {
        text.push_str(&format!("{}\n", escape(row.more)));
    }
    match row.default {
        _ if row.fate == Fate::Ignored => text.push_str("Accepted and ignored.\n"),
        Some(default) if default != "on" => {
            text.push_str(&format!("Default: {}.\n", escape(default)))
        }
        _ => {}
    }
    text
}

fn commands(page: &mut String) {
    page.push_str(COMMANDS_HEAD);
    for command in COMMANDS {
        page.push_str(&format!(
            ".TP\n\\fB{}\\fR\n{}.\n",
            escape(command.name),
            escape(&capitalised(command.help))
        ));
    }
}

/// Text as roff prints it letter by letter: its escape character, the hyphen that is a minus, and
/// no line that looks like a request.
fn escape(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq");
    if text.starts_with('.') {
        format!("\\&{text}")
    } else {
        text
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
