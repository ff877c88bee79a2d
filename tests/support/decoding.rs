//! What a decoder says of a stream, and how a stream begins.

use crate::commands::tool;
use crate::program::stderr;

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

/// What ffmpeg makes of `input`, from standard input to standard output; it must have nothing to complain about.
#[track_caller]
pub fn ffmpeg(words: &[&str], input: &[u8]) -> Vec<u8> {
    let output = tool(
        "ffmpeg",
        [&["-v", "error"], words, &["-"]].concat().as_slice(),
        input,
    );
    let complaints = stderr(&output);
    assert!(
        output.status.success() && complaints.is_empty(),
        "{words:?}: {complaints}"
    );
    output.stdout
}

/// How many pictures ffmpeg makes of an input that its options name; it must have nothing to complain about.
#[track_caller]
pub fn pictures_of(input: &[&str]) -> usize {
    let hashes = ffmpeg(&[input, &["-f", "framehash"]].concat(), b"");
    let hashes = String::from_utf8(hashes).expect("text");
    hashes.lines().filter(|line| !line.starts_with('#')).count()
}

/// ffmpeg remarks on what it has to guess of any bare H.264 stream.
pub fn is_harmless(line: &str) -> bool {
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
