//! The file that the package installs as /etc/default/raspivid.

use super::stream;
use crate::options::table::find;
use crate::options::{Command, Group, Options, parse};

const CONFFILE: &str = include_str!("../../../assets/default/raspivid");
const NAME: &str = "RASPIVID_OPTIONS = ";

/// What systemd makes of a value: words at blanks, quotes taken off.
fn words(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in value.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn parsed(value: &str) -> Options {
    let service = "--service -v -n".split(' ').map(str::to_owned);
    stream(parse(service.chain(words(value)).map(Into::into)))
}

/// The same behind `serve`, where SERVE_OPTIONS stand.
fn served(value: &str) -> Options {
    let serve = "serve -v -n".split(' ').map(str::to_owned);
    match parse(serve.chain(words(value)).map(Into::into)) {
        Ok(Command::Serve(options)) => options.stream,
        other => panic!("{value}: {other:?}"),
    }
}

fn is_of_serve(example: &str) -> bool {
    let name = words(example).swap_remove(0);
    find(name.as_ref()).is_some_and(|row| row.group == Group::Serve)
}

#[test]
fn the_default_is_one_line_and_gives_no_warning() {
    let values: Vec<_> = CONFFILE
        .lines()
        .filter_map(|line| line.strip_prefix(NAME))
        .collect();
    assert_eq!(
        values,
        ["-w 1280 -h 720 -a 12 -fl -ih -b 800000 -fps 25 -pf main -g 25 -awb auto"]
    );
    assert_eq!(parsed(values[0]).warnings, [""; 0]);
    let others = CONFFILE
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with(NAME));
    assert!(others.into_iter().all(str::is_empty));
}

#[test]
fn a_preset_counts_as_soon_as_its_mark_is_taken_away() {
    let active = CONFFILE.find(&format!("\n{NAME}")).unwrap();
    let first_preset = CONFFILE.find(&format!("\n#{NAME}")).unwrap();
    assert!(active < first_preset, "the last line of a name counts");
}

#[test]
fn the_three_presets_work() {
    let presets: Vec<_> = CONFFILE
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.strip_prefix(NAME))
        .collect();
    assert_eq!(presets.len(), 3);
    for preset in presets {
        let given = parsed(preset);
        assert_eq!(given.warnings, [""; 0], "{preset}");
        assert!(
            given.video.intra_period.is_some() && given.was_given("width"),
            "{preset}"
        );
    }
}

#[test]
fn the_options_of_serve_count_as_soon_as_the_mark_is_taken_away() {
    let lines: Vec<_> = CONFFILE
        .lines()
        .filter_map(|line| line.strip_prefix("#SERVE_OPTIONS = "))
        .collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(served(lines[0]).warnings, [""; 0]);
}

#[test]
fn every_option_that_is_explained_exists_and_works_as_written() {
    let mut explained = 0;
    for line in CONFFILE
        .lines()
        .filter_map(|line| line.strip_prefix("#   "))
    {
        // The options stand in front of the first two blanks, more of them behind a semicolon or
        // bracket.
        let (example, text) = line.split_once("  ").unwrap_or((line, ""));
        let given = match is_of_serve(example) {
            true => served(example),
            false => parsed(example),
        };
        assert_eq!(given.warnings, [""; 0], "{line}");
        explained += 1;
        for word in text
            .split([' ', ';', '(', ')', ':', ','])
            .filter(|word| word.starts_with('-'))
        {
            assert!(find(word.as_ref()).is_some(), "{word} in {line}");
        }
    }
    assert!(explained > 10);
}

#[test]
fn a_text_with_blanks_can_stand_in_quotes() {
    assert_eq!(
        parsed("-a \"Front door\" -w 640").annotation.text,
        "Front door"
    );
    let annotation = parsed("-a 12 -a \"Door %X\"").annotation;
    assert_eq!((annotation.bits, annotation.text.as_str()), (13, "Door %X"));
    assert!(
        matches!(parse(words("-n \"\" -v").into_iter().map(Into::into)), Err(error) if error.exit_status() == 64)
    );
    assert!(matches!(
        parse(words("--help").into_iter().map(Into::into)),
        Ok(Command::Help)
    ));
}
