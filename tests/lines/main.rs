//! Viewers on lines that are slow, lossy or long, and viewers that read slowly: what they see is never old, and nobody who
//! takes anything is dropped. The lines are in network namespaces of their own (root and /dev/net/tun are needed). The
//! figures of these lines, beside those of a writer that blocks, are in `make bench`.

mod unsent;

use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use test_support::decoding::decode;
use test_support::lines::arrivals::Seen;
use test_support::lines::line::Line;
use test_support::lines::relay::Way;
use test_support::lines::scenario::{Scenario, bits_a_second};
use test_support::program::{LONG, RECORDING};

/// Twice and a half what is promised: these machines are shared.
const OLDEST: Duration = Duration::from_secs(5);

/// Every picture that began to arrive is fresh, and every one decodes.
fn assert_fresh_and_whole(name: &str, (seen, log): (Seen, String), least: usize) {
    let oldest = seen.age(100, Duration::MAX);
    assert!(
        oldest <= OLDEST,
        "{name}: a picture was {oldest:?} old; {log}"
    );
    let pictures = seen.arrivals.len();
    assert!(pictures >= least, "{name}: {pictures} pictures came; {log}");
    let decoded = decode(seen.whole_pictures(), "mpegts");
    assert_eq!(decoded, pictures as u64 - 1, "{name}: {log}");
    assert!(!log.contains("viewer stuck"), "{name}: {log}");
}

fn slow_reader(name: &'static str) -> Scenario {
    Scenario {
        receive_buffer: Some(4096),
        reads_bytes_a_second: bits_a_second() / 8 / 4,
        ..Scenario::new(name, Line::cable, 30)
    }
}

#[test]
fn what_arrives_over_a_slow_line_or_at_a_slow_reader_is_fresh_and_decodes() {
    let half = || Line::slow_cable(bits_a_second() / 2);
    let quarter = || Line::slow_cable(bits_a_second() / 4);
    let lossy = || {
        Line::way(Way {
            bytes_a_second: 10_000_000,
            delay: Duration::from_millis(15),
            lost_per_mille: 50,
            queue_bytes: 1 << 20,
        })
    };
    let lossy = Scenario {
        picture_bytes: 20_000,
        ..Scenario::new("5 % loss", lossy, 25)
    };
    thread::scope(|scope| {
        let lines = [
            Scenario::new("half the rate", half, 25),
            Scenario::new("a quarter of the rate", quarter, 25),
            lossy,
            slow_reader("a small receive buffer"),
        ];
        for scenario in lines {
            scope.spawn(move || assert_fresh_and_whole(scenario.name, scenario.stream(), 100));
        }
        scope.spawn(|| {
            let pipe = slow_reader("a pipe");
            assert_fresh_and_whole(pipe.name, pipe.stream_into_a_pipe(), 100);
        });
    });
}

#[test]
fn on_a_long_line_that_is_fast_enough_nothing_is_skipped() {
    let long = || {
        Line::way(Way {
            bytes_a_second: 1_000_000,
            delay: Duration::from_millis(75),
            lost_per_mille: 0,
            queue_bytes: 256 << 10,
        })
    };
    let scenario = Scenario {
        picture_bytes: 20_000,
        ..Scenario::new("4 Mbit/s over 8 Mbit/s, 150 ms", long, 10)
    };
    let (seen, log) = scenario.stream();
    assert!(log.contains(" 0 frames skipped"), "{log}");
    assert!(seen.bytes_a_second(Duration::MAX) > 400_000.0, "{log}");
    assert_fresh_and_whole(scenario.name, (seen, log), 250);
}

#[test]
fn a_viewer_whose_cable_is_pulled_is_gone_within_fifteen_seconds() {
    let line = Line::cable();
    let (mut viewer, camera) = line.connect(None);
    let copy = camera.try_clone().expect("a copy");
    let mut child = test_support::program::program()
        .args([
            "--source",
            &format!("file:{RECORDING}"),
            "-fps",
            "25",
            "-t",
            "0",
            "-o",
            "-",
        ])
        .stdin(OwnedFd::from(copy))
        .stdout(OwnedFd::from(camera))
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut some = [0; 100_000];
    std::io::Read::read_exact(&mut viewer, &mut some).expect("a stream");
    line.pull_out();
    let pulled = Instant::now();
    while child.try_wait().expect("waiting works").is_none() {
        assert!(pulled.elapsed() < LONG, "the program still streams");
        thread::sleep(Duration::from_millis(20));
    }
    let took = pulled.elapsed();
    let output = child.wait_with_output().expect("waiting works");
    let log = test_support::program::stderr(&output);
    assert!(
        output.status.success() && log.contains("viewer stuck"),
        "{log}"
    );
    assert!(took < Duration::from_secs(15), "after {took:?}: {log}");
}
