//! The shared camera's units over the life of the package: off until somebody enables them, untouched by an upgrade under
//! viewers, gone with the package.

use crate::container::Container;
use crate::files::Files;
use crate::repo::{self, VERSIONS};
use crate::root::{BOOKWORM_AMD64, TRIXIE_AMD64};
use crate::shared::{
    Pace, Reader, SMALL_CARD, options, purge, service, sharing_on, wait_until_all_are_gone,
};
use std::fs;
use test_support::commands::until;
use test_support::decoding::assert_begins_decodable;

/// Keeps what was edited without asking.
const KEEP: &str = "-o Dpkg::Options::=--force-confold";

#[test]
fn the_socket_is_off_until_it_is_enabled_and_a_purge_takes_everything_with_it() {
    let container = &Container::boot(&TRIXIE_AMD64);
    repo::add(container);
    let before = Files::of(container);
    container.sh("apt-get install -y picam-stream");
    assert_eq!(states(container), "disabled inactive");
    // Without a word that enables it, nothing needs it.
    container.sh("systemctl start picam-camera.socket");
    until("it goes", 30, || {
        (states(container) == "disabled inactive").then_some(())
    });
    container.sh("systemctl enable --now picam-camera.socket");
    assert_eq!(states(container), "enabled active");
    let socket = container.sh("stat -c '%a %G %F' /run/picam-stream/camera.sock");
    assert_eq!(socket, "660 video socket");
    container.sh("systemctl disable --now picam-camera.socket");
    assert_eq!(states(container), "disabled inactive");
    container.sh("systemctl enable --now picam-camera.socket");

    options(container, SMALL_CARD, "");
    let reader = Reader::come(&container.net(), Pace::AsItComes);
    until("the service is there", 60, || service(container));
    container.sh("apt-get remove -y picam-stream");
    reader.read_to_end();
    assert!(container.processes("picam-stream").is_empty());
    assert!(!container.path("run/picam-stream").exists());
    // What was enabled listens again.
    container.sh(&format!("apt-get install -y {KEEP} picam-stream"));
    assert_eq!(states(container), "enabled active");
    let reader = Reader::come(&container.net(), Pace::AsItComes);
    until("the service is there", 60, || service(container));
    purge(container, &before, reader);
}

/// What systemd says of the socket: whether it is enabled, and whether it listens.
fn states(container: &Container) -> String {
    let ask = |verb: &str| {
        container
            .try_sh(&format!("systemctl {verb} picam-camera.socket"))
            .out
    };
    format!("{} {}", ask("is-enabled").trim(), ask("is-active").trim())
}

#[test]
fn an_upgrade_leaves_viewers_alone_and_the_next_start_is_the_new_program() {
    let container = &sharing_on(&BOOKWORM_AMD64, "--linger 1");
    repo::add_next(container);
    let net = container.net();
    let first = Reader::come(&net, Pace::AsItComes);
    let old = until("the service is there", 60, || service(container));
    let said = container.sh(&format!(
        "apt-get install -y {KEEP} picam-stream={} 2>&1 </dev/null",
        VERSIONS[0]
    ));
    assert!(
        said.contains("systemctl restart picam-camera.service"),
        "{said}"
    );
    assert_eq!(service(container), Some(old));
    assert_eq!(
        container.sh("systemctl is-active picam-camera.socket raspivid.socket"),
        "active\nactive"
    );
    let program = |pid: u32| fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    assert!(program(old).to_string_lossy().ends_with(" (deleted)"));
    // Who comes now is served by the old one, with the first.
    let second = Reader::come(&net, Pace::AsItComes);
    until("both are served", 60, || {
        let line =
            container.sh("systemctl show --property=StatusText --value picam-camera.service");
        line.starts_with("2 viewers").then_some(())
    });
    assert_eq!(service(container), Some(old));
    let (second, first) = (second.leave_after(1000), first.leave());
    assert_begins_decodable(&first);
    assert_begins_decodable(&second);
    assert!(first.len() > second.len());
    wait_until_all_are_gone(container);

    let next = Reader::come(&net, Pace::AsItComes);
    let new = until("the service is there", 60, || service(container));
    assert!(!program(new).to_string_lossy().contains("deleted"));
    until("it is served", 60, || {
        let line =
            container.sh("systemctl show --property=StatusText --value picam-camera.service");
        line.starts_with("1 viewer").then_some(())
    });
    assert_begins_decodable(&next.leave_after(1000));
}
