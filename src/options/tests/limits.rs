//! What the encoder cannot do is capped, raised or refused, as raspivid does.

use super::{options, refusal};
use crate::options::{H264Level, level_for, slices_for};
use crate::units::{Bitrate, Fps, Size};

#[test]
fn the_bitrate_is_capped_by_the_level_as_given() {
    for (line, rate, warned) in [
        ("-b 25000000", 25_000_000, false),
        ("-b 25000001", 25_000_000, true),
        // More than an int holds comes out below zero.
        ("-b 4294967295", 25_000_000, true),
        ("-b 62500000 -lev 4.1", 62_500_000, false),
        ("-b 63M -lev 4.1", 62_500_000, true),
        ("-b 63M -lev 4.2", 62_500_000, true),
        ("-b 30M -cd MJPEG", 25_000_000, true),
        ("-b 30M -cd MJPEG -lev 4.2", 25_000_000, true),
        ("-b 0", 0, false),
    ] {
        let given = options(line);
        assert_eq!(given.video.bitrate, Bitrate(rate), "{line}");
        assert_eq!(
            given.warnings.len(),
            usize::from(warned),
            "{line}: {:?}",
            given.warnings
        );
    }
    // The rise to 4.2 does not lift the cap.
    let given = options("-b 30M -fps 60");
    assert_eq!(
        (given.video.bitrate, given.video.level.name()),
        (Bitrate(25_000_000), "4.2")
    );
    assert_eq!(
        (
            given.report_only.bitrate_asked,
            given.report_only.level_asked.name()
        ),
        (30_000_000, "4")
    );
    assert_eq!(given.warnings.len(), 2);
}

#[test]
fn many_macroblocks_raise_the_level_with_a_warning() {
    let level = |line: &str| {
        let given = options(line);
        (given.video.level.name(), given.warnings.len())
    };
    assert_eq!(level("-w 1920 -h 1080 -fps 30"), ("4", 0));
    assert_eq!(level("-w 1920 -h 1080 -fps 31"), ("4.2", 1));
    assert_eq!(level("-w 1920 -h 1080 -fps 31 -lev 4.2"), ("4.2", 0));
    assert_eq!(level("-w 1280 -h 720 -fps 68"), ("4", 0));
    assert_eq!(level("-w 1280 -h 720 -fps 69"), ("4.2", 1));
    assert_eq!(level("-w 1920 -h 1080 -fps 64"), ("4.2", 1));
    assert_eq!(level("-w 0 -h 0 -fps 90"), ("4", 0));
    assert_eq!(level("-w 1920 -h 1080 -fps 0"), ("4", 0));
    assert_eq!(level("-w 1920 -h 1080 -fps 120 -cd MJPEG"), ("4", 0));
    // raspivid counts with the variable rate here.
    assert_eq!(level("-w 1920 -h 1080 -fps 120 -ss 10000"), ("4", 0));
}

#[test]
fn too_many_macroblocks_are_refused_with_what_fits() {
    let text = refusal(&["-w", "1920", "-h", "1080", "-fps", "65"]);
    for part in [
        "1920x1080",
        "65",
        "530400",
        "522240",
        "-fps 64",
        "-w 1640 -h 922",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let text = refusal(&["-w", "65535", "-h", "65535"]);
    assert!(
        text.contains("-w 1920 -h 1080") && !text.contains("-fps 0"),
        "{text}"
    );
    let text = refusal(&["-w", "65535", "-h", "65535", "-fps", "1000"]);
    assert!(text.contains("-w 320 -h 240"), "{text}");
}

#[test]
fn slices_are_limited_with_a_warning() {
    let slices = |line: &str| {
        let given = options(line);
        assert_eq!(
            given.report_only.slices_asked,
            line.rsplit(' ')
                .next()
                .and_then(|n| n.parse().ok())
                .unwrap_or(0)
        );
        (given.video.slices, given.warnings.len())
    };
    assert_eq!(slices("-w 1280 -h 720 -sl 4"), (4, 0));
    assert_eq!(slices("-w 1280 -h 720 -sl 45"), (45, 0));
    assert_eq!(slices("-w 1280 -h 720 -sl 46"), (45, 1));
    assert_eq!(slices("-w 1281 -h 720 -sl 4"), (1, 1));
    assert_eq!(slices("-w 1281 -h 720 -sl 1"), (1, 0));
    assert_eq!(slices("-cd MJPEG -w 1281 -h 720 -sl 4"), (4, 0));
}

#[test]
fn a_source_that_learns_its_size_later_can_ask_again() {
    let sensor = Size {
        width: 2592,
        height: 1944,
    };
    assert_eq!(
        level_for(sensor, Fps(15), H264Level::Level4).ok(),
        Some(H264Level::Level42)
    );
    assert!(level_for(sensor, Fps(30), H264Level::Level4).is_err());
    assert_eq!(slices_for(sensor, 4), 1);
    assert_eq!(
        slices_for(
            Size {
                width: 640,
                height: 480
            },
            100
        ),
        30
    );
}
