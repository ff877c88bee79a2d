//! The options of the service, read as systemd and the service will read them: each with its meaning, and what the camera
//! that was found makes of it.

use std::ffi::OsString;
use std::io::ErrorKind;

use super::Facts;
use super::option_effects::Effects;
use super::report::{Check, Detail, bounded};
use super::start_line::StartLine;
use crate::options::{self, Command, Fate, Kind, Options, SourceChoice, Use};
use crate::service::conffile::{FILE, NAME, SERVE_NAME};
use crate::service::environment_file::{EnvironmentFile, words};
use crate::source::rpicam;
use crate::system::System;

const SUBJECT: &str = "options";

/// The file as the package has it.
const SHIPPED: &str = include_str!("../../../assets/default/raspivid");

/// No string that a program is started with may be longer (execve(2), MAX_ARG_STRLEN where a page has 4 KiB): its
/// environment has `NAME=VALUE` and a zero byte.
const LONGEST_STRING_BYTES: usize = 128 << 10;

/// More options than raspivid has, each once.
const MOST_DETAILS: usize = 100;

/// The source that the options ask for; `auto` where they cannot be read, as where they say nothing.
pub fn source(system: &System, command: &StartLine) -> SourceChoice {
    let file = EnvironmentFile::read(&system.bytes(FILE).unwrap_or_default());
    match options::parse(command.with(&given(file.value(NAME).unwrap_or_default()))) {
        Ok(Command::Stream(options)) => options.source,
        _ => SourceChoice::Auto,
    }
}

pub fn checks(facts: &Facts) -> Vec<Check> {
    let bytes = match facts.system.bytes(FILE) {
        Ok(bytes) => bytes,
        Err(error) => return vec![unreadable(&error)],
    };
    let file = EnvironmentFile::read(&bytes);
    let mut checks = remarked(&file);
    checks.extend(set_twice(&file));
    let too_long = file
        .assignments
        .iter()
        .find(|it| it.name.len() + it.value.len() + 2 > LONGEST_STRING_BYTES);
    match (&file.refusal, too_long, file.value(NAME)) {
        (Some(why), ..) => checks.push(refused(why)),
        (None, Some(it), _) => checks.push(too_long_to_start(&it.name, it.value.len())),
        (None, None, Some(value)) => checks.extend(read(facts, value)),
        (None, None, None) => checks.push(Check::warning(
            SUBJECT,
            match file.similar(NAME) {
                Some(other) => format!("{FILE} sets {other} and not {NAME}: the service has raspivid's defaults"),
                None => format!("{FILE} has no line that begins with {NAME}=: the service has raspivid's defaults"),
            },
            format!("write one, such as {NAME} = -w 1280 -h 720 -fps 25 -b 800000"),
        )),
    }
    checks.extend(of_serve(&file));
    checks
}

/// The options of the shared camera's service, where there are any.
fn of_serve(file: &EnvironmentFile) -> Option<Check> {
    let value = file.value(SERVE_NAME).filter(|value| !value.is_empty())?;
    let mut line = vec![OsString::from("serve")];
    line.extend(given(value));
    Some(match options::parse(line) {
        Ok(Command::Serve(_)) => Check::ok(SUBJECT, format!("{SERVE_NAME} gives {value}")),
        Ok(_) => wrong_of_serve("they ask for something else than a stream"),
        Err(error) => wrong_of_serve(&error.to_string()),
    })
}

fn wrong_of_serve(why: &str) -> Check {
    Check::problem(
        SUBJECT,
        format!("the shared camera does not start with {SERVE_NAME}: {why}"),
        format!("correct the line {SERVE_NAME} in {FILE}; man picam-stream has all options"),
    )
}

fn given(value: &str) -> Vec<OsString> {
    words(value).into_iter().map(OsString::from).collect()
}

fn unreadable(error: &std::io::Error) -> Check {
    match error.kind() {
        ErrorKind::NotFound => Check::warning(
            SUBJECT,
            format!("{FILE} is not there: the service has raspivid's defaults"),
            format!(
                "sudo apt install --reinstall -o Dpkg::Options::=--force-confmiss picam-stream brings {FILE} back"
            ),
        ),
        ErrorKind::PermissionDenied => Check::warning(
            SUBJECT,
            format!("reading {FILE} failed: {error}"),
            "sudo picam-stream doctor may read it",
        ),
        _ => Check::problem(
            SUBJECT,
            format!("reading {FILE} failed: {error}"),
            "put a text file in its place, with one line of options",
        ),
    }
}

fn too_long_to_start(name: &str, bytes: usize) -> Check {
    Check::problem(
        SUBJECT,
        format!(
            "no stream starts: {name} in {FILE} is {bytes} bytes long, and the kernel takes {LONGEST_STRING_BYTES} at most \
             (\"Argument list too long\")"
        ),
        format!("shorten it: {NAME} is one line of options"),
    )
}

/// That an earlier line of a name has no effect is as it should be where a preset below it was taken; it is worth a warning
/// where the line that counts is the one that the package brings.
fn set_twice(file: &EnvironmentFile) -> Option<Check> {
    let mut ours = file.assignments.iter().filter(|it| it.name == NAME);
    let lines: Vec<String> = ours.clone().map(|it| it.line.to_string()).collect();
    let last = ours.next_back().filter(|_| lines.len() > 1)?;
    let text = format!(
        "{FILE} sets {NAME} in lines {}: the last one counts",
        lines.join(", ")
    );
    let shipped = EnvironmentFile::read(SHIPPED.as_bytes());
    Some(if shipped.value(NAME) == Some(last.value.as_str()) {
        let remedy = format!(
            "line {} is the package's own: put a # before it, and the line above it counts",
            last.line
        );
        Check::warning(SUBJECT, text, remedy)
    } else {
        Check::ok(SUBJECT, text)
    })
}

fn remarked(file: &EnvironmentFile) -> Vec<Check> {
    let remedy = format!("a line is a comment (#) or {NAME} = OPTIONS");
    let warning = |text: String| Check::warning(SUBJECT, text, remedy.clone());
    let remarks = file.remarks.iter();
    let mut checks: Vec<Check> = remarks.map(|it| warning(format!("{FILE}, {it}"))).collect();
    let more = file.more_remarks;
    if more > 0 {
        checks.push(warning(format!(
            "{FILE}: {more} more lines without an effect"
        )));
    }
    checks
}

fn refused(why: &str) -> Check {
    Check::problem(
        SUBJECT,
        format!(
            "{FILE}: {why}, so systemd ignores the whole file, and the service has raspivid's defaults"
        ),
        "save it as UTF-8 (nano and other editors of the system do), or write it with plain letters",
    )
}

fn read(facts: &Facts, value: &str) -> Vec<Check> {
    let given = given(value);
    // What the unit itself gives.
    let of_unit = facts.start_line.with(&[]);
    match (
        options::parse(facts.start_line.with(&given)),
        options::uses(&given),
        options::uses(&of_unit),
    ) {
        (Ok(Command::Stream(options)), Ok(uses), Ok(of_unit)) => match rpicam::check(&options) {
            Err(error) if facts.streams_through_a_program() => {
                vec![wrong(&error.to_string(), value)]
            }
            _ => understood(facts, &options, &uses, &of_unit),
        },
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
            vec![wrong(&error.to_string(), value)]
        }
        (Ok(_), ..) => vec![wrong("they ask for something else than a stream", value)],
    }
}

fn wrong(why: &str, value: &str) -> Check {
    let mut remedy = format!("correct the line {NAME} in {FILE}; man picam-stream has all options");
    if value.contains(['#', ';']) {
        remedy.push_str("; a comment needs a line of its own");
    }
    Check::problem(
        SUBJECT,
        format!("no stream starts with them: {why}"),
        remedy,
    )
}

fn understood(facts: &Facts, options: &Options, uses: &[Use], of_unit: &[Use]) -> Vec<Check> {
    let effects = Effects::of(facts, options);
    let shown = uses.iter().take(MOST_DETAILS);
    let mut details: Vec<Detail> = shown.map(|used| detail(used, of_unit, &effects)).collect();
    if uses.len() > MOST_DETAILS {
        details.push(Detail {
            label: "…".to_owned(),
            text: format!("and {} more", uses.len() - MOST_DETAILS),
        });
    }
    let text = match uses.len() {
        0 => format!("{FILE} gives none: raspivid's defaults"),
        1 => format!("{FILE} gives 1 option; {}", effects.told),
        count => format!("{FILE} gives {count} options; {}", effects.told),
    };
    let mut checks = vec![Check {
        details,
        ..Check::ok(SUBJECT, text)
    }];
    for warning in &options.warnings {
        checks.push(Check::warning(
            SUBJECT,
            warning.clone(),
            format!("a stream starts all the same; correct it in {FILE}, or leave it out"),
        ));
    }
    checks.extend(left_out(options, uses, &effects));
    if let Some(command) = effects.command {
        checks.push(Check::ok("command", command));
    }
    checks
}

/// What the source cannot do: worth a warning where somebody misses it, and no more than a word where not, or where it is in
/// the file that the package brings.
fn left_out(options: &Options, uses: &[Use], effects: &Effects) -> Vec<Check> {
    let shipped = EnvironmentFile::read(SHIPPED.as_bytes());
    let shipped =
        options::uses(&given(shipped.value(NAME).unwrap_or_default())).unwrap_or_default();
    let is_harmless = |used: &&Use| {
        let is_it = |other: &Use| other.row.long == used.row.long && other.value == used.value;
        options.restated.contains(&used.row.long) || shipped.iter().any(is_it)
    };
    let left_out = uses.iter().filter(|used| effects.leaves_out(used.row));
    let (ours, theirs): (Vec<&Use>, Vec<&Use>) = left_out.partition(is_harmless);
    let mut names: Vec<String> = theirs.into_iter().map(written).collect();
    if !options.passed_on.is_empty() && !effects.takes_passed_on {
        names.push("--".to_owned());
    }
    let mut checks = Vec::new();
    if !ours.is_empty() {
        let names: Vec<String> = ours.into_iter().map(written).collect();
        checks.push(Check::ok(
            SUBJECT,
            format!(
                "no effect {}, but no harm: {}",
                effects.place,
                names.join(", ")
            ),
        ));
    }
    if !names.is_empty() {
        checks.push(Check::warning(
            SUBJECT,
            format!("not possible {}: {}", effects.place, names.join(", ")),
            "the rest works; leave them out to be rid of this",
        ));
    }
    checks
}

/// The option as it is in the file.
fn written(used: &Use) -> String {
    let value = used.value.as_ref();
    let value = value.map_or_else(String::new, |value| format!(" {}", value.to_string_lossy()));
    format!("{}{value}", used.row.name())
}

fn detail(used: &Use, of_unit: &[Use], effects: &Effects) -> Detail {
    let row = used.row;
    let is_of_unit = |long: &str| of_unit.iter().any(|other| other.row.long == long);
    let is_fixed = is_of_unit("service") && ["output", "timeout", "listen"].contains(&row.long);
    let is_overruled = is_fixed || is_of_unit(row.long) && !matches!(row.kind, Kind::Flag(_));
    let effect = match row.fate {
        _ if is_overruled => "the service decides that itself".to_owned(),
        Fate::Session => String::new(),
        Fate::Ignored => "has no effect on a stream".to_owned(),
        Fate::Encoder | Fate::Camera => match effects.proviso(row) {
            Some(proviso) => proviso.to_owned(),
            None => format!("not possible {}", effects.place),
        },
    };
    let text = if effect.is_empty() {
        row.help.to_owned()
    } else {
        format!("{} ({effect})", row.help)
    };
    Detail {
        label: bounded(written(used)),
        text,
    }
}
