//! Figures of the MMAL source: the ARM program under qemu-user on the emulated libmmal. Times are those of an emulated
//! processor; calls, bytes and instructions are the program's own, on any machine.

use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use picam_stream::h264::access_unit::AccessUnitSplitter;
use picam_stream::units::Micros;

use test_support::connections::connection;
use test_support::mmal::arm::program;
use test_support::mmal::equipment::Pi;
use test_support::program::RECORDING;

use crate::program::median_ms;
use test_support::commands::tool;

const OPTIONS: &str = "--source mmal -w 1280 -h 720 -b 2000000 -fps 100 -g 25 -pf main -t 0 -o -";
/// The article's line.
const ARTICLE: &str =
    "--source mmal -w 1280 -h 720 -ih -fl -b 800000 -fps 25 -pf main -g 25 -awb auto -t 0 -o -";
/// Frames before anything is counted, and those that count.
const WARM_UP: usize = 100;
const FRAMES: usize = 500;

pub struct Start {
    pub capture_ms: f64,
    pub first_byte_ms: f64,
}

/// From exec to the start of capture and to the first byte at the viewer: medians of five.
pub fn start() -> Start {
    let runs: Vec<(f64, f64)> = (0..5)
        .map(|_| {
            let pi = Pi::with_a_camera();
            let begun = Micros::now();
            let stream = stream(&pi, 5);
            let since = |moment: u64| (moment - begun.0) as f64 / 1000.0;
            (
                since(moment(&pi.lines("times"), "capture", 1)),
                since(stream.arrivals[0].1),
            )
        })
        .collect();
    Start {
        capture_ms: median_ms(runs.len(), |run| runs[run].0),
        first_byte_ms: median_ms(runs.len(), |run| runs[run].1),
    }
}

/// The calls that put video into the connection, and the frames, with MMAL buffers of this size.
pub fn writes_per_frame(buffer_bytes: usize) -> f64 {
    let pi = Pi::with_a_camera()
        .with("FAKE_MMAL_BUFFER_SIZE", &buffer_bytes.to_string())
        .with("QEMU_STRACE", "1");
    let stream = stream(&pi, FRAMES);
    // Files are written with write(2), by the emulated library; the connection is a socket.
    let log = pi.text("complaints");
    let writes: usize = ["send(", "sendto(", "sendmsg("]
        .iter()
        .map(|call| log.matches(call).count())
        .sum();
    writes as f64 / frame_ends(&stream.bytes).len() as f64
}

pub struct Delay {
    pub p50_us: u64,
    pub p99_us: u64,
}

/// From the moment before the callback with a frame's last buffer to the frame's last byte at the viewer.
pub fn frame_end_to_viewer() -> Delay {
    let pi = Pi::with_a_camera();
    let stream = stream(&pi, WARM_UP + FRAMES);
    let times = pi.lines("times");
    let mut late_us: Vec<u64> = frame_ends(&stream.bytes)
        .iter()
        .enumerate()
        .skip(WARM_UP)
        .map(|(index, &end)| {
            stream.arrival_us(end) - moment(&times, &format!("frame {}", index + 1), 2)
        })
        .collect();
    late_us.sort_unstable();
    Delay {
        p50_us: late_us[late_us.len() / 2],
        p99_us: late_us[late_us.len() * 99 / 100],
    }
}

pub struct Work {
    pub own_instructions_per_frame: f64,
    pub all_instructions_per_frame: f64,
    pub copied_per_byte: f64,
}

/// What the program executes for a frame and copies for a byte, start and end left out: the difference of two runs.
pub fn work(buffer_bytes: usize) -> Work {
    let line = format!("{ARTICLE} -a 12");
    let run = |frames| counted(&line, buffer_bytes, frames);
    let (short, long) = (run(WARM_UP), run(WARM_UP + FRAMES));
    let more = |of: fn(&Counts) -> u64| (of(&long) - of(&short)) as f64;
    let frames = more(|counts| counts.frames);
    Work {
        own_instructions_per_frame: more(|counts| counts.own) / frames,
        all_instructions_per_frame: more(|counts| counts.all) / frames,
        copied_per_byte: more(|counts| counts.copied) / more(|counts| counts.bytes),
    }
}

/// What is executed until the first byte is sent, without and with the time on the picture.
pub fn instructions_to_first_byte() -> (u64, u64) {
    let until_first = |line: &str| counted(line, 65_536, 5).before_first_byte;
    (
        until_first(ARTICLE),
        until_first(&format!("{ARTICLE} -a 12")),
    )
}

struct Counts {
    own: u64,
    copied: u64,
    all: u64,
    before_first_byte: u64,
    bytes: u64,
    frames: u64,
}

fn counted(line: &str, buffer_bytes: usize, frames: usize) -> Counts {
    let pi = Pi::with_a_camera()
        .with("FAKE_MMAL_BUFFER_SIZE", &buffer_bytes.to_string())
        .with("FAKE_MMAL_FPS", "100");
    let counts = pi.path("counts");
    let plugin = format!("{},out={}", counter(), counts.display());
    let pi = pi.with("QEMU_PLUGIN", &plugin);
    let stream = stream_of(&pi, line, frames);
    let counts = fs::read_to_string(counts).expect("qemu-arm (package qemu-user) runs plugins");
    let counts: Vec<u64> = counts
        .split_whitespace()
        .map(|count| count.parse().expect("a count"))
        .collect();
    Counts {
        own: counts[0],
        copied: counts[1],
        all: counts[2],
        before_first_byte: counts[3],
        bytes: stream.bytes.len() as u64,
        frames: frame_ends(&stream.bytes).len() as u64,
    }
}

struct Stream {
    bytes: Vec<u8>,
    /// How many bytes had come, and when.
    arrivals: Vec<(usize, u64)>,
}

impl Stream {
    fn arrival_us(&self, bytes: usize) -> u64 {
        let at = self.arrivals.partition_point(|(come, _)| *come < bytes);
        self.arrivals[at].1
    }
}

/// So many frames of the recording, over a connection of TCP, to the end.
fn stream(pi: &Pi, frames: usize) -> Stream {
    stream_of(pi, OPTIONS, frames)
}

fn stream_of(pi: &Pi, line: &str, frames: usize) -> Stream {
    let (mut viewer, server) = connection();
    let arguments: Vec<&str> = line.split(' ').collect();
    let faults = format!("EOS_AFTER={frames}");
    let settings = [
        ("FAKE_MMAL_INJECT", &*faults),
        ("FAKE_MMAL_STREAM", RECORDING),
    ];
    let running = pi.spawn(&arguments, OwnedFd::from(server).into(), &settings);
    let mut stream = Stream {
        bytes: Vec::new(),
        arrivals: Vec::new(),
    };
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = viewer.read(&mut buffer).expect("the stream");
        if count == 0 {
            break;
        }
        stream.bytes.extend_from_slice(&buffer[..count]);
        stream.arrivals.push((stream.bytes.len(), Micros::now().0));
    }
    running.end();
    stream
}

/// Where each frame of a stream ends.
fn frame_ends(stream: &[u8]) -> Vec<usize> {
    let (mut splitter, mut unit, mut ends) =
        (AccessUnitSplitter::default(), Vec::new(), Vec::new());
    splitter.push(stream);
    while splitter.next_unit(&mut unit) || splitter.finish(&mut unit) {
        ends.push(ends.last().copied().unwrap_or(0) + unit.len());
    }
    ends
}

/// The number in that column of the line that begins like this.
fn moment(times: &[String], start: &str, column: usize) -> u64 {
    let start = format!("{start} ");
    let line = times.iter().find(|line| line.starts_with(&start));
    let word = line.and_then(|line| line.split(' ').nth(column));
    word.and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no time of {start}in {} lines", times.len()))
}

/// The plugin of qemu that counts, built once, and what it is to know of the program.
fn counter() -> &'static str {
    static COUNTER: OnceLock<String> = OnceLock::new();
    COUNTER.get_or_init(|| {
        let library = concat!(env!("CARGO_TARGET_TMPDIR"), "/libcounter.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/counter.c");
        printed(
            "gcc",
            &["-shared", "-fPIC", "-O2", "-Wall", "-o", library, source],
        );
        let program = program();
        let program = program.to_str().expect("a path");
        let segments = printed("readelf", &["-lW", program]);
        let code = segments
            .lines()
            .find(|line| line.contains("LOAD") && line.contains(" R E "));
        let code = code.and_then(|line| line.split_whitespace().nth(2));
        let copiers: String = printed("nm", &["-S", program])
            .lines()
            .filter_map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
                [address, size, _, "memcpy" | "memmove"] => Some(format!(",copy={address}+{size}")),
                _ => None,
            })
            .collect();
        assert!(
            !copiers.is_empty(),
            "{program} has no copying function, nor a jump to one"
        );
        let sections = printed("readelf", &["-SW", program]);
        let stubs = sections.lines().find_map(|line| {
            let words: Vec<&str> = line.split(']').nth(1)?.split_whitespace().collect();
            (words.first() == Some(&".plt")).then(|| format!("{}+{}", words[2], words[4]))
        });
        format!(
            "file={library},code={},stubs={}{copiers}",
            code.expect("a segment of code"),
            stubs.expect("a section of jumps into libraries")
        )
    })
}

/// What a tool prints that succeeds.
fn printed(name: &str, arguments: &[&str]) -> String {
    let output = tool(name, arguments, &[]);
    assert!(output.status.success(), "{name} {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
