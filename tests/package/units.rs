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

struct Row {
    unit: String,
    directive: String,
    value: String,
    since: u32,
    older: String,
}

#[test]
fn the_table_has_every_directive_and_value_of_the_units_and_no_other() {
    let known: BTreeSet<_> = table()
        .iter()
        .map(|row| key(&row.unit, &row.directive, &row.value))
        .collect();
    let used: BTreeSet<_> = ["socket", "service"].into_iter().flat_map(used).collect();
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
                .filter(|other| other.directive == row.directive)
                .count();
            assert_eq!(
                only, 1,
                "{line}: the directive is known to {OLDEST}, this value is not"
            );
        }
    }
}

#[test]
fn system_calls_are_denied_by_name_and_never_allowed_by_name() {
    let filters: Vec<_> = used("service")
        .into_iter()
        .filter(|(_, name, _)| name == "SystemCallFilter")
        .collect();
    assert!(!filters.is_empty());
    assert!(
        filters.iter().all(|(_, _, value)| value.starts_with("~@")),
        "{filters:?}"
    );
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
    let names = ["raspivid.socket", "raspivid@.service"];
    let result = run(command("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no", &root])
        .args(names));
    assert!(result.status.success() && result.err.is_empty(), "{result}");
}

#[test]
fn an_instance_is_exposed_to_one_of_ten_at_most() {
    let unit = project().join("debian/raspivid@.service");
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

#[test]
fn the_units_in_the_package_are_those_in_the_source() {
    let files = unpacked("armhf");
    for unit in ["raspivid.socket", "raspivid@.service"] {
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
            let [unit, directive, value, since, older] = columns[..] else {
                panic!("not five columns: {line}")
            };
            Row {
                unit: unit.into(),
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
    let name = if unit == "socket" {
        "raspivid.socket"
    } else {
        "raspivid@.service"
    };
    let text = text(name);
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
