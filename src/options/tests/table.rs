//! The table as a whole: it is complete, free of clashes, and its defaults are raspivid's.

use std::collections::HashSet;
use std::ffi::OsStr;

use super::{options, parse_words};
use crate::options::finish::begin;
use crate::options::table::Arity::{self, None, One, Optional};
use crate::options::table::{Group, find, rows};
use crate::options::{Codec, Format, Output, SourceChoice, apply};
use crate::units::{Bitrate, Fps, Size};

/// raspivid's options, read off its source: long name, short name, whether a value follows.
const RASPIVID: [(&str, &str, Arity); 72] = [
    ("bitrate", "b", One),
    ("timeout", "t", One),
    ("demo", "d", Optional),
    ("framerate", "fps", One),
    ("penc", "e", None),
    ("intra", "g", One),
    ("profile", "pf", One),
    ("timed", "td", One),
    ("signal", "s", None),
    ("keypress", "k", None),
    ("initial", "i", One),
    ("qp", "qp", One),
    ("inline", "ih", None),
    ("segment", "sg", One),
    ("wrap", "wr", One),
    ("start", "sn", One),
    ("split", "sp", None),
    ("circular", "c", None),
    ("vectors", "x", One),
    ("irefresh", "if", One),
    ("flush", "fl", None),
    ("save-pts", "pts", One),
    ("codec", "cd", One),
    ("level", "lev", One),
    ("raw", "r", One),
    ("raw-format", "rf", One),
    ("listen", "l", None),
    ("spstimings", "stm", None),
    ("slices", "sl", One),
    ("help", "?", None),
    ("width", "w", One),
    ("height", "h", One),
    ("output", "o", One),
    ("verbose", "v", None),
    ("camselect", "cs", One),
    ("mode", "md", One),
    ("gpsdexif", "gps", None),
    ("preview", "p", One),
    ("fullscreen", "f", None),
    ("opacity", "op", One),
    ("nopreview", "n", None),
    ("dispnum", "dn", One),
    ("sharpness", "sh", One),
    ("contrast", "co", One),
    ("brightness", "br", One),
    ("saturation", "sa", One),
    ("ISO", "ISO", One),
    ("vstab", "vs", None),
    ("ev", "ev", One),
    ("exposure", "ex", One),
    ("flicker", "fli", One),
    ("awb", "awb", One),
    ("imxfx", "ifx", One),
    ("colfx", "cfx", One),
    ("metering", "mm", One),
    ("rotation", "rot", One),
    ("hflip", "hf", None),
    ("vflip", "vf", None),
    ("roi", "roi", One),
    ("shutter", "ss", One),
    ("awbgains", "awbg", One),
    ("drc", "drc", One),
    ("stats", "st", None),
    ("annotate", "a", One),
    ("stereo", "3d", One),
    ("decimate", "dec", None),
    ("3dswap", "3dswap", None),
    ("annotateex", "ae", One),
    ("analoggain", "ag", One),
    ("digitalgain", "dg", One),
    ("settings", "set", None),
    ("focus", "fw", None),
];

#[test]
fn every_option_of_raspivid_is_there_and_takes_as_many_words() {
    let ours: HashSet<_> = rows()
        .filter(|row| !matches!(row.group, Group::Ours | Group::Serve))
        .map(|row| row.long)
        .collect();
    assert_eq!(ours, RASPIVID.iter().map(|(long, ..)| *long).collect());
    for (long, short, arity) in RASPIVID {
        let by_long = find(OsStr::new(&format!("--{long}"))).expect(long);
        let by_short = find(OsStr::new(&format!("-{short}"))).expect(short);
        assert!(std::ptr::eq(by_long, by_short), "{long}");
        assert_eq!(by_long.arity(), arity, "{long}");
    }
}

#[test]
fn no_name_is_there_twice() {
    let mut seen = HashSet::new();
    for row in rows() {
        for name in row.all_names() {
            assert!(seen.insert(name), "{}", row.long);
        }
    }
}

#[test]
fn our_own_options_have_long_names_only() {
    let ours: Vec<_> = rows().filter(|row| row.group == Group::Ours).collect();
    assert_eq!(
        ours.iter().map(|row| row.long).collect::<Vec<_>>(),
        ["source", "format", "stall-timeout", "service", "version"]
    );
    assert!(ours.iter().all(|row| row.short.is_empty()));
}

#[test]
fn every_row_is_told_in_full() {
    for row in rows() {
        assert!(
            !row.help.is_empty() && !row.help.ends_with('.'),
            "{}",
            row.long
        );
        assert_eq!(
            row.arity() == None,
            row.placeholder.is_empty(),
            "{}",
            row.long
        );
        assert!(
            row.more.is_empty() || row.more.ends_with('.'),
            "{}",
            row.long
        );
        assert!(!row.more.contains("  "), "{}", row.long);
    }
}

#[test]
fn every_default_is_read_by_the_same_parser_without_a_warning() {
    for row in rows() {
        if let Some(default) = row.default {
            let mut draft = begin();
            assert_eq!(
                apply::apply(row, Some(default.as_ref()), &mut draft),
                Ok(()),
                "{}",
                row.long
            );
            assert_eq!(draft.options.warnings, [""; 0], "{}", row.long);
        }
    }
}

#[test]
fn the_defaults_are_those_of_raspivid() {
    let given = options("-v");
    assert_eq!(given.source, SourceChoice::Auto);
    assert_eq!(given.output, Output::Discard);
    assert_eq!(given.format, Format::H264);
    assert_eq!(given.time_limit.map(|time| time.as_millis()), Some(5000));
    assert_eq!(given.stall_timeout.as_millis(), 5000);

    let video = &given.video;
    assert_eq!(video.codec, Codec::H264);
    assert_eq!(
        video.size,
        Size {
            width: 1920,
            height: 1080
        }
    );
    assert_eq!((video.fps, video.bitrate), (Fps(30), Bitrate(17_000_000)));
    assert_eq!((video.profile.name(), video.profile.mmal()), ("high", 28));
    assert_eq!((video.level.name(), video.level.mmal()), ("4", 28));
    assert_eq!(
        (
            video.intra_period,
            video.qp,
            video.slices,
            video.intra_refresh
        ),
        (Option::None, 0, 1, Option::None)
    );
    assert_eq!(
        (video.inline_headers, video.sps_timing, video.mutable_input),
        (false, false, false)
    );

    let camera = &given.camera;
    assert_eq!(
        (
            camera.number,
            camera.sensor_mode,
            camera.iso,
            camera.exposure_compensation
        ),
        (0, 0, 0, 0)
    );
    assert_eq!(
        (camera.sharpness, camera.contrast, camera.saturation),
        (Some(0), Some(0), Some(0))
    );
    assert_eq!(camera.brightness, Some(50));
    assert_eq!(
        (
            camera.exposure.mmal(),
            camera.flicker.mmal(),
            camera.metering.mmal()
        ),
        (1, 0, 0)
    );
    assert_eq!(
        (
            camera.awb.mmal(),
            camera.image_effect.mmal(),
            camera.drc.mmal()
        ),
        (1, 0, 0)
    );
    assert_eq!(
        (camera.awb_gains, camera.colour_effect),
        (Option::None, Option::None)
    );
    assert_eq!((camera.rotation_degrees, camera.shutter_us), (0, 0));
    assert_eq!(
        (
            camera.roi.x,
            camera.roi.y,
            camera.roi.width,
            camera.roi.height
        ),
        (0.0, 0.0, 1.0, 1.0)
    );
    assert_eq!((camera.analog_gain, camera.digital_gain), (0.0, 0.0));

    let text = &given.annotation;
    assert_eq!((text.bits, text.text.as_str(), text.text_size), (0, "", 0));
    assert_eq!(
        (text.text_colour, text.background_colour, text.justify),
        (Option::None, Option::None, 0)
    );
}

#[test]
fn an_option_s_every_word_is_taken_in_small_letters_and_in_capitals() {
    for row in rows() {
        for word in row.kind.words() {
            let given = options(&format!("--{} {}", row.long, word));
            assert_eq!(
                given.warnings.len(),
                usize::from(*word == "pause" || is_ignored(row.long)),
                "{}",
                word
            );
            if row.long != "codec" {
                assert!(
                    parse_words(&[&format!("--{}", row.long), &word.to_uppercase()]).is_ok(),
                    "{}",
                    word
                );
            }
        }
    }
}

fn is_ignored(long: &str) -> bool {
    long == "raw-format"
}
