//! Installing where something is in the way: another program on the port, a set-up made by hand, no systemd, a policy
//! that forbids services to start.

use crate::container::Container;
use crate::files::Files;
use crate::install::{install, is_enabled_and_listens, listens, purge, state};
use crate::repo::{self, CONFFILE};
use crate::root::{BOOKWORM_AMD64, Root};
use crate::stream::card;
use crate::viewer::{IPV4, Viewer};
use std::net::TcpListener;

/// Both units as people have written them by hand before there was a package.
const OWN_SOCKET: &str = "[Unit]\nDescription=Own socket\n\n[Socket]\nListenStream=3333\nAccept=yes\n\n\
                          [Install]\nWantedBy=sockets.target\n";
const OWN_SERVICE: &str = "[Unit]\nDescription=Own instance\n\n[Service]\nEnvironmentFile=/etc/default/raspivid\n\
                           ExecStart=/usr/local/bin/raspivid $RASPIVID_OPTIONS -t 0 -o -\nStandardInput=socket\n";

#[test]
fn a_taken_port_does_not_fail_the_installation_and_is_named() {
    let container = &with_repository();
    let other = container
        .net()
        .run(|| TcpListener::bind("0.0.0.0:3333"))
        .unwrap();
    let printed = container.sh("apt-get install -y picam-stream 2>&1");
    assert!(
        printed.contains("3333") && printed.contains("raspivid.socket"),
        "{printed}"
    );
    assert_eq!(state(container, "is-enabled"), "enabled");
    assert_eq!(state(container, "is-active"), "failed");
    assert_eq!(
        container
            .sh("dpkg-query -W -f '${db:Status-Abbrev}' picam-stream")
            .trim(),
        "ii"
    );
    drop(other);
    container.sh("systemctl restart raspivid.socket");
    is_enabled_and_listens(container);
}

#[test]
fn a_set_up_made_by_hand_is_kept_and_its_units_are_named() {
    let container = &with_repository();
    let own = card(container);
    container.write(CONFFILE, &own);
    container.write("etc/systemd/system/raspivid.socket", OWN_SOCKET);
    container.write("etc/systemd/system/raspivid@.service", OWN_SERVICE);
    container.sh("systemctl daemon-reload && systemctl enable --now raspivid.socket");

    let keep = "-o Dpkg::Options::=--force-confold";
    let printed = container.sh(&format!(
        "apt-get install -y {keep} picam-stream 2>&1 </dev/null"
    ));
    for unit in [
        "/etc/systemd/system/raspivid.socket",
        "/etc/systemd/system/raspivid@.service",
    ] {
        assert!(printed.contains(unit), "{unit} is not named in {printed}");
    }
    assert_eq!(container.read(CONFFILE), own);
    assert_eq!(
        container.sh("systemctl show --property=Description --value raspivid.socket"),
        "Own socket"
    );
    is_enabled_and_listens(container);

    container.sh("rm /etc/systemd/system/raspivid.socket /etc/systemd/system/raspivid@.service");
    container.sh("systemctl daemon-reload && systemctl restart raspivid.socket");
    is_enabled_and_listens(container);
    drop(Viewer::watch(container, IPV4));
}

#[test]
fn where_a_policy_forbids_it_nothing_is_started() {
    let container = &with_repository();
    container.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");
    container.sh("chmod 755 /usr/sbin/policy-rc.d");
    container.sh("apt-get install -y picam-stream");
    assert_eq!(state(container, "is-enabled"), "enabled");
    assert_eq!(state(container, "is-active"), "inactive");
    assert!(!listens(container));
    container.sh("rm /usr/sbin/policy-rc.d");
    container.sh("systemctl start raspivid.socket");
    is_enabled_and_listens(container);
    purge(container);
}

#[test]
fn an_image_builder_gets_an_enabled_socket_and_a_purge_leaves_nothing() {
    live_in_a_chroot(&Container::chroot(&BOOKWORM_AMD64));
}

/// Installing and purging where no systemd runs.
pub fn live_in_a_chroot(container: &Container) {
    repo::add(container);
    let before = Files::of(container);
    container.sh("apt-get install -y picam-stream");
    assert_eq!(
        container.sh("systemctl is-enabled raspivid.socket"),
        "enabled"
    );
    let link = container.sh("readlink /etc/systemd/system/sockets.target.wants/raspivid.socket");
    assert!(
        link.ends_with("/lib/systemd/system/raspivid.socket"),
        "{link}"
    );
    assert!(
        container
            .path("usr/lib/systemd/system/raspivid@.service")
            .exists()
    );
    container.sh("apt-get remove -y picam-stream");
    assert!(container.path(CONFFILE).exists(), "the conffile is gone");
    container.sh("apt-get install -y picam-stream");
    container.sh("apt-get purge -y picam-stream");
    assert_eq!(
        before.changes_to(&Files::of(container)),
        [""; 0],
        "left behind"
    );
}

fn with_repository() -> Container {
    booted(&BOOKWORM_AMD64)
}

fn booted(root: &'static Root) -> Container {
    let container = Container::boot(root);
    repo::add(&container);
    container
}

/// A booted system with the package, whose viewers get the test card.
pub fn installed() -> Container {
    installed_on(&BOOKWORM_AMD64)
}

/// The same on another release.
pub fn installed_on(root: &'static Root) -> Container {
    let container = booted(root);
    install(&container);
    container.write(CONFFILE, card(&container));
    container
}
