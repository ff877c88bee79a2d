//! What players make of fragmented MP4: recorded streams in it, against the same streams bare.

use std::time::Duration;

use picam_stream::container::fmp4::{InitSegment, fragment};
use picam_stream::frame::Frame;
use picam_stream::h264::access_unit::AccessUnitSplitter;
use picam_stream::h264::parameter_sets::{ParameterSets, Picture};
use picam_stream::units::{Micros, Pts};
use test_support::card::Picture as CardPicture;
use test_support::commands::tool;
use test_support::decoding::ffmpeg;
use test_support::folders::Scratch;
use test_support::program::stderr;

const CARDS: [&str; 2] = [
    "tests/data/card_1280x720_main_g25.h264",
    "tests/data/card_320x240_baseline.h264",
];
const INTERVAL_US: u64 = 40_000;
/// A machine that has been up for a month.
const MONTH_US: u64 = 30 * 86_400 * 1_000_000;

/// The pictures of a bare stream, one each 40 ms.
fn frames(stream: &[u8]) -> Vec<Frame> {
    let (mut splitter, mut sets) = (AccessUnitSplitter::default(), ParameterSets::default());
    splitter.push(stream);
    let (mut frames, mut unit) = (Vec::new(), Vec::new());
    while splitter.next_unit(&mut unit) || splitter.finish(&mut unit) {
        let mut frame = Frame {
            key: sets.lead(&mut unit) == Picture::Key,
            data: unit.clone(),
            ..Frame::default()
        };
        frame.taken_at(Micros(MONTH_US + frames.len() as u64 * INTERVAL_US));
        frames.push(frame);
    }
    frames
}

fn wrapped(frames: &[Frame]) -> Vec<u8> {
    let init = InitSegment::of_key_frame(&frames[0].data, true).unwrap();
    let fragments = frames
        .iter()
        .zip(1..)
        .map(|(frame, number)| fragment(frame, number, Duration::from_micros(INTERVAL_US)));
    std::iter::once(init.bytes)
        .chain(fragments)
        .flatten()
        .collect()
}

/// The hash of each decoded picture.
fn hashes(input: &[&str], stream: &[u8]) -> Vec<String> {
    let words = [
        input,
        &["-i", "-", "-fps_mode", "passthrough", "-f", "framehash"],
    ]
    .concat();
    let printed = String::from_utf8(ffmpeg(&words, stream)).unwrap();
    let lines = printed.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| Some(line.rsplit(',').next()?.trim().to_owned()))
        .collect()
}

#[test]
fn ffmpeg_decodes_the_same_pictures_as_from_the_bare_stream_and_has_no_complaint() {
    for card in CARDS {
        let stream = std::fs::read(card).unwrap();
        let frames = frames(&stream);
        let expected = hashes(&["-f", "h264"], &stream);
        assert!(
            expected.len() > 40 && frames.len() == expected.len(),
            "{card}"
        );
        assert_eq!(
            hashes(&["-f", "mp4"], &wrapped(&frames)),
            expected,
            "{card}"
        );
    }
}

#[test]
fn ffprobe_reads_the_times_and_the_key_frames() {
    let frames = frames(&std::fs::read(CARDS[0]).unwrap());
    let words = "-v warning -f mp4 -show_entries packet=dts_time,flags -of csv=p=0 -";
    let probed = tool("ffprobe", words, &wrapped(&frames));
    assert_eq!(stderr(&probed), "");
    let expected: Vec<String> = frames
        .iter()
        .map(|frame| {
            let Pts(us) = frame.pts;
            let flags = if frame.key { "K_" } else { "__" };
            format!("{}.{:06},{flags}", us / 1_000_000, us % 1_000_000)
        })
        .collect();
    let printed = String::from_utf8(probed.stdout).unwrap();
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn gstreamer_decodes_each_picture_in_its_turn() {
    let folder = Scratch::new();
    let file = folder.path("card.mp4");
    for (card, (width, height)) in CARDS.into_iter().zip([(1280, 720), (320, 240)]) {
        let stream = std::fs::read(card).unwrap();
        let frames = frames(&stream);
        std::fs::write(&file, wrapped(&frames)).unwrap();
        let pipeline = format!(
            "-q filesrc location={} ! qtdemux ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=I420 ! fdsink",
            file.display()
        );
        let played = tool("gst-launch-1.0", pipeline.as_str(), &[]);
        assert!(played.status.success(), "{}", stderr(&played));
        assert_eq!(stderr(&played), "", "{card}");
        let counters = |raw: &[u8]| -> Vec<u32> {
            let pictures = CardPicture::all_i420(width, height, raw);
            pictures
                .iter()
                .map(|picture| picture.counter().unwrap())
                .collect()
        };
        let bare = ffmpeg(
            &[
                "-f",
                "h264",
                "-i",
                "-",
                "-fps_mode",
                "passthrough",
                "-f",
                "rawvideo",
                "-pix_fmt",
                "yuv420p",
            ],
            &stream,
        );
        assert_eq!(counters(&played.stdout), counters(&bare), "{card}");
        assert_eq!(frames.len(), counters(&bare).len(), "{card}");
    }
}

#[test]
fn pictures_that_are_shown_in_another_order_are_shown_in_it() {
    let words = "-f lavfi -i testsrc=size=320x240:rate=25 -frames:v 50 -c:v libx264 -preset ultrafast -bf 2 -g 25 -f mpegts";
    let coded = ffmpeg(&words.split(' ').collect::<Vec<_>>(), &[]);
    let stream = ffmpeg(&["-i", "-", "-c", "copy", "-f", "h264"], &coded);
    // In 90,000ths of a second, when each is shown and when it is its turn.
    let words = "-v error -f mpegts -show_entries packet=pts,dts -of csv=p=0 -";
    let times = String::from_utf8(tool("ffprobe", words, &coded).stdout).unwrap();
    let mut frames = frames(&stream);
    let times: Vec<u64> = times
        .split(|character: char| !character.is_ascii_digit())
        .filter_map(|time| time.parse().ok())
        .collect();
    for (frame, time) in frames.iter_mut().zip(times.chunks(2)) {
        let late_us = (time[0] - time[1]) * 100 / 9;
        frame.shown_after = Duration::from_micros(late_us);
        frame.pts = Pts(frame.pts.0 + late_us);
    }
    assert!(frames.iter().any(|frame| !frame.shown_after.is_zero()));
    let expected = hashes(&["-f", "h264"], &stream);
    assert_eq!(expected.len(), 50);
    assert_eq!(hashes(&["-f", "mp4"], &wrapped(&frames)), expected);
}
