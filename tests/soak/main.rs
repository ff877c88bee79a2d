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

/// What is streamed.
struct Form {
    name: &'static str,
    options: &'static str,
    /// What ffmpeg calls it.
    format: &'static str,
    way: Way,
    /// Of its time stamps, where it has any.
    ticks_a_second: Option<i64>,
}

/// How ffmpeg comes to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// An instance of its own.
    Instance,
    /// The shared camera, as browsers have it.
    Web,
    /// The shared camera, as recorders have it.
    Rtsp,
}

const FORMS: [Form; 5] = [
    Form {
        name: "H.264",
        options: "-b 800000 -g 25",
        format: "h264",
        way: Way::Instance,
        ticks_a_second: None,
    },
    Form {
        name: "MPEG-TS",
        options: "-b 800000 -g 25 --format mpegts",
        format: "mpegts",
        way: Way::Instance,
        ticks_a_second: Some(90_000),
    },
    Form {
        name: "MJPEG",
        options: "-cd MJPEG -b 4000000",
        format: "mjpeg",
        way: Way::Instance,
        ticks_a_second: None,
    },
    Form {
        name: "fragmented MP4",
        options: "-b 800000 -g 25",
        format: "mp4",
        way: Way::Web,
        ticks_a_second: Some(1_000_000),
    },
    Form {
        name: "RTSP",
        options: "-b 800000 -g 25",
        format: "rtsp",
        way: Way::Rtsp,
        ticks_a_second: Some(90_000),
    },
];

fn main() -> ExitCode {
    let minutes: u64 = std::env::var("MINUTES").map_or(10, |minutes| {
        minutes.parse().expect("MINUTES is a whole number")
    });
    assert!(minutes > 0, "MINUTES is at least 1");
    let program = program();
    println!(
        "soak: {minutes} min of {} side by side",
        FORMS.map(|form| form.name).join(", ")
    );
    // All of them are seen to their end, also if one fails.
    let running = FORMS.map(|form| {
        let program = program.clone();
        thread::spawn(move || soak(&program, &form, Duration::from_secs(60 * minutes)))
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

/// A port that starts the program for each viewer, as `make run` has it, or once for all.
struct Port {
    activation: Child,
    number: u16,
    log: PathBuf,
}

impl Port {
    fn open(program: &Path, form: &Form, time: Duration, folder: &Scratch) -> Self {
        let card = format!("--source test -w 320 -h 240 -fps {FPS} {}", form.options);
        let (listening, command) = match form.way {
            Way::Web => ("--fdname=web", format!("serve {card}")),
            Way::Rtsp => ("--fdname=rtsp", format!("serve {card}")),
            Way::Instance => {
                let time_ms = time.as_millis();
                ("--accept --inetd", format!("{card} -t {time_ms} -n -o -"))
            }
        };
        let (number, log) = (free_port(), folder.path("log"));
        let activation = Command::new("systemd-socket-activate")
            .args(listening.split(' '))
            .args(["-l", &format!("127.0.0.1:{number}")])
            .arg(program)
            .args(command.split(' '))
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

fn soak(program: &Path, form: &Form, time: Duration) {
    let (folder, name) = (Scratch::new(), form.name);
    let port = Port::open(program, form, time, &folder);
    let seen = Watched::to_its_end(&port, form, time, &folder);
    let log = port.log();
    assert_eq!(seen.complaints, [""; 0], "{name}: ffmpeg complains; {log}");
    let (left_out, said) = (seen.left_out(), dropped_by_source(&log));
    // The shared camera runs on for a moment when the viewer has gone.
    assert!(
        said == left_out || form.way != Way::Instance && said > left_out,
        "{name}: {left_out} pictures are missing, and the program says: {log}"
    );
    let expected = time.as_secs() * FPS;
    let last = u64::from(*seen.counters.last().expect("a picture"));
    // The first picture is a moment after the start of the clock of -t.
    assert!(
        last + 2 * FPS >= expected,
        "{name}: it ended at picture {last} of {expected}; {log}"
    );
    if let Some(ticks) = form.ticks_a_second {
        seen.assert_time_stamps(ticks / i64::try_from(FPS).expect("a small number"));
    }
    println!(
        "{name}: {} pictures, {left_out} left out by the card; resident {}",
        seen.counters.len(),
        seen.memory
    );
    seen.memory.assert_steady(name);
}

/// What the closing line says of pictures that the card left out.
fn dropped_by_source(log: &str) -> u32 {
    let before = log.split_once(" dropped by the source");
    let words = before.map(|(before, _)| before.trim_end_matches(" frames"));
    let number = words.and_then(|words| words.split_whitespace().next_back());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no closing line: {log}"))
}
