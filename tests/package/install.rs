//! `make install` and `make uninstall`: the package's files without the package.

use crate::contents::FILES;
use std::process::Command;
use tempfile::TempDir;
use test_support::commands::{command, run};

/// What the script does, with a program that is there already.
fn script(what: &str, folder: &TempDir) -> Command {
    let mut script = command("tests/packaging/install.sh");
    script
        .arg(what)
        .env("DESTDIR", folder.path())
        .env("prefix", "/usr")
        .env("PROGRAM", env!("CARGO_BIN_EXE_picam-stream"));
    script
}

/// Mode and path of every file below the folder, as the package's list has them.
fn listing(folder: &TempDir) -> String {
    let mut find = Command::new("find");
    find.args([".", "-type", "f", "-printf", "%M %p\n"])
        .current_dir(folder.path());
    let said = run(&mut find).good();
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn make_install_places_what_the_package_has_and_uninstall_keeps_the_options_alone() {
    let folder = TempDir::new().unwrap();
    run(&mut script("install", &folder)).good();
    // Only dpkg's files are compressed.
    assert_eq!(listing(&folder), FILES.replace(".gz", ""));
    run(&mut script("uninstall", &folder)).good();
    assert_eq!(listing(&folder), "-rw-r--r-- ./etc/default/raspivid\n");
    assert!(!folder.path().join("usr/share/doc/picam-stream").exists());
}
