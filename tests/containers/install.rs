//! Installing, upgrading, removing and purging, as an administrator does it, and what must hold after each.

use crate::container::Container;
use crate::repo::{CONFFILE, VERSIONS, next_conffile};
use crate::viewer::{IPV4, Viewer, process};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Instant;
use test_support::commands::{say, until};

/// Keeps the administrator's conffile without asking, as unattended upgrades do.
const KEEP_OLD: &str = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold";

/// Installs it by name, and says how long it took until the port listened; gives what apt printed.
pub fn install(container: &Container) -> String {
    let begun = Instant::now();
    let printed = container.sh("apt-get install -y picam-stream 2>&1");
    is_enabled_and_listens(container);
    let (took, root) = (begun.elapsed().as_secs_f64(), container.root.name());
    say(&format!(
        "figure: {took:.1} s from apt install to listening on {root}"
    ));
    printed
}

pub fn is_enabled_and_listens(container: &Container) {
    assert_eq!(
        container.sh("systemctl is-enabled raspivid.socket"),
        "enabled"
    );
    assert_eq!(
        container.sh("systemctl is-active raspivid.socket"),
        "active"
    );
    assert!(listens(container), "nothing listens on [::]:3333");
}

/// Whether something listens on `[::]:3333`.
pub fn listens(container: &Container) -> bool {
    let table = fs::read_to_string(format!("/proc/{}/net/tcp6", container.leader())).unwrap();
    let any_address_port_3333 = format!("{:032X}:{:04X}", 0, 3333);
    let sockets = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    sockets
        .into_iter()
        .any(|s| s[1] == any_address_port_3333 && s[3] == "0A")
}

/// An upgrade of a package whose conffile nobody touched, under a running viewer: the new conffile comes, the viewer
/// keeps the old program until it leaves, the next one gets the new program.
pub fn upgrade_under_a_viewer(container: &Container, shipped: &str, options: &str) {
    container.write(CONFFILE, options);
    let mut viewer = Viewer::watch(container, IPV4);
    let old = process(container);
    container.write(CONFFILE, shipped);
    let upgrade = format!("apt-get install -y picam-stream={}", VERSIONS[0]);
    viewer.watches_during(|| container.sh(&upgrade));
    assert_eq!(
        container.read(CONFFILE),
        next_conffile(VERSIONS[0], shipped),
        "an untouched conffile is replaced"
    );
    is_enabled_and_listens(container);
    viewer.still_sees_it();
    assert_eq!(process(container), old, "the viewer's process has changed");
    assert!(
        !runs_what_is_installed(container),
        "the program has not been replaced"
    );
    drop(viewer);
    container.write(CONFFILE, options);
    let _next = Viewer::watch(container, IPV4);
    assert!(
        runs_what_is_installed(container),
        "the next viewer has the old program"
    );
}

/// An upgrade of a package whose conffile the administrator has edited: the edited one stays.
pub fn upgrade_with_a_touched_conffile(container: &Container, shipped: &str, options: &str) {
    container.write(CONFFILE, options);
    let mut viewer = Viewer::watch(container, IPV4);
    viewer.watches_during(|| upgrade(container, VERSIONS[1]));
    assert_eq!(container.read(CONFFILE), options);
    let offered = container.read(&format!("{CONFFILE}.dpkg-dist"));
    assert_eq!(offered, next_conffile(VERSIONS[1], shipped));
    is_enabled_and_listens(container);
    viewer.still_sees_it();
}

/// What the administrator has decided survives an upgrade: a drop-in, a disabled and a masked socket.
pub fn upgrades_keep_the_administrators_word(container: &Container) {
    let drop_in = "etc/systemd/system/raspivid.socket.d/port.conf";
    let text = "[Socket]\nListenStream=\nListenStream=4444\n";
    container.write(drop_in, text);
    container.sh("systemctl disable --now raspivid.socket");
    upgrade(container, VERSIONS[2]);
    assert_eq!(state(container, "is-enabled"), "disabled");
    assert_eq!(state(container, "is-active"), "inactive");
    assert_eq!(container.read(drop_in), text);
    let listen = container.sh("systemctl show --property=Listen --value raspivid.socket");
    assert_eq!(listen, "[::]:4444 (Stream)");
    fs::remove_file(container.path(drop_in)).unwrap();
    fs::remove_dir(container.path(drop_in).parent().unwrap()).unwrap();

    container.sh("systemctl mask raspivid.socket");
    upgrade(container, VERSIONS[3]);
    assert_eq!(state(container, "is-enabled"), "masked");
    assert_eq!(state(container, "is-active"), "inactive");
    container.sh("systemctl unmask raspivid.socket && systemctl enable --now raspivid.socket");
    is_enabled_and_listens(container);
}

/// Removing ends the running stream, closes the port and keeps the conffile.
pub fn remove_under_a_viewer(container: &Container, options: &str) {
    let mut viewer = Viewer::watch(container, IPV4);
    viewer.watches_during(|| container.sh("apt-get remove -y picam-stream"));
    viewer.read_to_end();
    assert!(container.processes("picam-stream").is_empty());
    assert!(!listens(container), "the port still listens");
    assert_eq!(container.read(CONFFILE), options);
}

pub fn purge(container: &Container) {
    container.sh("apt-get purge -y picam-stream");
    container.sh("systemctl daemon-reload");
    until("systemd has forgotten the units", 30, || {
        let units = container.sh("systemctl list-units --all --plain --no-legend 'raspivid*'");
        units.is_empty().then_some(())
    });
    let files = container.sh("systemctl list-unit-files --plain --no-legend 'raspivid*' || true");
    assert_eq!(files, "");
}

/// What `systemctl VERB raspivid.socket` prints, whatever its exit status.
pub fn state(container: &Container, verb: &str) -> String {
    container.sh(&format!("systemctl {verb} raspivid.socket || true"))
}

/// Whether the only viewer's process has the installed program open: replaced ones stay with those who run them.
fn runs_what_is_installed(container: &Container) -> bool {
    let installed = fs::metadata(container.path("usr/bin/picam-stream")).unwrap();
    let maps = fs::read_to_string(format!("/proc/{}/maps", process(container))).unwrap();
    let inode = installed.ino().to_string();
    maps.lines()
        .any(|line| line.split_whitespace().nth(4) == Some(inode.as_str()))
}

fn upgrade(container: &Container, version: &str) {
    container.sh(&format!(
        "apt-get install -y {KEEP_OLD} picam-stream={version} </dev/null"
    ));
}
