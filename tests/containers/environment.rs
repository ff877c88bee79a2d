//! What the real systemd makes of an `EnvironmentFile=` and of `$X` in `ExecStart=`: the same table as `doctor` is tested
//! with, so that it reads the conffile as the service will.

use crate::container::Container;
use crate::root::{BOOKWORM_AMD64, BULLSEYE_ARMHF, Root, TRIXIE_AMD64};
use serde_json::Value;
use std::fs;

const TABLE: &str = include_str!("../data/environment_files.json");

/// An instance for each case; a file that cannot be read is none, as in the package's unit.
const UNIT: &str =
    "[Service]\nType=oneshot\nEnvironmentFile=-/root/case/%i\nExecStart=/root/show %i $X\n";

/// Leaves what an instance got: the environment and the words, a zero byte behind each.
const SHOW: &str = r#"#!/bin/sh
env -0 >"/root/case/$1.environment"
words=/root/case/$1.words; shift
[ $# = 0 ] || printf '%s\0' "$@" >"$words"
"#;

#[test]
fn doctor_reads_the_conffile_as_systemd_247_does() {
    assert_table_holds(&BULLSEYE_ARMHF, 247);
}

#[test]
fn doctor_reads_the_conffile_as_systemd_252_does() {
    assert_table_holds(&BOOKWORM_AMD64, 252);
}

#[test]
fn doctor_reads_the_conffile_as_systemd_257_does() {
    assert_table_holds(&TRIXIE_AMD64, 257);
}

fn assert_table_holds(root: &'static Root, version: u32) {
    let container = &Container::boot(root);
    let told = container.sh("systemctl --version");
    assert!(told.starts_with(&format!("systemd {version} ")), "{told}");
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let cases = table.as_array().unwrap();
    container.step("asks systemd", || start(container, cases));
    for (number, case) in cases.iter().enumerate() {
        let expected = match &case["since_257"] {
            newer @ Value::Object(_) if version >= 257 => newer,
            _ => case,
        };
        let environment = records(container, &format!("{number}.environment"));
        assert!(!environment.is_empty(), "was not started: {case}");
        let value = environment.iter().find_map(|it| it.strip_prefix("X="));
        assert_eq!(value, expected["value"].as_str(), "{case}");
        let words = records(container, &format!("{number}.words"));
        assert_eq!(Value::from(words), expected["words"], "{case}");
    }
}

/// Starts an instance for each case, and waits until all have ended.
fn start(container: &Container, cases: &[Value]) {
    container.write("root/show", SHOW);
    container.write("etc/systemd/system/case@.service", UNIT);
    for (number, case) in cases.iter().enumerate() {
        container.write(&format!("root/case/{number}"), bytes(case));
    }
    let last = cases.len() - 1;
    container.sh("chmod 755 /root/show && systemctl daemon-reload");
    container.sh(&format!(
        "seq -f 'case@%g' 0 {last} | xargs systemctl start"
    ));
}

/// The letters of the case's file in UTF-8, or one byte each.
fn bytes(case: &Value) -> Vec<u8> {
    let text = case["file"].as_str().unwrap();
    match case["latin1"] == true {
        true => text.chars().map(|letter| letter as u8).collect(),
        false => text.as_bytes().to_vec(),
    }
}

/// What an instance has left; no file is no record.
fn records(container: &Container, name: &str) -> Vec<String> {
    let bytes = fs::read(container.path(&format!("root/case/{name}"))).unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}
