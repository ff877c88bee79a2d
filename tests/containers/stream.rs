//! Watching the stream: one viewer's life from the connection to the closing line in the journal.

use crate::container::Container;
use crate::repo::CONFFILE;
use crate::viewer::{IPV4, IPV6, Viewer, instances, probe, process, wait_until_nobody_watches};
use std::time::{Duration, Instant};
use test_support::commands::until;

/// Where the recorded stream lies in the container.
pub const CLIP: &str = "usr/local/share/clip.h264";

/// A conffile that streams the test card at the size and rate of the shipped options: emulated ARM cannot encode that
/// in real time, so a smaller one there.
pub fn card(container: &Container) -> String {
    let size = match container.root.is_emulated() {
        true => "-w 320 -h 240 -fps 10 -g 10",
        false => "-w 1280 -h 720 -fps 25 -g 25",
    };
    format!("RASPIVID_OPTIONS = {size} -a 12 -fl -ih -b 800000 -pf main -awb auto --source test\n")
}

/// A conffile that streams the recorded stream, 1280x720 at 25 frames a second.
pub fn clip() -> String {
    format!("RASPIVID_OPTIONS = -fps 25 --source file:/{CLIP}\n")
}

/// A real ffprobe outside decodes what comes, without a complaint.
pub fn decodes(container: &Container) {
    container.write(CONFFILE, clip());
    let clip = probe(container, 50, IPV4);
    assert!(
        clip.contains("codec_name=h264\n") && clip.contains("width=1280\nheight=720\n"),
        "{clip}"
    );
    assert!(clip.contains("nb_read_frames=50\n"), "{clip}");
    container.write(CONFFILE, card(container));
    let card = probe(container, 20, IPV6);
    assert!(
        card.contains("profile=Main\n") && card.contains("nb_read_frames=20\n"),
        "{card}"
    );
    let size = if container.root.is_emulated() {
        "width=320\nheight=240\n"
    } else {
        "width=1280\nheight=720\n"
    };
    assert!(card.contains(size), "{card}");
}

/// The instance is named after the connection, its journal has the start, the settings and the end, and with the
/// viewer it goes.
pub fn instance_lives_and_dies_with_its_viewer(container: &Container) {
    for (address, host) in [(IPV4, "127.0.0.1"), (IPV6, "::1")] {
        let viewer = Viewer::watch(container, address);
        let (unit, port) = (viewer.unit(container), viewer.port());
        let counter = unit
            .strip_prefix("raspivid@")
            .and_then(|rest| rest.split('-').next())
            .unwrap();
        assert_eq!(
            unit,
            format!("raspivid@{counter}-{host}:3333-{host}:{port}.service")
        );
        assert!(counter.parse::<u32>().is_ok(), "{unit}");
        drop(viewer);
        wait_until_nobody_watches(container);
        assert_eq!(instances(container), [""; 0]);
        let (v4, v6) = (format!("({host}:{port})"), format!("([{host}]:{port})"));
        until("the journal has the whole session", 60, || {
            let journal = container.sh(&format!("journalctl --no-pager -o cat -u '{unit}'"));
            let started =
                journal.contains("Started ") && journal.contains("Raspivid Streaming Instance");
            let named = journal.contains(&v4) || journal.contains(&v6);
            let report = journal.contains("\"picam-stream\" Camera App (version ");
            (started && named && report && journal.contains("viewer left")).then_some(())
        });
    }
}

/// Within a second of the viewer's end no process is left. A machine that is busy elsewhere gets three chances.
pub fn nothing_is_left_within_a_second(container: &Container) {
    let seconds = |_| {
        let viewer = Viewer::watch(container, IPV4);
        drop(viewer);
        let left = Instant::now();
        until("the process ends", 60, || {
            container
                .processes("picam-stream")
                .is_empty()
                .then(|| left.elapsed())
        })
    };
    let fastest = (0..3)
        .map(seconds)
        .find(|took| *took < Duration::from_secs(1));
    assert!(
        fastest.is_some(),
        "three times the process was there for longer than a second"
    );
}

/// A second viewer is told at once, by the end of its stream, and does not disturb the first.
pub fn second_viewer_is_turned_away(container: &Container) {
    let mut first = Viewer::watch(container, IPV4);
    for address in [IPV4, IPV6] {
        let mut second = Viewer::connect(container, address);
        assert_eq!(second.read_to_end(), 0, "the second viewer got bytes");
    }
    first.still_sees_it();
}

/// A change of the conffile is there for the next viewer, without any restart.
pub fn next_viewer_gets_the_edited_options(container: &Container) {
    for bitrate in ["500000", "600000"] {
        container.write(CONFFILE, format!("{} -b {bitrate}\n", clip().trim_end()));
        let _viewer = Viewer::watch(container, IPV4);
        let arguments = crate::viewer::arguments(process(container));
        assert!(
            arguments.windows(2).any(|pair| pair == ["-b", bitrate]),
            "{arguments:?}"
        );
    }
}

/// A broken option is a clean end for the viewer and a line for the administrator that says which and where.
pub fn broken_option_is_explained_in_the_journal(container: &Container) {
    container.write(CONFFILE, "RASPIVID_OPTIONS = -w 1280 -fps fast\n");
    wait_until_nobody_watches(container);
    let mut viewer = Viewer::connect(container, IPV4);
    let port = viewer.port();
    assert_eq!(viewer.read_to_end(), 0);
    until("the journal names the option and the file", 60, || {
        let journal = container.sh(&format!(
            "journalctl --no-pager -o cat -u 'raspivid@*:{port}.service'"
        ));
        journal
            .lines()
            .any(|line| line.contains("-fps") && line.contains("fast"))
            .then_some(())?;
        journal.contains("/etc/default/raspivid").then_some(())
    });
    assert_eq!(
        container.sh("systemctl list-units --failed --plain --no-legend 'raspivid*'"),
        ""
    );
    wait_until_nobody_watches(container);
}
