//! What the clients that people have make of the stream: every picture as the camera gave it, none missing, at even times.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::process::Command;

use picam_stream::h264::access_unit::AccessUnitSplitter;
use picam_stream::h264::nal::{NalType, units};
use test_support::commands::{command, printed, run};
use test_support::decoding::is_harmless;

use super::camera::{FILE, assert_are_even, assert_are_in_order, last_words, pictures, serve, url};

/// Three seconds and a half: more than one round of key frames.
const PICTURES: &str = "88";

/// What ffmpeg received, and when each picture is to be shown. It is decoded afterwards, so that a busy machine does not
/// make a slow viewer of it.
#[track_caller]
fn received_by_ffmpeg(transport: &str) -> (Vec<String>, Vec<i64>) {
    let service = serve("");
    let (stream, times) = (
        service.scratch().path("264"),
        service.scratch().path("times"),
    );
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args([
        "-v",
        "warning",
        "-rtsp_transport",
        transport,
        "-i",
        &url(&service),
    ]);
    for (format, path) in [("h264", &stream), ("framemd5", &times)] {
        ffmpeg
            .args([
                "-map",
                "0:v",
                "-c",
                "copy",
                "-frames:v",
                PICTURES,
                "-f",
                format,
            ])
            .arg(path);
    }
    let done = run(&mut ffmpeg);
    let complaints = done.err.lines().filter(|line| !is_harmless(line));
    assert_eq!(complaints.collect::<Vec<_>>(), [""; 0], "ffmpeg complains");
    done.good();
    service.wait_for_log(", 0 frames skipped for the viewer");
    let decode = ["-v", "warning", "-f", "h264", "-i"];
    let to_hashes = ["-f", "framemd5", "-"];
    let path = stream.to_str().expect("UTF-8");
    let hashes = printed("ffmpeg", decode.into_iter().chain([path]).chain(to_hashes));
    let times = fs::read_to_string(times).expect("what ffmpeg wrote");
    let times = times.lines().filter(|line| !line.starts_with('#'));
    // stream, dts, pts, duration, size, hash. ffmpeg has no time for the first packet of any RTSP stream.
    let times = times.skip(1).map(|line| {
        let pts = line.split(',').nth(2).expect("a third column");
        pts.trim().parse().expect("a number")
    });
    (last_words(&hashes), times.collect())
}

#[test]
fn ffmpeg_gets_every_picture_over_tcp() {
    let (seen, times) = received_by_ffmpeg("tcp");
    assert_eq!(seen.len().to_string(), PICTURES);
    assert_are_in_order(&seen, &pictures());
    assert_are_even(&times);
}

#[test]
fn ffmpeg_gets_every_picture_over_udp() {
    let (seen, times) = received_by_ffmpeg("udp");
    assert_eq!(seen.len().to_string(), PICTURES);
    assert_are_in_order(&seen, &pictures());
    assert_are_even(&times);
}

/// The pictures that GStreamer's own decoder made of what rtspsrc received.
#[track_caller]
fn seen_by_gstreamer(transport: &str) -> Vec<String> {
    let service = serve("");
    let line = format!(
        "rtspsrc location={} protocols={transport} latency=200 ! rtph264depay ! h264parse ! avdec_h264 ! \
         identity eos-after={PICTURES} ! checksumsink hash=md5",
        url(&service)
    );
    let words = ["-q"].into_iter().chain(line.split_whitespace());
    // A line for each: its time and its hash.
    let seen = last_words(&printed("gst-launch-1.0", words));
    service.wait_for_log(", 0 frames skipped for the viewer");
    seen
}

#[test]
fn gstreamer_gets_every_picture_over_tcp() {
    let seen = seen_by_gstreamer("tcp");
    assert!(seen.len() > 80, "{seen:?}");
    assert_are_in_order(&seen, &pictures());
}

#[test]
fn gstreamer_gets_every_picture_over_udp() {
    let seen = seen_by_gstreamer("udp");
    assert!(seen.len() > 80, "{seen:?}");
    assert_are_in_order(&seen, &pictures());
}

#[test]
fn pyav_gets_every_picture_as_home_assistant_opens_streams() {
    let service = serve("");
    let python = "target/tools/python/bin/python";
    let printed = printed(
        python,
        ["tests/rtsp/pyav_client.py", &url(&service), PICTURES],
    );
    let lines: Vec<(&str, &str)> = printed
        .lines()
        .filter_map(|it| it.split_once(' '))
        .collect();
    let seen: Vec<String> = lines.iter().map(|(_, hash)| (*hash).to_owned()).collect();
    let times = lines
        .iter()
        .skip(1)
        .map(|(pts, _)| pts.parse().expect("ticks"));
    assert_eq!(seen.len().to_string(), PICTURES);
    assert_are_in_order(&seen, &pictures());
    assert_are_even(&times.collect::<Vec<i64>>());
}

/// As retina-client hashes them: the units of each picture behind their lengths, without parameter sets.
fn hashes_of_units() -> Vec<String> {
    let mut splitter = AccessUnitSplitter::default();
    splitter.push(&fs::read(FILE).expect("the recording"));
    let (mut unit, mut hashes) = (Vec::new(), Vec::new());
    while splitter.next_unit(&mut unit) || splitter.finish(&mut unit) {
        let mut bytes = Vec::new();
        let is_sent = |kind| {
            !matches!(
                kind,
                NalType::Sps | NalType::Pps | NalType::AccessUnitDelimiter | NalType::Filler
            )
        };
        for nal in units(&unit).filter(|nal| is_sent(nal.kind)) {
            bytes.extend_from_slice(&(nal.bytes.len() as u32).to_be_bytes());
            bytes.extend_from_slice(nal.bytes);
        }
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        hashes.push(format!("{:016x}", hasher.finish()));
    }
    hashes
}

fn retina_client() -> String {
    let words = "build --quiet --locked --manifest-path tests/rtsp/retina/Cargo.toml --target-dir target/retina";
    printed("cargo", words.split(' '));
    "target/retina/debug/retina-client".to_owned()
}

#[test]
fn retina_gets_every_picture_over_tcp_and_over_udp() {
    let (client, recorded) = (retina_client(), hashes_of_units());
    for transport in ["tcp", "udp"] {
        let service = serve("");
        let printed = printed(&client, [&url(&service), transport, PICTURES]);
        let lines: Vec<Vec<&str>> = printed.lines().map(|it| it.split(' ').collect()).collect();
        let column = |index: usize| lines.iter().map(move |line| line[index].to_owned());
        assert_eq!(lines.len().to_string(), PICTURES);
        assert_are_in_order(&column(2).collect::<Vec<_>>(), &recorded);
        assert!(column(1).all(|lost| lost == "0"), "{lines:?}");
        let times: Vec<i64> = column(0)
            .map(|ticks| ticks.parse().expect("ticks"))
            .collect();
        assert_are_even(&times);
    }
}

/// The commands of README that open RTSP, but for VLC, which Debian builds without it: each begins with its program.
fn lines_of_readme() -> Vec<String> {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let words = readme
        .split('`')
        .filter(|it| it.contains("rtsp://raspberrypi.local:8554/"));
    words
        .filter(|it| it.starts_with("ffplay ") || it.starts_with("gst-launch-1.0 "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_lines_of_readme_play() {
    let lines = lines_of_readme();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let service = serve("");
        // Without a screen, and for some seconds.
        let line = line
            .replace("raspberrypi.local:8554", &service.rtsp().to_string())
            .replace("ffplay", "ffplay -v error")
            .replace("autovideosink", "fakesink sync=true");
        let mut player = Command::new("timeout");
        player
            .args(["--kill-after=5", "5"])
            .args(line.split_whitespace());
        player
            .env("SDL_VIDEODRIVER", "dummy")
            .env("SDL_AUDIODRIVER", "dummy");
        let done = run(&mut player);
        let complaint = done.err.to_lowercase();
        assert!(!complaint.contains("error"), "{line}: {complaint}");
        service.wait_for_log("the camera is off");
        let log = service.log();
        let words = log.split(" frames, ").next().unwrap_or_default();
        let frames = words
            .split(' ')
            .next_back()
            .and_then(|it| it.parse::<u32>().ok());
        assert!(log.contains("(rtsp") && frames > Some(50), "{line}: {log}");
    }
}
