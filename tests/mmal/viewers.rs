//! A viewer that leaves and a service manager that ends the program: whatever the camera is doing then, it is set free
//! in order, in time, and with success.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use test_support::connections::connection;

use test_support::mmal::equipment::{Pi, Running};

/// Slow enough steps that each can be met on its way.
const SLOW_MS: u64 = 1500;
/// What an orderly end may take, and the same again for the emulated processor on a busy machine.
const TIME_TO_END: Duration = Duration::from_secs(2 + 8);
/// The program would wait this long for a stalled camera: longer than the test.
const CAPTURE: [&str; 8] = [
    "--source",
    "mmal",
    "-t",
    "0",
    "--stall-timeout",
    "120000",
    "-o",
    "-",
];
const CAPTURE_CALL: &str = "set vc.ril.camera out:1 CAPTURE [1]";

/// The phases of a run: the fault that makes it last, and the call after which it has begun.
const PHASES: [(&str, &str); 5] = [
    ("CREATE_DELAY_MS=1500", "component_create vc.camera_info"),
    ("ENABLE_DELAY_MS=1500", "component_create vc.ril.camera"),
    ("START_DELAY_MS=60000", CAPTURE_CALL),
    ("STALL_AFTER=5", CAPTURE_CALL),
    ("", CAPTURE_CALL),
];

fn ends_in_order(pi: &Pi, running: Running, what: &str) {
    let begin = Instant::now();
    let status = running.end();
    let said = pi.text("complaints");
    assert_eq!((status, pi.mistakes()), (0, vec![]), "{what}: {said}");
    // Up to four slow steps may lie ahead when the end is asked for.
    let limit = TIME_TO_END + Duration::from_millis(4 * SLOW_MS);
    assert!(
        begin.elapsed() < limit,
        "{what}: it took {:?}",
        begin.elapsed()
    );
}

#[test]
fn sigterm_and_sigint_end_it_in_every_phase() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        for (faults, call) in PHASES {
            let pi = Pi::with_a_camera().with_faults(faults);
            let running = pi.start(&CAPTURE);
            running.wait_for_call(call);
            running.signal(signal);
            ends_in_order(&pi, running, &format!("{signal} with {faults}"));
        }
    }
}

#[test]
fn a_viewer_that_leaves_frees_the_camera_in_every_phase() {
    for (faults, call) in PHASES {
        let pi = Pi::with_a_camera().with_faults(faults);
        let (viewer, server) = connection();
        let running = pi.start_onto(&CAPTURE, OwnedFd::from(server).into());
        running.wait_for_call(call);
        // With unread bytes or without: either way the peer is gone.
        drop(viewer);
        ends_in_order(&pi, running, &format!("viewer gone with {faults}"));
    }
}

#[test]
fn a_viewer_that_leaves_while_it_watches_frees_the_camera() {
    let pi = Pi::with_a_camera();
    let (mut viewer, server) = connection();
    let running = pi.start_onto(&CAPTURE, OwnedFd::from(server).into());
    let mut bytes = [0; 20_000];
    viewer.read_exact(&mut bytes).expect("a stream");
    assert_eq!(
        bytes[..5],
        [0, 0, 0, 1, 0x67],
        "the first byte belongs to an SPS"
    );
    drop(viewer);
    ends_in_order(&pi, running, "viewer gone while watching");
}

#[test]
fn two_hundred_starts_and_stops_leave_nothing_behind() {
    const THREADS: usize = 4;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..200 / THREADS {
                    let pi = Pi::with_a_camera();
                    let running = pi.start("--source mmal -t 40 -o -");
                    assert_eq!(
                        (running.end(), pi.mistakes()),
                        (0, vec![]),
                        "{}",
                        pi.text("complaints")
                    );
                    assert!(!pi.bytes("output").is_empty(), "{}", pi.text("complaints"));
                }
            });
        }
    });
}
