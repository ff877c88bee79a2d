//! The shared camera: whether its socket listens, whether its service runs, who is watching since when, and whether it runs
//! with the options that stand in the conffile now.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::Facts;
use super::report::{Check, Detail};
use super::service_units::changed;
use super::unit::Unit;
use crate::options::{self, Command};
use crate::service::conffile::{FILE, NAME, SERVE_NAME};
use crate::service::environment_file::{EnvironmentFile, words};
use crate::service::{
    CAMERA_SOCKET_UNIT, CAMERA_UNIT, RTSP_SOCKET_UNIT, TEMPLATE_UNIT, WEB_SOCKET_UNIT, viewer_of,
};
use crate::system::System;

const SUBJECT: &str = "shared camera";

/// More viewers are not named.
const MOST_DETAILS: usize = 32;

const START: &str =
    "sudo systemctl stop picam-camera.service && sudo systemctl start picam-camera.socket";

pub fn checks(facts: &Facts) -> Vec<Check> {
    let socket = &facts.camera_socket;
    if !matches!(socket, Unit::Known(_)) || socket.is("LoadState", "not-found") {
        return Vec::new();
    }
    let mut checks: Vec<Check> = vec![listens(socket)];
    checks.extend(changed(socket, SUBJECT));
    checks.extend(changed(&facts.camera_service, SUBJECT));
    checks.extend(room(facts.system, WEB_SOCKET_UNIT, "browsers"));
    checks.extend(room(facts.system, RTSP_SOCKET_UNIT, "recorders"));
    checks.extend(running(facts));
    checks
}

/// What `cameras` says of it: how the service is, where its socket listens.
pub fn told(system: &System) -> Result<String, String> {
    if !Unit::ask(system, CAMERA_SOCKET_UNIT).is("ActiveState", "active") {
        return Err(format!(
            "no camera is shared: sudo systemctl enable --now {CAMERA_SOCKET_UNIT}"
        ));
    }
    let service = Unit::ask(system, CAMERA_UNIT);
    Ok(match service.get("ActiveState").as_str() {
        "active" => format!("{CAMERA_UNIT}: {}", service.get("StatusText")),
        _ => format!("{CAMERA_UNIT}: nobody is watching, and it starts with the first who does"),
    })
}

fn listens(unit: &Unit) -> Check {
    let enabled = unit.get("UnitFileState");
    match (unit.get("ActiveState").as_str(), enabled.as_str()) {
        ("active", "enabled") => Check::ok(
            SUBJECT,
            format!("{CAMERA_SOCKET_UNIT} is active and enabled: viewers share the camera"),
        ),
        ("active", _) => Check::ok(
            SUBJECT,
            format!(
                "{CAMERA_SOCKET_UNIT} is active, since another socket needs it: viewers share the camera"
            ),
        ),
        ("failed", _) => Check::problem(
            SUBJECT,
            format!(
                "{CAMERA_SOCKET_UNIT} has failed ({}): each viewer opens the camera by itself, one at a time",
                unit.get("Result")
            ),
            format!("journalctl -u {CAMERA_SOCKET_UNIT} tells why; then {START}"),
        ),
        (_, "enabled") => Check::warning(
            SUBJECT,
            format!(
                "{CAMERA_SOCKET_UNIT} is enabled, but does not listen: each viewer opens the camera by itself, one at a time"
            ),
            START,
        ),
        _ => Check::ok(
            SUBJECT,
            format!(
                "off, so one watches at a time; on with sudo systemctl enable --now {CAMERA_SOCKET_UNIT}, in every browser with {WEB_SOCKET_UNIT}, for recorders with {RTSP_SOCKET_UNIT}"
            ),
        ),
    }
}

/// The socket of those who do not come by port 3333, where it was switched on.
fn room(system: &System, name: &'static str, who: &str) -> Option<Check> {
    let unit = Unit::ask(system, name);
    match unit.get("ActiveState").as_str() {
        "active" => Some(Check::ok(
            SUBJECT,
            format!(
                "{name} is active: {who} have the camera, {}",
                unit.get("Listen")
            ),
        )),
        "failed" => Some(Check::problem(
            SUBJECT,
            format!("{name} has failed ({})", unit.get("Result")),
            format!(
                "does another program have the port? ss -ltnp tells which; then {}",
                START.replace(CAMERA_SOCKET_UNIT, name)
            ),
        )),
        _ if unit.is("UnitFileState", "enabled") => Some(Check::warning(
            SUBJECT,
            format!("{name} is enabled, but does not listen"),
            START.replace(CAMERA_SOCKET_UNIT, name),
        )),
        _ => None,
    }
}

fn running(facts: &Facts) -> Vec<Check> {
    let unit = &facts.camera_service;
    if !unit.is("ActiveState", "active") {
        return Vec::new();
    }
    let since = unit.get("ActiveEnterTimestamp");
    let mut checks = vec![Check {
        details: viewers(facts.system),
        ..Check::ok(
            SUBJECT,
            format!(
                "{CAMERA_UNIT} runs since {since}: {}",
                unit.get("StatusText")
            ),
        )
    }];
    checks.extend(other_options(facts, unit));
    checks
}

/// The viewers that instances have handed over, with the time since when.
fn viewers(system: &System) -> Vec<Detail> {
    let question = [
        "show",
        "--no-pager",
        "--property=Id,ActiveEnterTimestamp",
        &TEMPLATE_UNIT.replace('@', "@*"),
    ];
    let answer = system.ask("systemctl", &question);
    let text = answer.map_or_else(String::new, |answer| answer.stdout);
    let viewer = |block: &str| {
        let property = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let address = viewer_of(property("Id=")?)?;
        Some(Detail {
            label: address.to_owned(),
            text: format!(
                "port of {}, since {}",
                crate::service::SOCKET_UNIT,
                property("ActiveEnterTimestamp=")?
            ),
        })
    };
    text.split("\n\n")
        .filter_map(viewer)
        .take(MOST_DETAILS)
        .collect()
}

/// What it runs with, where that is not what stands in the file now.
fn other_options(facts: &Facts, unit: &Unit) -> Option<Check> {
    let process = unit.get("MainPID");
    let line = facts
        .system
        .bytes(&format!("/proc/{process}/cmdline"))
        .ok()?;
    let mut running = line
        .split(|byte| *byte == 0)
        .map(|word| OsString::from_vec(word.to_vec()))
        .skip(1)
        .collect::<Vec<_>>();
    running.pop();
    let own: Vec<OsString> = running
        .iter()
        .take_while(|word| *word == "serve" || *word == "-v" || *word == "-n")
        .cloned()
        .collect();
    let file = EnvironmentFile::read(&facts.system.bytes(FILE).unwrap_or_default());
    let given = [SERVE_NAME, NAME]
        .iter()
        .flat_map(|name| words(file.value(name).unwrap_or_default()))
        .map(OsString::from);
    let wanted: Vec<OsString> = own.into_iter().chain(given).collect();
    match (options::parse(running), options::parse(wanted)) {
        (Ok(Command::Serve(running)), Ok(Command::Serve(wanted))) if running != wanted => {
            Some(Check::warning(
                SUBJECT,
                format!("{CAMERA_UNIT} runs with other options than stand in {FILE} now"),
                "they take effect when nobody watches any more, or at once with sudo systemctl restart picam-camera",
            ))
        }
        _ => None,
    }
}
