//! piuparts: Debian's own judge of how a package installs, upgrades, removes and purges.

use crate::repo;
use crate::root::BOOKWORM_AMD64;
use test_support::commands::{command, run};

#[test]
fn piuparts_finds_nothing() {
    let done = run(command("piuparts")
        .args([
            "--distribution=bookworm",
            "--no-upgrade-test",
            "--warn-on-debsums-errors",
        ])
        .arg("--existing-chroot")
        .arg(BOOKWORM_AMD64.folder())
        .arg(repo::package("amd64")));
    assert!(
        done.status.success(),
        "install piuparts, if it is missing: {done}"
    );
}
