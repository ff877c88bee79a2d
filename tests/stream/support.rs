//! What the tests share: the program with a connection on descriptors 0 and 1, as systemd starts it, and its viewer.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// These machines are shared: a limit that only a program that hangs reaches.
pub const LONG: Duration = Duration::from_secs(60);

pub const RECORDING: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/card_1280x720_main_g25.h264"
);

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_picam-stream"));
    command
        .env_remove("RUST_LOG")
        .env_remove("RASPIVID_OPTIONS")
        .env_remove("JOURNAL_STREAM");
    command
}

/// Runs the program to its end.
pub fn run(args: &[&str]) -> Output {
    program()
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder that goes with the test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("picam-stream-test-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The program with a viewer's connection, as an instance of the template unit has it.
pub struct Session {
    pub child: Child,
    /// The viewer's end.
    pub viewer: TcpStream,
    /// The copy of the server's end that PID 1 keeps until the instance has ended.
    pub kept: Option<TcpStream>,
    log: PathBuf,
    _scratch: Scratch,
}

impl Session {
    pub fn start(args: &[&str]) -> Self {
        Self::with(args, |_| {}, |_| {})
    }

    /// As `start`; `before` does something to the viewer's socket before the program runs, `set` something to the command.
    pub fn with(
        args: &[&str],
        before: impl FnOnce(&TcpStream),
        set: impl FnOnce(&mut Command),
    ) -> Self {
        let (viewer, server) = connection();
        before(&viewer);
        let scratch = Scratch::new();
        let log = scratch.path("log");
        let mut command = program();
        let copy =
            |socket: &TcpStream| Stdio::from(OwnedFd::from(socket.try_clone().expect("a copy")));
        command
            .args(args)
            .stdin(copy(&server))
            .stdout(copy(&server));
        command.stderr(fs::File::create(&log).expect("a log file"));
        set(&mut command);
        let child = command.spawn().expect("the program starts");
        Self {
            child,
            viewer,
            kept: Some(server),
            log,
            _scratch: scratch,
        }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log")
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("the program runs");
    }

    /// Waits for the program's end.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("waiting works") {
                return status;
            }
            assert!(
                begun.elapsed() < limit,
                "still running after {limit:?}; its log:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("waiting works").is_none()
    }

    /// Waits until the log has `text`.
    pub fn wait_for_log(&self, text: &str) {
        let begun = Instant::now();
        while !self.log().contains(text) {
            assert!(
                begun.elapsed() < LONG,
                "the log never said {text:?}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Reads until the viewer has at least `bytes` bytes.
    pub fn read_at_least(&mut self, bytes: usize) -> Vec<u8> {
        self.viewer.set_read_timeout(Some(LONG)).expect("a timeout");
        let mut stream = Vec::new();
        let mut chunk = [0; 65536];
        while stream.len() < bytes {
            match self.viewer.read(&mut chunk).expect("the stream goes on") {
                0 => panic!(
                    "the stream ended after {} bytes; log:\n{}",
                    stream.len(),
                    self.log()
                ),
                count => stream.extend_from_slice(&chunk[..count]),
            }
        }
        stream
    }

    /// Reads what is left of the stream, to its end.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        self.viewer.set_read_timeout(Some(LONG)).expect("a timeout");
        let mut stream = Vec::new();
        self.viewer
            .read_to_end(&mut stream)
            .unwrap_or_else(|error| panic!("{error}; log:\n{}", self.log()));
        stream
    }

    /// The viewer closes its end of the connection altogether.
    pub fn close_viewer(&mut self) {
        let (other, _) = connection();
        drop(std::mem::replace(&mut self.viewer, other));
    }

    /// The viewer says that it will send nothing more, and goes on reading.
    pub fn half_close(&self) {
        self.viewer
            .shutdown(Shutdown::Write)
            .expect("shutdown works");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection over the loopback interface: the viewer's end and the server's.
pub fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let viewer =
        TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    let (server, _) = listener.accept().expect("the other end");
    (viewer, server)
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address")
        .port()
}

/// Connects as soon as somebody listens.
pub fn connect(address: SocketAddr) -> TcpStream {
    let begun = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(connection) => return connection,
            Err(error) => assert!(
                begun.elapsed() < LONG,
                "nobody listens on {address}: {error}"
            ),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs a tool of the test's machine to its end, with `input` on its standard input.
pub fn tool(name: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(name)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{name}: {error}; tests/setup.sh installs what the tests need")
        });
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || {
        // A tool that has seen enough closes its end.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("waiting works");
    feeder.join().expect("feeding does not panic");
    output
}

/// Decodes H.264 with ffmpeg and returns how many pictures it made; any complaint of the decoder fails the test.
pub fn decode(stream: &[u8], format: &str) -> u64 {
    let args = [
        "-v",
        "warning",
        "-f",
        format,
        "-i",
        "-",
        "-fps_mode",
        "passthrough",
        "-f",
        "framehash",
        "-",
    ];
    let output = tool("ffmpeg", &args, stream);
    let complaints = stderr(&output);
    let complaints: Vec<&str> = complaints
        .lines()
        .filter(|line| !is_harmless(line))
        .collect();
    assert!(
        output.status.success() && complaints.is_empty(),
        "ffmpeg complains: {complaints:#?}"
    );
    let hashes = String::from_utf8_lossy(&output.stdout).into_owned();
    hashes.lines().filter(|line| !line.starts_with('#')).count() as u64
}

/// ffmpeg remarks on what it has to guess of any bare H.264 stream.
fn is_harmless(line: &str) -> bool {
    line.contains("Timestamps are unset in a packet") || line.contains("st: 0 edit list")
}

/// The NAL unit types of an Annex B stream, in order.
pub fn nal_types(stream: &[u8]) -> Vec<u8> {
    stream
        .windows(4)
        .filter(|window| window[..3] == [0, 0, 1])
        .map(|window| window[3] & 0x1f)
        .collect()
}

/// Whether a stream begins as every viewer needs it: SPS, PPS, IDR, with nothing but SEI between.
pub fn assert_begins_decodable(stream: &[u8]) {
    assert!(
        stream.starts_with(&[0, 0, 0, 1]) || stream.starts_with(&[0, 0, 1]),
        "{:?}",
        &stream[..8.min(stream.len())]
    );
    let types: Vec<u8> = nal_types(stream)
        .into_iter()
        .filter(|&kind| kind != 6)
        .take(3)
        .collect();
    assert_eq!(types, [7, 8, 5]);
}
