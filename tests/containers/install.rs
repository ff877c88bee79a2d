//! Installing, upgrading, removing and purging, as an administrator does it, and what must hold after each.

use crate::container::Container;
use crate::repo::{AFTER_NEXT, CONFFILE, NEXT, next_conffile};
use crate::run::until;
use crate::viewer::{IPV4, Viewer, process};
use std::fs;
use std::time::{Duration, Instant};

/// Keeps the administrator's conffile without asking, as unattended upgrades do.
const KEEP_OLD: &str = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold";

/// Installs it by name; gives what apt printed, and how long it took until the port listened.
pub fn install(container: &Container) -> (String, Duration) {
    let begun = Instant::now();
    let printed = container.sh("apt-get install -y picam-stream 2>&1");
    is_enabled_and_listens(container);
    (printed, begun.elapsed())
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
    container.sh(&format!("apt-get install -y picam-stream={NEXT}"));
    assert_eq!(
        container.read(CONFFILE),
        next_conffile(NEXT, shipped),
        "an untouched conffile is replaced"
    );
    is_enabled_and_listens(container);
    viewer.still_sees_it();
    assert_eq!(process(container), old, "the viewer's process has changed");
    drop(viewer);
    container.write(CONFFILE, options);
    let _next = Viewer::watch(container, IPV4);
    let program = fs::read_link(format!(
        "/proc/{}/root/usr/bin/picam-stream",
        process(container)
    ));
    assert!(program.is_err(), "the program is a link");
}

/// An upgrade of a package whose conffile the administrator has edited: the edited one stays.
pub fn upgrade_with_a_touched_conffile(container: &Container, shipped: &str, options: &str) {
    container.write(CONFFILE, options);
    let mut viewer = Viewer::watch(container, IPV4);
    container.sh(&format!(
        "apt-get install -y {KEEP_OLD} picam-stream={AFTER_NEXT} </dev/null"
    ));
    assert_eq!(container.read(CONFFILE), options);
    let offered = container.read(&format!("{CONFFILE}.dpkg-dist"));
    assert_eq!(offered, next_conffile(AFTER_NEXT, shipped));
    is_enabled_and_listens(container);
    viewer.still_sees_it();
}

/// What the administrator has decided survives an upgrade: a drop-in, a disabled and a masked socket.
pub fn upgrades_keep_the_administrators_word(container: &Container) {
    let drop_in = "etc/systemd/system/raspivid.socket.d/port.conf";
    let text = "[Socket]\nListenStream=\nListenStream=4444\n";
    downgrade(container);
    container.write(drop_in, text);
    upgrade(container);
    assert_eq!(container.read(drop_in), text);
    assert_eq!(
        container.sh("systemctl show --property=Listen --value raspivid.socket"),
        "[::]:4444 (Stream)"
    );
    assert_eq!(
        container.sh("systemctl is-active raspivid.socket"),
        "active"
    );
    fs::remove_file(container.path(drop_in)).unwrap();
    fs::remove_dir(container.path(drop_in).parent().unwrap()).unwrap();

    downgrade(container);
    container.sh("systemctl disable --now raspivid.socket");
    upgrade(container);
    assert_eq!(state(container, "is-enabled"), "disabled");
    assert_eq!(state(container, "is-active"), "inactive");

    downgrade(container);
    container.sh("systemctl mask raspivid.socket");
    upgrade(container);
    assert_eq!(state(container, "is-enabled"), "masked");
    assert_eq!(state(container, "is-active"), "inactive");
    container.sh("systemctl unmask raspivid.socket && systemctl enable --now raspivid.socket");
    is_enabled_and_listens(container);
}

/// Removing ends the running stream, closes the port and keeps the conffile.
pub fn remove_under_a_viewer(container: &Container, options: &str) {
    let mut viewer = Viewer::watch(container, IPV4);
    container.sh("apt-get remove -y picam-stream");
    viewer.read_to_end();
    assert_eq!(container.processes("picam-stream"), []);
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

fn upgrade(container: &Container) {
    container.sh(&format!(
        "apt-get install -y {KEEP_OLD} picam-stream={AFTER_NEXT} </dev/null"
    ));
}

fn downgrade(container: &Container) {
    container.sh(&format!(
        "apt-get install -y --allow-downgrades {KEEP_OLD} picam-stream={NEXT} </dev/null"
    ));
}
