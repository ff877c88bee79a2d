//! The unit's own command line and what a reader of `journalctl -u 'raspivid@*'` sees of it.

use crate::container::Container;
use crate::repo::CONFFILE;
use crate::root::{BOOKWORM_AMD64, BULLSEYE_ARMHF, Root, TRIXIE_AMD64};
use crate::setups::{installed, installed_on};
use crate::stream::{CLIP, card};
use crate::viewer::{IPV4, IPV6, Viewer, arguments, instances, process, wait_until_nobody_watches};
use std::fs;
use test_support::commands::until;

const README: &str = include_str!("../../README.md");

/// A capture program that has the clip for its camera, and keeps to the form of the real one's help.
const CAPTURE_PROGRAM: &str = r#"#!/bin/sh
if [ "$1" = --help ]; then
    for name in width height codec output timeout bitrate framerate inline intra profile level flush nopreview \
        libav-format low-latency denoise autofocus-mode; do echo "  --$name arg (=0)    Text"; done
    exit
fi
while :; do cat /CLIP || exit; sleep 1; done
"#;

#[test]
fn the_journal_of_a_viewer_is_the_report_and_one_closing_line_on_systemd_247() {
    the_journal_is_quiet(&BULLSEYE_ARMHF);
}

#[test]
fn the_journal_of_a_viewer_is_the_report_and_one_closing_line_on_systemd_252() {
    the_journal_is_quiet(&BOOKWORM_AMD64);
}

#[test]
fn the_journal_of_a_viewer_is_the_report_and_one_closing_line_on_systemd_257() {
    the_journal_is_quiet(&TRIXIE_AMD64);
}

fn the_journal_is_quiet(root: &'static Root) {
    let container = &installed_on(root);
    // A viewer before: what is told once after the installation is no part of it.
    drop(Viewer::watch(container, IPV4));
    wait_until_nobody_watches(container);
    container
        .sh("journalctl --sync; journalctl --rotate; journalctl --vacuum-time=1us >/dev/null 2>&1");
    drop(Viewer::watch(container, IPV4));
    wait_until_nobody_watches(container);
    let journal = session(container);
    let is_report = |line: &str| {
        let words = [
            "\"picam-stream\" Camera App",
            "Camera Name",
            "Width ",
            "Using camera",
            "GPS output",
            "bitrate ",
            "H264 ",
            "Wait method",
            "Initial state",
            "Preview",
            "Opacity",
            "Sharpness",
            "Saturation",
            "Exposure Mode",
            "Flicker",
            "Metering",
            "Rotation",
            "ROI",
        ];
        line.is_empty() || words.iter().any(|word| line.starts_with(word))
    };
    let others: Vec<&str> = journal.lines().filter(|line| !is_report(line)).collect();
    let begins = ["Started ", "stream ended: viewer left", "raspivid@"];
    assert_eq!(others.len(), 3, "{others:#?}");
    for (line, begin) in others.iter().zip(begins) {
        assert!(line.starts_with(begin), "{others:#?}");
    }
    assert!(others[2].ends_with("Succeeded.") || others[2].ends_with("Deactivated successfully."));
    let everything = container.sh("journalctl --no-pager -o cat");
    for noise in ["Unknown key name", "Couldn't stat device"] {
        assert!(!everything.contains(noise), "{everything}");
    }
}

#[test]
fn readmes_example_of_words_behind_two_dashes_streams() {
    let container = &installed();
    let example = README
        .split('`')
        .find(|code| code.contains(" -- --denoise"))
        .expect("README's example");
    container.write(
        "usr/local/bin/rpicam-vid",
        CAPTURE_PROGRAM.replace("CLIP", CLIP),
    );
    container.sh("chmod 755 /usr/local/bin/rpicam-vid");
    fs::create_dir_all(container.path(CLIP).parent().unwrap()).unwrap();
    fs::copy(crate::life::recorded_stream(), container.path(CLIP)).unwrap();
    container.write(
        CONFFILE,
        format!("RASPIVID_OPTIONS = --source rpicam {example}\n"),
    );
    {
        let _viewer = Viewer::watch(container, IPV4);
        let ours = arguments(process(container));
        assert_eq!(ours[..4], ["--service", "-v", "-n", "--source"]);
        let program = until("the capture program runs", 60, || {
            container.processes("rpicam-vid").pop()
        });
        let line = fs::read_to_string(format!("/proc/{program}/cmdline")).unwrap();
        let line = line.replace('\0', " ");
        assert!(
            line.ends_with("--denoise cdn_off --autofocus-mode continuous "),
            "{line}"
        );
    }
    wait_until_nobody_watches(container);
    let journal = session(container);
    assert!(!journal.contains("cannot do"), "{journal}");

    for (words, reason) in [
        ("--version", "--version cannot stand behind --"),
        ("--initial pause", "never begins"),
    ] {
        container.write(
            CONFFILE,
            format!("RASPIVID_OPTIONS = --source rpicam -- {words}\n"),
        );
        assert_eq!(closed(container), 0);
        assert!(
            session(container).contains(reason),
            "{}",
            session(container)
        );
    }
}

#[test]
fn faults_of_the_conffile_are_told_in_the_journal() {
    let container = &installed();
    let card = card(container);
    let line = card.trim_end();
    for (text, told) in [
        (
            format!("{line}\n -b 300k\n"),
            "line 2 (\"-b 300k\") is no assignment",
        ),
        (
            format!("{line} -l -o tcp://0.0.0.0:3333 -t 1\n"),
            "overruled by the service: -l -o -t",
        ),
    ] {
        container.write(CONFFILE, &text);
        drop(Viewer::watch(container, IPV4));
        wait_until_nobody_watches(container);
        let warnings = container.sh("journalctl --no-pager -o cat -u 'raspivid@*' -p warning");
        assert_eq!(warnings.matches(told).count(), 1, "{warnings}");
    }
    for (text, told) in [
        (
            card.replace("OPTIONS", "OPTION").into_bytes(),
            "sets RASPIVID_OPTION and not RASPIVID_OPTIONS",
        ),
        (
            b"RASPIVID_OPTIONS = -a T\xfcr --source test\n".to_vec(),
            "line 1 is not UTF-8",
        ),
    ] {
        container.write(CONFFILE, text);
        closed(container);
        assert!(session(container).contains(told), "{}", session(container));
    }
    fs::remove_file(container.path(CONFFILE)).unwrap();
    closed(container);
    assert!(
        session(container).contains("/etc/default/raspivid is not there: raspivid@.service reads")
    );

    container.write(CONFFILE, format!("{line} --help\n"));
    assert_eq!(closed(container), 0, "the viewer gets no help");
    assert!(session(container).contains("--help cannot stand among the options of the service"));
}

#[test]
fn a_unit_of_the_older_form_goes_on_working() {
    let container = &installed();
    container.write(
        "etc/systemd/system/raspivid@.service",
        include_str!("../data/0.1.0/raspivid@.service"),
    );
    container.sh("systemctl daemon-reload");
    let _viewer = Viewer::watch(container, IPV4);
    let words = arguments(process(container));
    assert!(words.ends_with(&["-v", "-n", "-t", "0", "-o", "-"].map(str::to_owned)));
    let page = container.try_sh("picam-stream doctor").out;
    assert!(page.contains("of the older form"), "{page}");
    assert!(
        page.contains("/etc/systemd/system/raspivid@.service is used in place"),
        "{page}"
    );
    assert!(page.contains("no problems"), "{page}");
}

#[test]
fn both_kinds_of_addresses_are_served_where_sockets_are_ipv6_only_by_default() {
    let container = &installed();
    container.sh("sysctl -q -w net.ipv6.bindv6only=1 || echo 1 >/proc/sys/net/ipv6/bindv6only");
    container.sh("systemctl restart raspivid.socket");
    for address in [IPV4, IPV6] {
        drop(Viewer::watch(container, address));
    }
}

/// A viewer who gets nothing; gives the bytes that came all the same.
fn closed(container: &Container) -> usize {
    wait_until_nobody_watches(container);
    let count = Viewer::connect(container, IPV4).read_to_end();
    wait_until_nobody_watches(container);
    count
}

/// What the journal has of all viewers.
fn session(container: &Container) -> String {
    until("no instance is left", 60, || {
        instances(container).is_empty().then_some(())
    });
    container.sh("journalctl --sync; journalctl --no-pager -o cat -u 'raspivid@*'")
}
