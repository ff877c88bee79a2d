//! The units: what each line means to the systemd of every Raspbian, and how well the instance is locked up.
//!
//! Debian 9 to 13 have systemd 232, 241, 247, 252 and 257. The table `units.tsv` says since when each directive and value
//! is known. A directive that an older version does not know is passed over; a value that it does not know can do worse
//! (an allow list of system calls by an unknown group allows nothing), so values must be known to all.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use test_support::commands::{command, printed, run};
use test_support::packages::{project, unpacked};

const OLDEST: u32 = 232;
/// Directives whose value is a list of words, one row of the table for each.
const LISTS: [&str; 2] = ["RestrictAddressFamilies", "SystemCallFilter"];

const UNITS: [&str; 6] = [
    "raspivid.socket",
    "raspivid@.service",
    "picam-camera.socket",
    "picam-camera.service",
    "picam-web.socket",
    "picam-rtsp.socket",
];
const SERVICES: [&str; 2] = ["raspivid@.service", "picam-camera.service"];

struct Row {
    units: Vec<String>,
    directive: String,
    value: String,
    since: u32,
    older: String,
}

#[test]
fn the_table_has_every_directive_and_value_of_the_units_and_no_other() {
    let known: BTreeSet<_> = table()
        .iter()
        .flat_map(|row| {
            let key = |unit: &String| key(unit, &row.directive, &row.value);
            row.units.iter().map(key).collect::<Vec<_>>()
        })
        .collect();
    let used: BTreeSet<_> = UNITS.into_iter().flat_map(used).collect();
    let unknown: Vec<_> = used.difference(&known).collect();
    let unused: Vec<_> = known.difference(&used).collect();
    assert!(
        unknown.is_empty() && unused.is_empty(),
        "not in the table: {unknown:?}, not used: {unused:?}"
    );
}

#[test]
fn what_is_newer_than_stretch_is_a_whole_directive_that_stretch_passes_over() {
    for row in table() {
        let line = format!("{}={}", row.directive, row.value);
        assert!(
            (183..=257).contains(&row.since),
            "{line}: no version of Debian has systemd {}",
            row.since
        );
        if row.since <= OLDEST {
            assert_eq!(row.older, "-", "{line} is known to {OLDEST}");
        } else {
            assert!(
                row.older.starts_with("passed over: "),
                "{line}: what does {OLDEST} do with it?"
            );
            let only = table()
                .iter()
                .filter(|other| other.directive == row.directive && other.value != row.value)
                .count();
            assert_eq!(
                only, 0,
                "{line}: the directive is known to {OLDEST}, this value is not"
            );
        }
    }
}

#[test]
fn system_calls_are_denied_by_name_and_never_allowed_by_name() {
    for service in SERVICES {
        let filters: Vec<_> = used(service)
            .into_iter()
            .filter(|(_, name, _)| name == "SystemCallFilter")
            .collect();
        assert!(!filters.is_empty());
        assert!(
            filters.iter().all(|(_, _, value)| value.starts_with("~@")),
            "{filters:?}"
        );
    }
}

/// What the two services have in common is what locks them up; the one that everybody shares must not be the looser one.
#[test]
fn the_shared_camera_is_locked_up_as_an_instance_is() {
    let [instance, camera] = SERVICES.map(|service| {
        let own = [
            "Description",
            "CollectMode",
            "ExecStart",
            "StandardInput",
            "TimeoutStopSec",
            "StartLimitIntervalSec",
            "StartLimitBurst",
            "Type",
            "WatchdogSec",
            "LimitNOFILE",
        ];
        used(service)
            .into_iter()
            .filter(|(_, directive, _)| !own.contains(&directive.as_str()))
            .map(|(_, directive, value)| (directive, value))
            .collect::<BTreeSet<_>>()
    });
    assert_eq!(instance, camera);
}

#[test]
fn systemd_here_has_nothing_to_say_about_the_units() {
    let files = unpacked("amd64");
    // What the units refer to beside the package's own files: the targets, and the manual page.
    for unit in [
        "sockets.target",
        "sysinit.target",
        "basic.target",
        "shutdown.target",
        "-.mount",
    ] {
        fs::write(
            files.path().join("usr/lib/systemd/system").join(unit),
            "[Unit]\n",
        )
        .unwrap();
    }
    let root = format!("--root={}", files.path().display());
    let result = run(command("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no", &root])
        .args(UNITS));
    assert!(result.status.success() && result.err.is_empty(), "{result}");
}

#[test]
fn the_services_are_exposed_to_one_of_ten_at_most() {
    for service in SERVICES {
        let unit = project().join("debian").join(service);
        let report = printed(
            "systemd-analyze",
            [Path::new("security"), Path::new("--offline=true"), &unit],
        );
        let last = report.lines().last().unwrap_or_default();
        let exposure: Option<f32> = last
            .split(": ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .and_then(|word| word.parse().ok());
        assert!(exposure.is_some_and(|exposure| exposure <= 1.0), "{report}");
    }
}

#[test]
fn the_units_in_the_package_are_those_in_the_source() {
    let files = unpacked("armhf");
    for unit in UNITS {
        let packaged =
            fs::read_to_string(files.path().join("usr/lib/systemd/system").join(unit)).unwrap();
        assert_eq!(packaged, text(unit));
    }
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(project().join("tests/package/units.tsv")).expect("units.tsv");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [units, directive, value, since, older] = columns[..] else {
                panic!("not five columns: {line}")
            };
            Row {
                units: units.split(' ').map(str::to_owned).collect(),
                directive: directive.into(),
                value: value.into(),
                since: since.parse().unwrap_or_else(|e| panic!("{line}: {e}")),
                older: older.into(),
            }
        })
        .collect()
}

/// Unit, directive and value of each assignment; of a list, one for each word.
fn used(unit: &str) -> Vec<(String, String, String)> {
    let text = text(unit);
    let assignments = text
        .lines()
        .filter(|line| !line.starts_with(['#', '[']))
        .filter_map(|line| line.split_once('='));
    assignments
        .flat_map(|(directive, value)| {
            words(directive, value)
                .into_iter()
                .map(move |value| key(unit, directive, &value))
        })
        .collect()
}

fn words(directive: &str, value: &str) -> Vec<String> {
    if !LISTS.contains(&directive) {
        return vec![if directive == "Description" {
            "*".into()
        } else {
            value.into()
        }];
    }
    let (sign, list) = value
        .strip_prefix('~')
        .map_or(("", value), |list| ("~", list));
    list.split_whitespace()
        .map(|word| format!("{sign}{word}"))
        .collect()
}

fn key(unit: &str, directive: &str, value: &str) -> (String, String, String) {
    (unit.to_owned(), directive.to_owned(), value.to_owned())
}

fn text(unit: &str) -> String {
    fs::read_to_string(project().join("debian").join(unit)).expect("the unit")
}
