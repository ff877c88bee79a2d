//! A unit as systemd has it now: what `systemctl show` tells of it.

use crate::system::System;

/// The template is asked for under the name of an instance that nobody starts.
pub const DOCTORS_INSTANCE: &str = "raspivid@doctor.service";

/// Exists exactly where systemd is the one that starts services (sd_booted(3)).
const BOOTED: &str = "/run/systemd/system";

const PROPERTIES: [&str; 20] = [
    "LoadState",
    "ActiveState",
    "UnitFileState",
    "Result",
    "FragmentPath",
    "DropInPaths",
    "Listen",
    "NAccepted",
    "NRefused",
    "NConnections",
    "ExecStart",
    "Group",
    "SupplementaryGroups",
    "User",
    "DeviceAllow",
    "DevicePolicy",
    "PrivateDevices",
    "ActiveEnterTimestamp",
    "StatusText",
    "MainPID",
];

/// A unit, as far as systemd tells.
#[derive(Clone, Debug)]
pub enum Unit {
    /// No systemd here.
    NoSystemd,
    /// It does not answer, and says why.
    Silent(String),
    /// Names and values of properties; one with several values is there several times.
    Known(Vec<(String, String)>),
}

impl Unit {
    /// Asks systemd about the unit of this name.
    pub fn ask(system: &System, name: &str) -> Self {
        if !system.exists(BOOTED) || system.program("systemctl").is_none() {
            return Self::NoSystemd;
        }
        let list = format!("--property={}", PROPERTIES.join(","));
        match system.ask("systemctl", &["show", "--no-pager", &list, name]) {
            Some(answer) if answer.success => {
                Self::Known(answer.stdout.lines().filter_map(property).collect())
            }
            Some(answer) => Self::Silent(answer.stderr.trim().to_owned()),
            None => Self::Silent("it does not answer in time".to_owned()),
        }
    }

    /// The value of a property, its values with blanks between them; empty where there is none.
    pub fn get(&self, name: &str) -> String {
        let Self::Known(properties) = self else {
            return String::new();
        };
        let values = properties
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value.as_str());
        values.collect::<Vec<_>>().join(" ")
    }

    /// Whether the property has just this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == value
    }
}

fn property(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    Some((name.to_owned(), value.to_owned()))
}
