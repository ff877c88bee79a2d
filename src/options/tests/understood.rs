//! What is understood, and what only gives a warning: raspivid's rules.

use std::path::Path;
use std::time::Duration;

use super::{options, parse_words, stream};
use crate::options::{Codec, Format, Options, Output, SourceChoice, Unhonoured, unhonoured};
use crate::units::{Bitrate, Fps, Gop, Size};

#[test]
fn the_usual_line_of_the_service_is_understood_without_a_warning() {
    let given = options(
        "-w 1280 -h 720 -a 12 -fl -ih -b 800000 -fps 25 -pf main -g 25 -awb auto -v -n -t 0 -o -",
    );
    assert_eq!(given.warnings, [""; 0]);
    assert_eq!(given.output, Output::Stdout);
    assert_eq!(
        (given.time_limit, given.verbose, given.flush),
        (None, true, true)
    );
    assert_eq!(
        given.video.size,
        Size {
            width: 1280,
            height: 720
        }
    );
    assert_eq!(
        (given.video.bitrate, given.video.fps),
        (Bitrate(800_000), Fps(25))
    );
    assert_eq!(
        (given.video.profile.name(), given.video.intra_period),
        ("main", Some(Gop(25)))
    );
    assert!(given.video.inline_headers);
    assert_eq!(
        (given.annotation.bits, given.camera.awb.name()),
        (12, "auto")
    );
    assert_eq!(
        given.given,
        [
            "bitrate",
            "timeout",
            "framerate",
            "intra",
            "profile",
            "inline",
            "flush",
            "width",
            "height",
            "output",
            "verbose",
            "nopreview",
            "awb",
            "annotate"
        ]
    );
}

#[test]
fn long_and_short_names_mean_the_same() {
    let short = options(
        "-n -w 640 -h 480 -b 800k -fps 25 -g 25 -pf main -ih -fl -a 12 -awb sun -t 400 -o -",
    );
    let long = options(
        "--nopreview --width 640 --height 480 --bitrate 800000 --framerate 25 --intra 25 --profile MAIN --inline \
         --flush --annotate 12 --awb Sun --timeout 400 --output -",
    );
    assert_eq!(short, long);
}

#[test]
fn the_last_one_wins() {
    let given = options("-b 1000000 -b 2000000 -w 640 -w 800 -sh 150 -sh 20 -if cyclic -ex off");
    assert_eq!(
        (given.video.bitrate, given.video.size.width),
        (Bitrate(2_000_000), 800)
    );
    assert_eq!(
        (given.camera.sharpness, given.warnings.len()),
        (Some(20), 0)
    );
    let unknown_last = options("-if cyclic -if bogus -ex off -ex bogus");
    assert_eq!(
        (
            unknown_last.video.intra_refresh,
            unknown_last.camera.exposure.name()
        ),
        (None, "auto")
    );
    assert_eq!(unknown_last.warnings.len(), 2);
}

#[test]
fn a_value_may_begin_with_a_dash() {
    let given = options("-sa -10 -rot -90 -ev -4 -a -text -o -x");
    assert_eq!(
        (given.camera.saturation, given.camera.rotation_degrees),
        (Some(-10), -90)
    );
    assert_eq!(
        (
            given.camera.exposure_compensation,
            given.annotation.text.as_str()
        ),
        (-4, "-text")
    );
    assert_eq!(
        (given.output, given.report_only.filename.as_deref()),
        (Output::Stdout, Some("-x"))
    );
}

#[test]
fn demo_takes_the_next_word_only_if_it_is_no_option() {
    assert!(options("-d -w 640").video.size.width == 640);
    assert!(options("-d 100 -w 640").video.size.width == 640);
    assert_eq!(options("-n -d").given, ["demo", "nopreview"]);
}

#[test]
fn our_own_options_are_understood() {
    let given = options("--source file:clip.h264 --format mpegts --stall-timeout 800");
    assert_eq!(given.source, SourceChoice::File("clip.h264".into()));
    assert_eq!(
        (given.format, given.stall_timeout),
        (Format::MpegTs, Duration::from_millis(800))
    );
    assert_eq!(options("--source test -cd MJPEG").video.codec, Codec::Mjpeg);
}

#[test]
fn words_behind_two_dashes_are_passed_on() {
    let given = options("-n -- --tuning-file imx219.json -zz --");
    assert_eq!(
        given.passed_on,
        ["--tuning-file", "imx219.json", "-zz", "--"]
    );
    assert_eq!(options("--").given.len(), 0);
}

#[test]
fn the_time_limit_follows_raspivid() {
    let time = |line: &str| {
        let given = options(line);
        assert_eq!(
            given.time_limit.map_or(0, |time| time.as_millis() as i64),
            given.report_only.time_delay_ms
        );
        (
            given.report_only.time_delay_ms,
            given.report_only.wait_method.name(),
        )
    };
    assert_eq!(time("-n"), (5000, "Simple capture"));
    assert_eq!(time("-t -1"), (5000, "Simple capture"));
    assert_eq!(time("-t 0"), (0, "Capture forever"));
    assert_eq!(time("-t 200 -t 300"), (300, "Simple capture"));
    assert_eq!(time("-k"), (0, "Cycle on keypress"));
    assert_eq!(time("-k -t -1"), (5000, "Cycle on keypress"));
    assert_eq!(time("-t -1 -k"), (0, "Cycle on keypress"));
    assert_eq!(time("-t 0 -k -t 200"), (200, "Cycle on keypress"));
    assert_eq!(time("-k -t 0 -t 200"), (200, "Cycle on keypress"));
    assert_eq!(time("-s -t 700"), (700, "Cycle on signal"));
    assert_eq!(time("-td 5000,5000"), (0, "Cycle on time"));
    assert_eq!(time("-k -td 1000,2000"), (0, "Cycle on time"));
    assert_eq!(time("-t 999999999999"), (999_999_999_999, "Simple capture"));
    let endless = options("-t 0 -t 200");
    assert_eq!(endless.time_limit, None, "-t 0 is never taken back");
    assert_eq!(endless.report_only.time_delay_ms, 200);
}

#[test]
fn annotations_add_up() {
    let given = options("-a 4 -a 8 -a 1024").annotation;
    assert_eq!((given.bits, given.text.as_str()), (1036, ""));
    let words = [
        "-a",
        "12",
        "-a",
        "first",
        "-a",
        "Cam %Y\\nsecond\\t",
        "-a",
        "+64",
    ];
    let given = stream(parse_words(&words)).annotation;
    assert_eq!(
        (given.bits, given.text.as_str()),
        (12 | 64 | 1, "Cam %Y\nsecond\\t")
    );
    for text in ["12 ", "0x10", "1 2", "", "- 5 -", "-"] {
        let given = stream(parse_words(&["-a", text])).annotation;
        assert_eq!((given.bits, given.text.as_str()), (1, text));
    }
}

#[test]
fn a_long_annotation_is_cut_between_letters_with_a_warning() {
    let given = options(&format!("-a x{}", "é".repeat(200)));
    assert_eq!(given.annotation.text.len(), 255);
    assert_eq!(given.warnings.len(), 1);
    let given = options(&format!("-a {}", "é".repeat(200)));
    assert_eq!(given.annotation.text, "é".repeat(127));
    assert_eq!(
        options(&format!("-a {}", "x".repeat(255))).warnings.len(),
        0
    );
}

#[test]
fn the_look_of_an_annotation_is_read_field_by_field() {
    let look = |line: &str| options(line).annotation;
    let all = look("-ae 32,0xff,808000,1,10,20");
    assert_eq!(
        (all.text_size, all.text_colour, all.background_colour),
        (32, Some(0xff), Some(0x80_8000))
    );
    assert_eq!((all.justify, all.x, all.y), (1, 10, 20));
    let size = look("-ae 64");
    assert_eq!(
        (size.text_size, size.text_colour, size.justify),
        (64, None, 0)
    );
    let placed = look("-ae 0,-1,-1,2,5");
    assert_eq!(
        (
            placed.text_colour,
            placed.background_colour,
            placed.justify,
            placed.x
        ),
        (None, None, 2, 5)
    );
}

#[test]
fn camera_values_follow_raspivid() {
    for (degrees, turned) in [
        (0, 0),
        (45, 0),
        (90, 90),
        (359, 270),
        (450, 90),
        (-90, -90),
        (-91, -90),
    ] {
        let given = options(&format!("-rot {degrees}"));
        assert_eq!(given.camera.rotation_degrees, turned);
        assert_eq!(given.report_only.rotation_asked, degrees);
    }
    assert_eq!(options("-awbg 1.5,1.2").camera.awb_gains, Some((1.5, 1.2)));
    assert_eq!(options("-awbg 0,1.2").camera.awb_gains, None);
    assert_eq!(
        options("-cfx 120:130").camera.colour_effect,
        Some((120, 130))
    );
    assert_eq!(
        (
            options("-ag 16 -dg 64").camera.analog_gain,
            options("-dg 64").camera.digital_gain
        ),
        (16.0, 64.0)
    );
    assert_eq!(options("-ISO -5").camera.iso, -5);
    assert!(options("-e").video.mutable_input);
    assert!(options("-sg 1000").video.inline_headers && options("-sp").video.inline_headers);
}

#[test]
fn a_region_over_the_edge_is_cut_with_a_warning() {
    let given = options("-roi 0.75,0.5,0.5,0.5");
    assert_eq!(
        (given.camera.roi.width, given.camera.roi.height),
        (0.25, 0.5)
    );
    assert_eq!(given.warnings.len(), 1);
    let told = options("-roi 0.52,0.93,0.98,0.13").warnings;
    assert_eq!(
        told,
        [
            "-roi (--roi) does not take \"0.52,0.93,0.98,0.13\": it reaches over the edge, so it is cut to 0.52,0.93,0.48,0.07; \
          it takes X,Y,W,H: four decimal numbers from 0 to 1"
        ]
    );
    assert_eq!(options("-roi 0.1,0.1,0.9,0.9").warnings.len(), 0);
    assert_eq!(options("-roi 0.9,0.9,0.1,0.1").warnings.len(), 0);
}

#[test]
fn a_long_shutter_time_makes_the_rate_variable() {
    let fps = |line: &str| options(line).effective_fps();
    assert_eq!(fps("-fps 25 -ss 40000"), Fps(25));
    assert_eq!(fps("-fps 25 -ss 40001"), Fps(0));
    assert_eq!(fps("-fps 25"), Fps(25));
    assert_eq!(options("-fps 25 -ss 40001").video.fps, Fps(25));
}

#[test]
fn the_file_of_times_is_kept_as_given() {
    let given = options("-o - -pts times.txt");
    assert_eq!(given.pts_file.as_deref(), Some(Path::new("times.txt")));
}

#[test]
fn a_source_names_all_options_that_it_cannot_honour() {
    let given = options("-w 640 -ex night -awb sun -sl 2 -t 0 -n -k -o -");
    let text = unhonoured(&given, &["width", "height"])
        .warning
        .expect("three options are left");
    assert!(text.ends_with(": -sl -ex -awb"), "{text}");
    let nothing = Unhonoured::default();
    assert_eq!(unhonoured(&given, &["w", "ex", "awb", "slices"]), nothing);
    assert_eq!(unhonoured(&Options::raspivid(), &[]), nothing);
    let passing_on = options("-n -- --tuning-file x");
    let warning = unhonoured(&passing_on, &[]).warning;
    assert!(warning.is_some_and(|text| text.ends_with(": --")));
    assert_eq!(unhonoured(&passing_on, &["--"]), nothing);
}

#[test]
fn what_no_picture_is_the_worse_for_is_a_note_and_no_warning() {
    let article =
        options("-w 1280 -h 720 -a 12 -fl -ih -b 800000 -fps 25 -pf main -g 25 -awb auto");
    let honoured = [
        "width",
        "height",
        "inline",
        "bitrate",
        "framerate",
        "profile",
        "intra",
    ];
    let said = unhonoured(&article, &honoured);
    assert_eq!(said.warning, None);
    assert!(said.note.is_some_and(|note| note.starts_with("-a: ")));
    let said = unhonoured(&options("-a Door -awb sun"), &[]);
    assert!(
        said.warning
            .is_some_and(|text| text.ends_with(": -awb -a") || text.ends_with(": -a -awb"))
    );
    assert_eq!(said.note, None);
}
