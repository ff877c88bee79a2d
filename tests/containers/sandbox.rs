//! The sandbox of the units, in a system where every directive takes effect: what an instance really may do, and the
//! figures that need a booted system.

use crate::container::Container;
use crate::root::{BOOKWORM_AMD64, BOOKWORM_ARMHF, Root, TRIXIE_AMD64};
use crate::run::{say, until};
use crate::setups::{installed, installed_on};
use crate::viewer::{IPV4, Viewer, process, wait_until_nobody_watches};
use std::fs;
use std::time::{Duration, Instant};

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
    for namespace in ["net", "ipc", "mnt", "uts"] {
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

/// What the kernel refuses, seen by a program that runs under the instance's own directives in the place of ours.
#[test]
fn what_the_units_forbid_is_refused() {
    let container = &installed();
    let probe = "#!/bin/sh\n\
        touch /usr/written && echo wrote to /usr\n\
        touch /dev/shm/../../etc/written && echo wrote to /etc\n\
        mount -t tmpfs tmpfs /mnt && echo mounted\n\
        unshare --user true && echo made a namespace\n\
        nice -n -5 true 2>&1 | grep -q . || echo raised its priority\n\
        head -c 1 /dev/kmsg && echo read the kernel log\n\
        ls /proc/1/cmdline && echo saw another process\n\
        : </dev/fuse && echo opened a device\n\
        exec 2>/dev/null 3<>/dev/tcp/127.0.0.1/3333 && echo used the network\n\
        echo done\n";
    container.write(
        "usr/local/bin/probe",
        probe.replace("#!/bin/sh", "#!/bin/bash"),
    );
    container.sh("chmod 755 /usr/local/bin/probe; mknod -m 666 /dev/fuse c 10 229 || true");
    container.write(
        "etc/systemd/system/raspivid@.service.d/probe.conf",
        "[Service]\nExecStart=\nExecStart=/usr/local/bin/probe\nStandardOutput=socket\n",
    );
    container.sh("systemctl daemon-reload");
    wait_until_nobody_watches(container);
    let mut viewer = Viewer::connect(container, IPV4);
    let answer = viewer.read_text_to_end();
    assert_eq!(answer, "done\n");
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
