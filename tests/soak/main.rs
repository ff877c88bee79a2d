//! `make soak`: the test card for minutes on end, through a port that systemd's activation holds, in every form that it is
//! streamed in, to ffmpeg. No picture may be missing that the card does not say it left out, no time stamp may be off, the
//! decoder may not complain, and the memory may not grow. Run before a release.
//!
//! It runs the program that `cargo build --release` left; MINUTES says for how long.

#![allow(clippy::print_stdout)]

mod memory;
mod watched;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use crate::watched::Watched;
use test_support::connections::free_port;
use test_support::folders::Scratch;

const FPS: u64 = 25;

/// What is streamed: its name, its options, and what ffmpeg calls it.
const FORMS: [(&str, &str, &str); 3] = [
    ("H.264", "-b 800000 -g 25", "h264"),
    ("MPEG-TS", "-b 800000 -g 25 --format mpegts", "mpegts"),
    ("MJPEG", "-cd MJPEG -b 4000000", "mjpeg"),
];

fn main() -> ExitCode {
    let minutes: u64 = std::env::var("MINUTES").map_or(10, |minutes| {
        minutes.parse().expect("MINUTES is a whole number")
    });
    assert!(minutes > 0, "MINUTES is at least 1");
    let program = program();
    println!(
        "soak: {minutes} min of {} side by side",
        FORMS.map(|form| form.0).join(", ")
    );
    // All of them are seen to their end, also if one fails.
    let running = FORMS.map(|form| {
        let program = program.clone();
        thread::spawn(move || soak(&program, form, Duration::from_secs(60 * minutes)))
    });
    match running.map(|form| form.join().is_ok()).contains(&false) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

fn program() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("release/picam-stream");
    assert!(
        path.exists(),
        "{} is missing: make soak builds it",
        path.display()
    );
    path
}

/// A port that starts the program for each viewer, as `make run` has it.
struct Port {
    activation: Child,
    number: u16,
    log: PathBuf,
}

impl Port {
    fn open(program: &Path, options: &str, folder: &Scratch) -> Self {
        let (number, log) = (free_port(), folder.path("log"));
        let activation = Command::new("systemd-socket-activate")
            .args(["--accept", "--inetd", "-l", &format!("127.0.0.1:{number}")])
            .arg(program)
            .args(options.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).expect("a log file"))
            .spawn()
            .expect("systemd-socket-activate of the package systemd; tests/setup.sh installs what the tests need");
        Self {
            activation,
            number,
            log,
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log")
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let _ = self.activation.kill();
        let _ = self.activation.wait();
    }
}

fn soak(program: &Path, (name, form, format): (&str, &str, &str), time: Duration) {
    let folder = Scratch::new();
    let time_ms = time.as_millis();
    let options = format!("--source test -w 320 -h 240 -fps {FPS} {form} -t {time_ms} -n -o -");
    let port = Port::open(program, &options, &folder);
    let seen = Watched::to_its_end(&port, format, &folder);
    let log = port.log();
    assert_eq!(seen.complaints, [""; 0], "{name}: ffmpeg complains; {log}");
    let left_out = seen.left_out();
    assert!(
        log.contains(&format!(" {left_out} dropped by the source")),
        "{name}: {left_out} pictures are missing, and the program says: {log}"
    );
    let expected = time.as_secs() * FPS;
    let last = u64::from(*seen.counters.last().expect("a picture"));
    // The first picture is a moment after the start of the clock of -t.
    assert!(
        last + 2 * FPS >= expected,
        "{name}: it ended at picture {last} of {expected}; {log}"
    );
    if format == "mpegts" {
        seen.assert_time_stamps(90_000 / i64::try_from(FPS).expect("a small number"));
    }
    println!(
        "{name}: {} pictures, {left_out} left out by the card; resident {}",
        seen.counters.len(),
        seen.memory
    );
    seen.memory.assert_steady(name);
}
