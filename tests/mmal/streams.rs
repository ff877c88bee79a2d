//! The stream that comes out is the one that the encoder gave, whole picture by whole picture, in however small
//! pieces and with whatever oddities of the firmware it came.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::equipment::Pi;

const CAPTURE: [&str; 12] = [
    "--source", "mmal", "-w", "1280", "-h", "720", "-fps", "25", "-t", "2500", "-o", "-",
];

#[test]
fn the_stream_is_bit_by_bit_the_recorded_one_for_buffers_from_512_bytes_to_256_kib() {
    for size in [512, 4096, 65_536, 262_144] {
        let pi = Pi::new().with("FAKE_MMAL_BUFFER_SIZE", &size.to_string());
        let pictures = whole_pictures(&pi, &format!("buffers of {size} bytes"));
        assert!(
            pictures >= 25,
            "buffers of {size} bytes: {pictures} pictures in 2.5 s"
        );
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
        let pi = Pi::new()
            .with_faults(faults)
            .with("FAKE_MMAL_BUFFER_SIZE", "4096");
        let pictures = whole_pictures(&pi, faults);
        assert!(pictures >= 25, "{faults}: {pictures} pictures in 2.5 s");
    }
}

#[test]
fn one_buffer_is_enough_and_data_may_begin_inside_it() {
    for (name, value) in [
        ("FAKE_MMAL_BUFFER_NUM", "1"),
        ("FAKE_MMAL_OFFSET", "64"),
        ("FAKE_MMAL_CHUNK", "1001"),
    ] {
        let pi = Pi::new()
            .with(name, value)
            .with("FAKE_MMAL_BUFFER_SIZE", "8192");
        assert!(
            whole_pictures(&pi, name) >= 25,
            "{name}: too few pictures in 2.5 s"
        );
    }
}

#[test]
fn a_slow_start_and_slow_calls_only_take_their_time() {
    let pi = Pi::new().with_faults(
        "START_DELAY_MS=3000 CREATE_DELAY_MS=500 ENABLE_DELAY_MS=500 DISABLE_DELAY_MS=500",
    );
    assert!(whole_pictures(&pi, "slow start") >= 25);
}

#[test]
fn jpegs_come_out_whole() {
    let pi = Pi::new().with("FAKE_MMAL_CHUNK", "1000");
    let arguments = [&CAPTURE[..], &["-cd", "MJPEG"]].concat();
    assert_eq!(pi.start(&arguments).end(), 0, "{}", pi.text("complaints"));
    let recording = include_bytes!("../fake-mmal/data/testsrc.mjpeg");
    let output = pi.bytes("output");
    assert!(output.len() > recording.len(), "{} bytes", output.len());
    assert!(
        repeats(&output, recording),
        "the output is not the recorded JPEGs"
    );
    assert!(
        output.ends_with(&[0xff, 0xd9]),
        "the last JPEG is not whole"
    );
    assert_eq!(pi.mistakes(), [""; 0]);
}

/// Streams the large recording; checks that what comes out is made of its pictures, and how many these are.
fn whole_pictures(pi: &Pi, what: &str) -> usize {
    let recording = recording();
    // The Pi is borrowed for its settings: the recording is one more.
    let running = pi.start_with(
        &CAPTURE,
        &[("FAKE_MMAL_STREAM", recording.to_str().expect("a path"))],
    );
    assert_eq!(running.end(), 0, "{what}: {}", pi.text("complaints"));
    assert_eq!(pi.mistakes(), [""; 0], "{what}");
    let (output, recorded) = (
        pi.bytes("output"),
        fs::read(recording).expect("the recording"),
    );
    assert!(
        repeats(&output, &recorded),
        "{what}: the output is not the recording"
    );
    let starts = picture_starts(&recorded);
    let rest = output.len() % recorded.len();
    let whole = starts.iter().position(|&start| start == rest);
    let whole = whole.unwrap_or_else(|| panic!("{what}: the last picture is not whole"));
    decodes_clean(&pi.path("output"));
    output.len() / recorded.len() * starts.len() + whole
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

/// Three seconds of 1280x720 with key frames that fill more than one of the largest buffers.
fn recording() -> &'static Path {
    static RECORDING: OnceLock<(TempDir, std::path::PathBuf)> = OnceLock::new();
    &RECORDING.get_or_init(make_recording).1
}

fn make_recording() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the recording");
    let path = folder.path().join("recording.h264");
    let x264 =
        "keyint=25:min-keyint=25:scenecut=0:bframes=0:repeat-headers=1:slices=1:qp=22:info=0";
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i"])
        .arg("testsrc2=size=1280x720:rate=25,noise=alls=12,gblur=sigma=0.4")
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
