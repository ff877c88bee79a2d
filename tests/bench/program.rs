//! Figures of the whole program, seen from the outside.

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use test_support::connections::connection;
use test_support::program::RECORDING;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_picam-stream");

/// The median of so many times, in milliseconds.
pub fn median_ms(count: usize, time_ms: impl FnMut(usize) -> f64) -> f64 {
    let mut times: Vec<f64> = (0..count).map(time_ms).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Starts `command` with a connection on descriptors 0 and 1, as systemd does.
fn start(command: &mut Command) -> (Child, TcpStream) {
    let (viewer, server) = connection();
    let copy = OwnedFd::from(server.try_clone().expect("a copy"));
    let child = command
        .stdin(Stdio::from(OwnedFd::from(server)))
        .stdout(Stdio::from(copy))
        .stderr(Stdio::null());
    (child.spawn().expect("the program starts"), viewer)
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

pub fn exec_to_first_byte_ms() -> f64 {
    median_ms(20, |_| {
        let begun = Instant::now();
        let args = "--source test -w 1280 -h 720 -b 800000 -fps 25 -pf main -g 25 -t 0 -o -";
        let (child, mut viewer) = start(Command::new(PROGRAM).args(args.split(' ')));
        viewer.read_exact(&mut [0]).expect("a byte");
        let time = begun.elapsed().as_secs_f64() * 1000.0;
        end(child);
        time
    })
}

/// `--source auto` where nothing is: all kinds are looked for, and told why they are missing.
pub fn no_camera_ms() -> f64 {
    let root = tempfile::tempdir().expect("a folder");
    median_ms(20, |_| {
        let begun = Instant::now();
        let output = Command::new(PROGRAM)
            .args(["-t", "0", "-o", "/dev/null"])
            .env("PICAM_STREAM_ROOT", root.path())
            .output()
            .expect("the program starts");
        let time = begun.elapsed().as_secs_f64() * 1000.0;
        assert_eq!(output.status.code(), Some(70), "{output:?}");
        time
    })
}

/// The calls that put video into the connection, counted by strace, and the frames by the program.
pub fn write_calls() -> (u64, u64) {
    let trace = std::env::temp_dir().join(format!("picam-stream-bench-{}", std::process::id()));
    let source = format!("file:{RECORDING}");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-e", "trace=sendto,write,writev,sendmsg", "-o"])
        .arg(&trace)
        .arg(PROGRAM);
    strace.args([
        "--source", &source, "-fps", "50", "-w", "640", "-t", "8000", "-o", "-",
    ]);
    let (mut child, mut viewer) = start(&mut strace);
    let mut stream = Vec::new();
    viewer.read_to_end(&mut stream).expect("the stream");
    child.wait().expect("its end");
    let lines = fs::read_to_string(&trace).expect("strace of the package strace writes its trace");
    let _ = fs::remove_file(trace);
    // Descriptor 2 is the log.
    let writes = lines.lines().filter(|line| {
        line.contains("sendto(") || (line.contains("write") && !line.contains("write(2"))
    });
    let frames = stream
        .windows(4)
        .filter(|window| window[..3] == [0, 0, 1] && matches!(window[3] & 0x1f, 1 | 5))
        .count();
    (writes.count() as u64, frames as u64)
}

/// The program as the package for this machine has it, with C++ linked in: cargo's own loads libstdc++, one MB of it.
/// `make bench` builds it first.
pub const PACKAGED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/cross/x86_64-unknown-linux-gnu/release/picam-stream"
);

/// As packaged, and as cargo builds it.
pub fn peak_rss_kb() -> [u64; 2] {
    [PACKAGED, PROGRAM].map(peak_rss_of_kb)
}

fn peak_rss_of_kb(program: &str) -> u64 {
    let source = format!("file:{RECORDING}");
    let (child, mut viewer) = start(Command::new(program).args([
        "--source", &source, "-fps", "50", "-w", "640", "-t", "0", "-o", "-",
    ]));
    viewer
        .read_exact(&mut vec![0; 2_000_000])
        .expect("the stream");
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("proc(5)");
    end(child);
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .expect("VmHWM");
    line.split_whitespace()
        .nth(1)
        .and_then(|kb| kb.parse().ok())
        .expect("a number of kB")
}

pub fn binary_bytes() -> u64 {
    fs::metadata(PROGRAM).expect("the program").len()
}
