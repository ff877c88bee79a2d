//! The program's stream over a line, as systemd starts it.

use std::fs::{self, File};
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt};

use super::arrivals::{self, Seen};
use super::line::Line;
use super::source;
use crate::folders::Scratch;
use crate::program::program;

pub struct Scenario {
    pub name: &'static str,
    pub line: fn() -> Line,
    /// The viewer's, where it is not the system's.
    pub receive_buffer: Option<usize>,
    /// How fast the viewer reads; 0: as fast as it can.
    pub reads_bytes_a_second: u64,
    /// No picture is smaller than this.
    pub picture_bytes: usize,
    /// How long the line is as it is. After that it is a fast one, where it can be, for five seconds.
    pub time: Duration,
}

/// How long the line is fast at the end.
pub const FAST_TIME: Duration = Duration::from_secs(5);

/// As `SendBuffer=1M` in the socket unit.
pub const SEND_BUFFER_BYTES: usize = 1 << 20;

impl Scenario {
    /// For a viewer who reads as fast as it can.
    pub fn new(name: &'static str, line: fn() -> Line, seconds: u64) -> Self {
        Self {
            name,
            line,
            receive_buffer: None,
            reads_bytes_a_second: 0,
            picture_bytes: 0,
            time: Duration::from_secs(seconds),
        }
    }

    /// What the viewer sees of the program's stream, and the program's log.
    pub fn stream(&self) -> (Seen, String) {
        let scratch = Scratch::new();
        let line = (self.line)();
        let (viewer, camera) = line.connect(self.receive_buffer);
        setsockopt(&camera.as_fd(), sockopt::SndBuf, &SEND_BUFFER_BYTES).expect("a send buffer");
        let zero = Instant::now();
        let copy = camera.try_clone().expect("a copy");
        let mut child = self.start(
            &scratch,
            OwnedFd::from(camera).into(),
            OwnedFd::from(copy).into(),
        );
        let seen = self.watch(&line, viewer, zero);
        child.wait().expect("waiting works");
        (seen, log(&scratch))
    }

    /// The same through a pipe in place of the line.
    pub fn stream_into_a_pipe(&self) -> (Seen, String) {
        let scratch = Scratch::new();
        let zero = Instant::now();
        let mut child = self.start(&scratch, Stdio::null(), Stdio::piped());
        let reader = child.stdout.take().expect("piped");
        let seen = arrivals::read(reader, zero, self.reads_bytes_a_second, self.time);
        child.wait().expect("waiting works");
        (seen, log(&scratch))
    }

    fn start(&self, scratch: &Scratch, stdin: Stdio, stdout: Stdio) -> Child {
        let file = scratch.path("stream.h264");
        fs::write(&file, source::pictures(self.picture_bytes).concat()).expect("a stream");
        let time = (self.time + FAST_TIME).as_millis().to_string();
        program()
            .args([
                "--source",
                &format!("file:{}", file.display()),
                "-fps",
                "25",
            ])
            .args(["--format", "mpegts", "-t", &time, "-o", "-"])
            .stdin(stdin)
            .stdout(stdout)
            .stderr(File::create(scratch.path("log")).expect("a log"))
            .spawn()
            .expect("the program starts")
    }

    /// Reads what comes over the line.
    pub fn watch(&self, line: &Line, viewer: TcpStream, zero: Instant) -> Seen {
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(self.time.saturating_sub(zero.elapsed()));
                line.speed_up();
            });
            let time = self.time + FAST_TIME;
            arrivals::read(viewer, zero, self.reads_bytes_a_second, time)
        })
    }
}

fn log(scratch: &Scratch) -> String {
    fs::read_to_string(scratch.path("log")).expect("the log")
}

/// The bitrate of the recording.
pub fn bits_a_second() -> u64 {
    let bytes: usize = source::pictures(0).iter().map(Vec::len).sum();
    bytes as u64 * 8 * source::FPS / 100
}
