//! The stream that comes out is the one that the encoder gave, whole picture by whole picture, in however small
//! pieces and with whatever oddities of the firmware it came.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use test_support::mmal::equipment::{Pi, until};

const CAPTURE: [&str; 12] = [
    "--source", "mmal", "-w", "640", "-h", "360", "-fps", "25", "-t", "0", "-o", "-",
];

#[test]
fn the_stream_is_bit_by_bit_the_recorded_one_for_buffers_from_512_bytes_to_256_kib() {
    for size in [512, 4096, 65_536, 262_144] {
        let pi = Pi::with_a_camera().with("FAKE_MMAL_BUFFER_SIZE", &size.to_string());
        comes_out_whole(&pi, &format!("buffers of {size} bytes"));
    }
}

#[test]
fn oddities_of_the_firmware_do_not_show_in_the_stream() {
    for faults in [
        "SPLIT_CONFIG=1",
        "BARE_CONFIG=1",
        "SPLIT_CONFIG=1 BARE_CONFIG=1 KEYFRAME_FLAG=none",
        "KEYFRAME_FLAG=all",
        "KEYFRAME_FLAG=first",
        "UNKNOWN_PTS=1",
        "UNKNOWN_PTS=3",
        "EVENT_AFTER=5",
        "LOSE_FRAME_END=4",
    ] {
        let pi = Pi::with_a_camera()
            .with_faults(faults)
            .with("FAKE_MMAL_BUFFER_SIZE", "4096");
        comes_out_whole(&pi, faults);
    }
}

/// A 32-bit program that asks for a file's size in 32 bits cannot even look at such a file.
#[test]
fn a_file_of_more_than_2_gib_is_appended_to() {
    let pi = Pi::with_a_camera();
    let path = pi.path("long.h264");
    let long = fs::File::options()
        .create(true)
        .append(true)
        .open(&path)
        .expect("a file");
    let before = (2 << 30) + 1;
    long.set_len(before).expect("a hole takes no room");
    let running = pi.start_onto(&CAPTURE, long.into());
    let grown = until(Duration::from_secs(60), || {
        fs::metadata(&path)
            .is_ok_and(|file| file.len() > before + 20_000)
            .then_some(())
    });
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end(), 0, "{}", pi.text("complaints"));
    assert!(grown.is_some(), "{}", pi.text("complaints"));
}

#[test]
fn one_buffer_is_enough_and_data_may_begin_inside_it() {
    for (name, value) in [
        ("FAKE_MMAL_BUFFER_NUM", "1"),
        ("FAKE_MMAL_OFFSET", "64"),
        ("FAKE_MMAL_CHUNK", "1001"),
    ] {
        let pi = Pi::with_a_camera()
            .with(name, value)
            .with("FAKE_MMAL_BUFFER_SIZE", "8192");
        comes_out_whole(&pi, name);
    }
}

#[test]
fn a_slow_start_and_slow_calls_only_take_their_time() {
    let pi = Pi::with_a_camera().with_faults(
        "START_DELAY_MS=3000 CREATE_DELAY_MS=500 ENABLE_DELAY_MS=500 DISABLE_DELAY_MS=500",
    );
    comes_out_whole(&pi, "slow start");
}

#[test]
fn jpegs_come_out_whole() {
    let pi = Pi::with_a_camera().with("FAKE_MMAL_CHUNK", "1000");
    let arguments = [&CAPTURE[..], &["-cd", "MJPEG"]].concat();
    let recording = include_bytes!("../fake-mmal/data/testsrc.mjpeg");
    capture(&pi, &arguments, &[], recording.len() + 1, "JPEGs");
    let output = pi.bytes("output");
    assert!(
        repeats(&output, recording),
        "the output is not the recorded JPEGs"
    );
    assert!(
        output.ends_with(&[0xff, 0xd9]),
        "the last JPEG is not whole"
    );
}

/// Streams the recording until more than one group of pictures is there; checks that whole pictures of it came out.
fn comes_out_whole(pi: &Pi, what: &str) {
    let recording = recording();
    let recorded = fs::read(recording).expect("the recording");
    let path = recording.to_str().expect("a path");
    capture(
        pi,
        &CAPTURE,
        &[("FAKE_MMAL_STREAM", path)],
        recorded.len() / 2,
        what,
    );
    let output = pi.bytes("output");
    assert!(
        repeats(&output, &recorded),
        "{what}: the output is not the recording"
    );
    let rest = output.len() % recorded.len();
    assert!(
        picture_starts(&recorded).contains(&rest),
        "{what}: the last picture is not whole"
    );
    decodes_clean(&pi.path("output"));
}

/// Runs until so many bytes have come out, and then ends it.
fn capture(pi: &Pi, arguments: &[&str], settings: &[(&str, &str)], bytes: usize, what: &str) {
    let running = pi.start_with(arguments, settings);
    running.wait_for_output(bytes as u64);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end(), 0, "{what}: {}", pi.text("complaints"));
    assert_eq!(pi.mistakes(), [""; 0], "{what}");
}

/// Whether the bytes are those of the recording, over and over.
fn repeats(bytes: &[u8], recording: &[u8]) -> bool {
    bytes
        .chunks(recording.len())
        .all(|chunk| recording.starts_with(chunk))
}

/// Where pictures begin, each with the parameter sets before it.
fn picture_starts(stream: &[u8]) -> Vec<usize> {
    let mut starts = vec![];
    let mut lead = None;
    for at in memchr::memmem::find_iter(stream, &[0, 0, 1]) {
        let start = if at > 0 && stream[at - 1] == 0 {
            at - 1
        } else {
            at
        };
        match stream.get(at + 3).map(|byte| byte & 0x1f) {
            Some(6..=9) => lead = lead.or(Some(start)),
            Some(1 | 5) => starts.push(lead.take().unwrap_or(start)),
            _ => (),
        }
    }
    starts
}

fn decodes_clean(stream: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "h264", "-i"])
        .arg(stream)
        .args(["-f", "null", "-"])
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg (tests/setup.sh test)");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaints.is_empty(),
        "ffmpeg: {complaints}"
    );
}

/// Three seconds of 640x360 with key frames of about 64 KiB.
fn recording() -> &'static Path {
    static RECORDING: OnceLock<(TempDir, std::path::PathBuf)> = OnceLock::new();
    &RECORDING.get_or_init(make_recording).1
}

fn make_recording() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the recording");
    let path = folder.path().join("recording.h264");
    let x264 =
        "keyint=25:min-keyint=25:scenecut=0:bframes=0:repeat-headers=1:slices=1:qp=25:info=0";
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i"])
        .arg("testsrc2=size=640x360:rate=25,noise=alls=8")
        .args([
            "-frames:v",
            "75",
            "-pix_fmt",
            "yuv420p",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
        ])
        .args([
            "-x264-params",
            x264,
            "-bsf:v",
            "filter_units=remove_types=6",
            "-f",
            "h264",
        ])
        .arg(&path)
        .stdin(Stdio::null())
        .status();
    assert!(
        status.expect("ffmpeg (tests/setup.sh test)").success(),
        "ffmpeg made no recording"
    );
    (folder, path)
}
