//! Viewers that come and go: whoever does, however often and at whatever moment, disturbs nobody, leaves nothing behind and is
//! never refused.

use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use picam_stream::serve::handed::message::Kind;
use test_support::commands::until;
use test_support::service::{Room, Service};

use crate::process::{descriptors, memory_kib, threads};
use test_support::handed_viewer::{CARD, Viewer};
use test_support::pictures::{annex_b, assert_piece_of, slices};

const KINDS: [Kind; 3] = [Kind::Bare, Kind::MpegTs, Kind::Records];

/// A way to leave, and its name.
type Leaving = (&'static str, fn(Viewer));

/// Numbers that look random and are the same in each run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

#[test]
fn two_thousand_come_and_go_and_ten_who_stay_notice_nothing() {
    let options = "--max-viewers 80 --max-viewers-per-address 80";
    let service = Service::start(&[Room::Camera], &format!("{CARD} {options}"));
    let staying: Vec<_> = (0..10)
        .map(|number| {
            let mut viewer = Viewer::watch(&service, KINDS[number % 3]);
            viewer.keep_at_least(1);
            let kind = KINDS[number % 3];
            (kind, viewer.keep_reading())
        })
        .collect();
    let pid = service.pid().expect("it runs");
    let (before, memory_before) = (descriptors(pid), memory_kib(pid));
    let mut dice = Dice(20_261_126);
    let mut present = Vec::new();
    for joined in 0..2000 {
        let kind = KINDS[dice.roll(3)];
        let mut viewer = Viewer::watch_locally(&service, kind);
        // Some wait for pictures, some leave at once, some leave in the midst.
        if joined % 97 == 0 {
            viewer.read_at_least(1);
        }
        present.push(viewer);
        while present.len() > dice.roll(50) {
            let leaving = dice.roll(present.len());
            match dice.roll(3) {
                // The viewer goes, its instance goes, or both.
                0 => drop(present.swap_remove(leaving).stream),
                1 => drop(present.swap_remove(leaving).client),
                _ => drop(present.swap_remove(leaving)),
            }
        }
    }
    drop(present);
    until("every descriptor is closed", 30, || {
        (descriptors(pid) == before).then_some(())
    });
    assert_eq!(threads(pid), 2);
    let grown = memory_kib(pid).saturating_sub(memory_before);
    assert!(grown < 8 << 10, "{grown} KiB more");
    assert_eq!((service.starts(), service.pid()), (1, Some(pid)));
    service.signal(Signal::SIGTERM);
    let streams: Vec<_> = staying
        .into_iter()
        .map(|(kind, reader)| {
            let (stream, ended) = reader.end();
            assert_eq!(
                (ended.tally.skipped, ended.exit_status),
                (0, 0),
                "{ended:?}"
            );
            slices(&annex_b(kind, &stream))
        })
        .collect();
    let longest = streams.iter().max_by_key(|it| it.len()).expect("ten");
    for stream in &streams {
        assert_piece_of(longest, stream, "who stays");
        assert_eq!(stream.last(), longest.last(), "all stayed to the end");
    }
    assert!(service.wait_for_exit(1).success());
    assert!(
        service
            .log()
            .contains("viewers that stayed for less than a second"),
        "{}",
        service.log()
    );
}

#[test]
fn at_every_moment_of_the_linger_and_of_the_end_the_next_viewer_is_served() {
    let service = Service::start(&[Room::Camera], &format!("{CARD} --linger 0.3"));
    for step in 0..=40 {
        let mut viewer = Viewer::watch(&service, KINDS[step % 3]);
        viewer.read_at_least(1);
        drop(viewer);
        // 0 to twice the linger.
        thread::sleep(Duration::from_millis(15 * step as u64));
    }
    service.wait_until_off();
    let (starts, exits) = (service.starts(), service.exits());
    // Who came early found it running, who came late started it.
    assert!((2..41).contains(&starts), "{starts} starts");
    assert!(exits.iter().all(|exit| exit.success()), "{exits:?}");
}

#[test]
fn around_the_end_itself_the_next_viewer_is_served() {
    let service = Service::start(&[Room::Camera], &format!("{CARD} --linger 0.1"));
    let mut known_starts = 0;
    let (mut by_it, mut by_the_next) = (0, 0);
    for step in 0..60 {
        let mut viewer = Viewer::watch_locally(&service, Kind::Records);
        viewer.read_at_least(1);
        if service.starts() == known_starts {
            by_it += 1;
        } else {
            by_the_next += 1;
        }
        known_starts = service.starts();
        drop(viewer);
        // The camera ends 100 ms later, and the process when its thread has.
        thread::sleep(Duration::from_micros(95_000 + 1500 * step));
    }
    service.wait_until_off();
    assert!(by_the_next > 0, "{by_it} {by_the_next}");
    assert!(service.exits().iter().all(|exit| exit.success()));
}

#[test]
fn the_camera_is_free_soon_after_the_last_viewer_however_it_goes() {
    let service = Service::start(&[Room::Camera], &format!("{CARD} --linger 0.5"));
    let leavings: [Leaving; 4] = [
        ("closes", drop),
        ("its instance is killed", |viewer| drop(viewer.client)),
        // Unread bytes make a RST of the close.
        ("resets", |viewer| {
            thread::sleep(Duration::from_millis(50));
            drop(viewer.stream);
        }),
        ("half-closes, then goes", |viewer| {
            viewer.stream.half_close();
            thread::sleep(Duration::from_millis(50));
        }),
    ];
    for (round, (how, leave)) in leavings.into_iter().enumerate() {
        let mut viewer = Viewer::watch(&service, Kind::Bare);
        viewer.read_at_least(1);
        let left = Instant::now();
        leave(viewer);
        service.wait_for_times("the camera is off", round + 1);
        let took = left.elapsed();
        assert!(took >= Duration::from_millis(500), "{how}: {took:?}");
        // 1.0 s is the promise; this machine may be busy.
        assert!(took < Duration::from_secs(4), "{how}: {took:?}");
        assert!(service.wait_for_exit(round + 1).success());
    }
}

#[test]
fn without_a_linger_the_camera_goes_with_its_last_viewer() {
    let service = Service::start(&[Room::Camera], &format!("{CARD} --linger 0"));
    for round in 1..=3 {
        let mut first = Viewer::watch(&service, Kind::Bare);
        let mut second = Viewer::watch(&service, Kind::MpegTs);
        first.read_at_least(1);
        drop(first);
        second.read_at_least(5000);
        assert_eq!(service.starts(), round);
        drop(second);
        assert!(service.wait_for_exit(round).success(), "{}", service.log());
    }
}
