//! How soon viewers have their pictures: the first byte, and the last viewer's last byte.

use std::collections::HashMap;
use std::io::Read;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use picam_stream::serve::handed::message::Kind;
use picam_stream::serve::handed::record::{HEAD_BYTES, announced};
use picam_stream::units::Micros;
use test_support::connections::connection;
use test_support::service::{Room, Service};
use test_support::session::Session;

use super::crowd::{Crowd, Viewer};
use super::servers::{Alone, LIMITS, Server, hand_over};
use super::stream::Recorded;
use super::usage::median;

const VIEWERS: usize = 100;

/// How often a first byte is waited for.
pub const STARTS: usize = 10;
pub const JOINERS: usize = 40;

pub const CARD: &str = "--source test -w 1280 -h 720 -b 2000000 -fps 25 -g 25 -t 0";

pub fn last_of_all(recorded: &Recorded) -> String {
    let (p50, p99, slowest) = frame_to_last_viewer_ms(recorded);
    format!(
        "{VIEWERS} viewers: frame complete to the last of them has all of it p50 {p50:.1} ms, p99 {p99:.1} ms, longest \
         {slowest:.1} ms"
    )
}

pub fn cold() -> String {
    format!(
        "first byte, cold, test card 1280x720 (median of {STARTS}): {:.0} ms of the service, {:.0} ms through an instance",
        cold_ms(|service| {
            let (viewer, theirs) = connection();
            let client = hand_over(service, Kind::Bare, &theirs);
            (viewer, Box::new(client))
        }),
        cold_ms(|service| {
            let instance = instance(service);
            (
                instance.viewer.try_clone().expect("a copy"),
                Box::new(instance),
            )
        })
    )
}

fn instance(service: &Service) -> Session {
    Session::start(&format!(
        "--source shared:{} -t 0 -o -",
        service.camera().display()
    ))
}

/// A viewer's end of its connection, and what is kept as long as it is served.
type Connected = (TcpStream, Box<dyn std::any::Any>);

fn cold_ms(connect: fn(&Service) -> Connected) -> f64 {
    let mut times: Vec<f64> = (0..STARTS)
        .map(|_| {
            let service = Service::start(&[Room::Camera], &format!("{CARD} {LIMITS}"));
            first_byte_ms(|| connect(&service))
        })
        .collect();
    median(&mut times)
}

fn first_byte_ms(connect: impl FnOnce() -> Connected) -> f64 {
    let begun = Instant::now();
    let (mut viewer, _kept) = connect();
    viewer.read_exact(&mut [0]).expect("a byte");
    begun.elapsed().as_secs_f64() * 1000.0
}

/// Viewers that come while others watch, at any moment between two key frames.
pub fn joiners() -> String {
    let service = Service::start(&[Room::Camera], &format!("{CARD} {LIMITS}"));
    let (mut first, theirs) = connection();
    let _client = hand_over(&service, Kind::Bare, &theirs);
    first.read_exact(&mut [0]).expect("a byte");
    let _crowd = Crowd::new(vec![super::crowd::idle(first)]);
    let times = (0..JOINERS).map(|_| {
        // Longer than it takes until a key frame is forced again, and no multiple of the time between pictures.
        thread::sleep(Duration::from_millis(1230));
        first_byte_ms(|| {
            let (viewer, theirs) = connection();
            let client = hand_over(&service, Kind::Bare, &theirs);
            (viewer, Box::new(client))
        })
    });
    format!(
        "first byte of a second viewer, a key frame forced: {}",
        median_and_p95(times.collect())
    )
}

pub fn median_and_p95(mut times_ms: Vec<f64>) -> String {
    let p50 = median(&mut times_ms);
    let p95 = times_ms[times_ms.len() * 95 / 100];
    format!("p50 {p50:.1} ms, p95 {p95:.1} ms")
}

/// When each viewer has had all of a picture: the longest, by the picture's time, and how many have.
type Arrivals = Arc<Mutex<HashMap<u64, (u64, usize)>>>;

/// From the time at which a picture is complete, median, 99th of a hundred, and longest, in milliseconds. The viewers take
/// records, which have that time in them.
fn frame_to_last_viewer_ms(recorded: &Recorded) -> (f64, f64, f64) {
    let mut server = Alone::new(recorded, Kind::Records);
    let arrivals = Arrivals::default();
    let viewers: Vec<Viewer> = (0..VIEWERS)
        .map(|_| timed(server.connect(), &arrivals))
        .collect();
    let crowd = Crowd::new(viewers);
    crowd.wait_for_each(super::FLOWS_BYTES);
    arrivals.lock().expect("no panic in there").clear();
    thread::sleep(Duration::from_secs(20));
    drop(crowd);
    let arrivals = arrivals.lock().expect("no panic in there");
    let all = arrivals
        .iter()
        .filter(|(_, (_, viewers))| *viewers == VIEWERS);
    let mut late_ms: Vec<f64> = all
        .map(|(taken, (last, _))| last.saturating_sub(*taken) as f64 / 1000.0)
        .collect();
    let p50 = median(&mut late_ms);
    (
        p50,
        late_ms[late_ms.len() * 99 / 100],
        late_ms[late_ms.len() - 1],
    )
}

/// A viewer that notes when it has had each picture.
fn timed(connection: TcpStream, arrivals: &Arrivals) -> Viewer {
    let (arrivals, mut waiting) = (arrivals.clone(), Vec::new());
    let take = move |bytes: &[u8]| {
        waiting.extend_from_slice(bytes);
        while let Some(head) = waiting.first_chunk::<HEAD_BYTES>() {
            let (frame, length) = announced(head).expect("a record");
            if waiting.len() < HEAD_BYTES + length {
                break;
            }
            waiting.drain(..HEAD_BYTES + length);
            let mut arrivals = arrivals.lock().expect("no panic in there");
            let (last, count) = arrivals.entry(frame.captured.0).or_default();
            *last = Micros::now().0;
            *count += 1;
        }
    };
    (connection, Box::new(take))
}
