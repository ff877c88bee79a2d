//! Viewers that cannot keep up: skipped forward in whole pictures, never more than two seconds behind, and kept for as
//! long as they take anything at all; those that take nothing are dropped.
//!
//! What lies between the program and such a viewer is seen from the outside: the timecode file has a line for each
//! picture that is begun, and the test's copy of the connection tells what is unsent, as PID 1's copy could.

use std::collections::VecDeque;
use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt};

use crate::support::{LONG, RECORDING, Scratch, Session, assert_begins_decodable, decode};

/// The recording has four seconds at 25 pictures a second.
const FPS: u64 = 25;

/// The rule, and how late this test's own look may be on a busy machine.
const MOST_LAG: Duration = Duration::from_millis(2000 + 500);

fn small_receive_buffer(viewer: &TcpStream) {
    setsockopt(&viewer.as_fd(), sockopt::RcvBuf, &8192).expect("a receive buffer");
}

#[test]
fn a_viewer_that_reads_at_half_the_bitrate_is_kept_and_skipped_forward() {
    slow_reader(2);
}

#[test]
fn a_viewer_that_reads_at_a_tenth_of_the_bitrate_is_kept_and_skipped_forward() {
    slow_reader(10);
}

fn slow_reader(fraction: u32) {
    let scratch = Scratch::new();
    let times = scratch.path("times");
    let source = format!("file:{RECORDING}");
    let args = [
        "--source",
        &source,
        "-fps",
        "25",
        "-t",
        "60000",
        "-pts",
        times.to_str().unwrap(),
        "-o",
        "-",
    ];
    let mut session = Session::with(&args, small_receive_buffer, |_| {});
    // As `SendBuffer=1M` in the socket unit.
    setsockopt(session.kept.as_ref().unwrap(), sockopt::SndBuf, &(1 << 20)).expect("a send buffer");

    let bytes_a_second = fs::metadata(RECORDING).unwrap().len() as u32 / 4 / fraction;
    let viewer = session.viewer.try_clone().unwrap();
    let reader = thread::spawn(move || read_slowly(viewer, bytes_a_second));
    let mut watch = Watch::new(&times);
    while session.is_running() {
        watch.look(session.kept.as_ref().unwrap());
        thread::sleep(Duration::from_millis(2));
    }
    let status = session.wait(LONG);
    session.kept = None;
    let stream = reader.join().expect("the reader");

    assert!(status.success(), "{}", session.log());
    assert!(
        session.log().contains("time over"),
        "the viewer was kept for a minute: {}",
        session.log()
    );
    assert!(
        session.log().contains("skipped forward"),
        "{}",
        session.log()
    );
    assert_begins_decodable(&stream);
    assert!(decode_whole_pictures(&stream) > 50, "{}", session.log());
    assert!(watch.begun > 100, "{} pictures were begun", watch.begun);
    assert!(
        watch.worst <= MOST_LAG,
        "a picture was begun while {:?} lay unsent",
        watch.worst
    );
}

/// The stream is cut off in the middle of a picture when its time is over; all before that must decode.
fn decode_whole_pictures(stream: &[u8]) -> u64 {
    let last = stream
        .windows(5)
        .rposition(|window| window[..4] == [0, 0, 0, 1] && window[4] & 0x1f == 7);
    decode(&stream[..last.expect("a key frame")], "h264")
}

fn read_slowly(mut viewer: TcpStream, bytes_a_second: u32) -> Vec<u8> {
    let begun = Instant::now();
    let (mut stream, mut chunk) = (Vec::new(), vec![0; 2048]);
    while let Ok(count @ 1..) = viewer.read(&mut chunk) {
        stream.extend_from_slice(&chunk[..count]);
        let due = Duration::from_secs_f64(stream.len() as f64 / f64::from(bytes_a_second));
        thread::sleep(due.saturating_sub(begun.elapsed()));
    }
    stream
}

/// Follows from the outside which pictures lie unsent.
struct Watch<'a> {
    times: &'a std::path::Path,
    /// When the first picture was taken, on this test's clock.
    zero: Option<Instant>,
    /// The sizes of the recording's pictures.
    sizes: Vec<u64>,
    /// Where each begun picture ends in the stream, and when it was taken.
    pictures: VecDeque<(u64, Duration)>,
    end: u64,
    begun: usize,
    worst: Duration,
}

impl<'a> Watch<'a> {
    fn new(times: &'a std::path::Path) -> Self {
        Self {
            times,
            zero: None,
            sizes: picture_sizes(),
            pictures: VecDeque::new(),
            end: 0,
            begun: 0,
            worst: Duration::ZERO,
        }
    }

    fn look(&mut self, connection: &TcpStream) {
        let unsent = unsent_bytes(connection);
        let now = Instant::now();
        let Ok(text) = fs::read_to_string(self.times) else {
            return;
        };
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let lines: Vec<&str> = whole.lines().skip(1 + self.begun).collect();
        if lines.is_empty() {
            return;
        }
        let zero = *self.zero.get_or_insert(now);
        for line in &lines {
            let taken =
                Duration::from_secs_f64(line.parse::<f64>().expect("milliseconds") / 1000.0);
            let index = (taken.as_micros() as u64 * FPS + 500_000) / 1_000_000;
            self.end += self.sizes[index as usize % self.sizes.len()];
            self.pictures.push_back((self.end, taken));
            self.begun += 1;
        }
        // What the last picture could not put into the kernel is not unsent in it: the age can only be judged too low by
        // one picture, and only of one that is begun already.
        let sent = self.end.saturating_sub(unsent);
        while self.pictures.front().is_some_and(|&(end, _)| end <= sent) {
            self.pictures.pop_front();
        }
        if let Some(&(_, taken)) = self.pictures.front() {
            self.worst = self.worst.max((now - zero).saturating_sub(taken));
        }
    }
}

/// The recording is one slice a picture, so a picture ends where the next SPS or slice begins.
fn picture_sizes() -> Vec<u64> {
    use picam_stream::h264::access_unit::Splitter;
    let (mut splitter, mut unit, mut sizes) = (Splitter::default(), Vec::new(), Vec::new());
    splitter.push(&fs::read(RECORDING).unwrap());
    while splitter.next_unit(&mut unit) {
        sizes.push(unit.len() as u64);
    }
    if splitter.finish(&mut unit) {
        sizes.push(unit.len() as u64);
    }
    assert_eq!(
        sizes.len() as u64,
        4 * FPS,
        "the recording has four seconds"
    );
    sizes
}

fn unsent_bytes(connection: &TcpStream) -> u64 {
    // ss(8) prints Send-Q, which is SIOCOUTQ, for any connection; asking the kernel's table needs no code of our own.
    let port = connection.local_addr().unwrap().port();
    let peer = connection.peer_addr().unwrap().port();
    let wanted = (
        format!("0100007F:{port:04X}"),
        format!("0100007F:{peer:04X}"),
    );
    let table = fs::read_to_string("/proc/net/tcp").expect("proc(5)");
    for line in table.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields.len() > 4 && fields[1] == wanted.0 && fields[2] == wanted.1 {
            let queue = fields[4].split(':').next().unwrap();
            return u64::from_str_radix(queue, 16).unwrap();
        }
    }
    0
}

#[test]
fn a_viewer_that_never_reads_is_dropped_and_the_camera_is_free() {
    let source = format!("file:{RECORDING}");
    let begun = Instant::now();
    let mut session = Session::with(
        &["--source", &source, "-fps", "25", "-t", "0", "-o", "-"],
        small_receive_buffer,
        |_| {},
    );
    let status = session.wait(LONG);
    assert!(status.success(), "{}", session.log());
    assert!(session.log().contains("viewer stuck"), "{}", session.log());
    assert!(
        begun.elapsed() >= Duration::from_secs(9),
        "a viewer that takes nothing has ten seconds"
    );
}

#[test]
fn a_viewer_that_stops_reading_for_a_while_gets_a_fresh_picture_afterwards() {
    let source = format!("file:{RECORDING}");
    let args = ["--source", &source, "-fps", "25", "-t", "12000", "-o", "-"];
    let mut session = Session::with(&args, small_receive_buffer, |_| {});
    let mut stream = session.read_at_least(50_000);
    thread::sleep(Duration::from_secs(6));
    stream.extend(session.read_to_end());
    assert!(session.wait(LONG).success(), "{}", session.log());
    assert!(
        session.log().contains("skipped forward"),
        "{}",
        session.log()
    );
    assert!(decode(&stream, "h264") > 100);
}
