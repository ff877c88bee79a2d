//! Slow, lossy and long lines: how old the pictures are that arrive, beside those of a writer that blocks, as a capture
//! program that writes to its connection does. All at once, so that they have the same machine.

use std::fs;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt};
use picam_stream::container::mpegts::TransportStream;
use picam_stream::frame::Frame;
use picam_stream::serve::handed::message::Kind;
use picam_stream::units::Micros;
use test_support::folders::Scratch;
use test_support::service::{Room, Service};

use test_support::lines::arrivals::Seen;
use test_support::lines::line::Line;
use test_support::lines::relay::Way;
use test_support::lines::scenario::{FAST_TIME, SEND_BUFFER_BYTES, Scenario, bits_a_second};
use test_support::lines::{arrivals, source};

use crate::serve::hand_over;

/// How long each line is slow.
const SECONDS: u64 = 60;

/// A picture of this age is live.
const LIVE: Duration = Duration::from_millis(300);

pub struct Figures {
    pub scenario: &'static str,
    pub writer: &'static str,
    pub pictures: usize,
    pub p50_s: f64,
    pub p99_s: f64,
    pub kilobytes_a_second: f64,
    /// Since the line was fast again.
    pub live_after_s: Option<f64>,
}

/// The figures of every line, of the program, of the shared camera and of the writer that blocks in turn.
pub fn measure() -> Vec<Figures> {
    let scenarios = scenarios();
    thread::scope(|scope| {
        let runs: Vec<_> = scenarios
            .iter()
            .flat_map(|scenario| {
                let ours = scope.spawn(|| figures(scenario, "picam-stream", &scenario.stream().0));
                let theirs = scope.spawn(|| figures(scenario, "blocking", &block(scenario)));
                let shared =
                    scope.spawn(|| figures(scenario, "picam-stream serve", &share(scenario)));
                [ours, shared, theirs]
            })
            .collect();
        let ended = runs.into_iter().map(|run| run.join());
        ended.map(|figures| figures.expect("a run")).collect()
    })
}

fn scenarios() -> [Scenario; 7] {
    let slow_reader = Scenario {
        receive_buffer: Some(2048),
        reads_bytes_a_second: bits_a_second() / 8 / 4,
        ..Scenario::new(
            "clean line, 2 KiB receive buffer, reads 1/4",
            Line::cable,
            SECONDS,
        )
    };
    let quick_reader = Scenario {
        receive_buffer: Some(2048),
        ..Scenario::new("clean line, 2 KiB receive buffer", Line::cable, SECONDS)
    };
    let lossy = || way(10_000_000, 15, 50);
    let long = || way(1_000_000, 75, 0);
    let rate = 20_000;
    [
        Scenario::new(
            "1/2 of the rate",
            || Line::slow_cable(bits_a_second() / 2),
            SECONDS,
        ),
        Scenario::new(
            "1/4 of the rate",
            || Line::slow_cable(bits_a_second() / 4),
            SECONDS,
        ),
        Scenario::new("64 kbit/s", || Line::slow_cable(64_000), SECONDS),
        Scenario {
            picture_bytes: rate,
            ..Scenario::new("4 Mbit/s, 5 % loss at 30 ms", lossy, SECONDS)
        },
        Scenario {
            picture_bytes: rate,
            ..Scenario::new("4 Mbit/s over 8 Mbit/s at 150 ms", long, SECONDS)
        },
        quick_reader,
        slow_reader,
    ]
}

fn way(bytes_a_second: u64, delay_ms: u64, lost_per_mille: u32) -> Line {
    Line::way(Way {
        bytes_a_second,
        delay: Duration::from_millis(delay_ms),
        lost_per_mille,
        queue_bytes: 256 << 10,
    })
}

fn figures(scenario: &Scenario, writer: &'static str, seen: &Seen) -> Figures {
    let end = scenario.time;
    let live = |arrival: &&arrivals::Arrival| arrival.at >= end && arrival.age <= LIVE;
    let live = seen.arrivals.iter().find(live);
    Figures {
        scenario: scenario.name,
        writer,
        pictures: seen.arrivals.iter().filter(|it| it.at < end).count(),
        p50_s: seen.age(50, end).as_secs_f64(),
        p99_s: seen.age(99, end).as_secs_f64(),
        kilobytes_a_second: seen.bytes_a_second(end) / 1000.0,
        live_after_s: live.map(|arrival| (arrival.at - end).as_secs_f64()),
    }
}

/// What the viewer sees of a service whose only viewer it is. The camera begins for it, so its first picture is as new as
/// that of a program that is started for it.
fn share(scenario: &Scenario) -> Seen {
    let scratch = Scratch::new();
    let file = scratch.path("stream.h264");
    fs::write(&file, source::pictures(scenario.picture_bytes).concat()).expect("a stream");
    let options = format!("--source file:{} -fps 25 -t 0", file.display());
    let service = Service::start(&[Room::Camera], &options);
    let line = (scenario.line)();
    let (viewer, camera) = line.connect(scenario.receive_buffer);
    setsockopt(&camera, sockopt::SndBuf, &SEND_BUFFER_BYTES).expect("a send buffer");
    let zero = Instant::now();
    let _client = hand_over(&service, Kind::MpegTs, &camera);
    drop(camera);
    scenario.watch(&line, viewer, zero)
}

/// What the viewer sees of a writer that blocks.
fn block(scenario: &Scenario) -> Seen {
    let line = (scenario.line)();
    let (viewer, camera) = line.connect(scenario.receive_buffer);
    let pictures = source::pictures(scenario.picture_bytes);
    let time = scenario.time + FAST_TIME;
    let zero = Instant::now();
    let writer = thread::spawn(move || write_blocking(camera, &pictures, zero, time));
    let seen = scenario.watch(&line, viewer, zero);
    writer.join().expect("the writer");
    seen
}

/// Writes the pictures as MPEG-TS, each at its time; while it is blocked, pictures are lost.
fn write_blocking(mut to: impl Write, pictures: &[Vec<u8>], zero: Instant, time: Duration) {
    let mut stream = TransportStream::default();
    let mut index = 0;
    while zero.elapsed() < time {
        let due = Duration::from_micros(index * 1_000_000 / source::FPS);
        thread::sleep(due.saturating_sub(zero.elapsed()));
        let place = index as usize % pictures.len();
        let mut frame = Frame {
            data: pictures[place].clone(),
            key: place.is_multiple_of(25),
            ..Frame::default()
        };
        frame.taken_at(Micros::from_duration(due));
        if to.write_all(stream.wrap(&frame)).is_err() {
            return;
        }
        let now = zero.elapsed().as_micros() as u64 * source::FPS / 1_000_000;
        index = now.max(index) + 1;
    }
}
