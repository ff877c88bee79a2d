//! The program that feeds v4l2loopback, and what it plays: colour bars as ffmpeg draws them, in each format.

use std::path::{Path, PathBuf};
use std::process::Command;

use picam_stream::h264::access_unit::AccessUnitSplitter;

use test_support::commands::run;

/// Compiles one of the C programs beside this file, so that it needs no libraries.
pub fn program(name: &str, scratch: &Path) -> PathBuf {
    let built = scratch.join(name);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/v4l2");
    run(Command::new("gcc")
        .args(["-O1", "-Wall", "-Werror", "-static", "-pthread", "-o"])
        .arg(&built)
        .arg(sources.join(format!("{name}.c"))))
    .good();
    built
}

/// By the four characters of their format. Every second JPEG comes without its Huffman tables, as from many USB cameras.
pub fn recordings() -> Vec<(&'static str, Vec<u8>)> {
    let yuyv = bars(&["-frames:v", "1", "-pix_fmt", "yuyv422", "-f", "rawvideo"]);
    let nv12 = bars(&["-frames:v", "1", "-pix_fmt", "nv12", "-f", "rawvideo"]);
    let uyvy = bars(&["-frames:v", "1", "-pix_fmt", "uyvy422", "-f", "rawvideo"]);
    let rgb = bars(&["-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo"]);
    let jpeg = bars(&[
        "-frames:v",
        "1",
        "-pix_fmt",
        "yuvj422p",
        "-huffman",
        "default",
        "-f",
        "mjpeg",
    ]);
    let bare = without_huffman_tables(&jpeg);
    vec![
        ("YUYV", lengths([yuyv])),
        ("NV12", lengths([nv12])),
        ("UYVY", lengths([uyvy])),
        ("RGB3", lengths([rgb])),
        ("MJPG", lengths([bare, jpeg])),
        ("H264", lengths(h264())),
    ]
}

/// Access units as x264 makes them: two seconds.
pub fn h264() -> Vec<Vec<u8>> {
    let stream = bars(&[
        "-frames:v",
        "30",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-bf",
        "0",
        "-g",
        "15",
        "-x264-params",
        "repeat-headers=1",
        "-f",
        "h264",
    ]);
    access_units(&stream)
}

fn bars(output: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "pal75bars=size=320x240:rate=15",
        ])
        .args(output)
        .arg("-")
        .output()
        .expect("ffmpeg; tests/setup.sh installs what the tests need");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    output.stdout
}

fn without_huffman_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut bare = jpeg.to_vec();
    while let Some(at) = memchr::memmem::find(&bare, &[0xff, 0xc4]) {
        let length = u16::from_be_bytes([bare[at + 2], bare[at + 3]]);
        bare.drain(at..at + 2 + usize::from(length));
    }
    assert!(bare.len() < jpeg.len(), "ffmpeg's JPEG has no tables");
    bare
}

fn access_units(stream: &[u8]) -> Vec<Vec<u8>> {
    let (mut splitter, mut units, mut unit) =
        (AccessUnitSplitter::default(), Vec::new(), Vec::new());
    splitter.push(stream);
    while splitter.next_unit(&mut unit) || splitter.finish(&mut unit) {
        units.push(unit.clone());
    }
    units
}

fn lengths(pictures: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut file = Vec::new();
    for picture in pictures {
        file.extend_from_slice(&(picture.len() as u32).to_le_bytes());
        file.extend_from_slice(&picture);
    }
    file
}
