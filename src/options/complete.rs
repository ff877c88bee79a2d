//! The bash completion, from the table: names of options, the words that options take, file names.

use super::commands::COMMANDS;
use super::endpoints::SOURCES;
use super::names;
use super::table::{Arity, Group, Row, rows};

const HEAD: &str = r#"# bash completion for picam-stream

_picam_stream()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word words
    COMPREPLY=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        # What stands behind -- belongs to another program.
        [[ $word == -- ]] && return
    done
    # To readline file:PATH is three words.
    if [[ ${COMP_WORDS[COMP_CWORD-2]} == --source && $prev$cur == file: ]]; then
        prev=FILE cur=
    elif [[ ${COMP_WORDS[COMP_CWORD-3]} == --source && $prev == : ]]; then
        prev=FILE
    fi
"#;

const VALUES: &str = "    case $prev in\n";

const TAIL: &str = r#"    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    [[ ${COMPREPLY[0]} == *: ]] && compopt -o nospace
}
complete -F _picam_stream picam-stream
"#;

const FILES: &str = r#"compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return"#;

/// The completion as a script for bash.
pub fn bash_completion() -> String {
    let mut script = HEAD.to_owned();
    script.push_str(&behind_commands());
    script.push_str(VALUES);
    script.push_str(&case(names(takes_file).chain(["FILE".to_owned()]), FILES));
    for row in rows() {
        let words = words(row);
        if !words.is_empty() {
            script.push_str(&case(
                row.all_names(),
                &format!("words='{}'", words.join(" ")),
            ));
        }
    }
    let other = |row: &Row| row.arity() == Arity::One && !takes_file(row) && words(row).is_empty();
    script.push_str(&case(names(other), "return"));
    script.push_str(&options());
    script.push_str(TAIL);
    script
}

/// Behind a command that takes no options: the words that it takes.
fn behind_commands() -> String {
    let mut script = "    if ((COMP_CWORD > 1)); then\n    case ${COMP_WORDS[1]} in\n".to_owned();
    for command in COMMANDS {
        let Some(words) = command.words else {
            continue;
        };
        let reply = format!(
            "mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$cur\")\n            return",
            words.join(" ")
        );
        script.push_str(&case([command.name.to_owned()], &reply));
    }
    script.push_str("    esac\n    fi\n");
    script
}

/// Anywhere else: all options but those of `serve`, which come behind that word alone, and in the first place the commands.
fn options() -> String {
    let commands: Vec<_> = COMMANDS.iter().map(|command| command.name).collect();
    let is_of_serve = |row: &Row| row.group == Group::Serve;
    let options: Vec<_> = names(|row| !is_of_serve(row)).collect();
    let of_serve: Vec<_> = names(is_of_serve).collect();
    let first = format!(
        "\n            ((COMP_CWORD == 1)) && words+=' {}'\n            [[ ${{COMP_WORDS[1]}} == serve ]] && words+=' {}'",
        commands.join(" "),
        of_serve.join(" ")
    );
    case(
        ["*".to_owned()],
        &format!("words='{} --'{first}", options.join(" ")),
    )
}

fn case(patterns: impl IntoIterator<Item = String>, commands: &str) -> String {
    // The ? of -? would stand for any letter.
    let patterns: Vec<_> = patterns
        .into_iter()
        .map(|pattern| pattern.replace('?', "\\?"))
        .collect();
    format!(
        "        {})\n            {commands}\n            ;;\n",
        patterns.join(" | ")
    )
}

fn names(wanted: impl Fn(&Row) -> bool) -> impl Iterator<Item = String> {
    rows()
        .filter(move |row| wanted(row))
        .flat_map(Row::all_names)
}

fn words(row: &Row) -> Vec<&'static str> {
    if row.long == names::SOURCE {
        SOURCES.to_vec()
    } else {
        row.kind.words().to_vec()
    }
}

fn takes_file(row: &Row) -> bool {
    matches!(row.placeholder, "FILE" | "OUTPUT")
}
