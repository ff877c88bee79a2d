//! The options of the service, read as systemd and the service will read them: each with its meaning, and what the camera
//! that was found makes of it.

use std::ffi::OsString;
use std::io::ErrorKind;

use super::Facts;
use super::effects::Effects;
use super::environment_file::{EnvironmentFile, words};
use super::report::{Check, Detail};
use crate::options::{self, Command, Fate, Kind, Options, SourceChoice, Use};
use crate::system::System;

const FILE: &str = "/etc/default/raspivid";
const NAME: &str = "RASPIVID_OPTIONS";
const SUBJECT: &str = "options";

/// The file as the package has it.
const SHIPPED: &str = include_str!("../../assets/default/raspivid");

/// What the unit of the package gives behind the options of the file.
const OF_THE_UNIT: &str = "-v -n -t 0 -o -";

/// The source that the options ask for; `auto` where they cannot be read, as where they say nothing.
pub fn source(system: &System) -> SourceChoice {
    let file = EnvironmentFile::read(&system.bytes(FILE).unwrap_or_default());
    let of_unit = words(OF_THE_UNIT);
    let all = words(file.value(NAME).unwrap_or_default())
        .into_iter()
        .chain(of_unit);
    match options::parse(all.map(OsString::from)) {
        Ok(Command::Stream(options)) => options.source,
        _ => SourceChoice::Auto,
    }
}

pub fn checks(facts: &Facts) -> Vec<Check> {
    let bytes = match facts.system.bytes(FILE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let remedy = format!(
                "sudo apt install --reinstall -o Dpkg::Options::=--force-confmiss picam-stream brings {FILE} back"
            );
            return vec![Check::warning(
                SUBJECT,
                format!("{FILE} is not there: the service has raspivid's defaults"),
                remedy,
            )];
        }
        Err(error) => {
            let text = format!("reading {FILE} failed: {error}");
            return vec![Check::warning(
                SUBJECT,
                text,
                "sudo picam-stream doctor may read it",
            )];
        }
    };
    let file = EnvironmentFile::read(&bytes);
    let mut checks: Vec<Check> = file.remarks.iter().map(|remark| remarked(remark)).collect();
    match (&file.refusal, file.value(NAME)) {
        (Some(why), _) => checks.push(refused(why)),
        (None, Some(value)) => checks.extend(read(facts, value)),
        (None, None) => checks.push(Check::warning(
            SUBJECT,
            format!(
                "{FILE} has no line that begins with {NAME}=: the service has raspivid's defaults"
            ),
            format!("write one, such as {NAME} = -w 1280 -h 720 -fps 25 -b 800000"),
        )),
    }
    checks
}

fn remarked(remark: &str) -> Check {
    Check::warning(
        SUBJECT,
        format!("{FILE}, {remark}"),
        format!("a line is a comment (#) or {NAME} = OPTIONS"),
    )
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
    let given: Vec<OsString> = words(value).into_iter().map(OsString::from).collect();
    let of_unit: Vec<OsString> = of_unit(facts).iter().map(OsString::from).collect();
    let all = [given.clone(), of_unit.clone()].concat();
    match (
        options::parse(all),
        options::uses(&given),
        options::uses(&of_unit),
    ) {
        (Ok(Command::Stream(options)), Ok(uses), Ok(of_unit)) => {
            understood(facts, &options, &uses, &of_unit)
        }
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

/// The words behind the options in the unit's command.
fn of_unit(facts: &Facts) -> Vec<String> {
    let command = facts.service.get("ExecStart");
    let behind = command
        .split_once("$RASPIVID_OPTIONS")
        .and_then(|(_, behind)| behind.split(" ; ").next());
    words(behind.unwrap_or(OF_THE_UNIT))
}

fn understood(facts: &Facts, options: &Options, uses: &[Use], of_unit: &[Use]) -> Vec<Check> {
    let effects = Effects::of(facts, options);
    let details = uses
        .iter()
        .map(|used| detail(used, of_unit, &effects))
        .collect();
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
            format!("change it in {FILE}"),
        ));
    }
    checks.extend(left_out(options, uses, &effects));
    if let Some(command) = effects.command {
        checks.push(Check::ok("command", command));
    }
    checks
}

/// What the source cannot do: worth a warning where somebody has asked for it, and no more than a word where it is in the
/// file that the package brings.
fn left_out(options: &Options, uses: &[Use], effects: &Effects) -> Vec<Check> {
    let shipped = EnvironmentFile::read(SHIPPED.as_bytes());
    let shipped = words(shipped.value(NAME).unwrap_or_default());
    let shipped: Vec<OsString> = shipped.into_iter().map(OsString::from).collect();
    let shipped = options::uses(&shipped).unwrap_or_default();
    let is_shipped = |used: &&Use| {
        let is_it = |other: &Use| other.row.long == used.row.long && other.value == used.value;
        shipped.iter().any(is_it)
    };
    let left_out = uses.iter().filter(|used| effects.leaves_out(used.row));
    let (ours, theirs): (Vec<&Use>, Vec<&Use>) = left_out.partition(is_shipped);
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
    let is_overruled = of_unit.iter().any(|other| other.row.long == row.long)
        && !matches!(row.kind, Kind::Flag(_));
    let effect = match row.fate {
        _ if is_overruled => "the unit's own value takes its place".to_owned(),
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
        label: written(used),
        text,
    }
}
