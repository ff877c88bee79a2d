//! The package with the helper of Debian 9, which does not look for units below `/usr/lib` and so keeps no record of what
//! the administrator decided. Debian 9 itself cannot be booted here; the helper of bookworm is made as forgetful.

use crate::container::Container;
use crate::files::Files;
use crate::install::{install, is_enabled_and_listens, purge, state};
use crate::repo::{self, VERSIONS};
use crate::root::BOOKWORM_AMD64;

const HELPER: &str = "/usr/bin/deb-systemd-helper";

#[test]
fn with_the_helper_of_stretch_a_disabled_socket_stays_so_and_purge_leaves_nothing() {
    let container = &Container::boot(&BOOKWORM_AMD64);
    repo::add(container);
    container.sh(&format!(
        r"sed -i 's#/lib/systemd/\$instance#/nowhere/$instance#g' {HELPER}"
    ));
    let before = Files::of(container);

    let printed = install(container);
    // Otherwise the helper did find the unit, and this test shows nothing.
    assert!(
        printed.contains("unable to read raspivid.socket"),
        "{printed}"
    );
    container.sh("systemctl disable --now raspivid.socket");
    repo::add_next(container);
    container.sh(&format!("apt-get install -y picam-stream={}", VERSIONS[0]));
    assert_eq!(state(container, "is-enabled"), "disabled");
    assert_eq!(state(container, "is-active"), "inactive");

    container.sh("systemctl enable --now raspivid.socket");
    container.sh("apt-get remove -y picam-stream && apt-get install -y picam-stream");
    is_enabled_and_listens(container);
    purge(container);
    assert_eq!(
        before.changes_to(&Files::of(container)),
        [""; 0],
        "left behind"
    );
}
