//! README's lines for players, each run as it stands there in Debian 12 and in Debian 13: the test card must come to a
//! screen, and what is recorded must play at the right speed.
//!
//! Run as root with `cargo test --test players`. A line runs in a network of its own, in which raspberrypi.local is this
//! program, on a throw-away layer over a Debian root with the players; only their settings say that there is no screen.

mod lines;
mod room;

use lines::{Line, lines};
use room::Room;
use test_support::commands::say;
use test_support::roots::Root;

/// What the lines need, and nothing that only a desktop has.
const PLAYERS: &[&str] = &[
    "ffmpeg",
    "mpv",
    "vlc-bin",
    "vlc-plugin-base",
    "gstreamer1.0-tools",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-libav",
    "netcat-openbsd",
];

static DEBIAN_12: Root = Root::new("bookworm", "amd64", PLAYERS);
static DEBIAN_13: Root = Root::new("trixie", "amd64", PLAYERS);

#[test]
fn every_line_of_the_readme_plays_on_debian_12() {
    play_all(&DEBIAN_12);
}

#[test]
fn every_line_of_the_readme_plays_on_debian_13() {
    play_all(&DEBIAN_13);
}

#[test]
fn every_player_of_the_readme_has_a_line_or_is_no_program_to_run() {
    let mut others: Vec<String> = lines::rows().into_iter().map(|row| row.player).collect();
    others.retain(|player| lines().iter().all(|line| line.player != *player));
    assert_eq!(others, ["Home Assistant", "Frigate", "OBS"]);
}

fn play_all(root: &'static Root) {
    for line in lines() {
        let Line { command, .. } = &line;
        let seen = if line.records() {
            Room::recording(root, &line).recorded()
        } else {
            Room::watching(root, &line).watched()
        };
        say(&format!("[{}] {command}: {seen}", root.suite));
    }
}
