//! The sandbox of the units, in a system where every directive takes effect: what an instance really may do, and the
//! figures that need a booted system.

use crate::container::Container;
use crate::root::{BOOKWORM_AMD64, BOOKWORM_ARMHF, Root, TRIXIE_AMD64};
use crate::setups::{installed, installed_on};
use crate::viewer::{IPV4, Viewer, process, wait_until_nobody_watches};
use std::fs;
use std::time::{Duration, Instant};
use test_support::commands::{say, until};

/// Of 10; what `systemd-analyze security` calls SAFE ends at 2.
const EXPOSURE_AT_MOST: f32 = 1.0;

#[test]
fn an_instance_streams_with_every_restriction_in_effect() {
    let container = &installed();
    let _viewer = Viewer::watch(container, IPV4);
    let pid = process(container);
    let first = container.leader();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let has = |name: &str, value: &str| {
        let line = status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default();
        assert_eq!(line.split_whitespace().nth(1), Some(value), "{line}");
    };
    has("NoNewPrivs:", "1");
    // 2: by a filter.
    has("Seccomp:", "2");
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        has(set, "0000000000000000");
    }
    let user: u32 = status
        .lines()
        .find_map(|l| {
            l.strip_prefix("Uid:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap();
    assert!(
        (61184..=65519).contains(&user),
        "user {user} is not one that systemd made up for this run"
    );
    for namespace in ["net", "mnt", "uts"] {
        let of = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/{namespace}")).unwrap();
        assert_ne!(of(pid), of(first), "namespace {namespace}");
    }
    let view = format!("/proc/{pid}/root");
    assert!(
        fs::read_dir(format!("{view}/root"))
            .unwrap()
            .next()
            .is_none(),
        "/root is not hidden"
    );
    let mounts = fs::read_to_string(format!("/proc/{pid}/mounts")).unwrap();
    let is_read_only = |place: &str| {
        let mount = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .rfind(|m| m[1] == place);
        mount.is_some_and(|m| m[3].split(',').any(|option| option == "ro"))
    };
    for place in ["/", "/sys/fs/cgroup", "/proc/sys"] {
        assert!(is_read_only(place), "{place} can be written to:\n{mounts}");
    }
}

/// What an instance has no business with, each as a line for bash.
const FORBIDDEN: [(&str, &str); 9] = [
    ("write to /usr", "touch /usr/written"),
    ("write to /etc", "touch /etc/written"),
    ("mount", "mount -t tmpfs tmpfs /mnt"),
    ("make a user namespace", "unshare --user true"),
    (
        "raise its priority",
        "[ \"$(nice -n -5 nice)\" -lt \"$(nice)\" ]",
    ),
    ("open a device", ": </dev/fuse"),
    ("see the first process", "ls /proc/1/cmdline"),
    ("use the network", ": <>/dev/tcp/127.0.0.1/3333"),
    ("read what others keep", "cat /root/secret"),
];

/// A program in the place of ours tries all that is forbidden. Outside of the unit it can do each of it, which shows
/// that it is the unit that refuses.
#[test]
fn what_the_units_forbid_is_refused() {
    let container = &installed();
    let tries =
        FORBIDDEN.map(|(what, line)| format!("({line}) >/dev/null 2>&1 && echo '{what}'\n"));
    let probe = format!("#!/bin/bash\n{}echo tried all\n", tries.concat());
    container.write("usr/local/bin/probe", probe);
    container.write("root/secret", "");
    container.sh("chmod 755 /usr/local/bin/probe; chmod 644 /root/secret; chmod 755 /root");
    container.sh("[ -e /dev/fuse ] || mknod -m 666 /dev/fuse c 10 229");
    let outside = container.sh("/usr/local/bin/probe");
    let all = FORBIDDEN.map(|(what, _)| format!("{what}\n")).concat() + "tried all";
    assert_eq!(outside, all, "the probe itself is wrong");

    container.write(
        "etc/systemd/system/raspivid@.service.d/probe.conf",
        "[Service]\nExecStart=\nExecStart=/usr/local/bin/probe\nStandardOutput=socket\n",
    );
    container.sh("systemctl daemon-reload");
    wait_until_nobody_watches(container);
    let mut viewer = Viewer::connect(container, IPV4);
    assert_eq!(viewer.read_text_to_end(), "tried all\n");
}

#[test]
fn figures_of_a_booted_system() {
    installed_on(&BOOKWORM_ARMHF);
    for root in [&BOOKWORM_AMD64, &TRIXIE_AMD64] {
        let container = &installed_on(root);
        exposure(container, root);
        first_byte(container, root);
        next_viewer(container, root);
    }
}

fn exposure(container: &Container, root: &Root) {
    let viewer = Viewer::watch(container, IPV4);
    let unit = viewer.unit(container);
    let table = container.sh(&format!(
        "systemd-analyze security --no-pager '{unit}' || true"
    ));
    let verdict = table
        .lines()
        .find(|line| line.contains("Overall exposure level"))
        .unwrap_or_default();
    let number = verdict
        .split(": ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next()?.parse::<f32>().ok());
    let exposure = number.unwrap_or_else(|| panic!("no verdict in {table}"));
    say(&format!(
        "figure: exposure of the instance {exposure} on {}",
        root.name()
    ));
    assert!(exposure <= EXPOSURE_AT_MOST, "{table}");
}

/// From the connection to the first byte, the instance's start included: the median of eleven.
fn first_byte(container: &Container, root: &Root) {
    let mut times: Vec<Duration> = (0..11)
        .map(|_| {
            wait_until_nobody_watches(container);
            let begun = Instant::now();
            let mut viewer = Viewer::connect(container, IPV4);
            viewer.read(1);
            begun.elapsed()
        })
        .collect();
    times.sort();
    say(&format!(
        "figure: {:.0?} from connecting to the first byte on {} (test card 720p)",
        times[5],
        root.name()
    ));
}

/// From a viewer's leaving to the next one's being let in: the shortest of five, tried every few milliseconds.
fn next_viewer(container: &Container, root: &Root) {
    let taken = (0..5).map(|_| {
        drop(Viewer::watch(container, IPV4));
        let left = Instant::now();
        until("the next viewer gets in", 60, || {
            let tried = left.elapsed();
            Viewer::try_watch(container, IPV4).map(|_| tried)
        })
    });
    let shortest = taken.min().unwrap();
    say(&format!(
        "figure: {shortest:.0?} from a viewer's leaving to the next one's being let in on {}",
        root.name()
    ));
}
