//! The text of `--help`, from the table: raspivid's sections in raspivid's order, in our words.

use super::commands::COMMANDS;
use super::table::{Fate, Group, Row, rows};

/// The column in which the explanations begin.
const COLUMN: usize = 32;

/// Where a line ends at the latest; longer explanations go on in the next one.
const WIDTH: usize = 120;

const NETWORK: &str = "\
Network: -o tcp://HOST:PORT connects to a viewer, and -o udp://HOST:PORT sends to one. Together
with -l, it waits at that address and serves one viewer after another, as in
    picam-stream -t 0 -l -o tcp://0.0.0.0:3333
HOST is a name, an IPv4 address or an IPv6 address in brackets.
";

const MORE: &str = "\
The options of the service on port 3333 are in /etc/default/raspivid; man picam-stream tells more.
";

/// What `--help` prints.
pub fn help() -> String {
    let mut text = format!(
        "\n\"picam-stream\" Camera App (version {})\n\n\
         Takes live video from the camera and writes it to a viewer, a file or standard output.\n\n\n\
         usage: picam-stream [COMMAND] [options] [-- options of the capture program]\n\n",
        env!("CARGO_PKG_VERSION")
    );
    for command in COMMANDS {
        text.push_str(&line(command.name, command.help));
    }
    section(
        &mut text,
        "Options that raspivid does not have",
        Group::Ours,
    );
    section(&mut text, "Options of serve alone", Group::Serve);
    lists(&mut text, Group::Ours);
    section(&mut text, "Stream and encoder", Group::Video);
    lists(&mut text, Group::Video);
    text.push('\n');
    text.push_str(NETWORK);
    section(&mut text, "Common settings", Group::Common);
    section(&mut text, "Preview", Group::Preview);
    section(&mut text, "Image parameters", Group::Image);
    text.push_str("\nNotes\n");
    lists(&mut text, Group::Image);
    text.push('\n');
    text.push_str(MORE);
    text
}

fn section(text: &mut String, title: &str, group: Group) {
    text.push_str(&format!("\n{title}\n\n"));
    for row in rows().filter(|row| row.group == group) {
        text.push_str(&line(&usage(row), &explanation(row)));
    }
}

/// The words of every option of the group that takes words.
fn lists(text: &mut String, group: Group) {
    for row in rows().filter(|row| row.group == group) {
        let words = row.kind.words();
        if !words.is_empty() {
            text.push_str(&format!(
                "\n{}, {}:\n{}\n",
                row.name(),
                row.help,
                words.join(",")
            ));
        }
    }
}

/// The names of an option and its value.
fn usage(row: &Row) -> String {
    let names = if row.short.is_empty() {
        format!("--{}", row.long)
    } else {
        format!("-{}, --{}", row.short, row.long)
    };
    if row.placeholder.is_empty() {
        names
    } else {
        format!("{names} {}", row.placeholder)
    }
}

fn explanation(row: &Row) -> String {
    let default = match row.default {
        Some(default) if default != "on" && row.fate != Fate::Ignored => {
            format!(" (default {default})")
        }
        _ => String::new(),
    };
    let ignored = if row.fate == Fate::Ignored {
        " (ignored)"
    } else {
        ""
    };
    format!("{}{default}{ignored}", row.help)
}

fn line(name: &str, explanation: &str) -> String {
    let mut text = format!("{name:<COLUMN$}:");
    let mut end = text.chars().count();
    for word in explanation.split(' ') {
        let letters = word.chars().count();
        if end + 1 + letters > WIDTH {
            text.push_str(&format!("\n{:COLUMN$} ", ""));
            end = COLUMN + 1;
        }
        text.push(' ');
        text.push_str(word);
        end += 1 + letters;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_one_line_that_fits_a_terminal() {
        let help = help();
        for row in rows() {
            let lines: Vec<_> = help
                .lines()
                .filter(|line| line.starts_with(&format!("{} ", usage(row))))
                .collect();
            assert_eq!(lines.len(), 1, "{}", row.long);
        }
        for line in help
            .lines()
            .filter(|line| !line.contains(",off,") && !line.contains("none,"))
        {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn what_counts_beside_another_option_is_not_called_ignored() {
        // -i pause begins with a pause where -s is given, and -s pauses where neither -k nor -td follows.
        let help = help();
        for name in ["-i, --initial", "-s, --signal"] {
            let line = help.lines().find(|line| line.starts_with(name));
            assert!(!line.expect(name).contains("ignored"), "{line:?}");
        }
        let keypress = help.lines().find(|line| line.starts_with("-k, "));
        assert!(keypress.is_some_and(|line| line.ends_with("(ignored)")));
    }

    #[test]
    fn all_words_are_listed() {
        let help = help();
        for list in [
            "\nbaseline,main,high\n",
            "\n4,4.1,4.2\n",
            "\ncyclic,adaptive,both,cyclicrows\n",
            "\nyuv,rgb,gray\n",
            "\noff,auto,50hz,60hz\n",
            "\naverage,spot,backlit,matrix\n",
            "\nh264,mpegts\n",
        ] {
            assert!(help.contains(list), "{list}");
        }
    }
}
