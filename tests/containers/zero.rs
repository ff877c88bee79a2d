//! The program on the emulated processor of the first Raspberry Pi and the Zero, which stops at any instruction that is
//! newer than ARMv6.
//!
//! It is the static build of the same commit (`make zero`), since Debian's own ARM libraries are ARMv7; the package's
//! binary is looked at instruction by instruction when it is built.

use crate::life::recorded_stream;
use crate::root::BOOKWORM_ARMHF;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use test_support::commands::{command, run};

const SIGILL: i32 = 4;

#[test]
fn an_armv7_program_dies_on_the_zeros_processor() {
    let root = BOOKWORM_ARMHF.folder();
    let run_true = |cpu: &str| {
        run(emulator(cpu)
            .arg("-L")
            .arg(&root)
            .arg(root.join("bin/true")))
    };
    assert_eq!(
        run_true("cortex-a7").status.code(),
        Some(0),
        "on its own processor it runs"
    );
    let on_zero = run_true("arm1176");
    assert_eq!(on_zero.status.signal(), Some(SIGILL), "{on_zero}");
}

#[test]
fn on_the_zeros_processor_the_recorded_stream_decodes() {
    let clip = format!("file:{}", recorded_stream().display());
    let probed = probe(&["--source", &clip, "-fps", "25", "-t", "4000"]);
    assert!(probed.contains("width=1280\nheight=720\n"), "{probed}");
}

#[test]
fn on_the_zeros_processor_the_test_card_decodes() {
    let card = [
        "--source", "test", "-w", "320", "-h", "240", "-fps", "10", "-g", "10", "-a", "12",
    ];
    let probed = probe(&[&card[..], &["-pf", "main", "-t", "4000"]].concat());
    assert!(
        probed.contains("profile=Main\nwidth=320\nheight=240\n"),
        "{probed}"
    );
}

#[test]
fn on_the_zeros_processor_bad_options_are_refused() {
    for (options, named) in [
        (&["-w", "-640"][..], "-w"),
        (&["-fps"], "-fps"),
        (&["-xyz"], "-xyz"),
    ] {
        let done = run(zero().args(options).args(["-o", "/dev/null"]));
        assert_eq!(done.status.code(), Some(64), "{options:?}: {done}");
        assert!(done.err.contains(named), "{done}");
    }
}

#[test]
fn on_the_zeros_processor_a_leaving_reader_ends_it_well() {
    let clip = format!("file:{}", recorded_stream().display());
    let mut program = zero()
        .args(["--source", &clip, "-fps", "25", "-t", "0", "-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(program.stdout.take());
    let output = program.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(log.contains("viewer left"), "{log}");
}

/// What ffprobe says of the stream that these options give; it must have at least 10 frames and no fault.
fn probe(options: &[&str]) -> String {
    let mut program = zero()
        .args(options)
        .args(["-o", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stream = program.stdout.take().unwrap();
    let output = command("ffprobe")
        .args(["-v", "error", "-f", "h264", "-i", "-", "-count_frames"])
        .args([
            "-show_entries",
            "stream=profile,width,height,nb_read_frames",
        ])
        .args(["-of", "default=noprint_wrappers=1"])
        .stdin(stream)
        .output()
        .unwrap();
    let (probed, faults) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && faults.is_empty(), "{faults}");
    assert_eq!(program.wait().unwrap().code(), Some(0));
    let frames = probed
        .lines()
        .find_map(|line| line.strip_prefix("nb_read_frames=")?.parse().ok());
    assert!(frames >= Some(10), "{probed}");
    probed
}

fn zero() -> Command {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/zero/picam-stream");
    assert!(
        program.exists(),
        "there is no target/zero/picam-stream: run `make zero` first"
    );
    let mut command = emulator("arm1176");
    command.arg(program);
    command
}

fn emulator(cpu: &str) -> Command {
    let mut emulator = command("qemu-arm-static");
    emulator.args(["-cpu", cpu]);
    emulator
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
