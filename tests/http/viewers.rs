//! Many viewers of every kind at once, and what each does to the others: nothing.

use std::thread;
use std::time::Duration;

use crate::client::{CARD, Client, serve, wait_for_status};
use crate::websocket;

const KINDS: [&str; 5] = [
    "/live.mp4",
    "/stream.ts",
    "/stream.h264",
    "/stream.mjpg",
    "/ws",
];

#[test]
fn ten_viewers_of_each_kind_at_once_disturb_no_one() {
    let service = serve(&format!("{CARD} --max-viewers-per-address 60"));
    let mut viewers: Vec<Client> = Vec::new();
    for kind in KINDS {
        for _ in 0..10 {
            viewers.push(match kind {
                "/ws" => Client::ask(&service, kind, websocket::FIELDS),
                _ => Client::ask(&service, kind, ""),
            });
        }
    }
    let readers: Vec<_> = viewers
        .into_iter()
        .map(|mut viewer| {
            thread::spawn(move || {
                let head = viewer.head();
                assert!(matches!(head.status, 200 | 101), "{}", head.head);
                // Some seconds of the card, whoever else is there.
                viewer.bytes(100_000);
                viewer
            })
        })
        .collect();
    let viewers: Vec<Client> = readers
        .into_iter()
        .map(|it| it.join().expect("a stream"))
        .collect();
    let status = wait_for_status(&service, "not all are there", |status| {
        status["viewers"]["now"] == 50
    });
    for kind in ["mp4", "mpegts", "h264", "mjpeg", "websocket"] {
        let told = &status["viewers"]["kinds"][kind];
        assert_eq!(told["now"], 10, "{status:#}");
    }
    drop(viewers);
    wait_for_status(&service, "not all have left", |status| {
        status["viewers"]["now"] == 0
    });
}

#[test]
fn a_viewer_that_reads_nothing_is_skipped_forward_and_another_sees_all() {
    let service = serve(&format!("{CARD} -w 640 -h 480 -b 8000000"));
    let mut lazy = Client::ask(&service, "/live.mp4", "");
    assert_eq!(lazy.head().status, 200);
    let mut keen = Client::ask(&service, "/stream.ts", "");
    keen.head();
    let reader = thread::spawn(move || keen.rest().len());
    wait_for_status(&service, "nobody is skipped forward", |status| {
        status["viewers"]["kinds"]["mp4"]["skipped"].as_u64() > Some(0)
            && status["viewers"]["kinds"]["mpegts"]["skipped"] == 0
    });
    drop(lazy);
    drop(service);
    assert!(reader.join().expect("it reads") > 100_000);
}

#[test]
fn a_service_that_is_told_to_stop_ends_every_stream_and_itself() {
    let service = serve(CARD);
    let mut viewers: Vec<Client> = KINDS
        .iter()
        .map(|kind| match *kind {
            "/ws" => Client::ask(&service, kind, websocket::FIELDS),
            kind => Client::ask(&service, kind, ""),
        })
        .collect();
    for viewer in &mut viewers {
        viewer.head();
    }
    // Long enough for a line in the journal each, whether they read it to the end or not.
    thread::sleep(Duration::from_millis(1200));
    service.signal(nix::sys::signal::Signal::SIGTERM);
    let frozen = viewers.split_off(2);
    for viewer in &mut viewers {
        viewer.rest();
    }
    let log = || service.log();
    assert_eq!(service.wait_for_exit(1).code(), Some(0), "{}", log());
    let lines = log()
        .lines()
        .filter(|it| it.contains("): stopped; "))
        .count();
    assert_eq!(lines, KINDS.len(), "{}", log());
    drop(frozen);
}
