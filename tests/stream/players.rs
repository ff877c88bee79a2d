//! Real players at the other end: ffmpeg and GStreamer decode what comes, from the first byte, and what they decode is what
//! the test card shows.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::turned::set_upright;
use test_support::card::{BARS_H264, BARS_MJPEG, Picture};
use test_support::commands::tool;
use test_support::connections::free_port;
use test_support::decoding::assert_begins_decodable;
use test_support::folders::Scratch;
use test_support::program::stderr;
use test_support::session::Session;

/// The article's options, without what a test card has no use for.
const ARTICLE: &str = "-w 1280 -h 720 -a 12 -fl -ih -b 800000 -fps 25 -pf main -g 25";

fn card(options: &str) -> Session {
    let args = format!("--source test {options} -v -n -o -");
    Session::start(&args)
}

/// The program listening by itself, for players that connect.
fn listening(options: &str) -> (Session, u16) {
    let port = free_port();
    let args = format!("--source test {options} -n -l -o tcp://127.0.0.1:{port}");
    let session = Session::start(&args);
    session.wait_for_log("waiting for a viewer");
    (session, port)
}

fn ffmpeg(args: &str, input: &[u8]) -> Vec<u8> {
    let output = tool("ffmpeg", args, input);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "ffmpeg complains: {}",
        stderr(&output)
    );
    output.stdout
}

fn pictures(stream: &[u8], format: &str, width: usize, height: usize) -> Vec<Picture> {
    let args =
        format!("-v error -f {format} -i - -fps_mode passthrough -f rawvideo -pix_fmt yuv420p -");
    Picture::all_i420(width, height, &ffmpeg(&args, stream))
}

/// Each counter is the one before and one more: what the schedule made is there, in order. A frame that the card had
/// to leave out on a busy machine shows as a step, and the program says so.
fn assert_counts_up(pictures: &[Picture], session: &Session) {
    let counters: Vec<u32> = pictures
        .iter()
        .map(|picture| picture.counter().expect("a counter"))
        .collect();
    let steps = counters
        .windows(2)
        .map(|pair| pair[1].checked_sub(pair[0]).expect("the counter goes up"));
    let left_out: u32 = steps.map(|step| step - 1).sum();
    let expected = format!(" {left_out} dropped by the source");
    assert!(
        session.log().contains(&expected),
        "{left_out} left out in {counters:?}; {}",
        session.log()
    );
}

#[test]
fn ffprobe_finds_the_asked_stream_from_the_first_byte() {
    for format in ["h264", "mpegts"] {
        let (_session, port) = listening(&format!("{ARTICLE} -t 0 --format {format}"));
        let url = format!("tcp://127.0.0.1:{port}");
        let args = [
            "-v",
            "warning",
            "-show_entries",
            "stream=codec_name,profile,width,height,level",
            "-of",
            "csv=p=0",
            &url,
        ];
        let output = tool("ffprobe", &args, &[]);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{format}: {}",
            stderr(&output)
        );
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(found.contains("h264,Main,1280,720"), "{format}: {found}");
    }
}

#[test]
fn ffmpeg_decodes_the_live_stream_without_a_complaint() {
    for format in ["h264", "mpegts"] {
        let (_session, port) = listening(&format!("{ARTICLE} -t 0 --format {format}"));
        let args = format!("-v warning -i tcp://127.0.0.1:{port} -frames:v 75 -f null -");
        ffmpeg(&args, &[]);
    }
}

#[test]
fn a_decoded_picture_shows_the_bars_and_counts_up_by_one() {
    let mut session = card(&format!("{ARTICLE} -t 3000"));
    let stream = session.read_to_end();
    session.wait(Duration::from_secs(20));
    assert_begins_decodable(&stream);
    let pictures = pictures(&stream, "h264", 1280, 720);
    assert!(pictures.len() > 30, "{} pictures in 3 s", pictures.len());
    for picture in &pictures {
        picture.assert_bars(&BARS_H264, 6);
    }
    assert_counts_up(&pictures, &session);
}

#[test]
fn a_turned_and_flipped_camera_turns_and_flips_the_picture() {
    for (options, rotation, hflip, vflip) in [
        ("-rot 180", 180, false, false),
        ("-hf", 0, true, false),
        ("-vf", 0, false, true),
        ("-rot 90 -hf", 90, true, false),
    ] {
        let mut session = card(&format!(
            "-w 640 -h 480 -b 2000000 -fps 10 -t 700 {options}"
        ));
        let stream = session.read_to_end();
        let pictures = pictures(&stream, "h264", 640, 480);
        assert!(pictures.len() >= 3, "{options}: {}", session.log());
        for picture in &pictures {
            let upright = set_upright(picture, rotation, hflip, vflip);
            upright.assert_bars(&BARS_H264, 8);
            upright
                .counter()
                .unwrap_or_else(|error| panic!("{options}: {error}"));
        }
    }
}

#[test]
fn every_profile_is_what_a_decoder_finds() {
    for (asked, found) in [
        ("baseline", "Constrained Baseline"),
        ("main", "Main"),
        ("high", "High"),
    ] {
        let mut session = card(&format!(
            "-w 320 -h 240 -b 300000 -fps 10 -pf {asked} -t 800"
        ));
        let stream = session.read_to_end();
        let args = [
            "-v",
            "error",
            "-show_entries",
            "stream=profile",
            "-of",
            "csv=p=0",
            "-",
        ];
        let output = tool("ffprobe", &args, &stream);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            found,
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn mjpeg_is_whole_pictures_from_the_first_byte() {
    let mut session = card("-w 640 -h 480 -fps 10 -cd MJPEG -b 8000000 -t 1500");
    let stream = session.read_to_end();
    session.wait(Duration::from_secs(20));
    assert!(stream.starts_with(&[0xff, 0xd8]) && stream.ends_with(&[0xff, 0xd9]));
    let args = "-v error -f mjpeg -i - -fps_mode passthrough -f rawvideo -pix_fmt yuvj420p -";
    let pictures = Picture::all_i420(640, 480, &ffmpeg(args, &stream));
    assert!(pictures.len() >= 10);
    pictures[0].assert_bars(&BARS_MJPEG, 6);
    assert_counts_up(&pictures, &session);
}

#[test]
fn gstreamer_plays_the_stream() {
    for (format, elements) in [("h264", "h264parse"), ("mpegts", "tsdemux ! h264parse")] {
        let scratch = Scratch::new();
        let raw = scratch.path("raw");
        let (mut session, port) = listening(&format!(
            "-w 640 -h 480 -b 800000 -fps 25 -g 25 -t 3000 --format {format}"
        ));
        let pipeline = format!(
            "tcpclientsrc host=127.0.0.1 port={port} ! {elements} ! avdec_h264 ! videoconvert ! video/x-raw,format=I420 ! \
             filesink location={}",
            raw.display()
        );
        let output = tool("gst-launch-1.0", &format!("-q -e {pipeline}"), &[]);
        assert!(output.status.success(), "{format}: {}", stderr(&output));
        session.signal(nix::sys::signal::Signal::SIGTERM);
        session.wait(Duration::from_secs(20));
        let pictures = Picture::all_i420(640, 480, &fs::read(&raw).expect("pictures"));
        assert!(pictures.len() > 30, "{format}: {} pictures", pictures.len());
        for picture in &pictures {
            picture.assert_bars(&BARS_H264, 8);
        }
    }
}

#[test]
fn the_rate_is_the_asked_one_on_the_wall_clock_and_in_the_time_stamps() {
    for fps in [10u32, 25, 30] {
        let mut session = card(&format!(
            "-w 640 -h 480 -b 800000 -fps {fps} -g {fps} -t 0 --format mpegts"
        ));
        let (stream, elapsed) = read_for(&mut session, Duration::from_secs(4));
        session.signal(nix::sys::signal::Signal::SIGTERM);
        let times = time_stamps_90khz(&stream);
        // The card leaves pictures out where the machine is too busy to draw them; those that come are on time.
        let span = (times[times.len() - 1] - times[0]) as f64 / 90_000.0;
        let relative = span / elapsed.as_secs_f64();
        assert!(
            (0.85..1.15).contains(&relative) && times.len() as f64 > span * f64::from(fps) / 2.0,
            "{} frames that span {span} s, at -fps {fps}, in {elapsed:?}: {}",
            times.len(),
            session.log()
        );
        let step = 90_000.0 / f64::from(fps);
        for pair in times.windows(2) {
            let steps = (pair[1] - pair[0]) as f64 / step;
            assert!(
                (steps - steps.round()).abs() * step <= 2.0 && steps.round() >= 1.0,
                "{pair:?} at -fps {fps}"
            );
        }
    }
}

/// Reads for `time` from the first byte on; says how long it was between the first and the last byte.
fn read_for(session: &mut Session, time: Duration) -> (Vec<u8>, Duration) {
    let mut stream = session.read_at_least(1);
    let begun = Instant::now();
    let (mut chunk, mut last) = (vec![0; 65536], begun);
    while begun.elapsed() < time {
        let count = session.viewer.read(&mut chunk).expect("the stream goes on");
        assert!(count > 0, "{}", session.log());
        stream.extend_from_slice(&chunk[..count]);
        last = Instant::now();
    }
    (stream, last - begun)
}

fn time_stamps_90khz(stream: &[u8]) -> Vec<i64> {
    let args = [
        "-v",
        "error",
        "-f",
        "mpegts",
        "-show_entries",
        "packet=pts",
        "-of",
        "csv=p=0",
        "-",
    ];
    let output = tool("ffprobe", &args, stream);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter_map(|line| line.trim_end_matches(',').parse().ok())
        .collect()
}

#[test]
fn a_transport_stream_has_no_error_that_a_demultiplexer_sees_and_repeats_its_tables() {
    let mut session = card("-w 320 -h 240 -b 300000 -fps 25 -g 100 -t 2500 --format mpegts");
    let stream = session.read_to_end();
    assert_eq!(stream.len() % 188, 0);
    let packets: Vec<&[u8]> = stream.chunks(188).collect();
    let pid = |packet: &[u8]| u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
    assert_eq!(
        packets
            .iter()
            .take(3)
            .map(|packet| pid(packet))
            .collect::<Vec<_>>(),
        [0, 0x1000, 0x100]
    );
    assert!(
        packets.iter().filter(|packet| pid(packet) == 0).count() >= 5,
        "PAT again every 400 ms"
    );
    ffmpeg(
        "-v warning -err_detect explode -f mpegts -i - -f null -",
        &stream,
    );
}

#[test]
fn a_stream_over_inetd_activation_works_as_the_readme_says() {
    // systemd-socket-activate is what `make run` uses: each connection starts a process of its own.
    let port = free_port();
    let program = env!("CARGO_BIN_EXE_picam-stream");
    let mut activate = Command::new("systemd-socket-activate")
        .args(["--accept", "--inetd", "-l", &format!("127.0.0.1:{port}"), program])
        .args("--source test -w 320 -h 240 -fps 10 -t 0 -o -".split(' '))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("systemd-socket-activate of the package systemd; tests/setup.sh installs what the tests need");
    for _ in 0..2 {
        let mut viewer = test_support::connections::connect(([127, 0, 0, 1], port).into());
        let mut stream = vec![0; 5000];
        viewer.read_exact(&mut stream).expect("a stream");
        assert_begins_decodable(&stream);
    }
    activate.kill().expect("it runs");
    activate.wait().expect("its end");
}
