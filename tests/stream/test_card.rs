//! The test card as a decoder sees it: what was asked for is in the stream, and what is drawn can be read back.

use std::fs;
use std::process::Command;

use crate::turned::set_upright;
use test_support::card::{BARS_H264, BARS_MJPEG, Picture};
use test_support::commands::tool;
use test_support::decoding::nal_types;
use test_support::folders::Scratch;
use test_support::program::{assert_ended, program, run, stderr};

/// A second or so of the card, as bytes, and how many frames it left out by its own account.
fn record(args: &str) -> (Vec<u8>, u64) {
    let scratch = Scratch::new();
    let path = scratch.path("card");
    let mut words: Vec<&str> = args.split(' ').collect();
    words.extend([
        "--source",
        "test",
        "-t",
        "1500",
        "-o",
        path.to_str().unwrap(),
    ]);
    let output = run(&words);
    let log = stderr(&output);
    assert!(output.status.success(), "{args}: {log}");
    assert!(
        !log.contains("OpenH264"),
        "{args}: the encoder speaks for itself: {log}"
    );
    let dropped = log
        .split(" dropped by the source")
        .next()
        .and_then(|log| log.rsplit(' ').next()?.parse().ok());
    (
        fs::read(&path).unwrap(),
        dropped.expect("the closing line tells what was dropped"),
    )
}

/// What ffprobe says of the one stream, each entry as `name=value`.
fn probe(stream: &[u8], format: &str) -> Vec<String> {
    let entries = "stream=profile,level,width,height,has_b_frames,pix_fmt,color_space";
    let output = tool(
        "ffprobe",
        &[
            "-v",
            "error",
            "-f",
            format,
            "-show_entries",
            entries,
            "-of",
            "default=nw=1",
            "-",
        ],
        stream,
    );
    assert_eq!(stderr(&output), "");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The raw pictures that ffmpeg makes of a stream without a complaint.
fn decode(stream: &[u8], format: &str, pixels: &str) -> Vec<u8> {
    let decoder = ["-v", "error", "-f", format, "-i", "-"];
    let output = [
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-pix_fmt",
        pixels,
        "-",
    ];
    let output = tool("ffmpeg", &[&decoder[..], &output[..]].concat(), stream);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        stderr(&output)
    );
    output.stdout
}

/// The counters go up from 0, by one but for the frames that were dropped.
fn assert_counts(pictures: &[Picture], dropped: u64) {
    let counters: Vec<u32> = pictures
        .iter()
        .map(|picture| picture.counter().unwrap())
        .collect();
    assert!(
        counters.windows(2).all(|pair| pair[0] < pair[1]),
        "{counters:?}"
    );
    let (first, last) = (counters[0], counters[counters.len() - 1]);
    assert_eq!(first, 0);
    // What was dropped behind the last picture is not seen in the counters.
    let missing = u64::from(last) + 1 - counters.len() as u64;
    assert!(
        missing <= dropped,
        "{missing} missing, {dropped} dropped: {counters:?}"
    );
}

#[test]
fn every_size_and_profile_is_in_the_stream_and_on_the_picture() {
    for (args, profile, width, height) in [
        (
            "-w 1280 -h 720 -fps 25 -b 800000 -g 25 -a 12 -pf main",
            "Main",
            1280,
            720,
        ),
        (
            "-w 320 -h 240 -fps 25 -b 200000 -pf baseline",
            "Constrained Baseline",
            320,
            240,
        ),
        ("-w 641 -h 481 -fps 30 -b 500000 -pf high", "High", 640, 480),
        ("-w 160 -h 120 -fps 10 -b 100000 -a 1036", "High", 160, 120),
        ("-w 1920 -h 1080 -fps 10 -b 17000000", "High", 1920, 1080),
    ] {
        let (stream, dropped) = record(args);
        let said = probe(&stream, "h264");
        for entry in [
            format!("profile={profile}"),
            format!("width={width}"),
            format!("height={height}"),
            "has_b_frames=0".to_owned(),
            "color_space=bt709".to_owned(),
        ] {
            assert!(said.contains(&entry), "{args}: {entry} is not in {said:?}");
        }
        let pictures = Picture::all_i420(width, height, &decode(&stream, "h264", "yuv420p"));
        assert_counts(&pictures, dropped);
        pictures
            .iter()
            .for_each(|picture| picture.assert_bars(&BARS_H264, 6));
    }
}

#[test]
fn the_card_turns_and_mirrors() {
    for (args, degrees, hflip, vflip) in [
        ("-rot 90", 90, false, false),
        ("-rot 180", 180, false, false),
        ("-rot -90", 270, false, false),
        ("-hf", 0, true, false),
        ("-vf", 0, false, true),
        ("-rot 90 -hf", 90, true, false),
    ] {
        let (stream, dropped) = record(&format!("{args} -w 320 -h 240 -fps 10 -b 500000"));
        let pictures = Picture::all_i420(320, 240, &decode(&stream, "h264", "yuv420p"));
        assert!(
            pictures[0].counter().is_err(),
            "{args}: the card stands upright"
        );
        let upright: Vec<Picture> = pictures
            .iter()
            .map(|picture| set_upright(picture, degrees, hflip, vflip))
            .collect();
        assert_counts(&upright, dropped);
        upright[0].assert_bars(&BARS_H264, 6);
    }
}

#[test]
fn mjpeg_shows_the_same_card_in_full_range() {
    let (stream, dropped) = record("-cd MJPEG -w 640 -h 480 -fps 10 -b 4000000");
    assert!(probe(&stream, "mjpeg").contains(&"pix_fmt=yuvj420p".to_owned()));
    let pictures = Picture::all_i420(640, 480, &decode(&stream, "mjpeg", "yuvj420p"));
    assert_counts(&pictures, dropped);
    pictures
        .iter()
        .for_each(|picture| picture.assert_bars(&BARS_MJPEG, 6));
}

#[test]
fn the_bitrate_is_near_what_was_asked_for() {
    for kilobits in [300u64, 1000, 4000] {
        let (stream, _) = record(&format!("-w 640 -h 480 -fps 25 -g 25 -b {kilobits}000"));
        let pictures = Picture::all_grey(640, 480, &decode(&stream, "h264", "gray")).len() as u64;
        let got = stream.len() as u64 * 8 * 25 / pictures / 1000;
        assert!(
            (kilobits * 3 / 4..=kilobits * 5 / 4).contains(&got),
            "{got} kbit/s instead of {kilobits}"
        );
    }
}

#[test]
fn key_frames_come_as_often_as_asked_and_bring_their_parameter_sets() {
    for (args, period) in [("-g 7", 7), ("-g 1", 1), ("-g 0", usize::MAX)] {
        let (stream, _) = record(&format!("{args} -w 320 -h 240 -fps 25 -b 500000"));
        let types = nal_types(&stream);
        let pictures: Vec<&[u8]> = types
            .split_inclusive(|kind| [1, 5].contains(kind))
            .collect();
        assert!(pictures.len() > 15, "{args}: {types:?}");
        for (n, picture) in pictures.into_iter().enumerate() {
            let expected: &[u8] = if n % period == 0 { &[7, 8, 5] } else { &[1] };
            assert_eq!(picture, expected, "{args}: picture {n}");
        }
    }
}

#[test]
fn a_fixed_quantiser_is_fixed_whatever_the_bitrate() {
    for qp in [20, 40] {
        let (stream, _) = record(&format!("-w 320 -h 240 -fps 10 -g 5 -qp {qp} -b 100000"));
        let output = tool(
            "ffmpeg",
            "-v debug -threads 1 -debug qp -f h264 -i - -f null -",
            &stream,
        );
        let log = stderr(&output);
        // One line a row of macroblocks, two digits each.
        let rows: Vec<&str> = log
            .lines()
            .filter_map(|line| line.rsplit_once("] "))
            .map(|(_, row)| row.trim())
            .filter(is_quantisers)
            .collect();
        assert!(rows.len() > 100, "ffmpeg printed no quantisers: {log}");
        let expected = qp.to_string().repeat(320 / 16);
        assert!(
            rows.iter().all(|row| *row == expected),
            "-qp {qp}: {rows:?}"
        );
    }
}

fn is_quantisers(row: &&str) -> bool {
    row.len() == 2 * 320 / 16 && row.bytes().all(|byte| byte.is_ascii_digit())
}

/// The C library opens as many for raspivid.
#[test]
fn of_the_zone_database_only_the_local_zone_is_opened() {
    let opened = |zone: Option<&str>| -> Vec<String> {
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-e", "trace=open,openat", "-e", "signal=none"]);
        traced.arg(program().get_program());
        traced.args("--source test -w 64 -h 64 -a 12 -t 100 -o /dev/null".split(' '));
        traced.env_remove("TZDIR").env_remove("TZ");
        traced.envs(zone.map(|zone| ("TZ", zone)));
        let output = traced.output().expect("strace of the package strace");
        assert!(output.status.success(), "{}", stderr(&output));
        let trace = stderr(&output);
        let paths = trace.lines().filter_map(|line| line.split('"').nth(1));
        let zones = paths.filter(|path| path.contains("zone") || path.contains("localtime"));
        zones.map(str::to_owned).collect()
    };
    assert_eq!(opened(None), ["/etc/localtime"]);
    let berlin = "/usr/share/zoneinfo/Europe/Berlin";
    assert_eq!(opened(Some(":Europe/Berlin")), [berlin]);
    assert_eq!(opened(Some("CET-1CEST,M3.5.0,M10.5.0/3")), [""; 0]);
}

#[test]
fn a_size_that_the_card_cannot_have_is_an_error_that_says_which_it_can() {
    let output = run("--source test -w 5000 -h 3000 -fps 1 -cd MJPEG -t 100 -o /dev/null");
    assert_ended(&output, 70, &["5000x3000", "3840x2160"]);
}
