//! `picam-stream doctor` in real systems: what it says of a real systemd and a real journal, in the states that people get
//! them into. No container has a camera.

use crate::container::Container;
use crate::repo::CONFFILE;
use crate::root::{BOOKWORM_AMD64, BULLSEYE_ARMHF, Root, TRIXIE_AMD64};
use crate::setups::{installed, installed_on};
use crate::stream::card;
use crate::viewer::{IPV4, Viewer, wait_until_nobody_watches};
use serde_json::Value;
use test_support::commands::until;

const SHIPPED: &str = include_str!("../../assets/default/raspivid");

/// The lines that are wrong in a way that systemd and the program notice.
const BROKEN: &str = "RASPIVID_OPTIONS = -w 1280 -fps fast\n";

/// What doctor said: the same in both of its forms.
struct Page {
    text: String,
    checks: Vec<Value>,
}

impl Page {
    /// Asks for both, and sees that exit status, counts and closing line agree.
    fn of(container: &Container) -> Page {
        let (text, json) = (
            container.try_sh("picam-stream doctor"),
            container.try_sh("picam-stream doctor --json"),
        );
        assert!(text.err.is_empty() && json.err.is_empty(), "{text}{json}");
        let report: Value = serde_json::from_str(&json.out).unwrap();
        let sections = report["sections"].as_array().unwrap();
        let checks = sections
            .iter()
            .flat_map(|s| s["checks"].as_array().unwrap());
        let page = Page {
            text: text.out.clone(),
            checks: checks.cloned().collect(),
        };
        let problems = page.having("problem").len();
        assert_eq!(report["problems"], problems, "{report:#}");
        assert_eq!(
            report["warnings"],
            page.having("warning").len(),
            "{report:#}"
        );
        let status = Some(i32::from(problems > 0));
        assert_eq!(
            (text.status.code(), json.status.code()),
            (status, status),
            "{text}"
        );
        let last = page.text.lines().last().unwrap_or_default();
        assert_eq!(
            last.starts_with("no problems"),
            problems == 0,
            "{}",
            page.text
        );
        page
    }

    /// The subjects with this verdict.
    fn having(&self, verdict: &str) -> Vec<&str> {
        let has = |check: &&Value| check["verdict"] == verdict;
        let subjects = self.checks.iter().filter(has);
        subjects
            .map(|check| check["subject"].as_str().unwrap())
            .collect()
    }

    /// Sees this text, with this remedy (or none, where it is empty).
    #[track_caller]
    fn says(&self, subject: &str, verdict: &str, text: &str, remedy: &str) {
        assert!(
            self.has(subject, verdict, text, remedy),
            "no {verdict}, {subject}: {text} → {remedy}\n{}",
            self.text
        );
    }

    fn has(&self, subject: &str, verdict: &str, text: &str, remedy: &str) -> bool {
        let part = |field: &Value, part: &str| field.as_str().unwrap_or_default().contains(part);
        self.checks.iter().any(|check| {
            check["subject"] == subject
                && check["verdict"] == verdict
                && part(&check["text"], text)
                && part(&check["remedy"], remedy)
                && check["remedy"].is_null() == remedy.is_empty()
        })
    }
}

#[test]
fn doctor_finds_nothing_but_the_camera_lacking_after_the_installation() {
    let container = &installed();
    container.write(CONFFILE, SHIPPED);
    let page = Page::of(container);
    assert_eq!(page.having("problem"), ["camera"], "{}", page.text);
    assert_eq!(page.having("warning"), [""; 0], "{}", page.text);
    page.says(
        "camera",
        "problem",
        "none was found",
        "plug in a USB camera",
    );
    let idle = "active and enabled, 0 viewers since it started, 0 now, 0 turned away";
    page.says("raspivid.socket", "ok", idle, "");
    page.says(
        "raspivid@.service",
        "ok",
        "installed, as the package has it",
        "",
    );
    page.says("port", "ok", "systemd listens on TCP port 3333", "");
    page.says(
        "last failure",
        "ok",
        "no stream has failed within 24 hours",
        "",
    );
    assert!(page.text.contains("gives 10 options"), "{}", page.text);
}

#[test]
fn doctor_tells_of_viewers_and_the_last_failure_on_bookworm() {
    tells_of_viewers_and_the_last_failure(&BOOKWORM_AMD64);
}

#[test]
fn doctor_tells_of_viewers_and_the_last_failure_on_trixie() {
    tells_of_viewers_and_the_last_failure(&TRIXIE_AMD64);
}

#[test]
fn doctor_tells_of_viewers_and_the_last_failure_on_bullseye_armhf() {
    tells_of_viewers_and_the_last_failure(&BULLSEYE_ARMHF);
}

/// The test card is what was asked for, so that no camera is no problem; of several failures the last is told.
fn tells_of_viewers_and_the_last_failure(root: &'static Root) {
    let container = &installed_on(root);
    let viewer = Viewer::watch(container, IPV4);
    let page = Page::of(container);
    assert_eq!(page.having("problem"), [""; 0], "{}", page.text);
    page.says("camera", "ok", "the options ask for the test card", "");
    page.says(
        "raspivid.socket",
        "ok",
        "1 viewer since it started, 1 now",
        "",
    );
    page.says("last failure", "ok", "no stream has failed", "");
    drop(viewer);

    container.write(CONFFILE, SHIPPED);
    fail(container, "no camera was found (--source auto)");
    container.write(CONFFILE, BROKEN);
    let page = fail(container, "cannot use \"fast\" for -fps");
    page.says(
        "options",
        "problem",
        "no stream starts with them: cannot use \"fast\"",
        "correct the line",
    );
    page.says(
        "last failure",
        "warning",
        ".service: cannot use \"fast\"",
        "journalctl -u 'raspivid@*'",
    );
    page.says(
        "raspivid.socket",
        "ok",
        "3 viewers since it started, 0 now",
        "",
    );

    container.write(CONFFILE, card(container));
    let page = Page::of(container);
    page.says(
        "last failure",
        "warning",
        "cannot use \"fast\"",
        "journalctl",
    );
    assert_eq!(page.having("problem"), [""; 0], "{}", page.text);
}

/// A viewer comes and gets nothing; waits until the journal and doctor have the reason.
fn fail(container: &Container, reason: &str) -> Page {
    wait_until_nobody_watches(container);
    assert_eq!(Viewer::connect(container, IPV4).read_to_end(), 0);
    wait_until_nobody_watches(container);
    until("doctor tells the last failure", 120, || {
        let page = Page::of(container);
        page.has("last failure", "warning", reason, "journalctl")
            .then_some(page)
    })
}

#[test]
fn doctor_names_the_program_that_has_the_port() {
    let container = &installed();
    container.sh("systemctl stop raspivid.socket");
    let listener = "use IO::Socket::INET; @held = IO::Socket::INET->new(LocalPort => 3333, Listen => 1) or die; sleep";
    container.sh(&format!(
        "systemd-run --quiet --unit=other perl -e '{listener}'"
    ));
    until("the other program listens", 60, || {
        let sockets = container.read("proc/1/net/tcp");
        sockets.contains(":0D05 00000000:0000 0A").then_some(())
    });
    container.try_sh("systemctl start raspivid.socket");
    let page = Page::of(container);
    page.says(
        "raspivid.socket",
        "problem",
        "it has failed (resources)",
        "port is most likely taken",
    );
    page.says(
        "port",
        "problem",
        "taken by perl (process ",
        "sudo systemctl restart raspivid.socket",
    );

    container.sh("systemctl stop other && systemctl restart raspivid.socket");
    let page = Page::of(container);
    assert_eq!(page.having("problem"), [""; 0], "{}", page.text);
}

#[test]
fn doctor_tells_a_socket_that_was_stopped_disabled_or_masked() {
    let container = &installed();
    let after = |line: &str| {
        container.sh(line);
        Page::of(container)
    };
    let socket = "raspivid.socket";
    let page = after("systemctl stop raspivid.socket");
    page.says(
        socket,
        "problem",
        "enabled, but has been stopped",
        "systemctl start raspivid.socket",
    );
    page.says(
        "port",
        "warning",
        "nobody listens on TCP port 3333",
        "above",
    );
    let page = after("systemctl disable raspivid.socket");
    page.says(
        socket,
        "problem",
        "inactive and disabled",
        "systemctl enable --now raspivid.socket",
    );
    let page = after("systemctl start raspivid.socket");
    assert_eq!(page.having("problem"), [""; 0], "{}", page.text);
    page.says(
        socket,
        "warning",
        "will not listen after the next start",
        "systemctl enable raspivid.socket",
    );

    let page = after("systemctl stop raspivid.socket; systemctl mask raspivid.socket");
    page.says(
        socket,
        "problem",
        "it is masked",
        "systemctl unmask raspivid.socket",
    );
    assert!(
        !page.text.contains("in place of the package's"),
        "{}",
        page.text
    );
    // The remedy that it gives.
    let page = after("systemctl unmask raspivid.socket && systemctl enable --now raspivid.socket");
    assert_eq!(page.having("problem"), [""; 0], "{}", page.text);

    let page = after("systemctl mask raspivid@.service");
    page.says(
        "raspivid@.service",
        "problem",
        "it is masked",
        "systemctl unmask raspivid@.service",
    );
}

#[test]
fn doctor_says_what_a_user_may_not_see() {
    let container = &installed();
    let nobody = "setpriv --reuid=nobody --regid=nogroup --clear-groups picam-stream doctor";
    let page = container.sh(nobody);
    let words: Vec<&str> = page.split_whitespace().collect();
    let page = words.join(" ");
    for part in [
        "systemd listens on TCP port 3333",
        "last failure none within 24 hours that this user may see; with sudo all are seen",
        "active and enabled",
        "no problems",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}
