//! The options of the service, read as systemd and the service will read them: each with its meaning, and what the camera
//! that was found makes of it.

use std::ffi::OsString;
use std::io::ErrorKind;

use super::Facts;
use super::environment_file::{EnvironmentFile, words};
use super::report::{Check, Detail};
use crate::options::{self, Command, Fate, Options, SourceChoice, Use};
use crate::source::auto::Camera;
use crate::source::{file, rpicam, test};

const FILE: &str = "/etc/default/raspivid";
const NAME: &str = "RASPIVID_OPTIONS";
const SUBJECT: &str = "options";

/// What the unit of the package gives behind the options of the file.
const OF_THE_UNIT: &str = "-v -n -t 0 -o -";

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
    match file.value(NAME) {
        Some(value) => checks.extend(read(facts, value)),
        None => checks.push(Check::warning(
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
    let source = Source::of(facts, options);
    let details = uses
        .iter()
        .map(|used| detail(used, of_unit, &source))
        .collect();
    let text = match uses.len() {
        0 => format!("{FILE} gives none: raspivid's defaults"),
        1 => format!("{FILE} gives 1 option; {}", source.told),
        count => format!("{FILE} gives {count} options; {}", source.told),
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
    if let Some(warning) = source
        .honoured
        .as_ref()
        .and_then(|honoured| options::unhonoured(options, honoured))
    {
        checks.push(Check::warning(
            SUBJECT,
            warning,
            "the rest works; leave them out to be rid of this",
        ));
    }
    if let Some(command) = source.command {
        checks.push(Check::ok("command", command));
    }
    checks
}

/// The source that the options lead to.
struct Source {
    told: String,
    /// The long names of what it honours; unknown for a device that must be opened to be asked.
    honoured: Option<Vec<&'static str>>,
    /// The capture program's command line.
    command: Option<String>,
}

impl Source {
    fn of(facts: &Facts, options: &Options) -> Self {
        let all = || options::rows().map(|row| row.long).collect();
        let plain = |told: &str, honoured: Option<Vec<&'static str>>| Self {
            told: told.to_owned(),
            honoured,
            command: None,
        };
        match (&options.source, &facts.camera) {
            (SourceChoice::Test, _) => plain(
                "a viewer sees the test card, not a camera (--source test)",
                Some(test::HONOURED.to_vec()),
            ),
            (SourceChoice::File(_), _) => plain(
                "a viewer sees a recording, not a camera",
                Some(file::HONOURED.to_vec()),
            ),
            (SourceChoice::Rpicam, _) | (SourceChoice::Auto, Some(Camera::Libcamera { .. })) => {
                Self::libcamera(facts, options)
            }
            (SourceChoice::Mmal, _) | (SourceChoice::Auto, Some(Camera::Mmal { .. })) => plain(
                "the camera is driven by MMAL, which has all of raspivid's",
                Some(all()),
            ),
            (SourceChoice::V4l2(_), _) => plain(
                "the V4L2 camera is asked for what it has of them when it starts",
                None,
            ),
            (SourceChoice::Auto, Some(Camera::V4l2(found))) => plain(
                &format!(
                    "{} is asked for what it has of them when it starts",
                    found.device
                ),
                None,
            ),
            (SourceChoice::Auto, None) => plain("there is no camera to honour them", None),
        }
    }

    fn libcamera(facts: &Facts, options: &Options) -> Self {
        let plan = rpicam::probe::plan(facts.system, options);
        let (command, honoured) = plan.unzip();
        let program = facts
            .survey
            .libcamera
            .program
            .as_deref()
            .map(crate::system::file_name);
        let program = program.unwrap_or_else(|| "the capture program".to_owned());
        Self {
            told: format!("{program} is started for each viewer"),
            honoured,
            command: command.map(|words| format!("{program} {}", words.join(" "))),
        }
    }
}

fn detail(used: &Use, of_unit: &[Use], source: &Source) -> Detail {
    let row = used.row;
    let value = used
        .value
        .as_ref()
        .map_or_else(String::new, |value| format!(" {}", value.to_string_lossy()));
    let is_overruled = of_unit.iter().any(|other| other.row.long == row.long)
        && !matches!(row.kind, options::Kind::Flag(_));
    let effect = match row.fate {
        _ if is_overruled => "the unit's own value takes its place",
        Fate::Session => "",
        Fate::Ignored => "has no effect on a stream",
        Fate::Encoder | Fate::Camera => match &source.honoured {
            Some(honoured) if honoured.contains(&row.long) || honoured.contains(&row.short) => "",
            Some(_) => "this camera cannot",
            None => "",
        },
    };
    let text = if effect.is_empty() {
        row.help.to_owned()
    } else {
        format!("{}: {effect}", row.help)
    };
    Detail {
        label: format!("{}{value}", row.name()),
        text,
    }
}
