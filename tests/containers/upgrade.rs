//! The upgrade from 0.1.0, whose conffile and units were other ones: with the conffile as it came and edited, with a terminal
//! and without.

use crate::container::Container;
use crate::install::is_enabled_and_listens;
use crate::repo::{self, CONFFILE, VERSIONS, next_conffile};
use crate::root::BOOKWORM_AMD64;
use crate::stream::card;
use crate::viewer::{IPV4, Viewer, arguments, process, wait_until_nobody_watches};
use test_support::commands::Done;

const FIRST: &str = include_str!("../data/0.1.0/raspivid");
const SHIPPED: &str = include_str!("../../assets/default/raspivid");

#[test]
fn the_upgrade_from_the_first_version_keeps_what_was_edited_and_renews_what_was_not() {
    let container = &Container::boot(&BOOKWORM_AMD64);
    repo::add(container);
    let first = repo::add_first(container);
    repo::add_next(container);
    let new = next_conffile(VERSIONS[0], SHIPPED);
    let edited = card(container);

    container.step("untouched, no terminal", || {
        install_first(container, &first, FIRST);
        upgrade(container, "").good();
        assert_eq!(container.read(CONFFILE), new);
        works(container, &edited);
    });
    container.step("untouched, terminal", || {
        install_first(container, &first, FIRST);
        let said = upgrade_on_a_terminal(container);
        assert!(!said.contains("Configuration file"), "{said}");
        assert_eq!(container.read(CONFFILE), new);
    });
    container.step("edited, no terminal", || {
        install_first(container, &first, &edited);
        let done = upgrade(container, "");
        assert!(!done.status.success(), "dpkg asks nobody: {done}");
        // What README says.
        upgrade(container, "-o Dpkg::Options::=--force-confold").good();
        assert_eq!(container.read(CONFFILE), edited);
        assert_eq!(container.read(&format!("{CONFFILE}.dpkg-dist")), new);
        works(container, &edited);
    });
    container.step("edited, terminal", || {
        install_first(container, &first, &edited);
        let said = upgrade_on_a_terminal(container);
        assert!(said.contains("Configuration file"), "{said}");
        assert_eq!(container.read(CONFFILE), edited);
        works(container, &edited);
    });
}

fn install_first(container: &Container, deb: &str, conffile: &str) {
    container.sh("apt-get purge -y picam-stream; rm -f /etc/default/raspivid*");
    container.sh(&format!("apt-get install -y {deb}"));
    assert_eq!(container.read(CONFFILE), FIRST);
    container.write(CONFFILE, conffile);
}

fn upgrade(container: &Container, options: &str) -> Done {
    let version = VERSIONS[0];
    container.try_sh(&format!(
        "apt-get install -y {options} picam-stream={version} </dev/null"
    ))
}

/// Who is asked presses Enter.
fn upgrade_on_a_terminal(container: &Container) -> String {
    let command = format!("apt-get install -y picam-stream={}", VERSIONS[0]);
    container.sh(&format!(
        "(sleep 1; yes '') | head -n 100 | script -qec '{command}' /dev/null"
    ))
}

/// The new unit starts the new program.
fn works(container: &Container, options: &str) {
    is_enabled_and_listens(container);
    container.write(CONFFILE, options);
    let viewer = Viewer::watch(container, IPV4);
    assert_eq!(
        arguments(process(container))[..3],
        ["--service", "-v", "-n"]
    );
    drop(viewer);
    wait_until_nobody_watches(container);
}
