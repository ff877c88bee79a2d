//! What is understood, and what only gives a warning: raspivid's rules.

use std::path::Path;
use std::time::Duration;

use super::{options, parse_words, stream};
use crate::options::{Codec, Format, Options, Output, SourceChoice, Unhonoured, unhonoured};
use crate::units::{Bitrate, Fps, Gop, Size};

/// The single warning of a command line.
fn warning(line: &str) -> String {
    let given = options(line);
    assert_eq!(given.warnings.len(), 1, "{line}: {:?}", given.warnings);
    given.warnings.concat()
}

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
    assert_eq!(time("-t 0 -t 200"), (200, "Simple capture"));
    assert_eq!(time("-k"), (0, "Cycle on keypress"));
    assert_eq!(time("-k -t -1"), (0, "Cycle on keypress"));
    assert_eq!(time("-s -t 700"), (700, "Cycle on signal"));
    assert_eq!(time("-td 5000,5000"), (0, "Cycle on time"));
    assert_eq!(time("-k -td 1000,2000"), (0, "Cycle on time"));
    assert_eq!(time("-t 999999999999"), (999_999_999_999, "Simple capture"));
}

#[test]
fn unknown_words_fall_back_with_a_warning() {
    for (option, default) in [
        ("-ex", "auto"),
        ("-fli", "off"),
        ("-awb", "auto"),
        ("-ifx", "none"),
        ("-mm", "average"),
        ("-drc", "off"),
        ("-3d", "off"),
        ("-pf", "high"),
        ("-lev", "4"),
        ("-if", "left out"),
    ] {
        let text = warning(&format!("{option} bogus"));
        assert!(
            text.contains(option) && text.contains("\"bogus\"") && text.contains(default),
            "{text}"
        );
    }
    assert_eq!(options("-awb off -awb bogus").camera.awb.name(), "auto");
    assert_eq!(
        options("-pf main -pf constrained").video.profile.name(),
        "high"
    );
    assert_eq!(options("-lev 4.2 -lev 3.1").video.level.name(), "4");
    assert_eq!(
        options("-i bogus").report_only.initial_state.name(),
        "record"
    );
}

/// What raspivid takes although it understands only a part of it: one warning each, which says what was given and what is used
/// instead.
#[test]
fn a_value_that_is_understood_in_part_is_told_of() {
    for (line, parts) in [
        (
            "-fps 29.97",
            [
                "-fps (--framerate)",
                "\"29.97\": 29 is used",
                "a whole number",
            ],
        ),
        (
            "-fps 1/6",
            ["-fps", "\"1/6\": 1 is used", "frames a second"],
        ),
        (
            "-w 640px",
            ["-w (--width)", "640 is used", "from 0 to 65535"],
        ),
        (
            "-cs -1",
            ["-cs", "-1 goes to the camera as it is", "from 0 up"],
        ),
        (
            "-md 99999999999",
            ["-md", "-1 goes to the camera", "from 0 up"],
        ),
        (
            "-t 5s",
            ["-t (--timeout)", "\"5s\": 5 is used", "milliseconds"],
        ),
        ("-t -2", ["-t", "ends at its first picture", "from -1 up"]),
        ("-b 10Mbit", ["-b (--bitrate)", "10000000 is used", "2.5M"]),
        (
            "-qp 60",
            ["-qp", "60 goes to the camera as it is", "0 to 51"],
        ),
        (
            "-qp -1",
            ["-qp", "-1 goes to the camera as it is", "0 to 51"],
        ),
        (
            "-g -5",
            ["-g", "-5 goes to the camera as it is", "from -1 up"],
        ),
        ("-sl 4x -w 640 -h 480", ["-sl", "4 is used", "slices"]),
        ("-rot 90deg", ["-rot (--rotation)", "90 is used", "degrees"]),
        ("-rot up", ["-rot", "it stays 0", "degrees"]),
        ("-ISO auto", ["-ISO", "it stays 0", "a whole number"]),
        (
            "-ss -1",
            ["-ss", "-1 goes to the camera as it is", "from 0 up"],
        ),
        ("-br 120", ["-br", "it is left out", "0 to 100"]),
        ("-sh 50%", ["-sh", "50 is used", "-100 to 100"]),
        ("-cfx 128", ["-cfx", "128:128 is used", "U:V"]),
        ("-cfx 300:-1", ["-cfx", "300:-1 is used", "from 0 to 255"]),
        ("-cfx grey", ["-cfx", "128:128 is used", "U:V"]),
        ("-ae 32,red", ["-ae", "32 is used", "SIZE"]),
        ("-ae big", ["-ae", "nothing of it is used", "SIZE"]),
        ("-ae 1,2,3,0,1,2,3", ["-ae", "1,2,3,0,1,2 is used", "SIZE"]),
        ("-a -5", ["-a", "0xfffffffb is used", "bits"]),
        ("-ag -1", ["-ag", "0 is used", "from 0 to 16"]),
        ("-dg nan", ["-dg", "0 is used", "from 0 to 64"]),
        ("-dg 2x", ["-dg", "2 is used", "from 0 to 64"]),
        ("-awbg -1,1", ["-awbg", "0,1 is used", "RED,BLUE"]),
        ("-awbg 1,1,1", ["-awbg", "1,1 is used", "RED,BLUE"]),
        (
            "-roi 1,0,1,1",
            ["-roi", "1,0,0,1 goes to the camera as it is", "X,Y,W,H"],
        ),
        (
            "-roi -0.5,0,1,1",
            ["-roi", "-0.5,0,1,1 goes to the camera", "X,Y,W,H"],
        ),
        (
            "-pts tcp://a:1",
            ["-pts", "it is left out", "the name of a file"],
        ),
        (
            "-o tcp://a:1/x",
            ["-o", "port 1 is used", "tcp://HOST:PORT"],
        ),
        ("-b -1", ["-b", "-1", "25000000"]),
        ("-l -o -", ["-l", "left out", "tcp://"]),
        ("-l", ["-l", "left out", "tcp://"]),
        ("-o - -pts -x", ["-pts", "left out", "-o -"]),
        ("-o video -pts video", ["-pts", "left out", "-o"]),
    ] {
        let text = warning(line);
        for part in parts {
            assert!(text.contains(part), "{line}: {part:?} is not in {text:?}");
        }
    }
}

#[test]
fn values_of_ignored_options_may_be_odd() {
    for line in [
        "-op 300", "-p abc", "-p 1,2,x", "-dn -7", "-td 5,5", "-wr 3x", "-sn 2.5", "-sg 1s",
        "-d 5x", "-i bogus",
    ] {
        let given = options(line);
        let told = given
            .warnings
            .iter()
            .filter(|text| text.starts_with("ignored"))
            .count();
        assert!(
            !given.warnings.is_empty() && told <= 1,
            "{line}: {:?}",
            given.warnings
        );
    }
    let report = options("-op 300 -p 1,2,x").report_only;
    assert_eq!(
        (report.opacity, report.preview_window),
        (300, (1, 2, 1024, 768))
    );
    assert!(options("-p abc").report_only.fullscreen);
}

#[test]
fn values_are_used_as_raspivid_uses_them() {
    assert_eq!(options("-fps 29.97").video.fps, Fps(29));
    assert_eq!(options("-fps 2000 -w 64 -h 64").video.fps, Fps(2000));
    assert_eq!(options("-b 2.5M").video.bitrate, Bitrate(2_500_000));
    assert_eq!(options("-b 800k").video.bitrate, Bitrate(800_000));
    assert_eq!(options("-b 2.5M -b 1.5M").warnings, [""; 0]);
    let below = options("-b 3000000000");
    assert_eq!(
        (below.video.bitrate, below.report_only.bitrate_asked),
        (Bitrate(25_000_000), -1_294_967_296)
    );
    assert_eq!(options("-g -1").video.intra_period, None);
    assert_eq!(
        options("-g -5").video.intra_period,
        Some(Gop(4_294_967_291))
    );
    assert_eq!(options("-qp 60").video.qp, 60);
    assert_eq!(options("-sh 20 -sh x").camera.sharpness, Some(20));
    assert_eq!(options("-br x").camera.brightness, Some(50));
    assert_eq!(options("-ISO 100 -ISO auto").camera.iso, 100);
    assert_eq!(
        options("-cfx 1:2 -cfx 3").camera.colour_effect,
        Some((3, 2))
    );
    assert_eq!(options("-ss -1").effective_fps(), Fps(0));
    assert_eq!(options("-t -2").time_limit, Some(Duration::ZERO));
    assert_eq!(options("-t -2").report_only.time_delay_ms, -2);
    assert_eq!(options("-ag -1").camera.analog_gain, 0.0);
    let look = options("-ae 300,red").annotation;
    assert_eq!((look.text_size, look.text_colour), (44, None));
    let stereo = options("-3d SBS -dec -3dswap").camera.stereo;
    assert_eq!(
        (stereo.mode.mmal(), stereo.decimate, stereo.swap_eyes),
        (1, true, true)
    );
    let blanks = stream(parse_words(&["-w", " 640", "-h", "+480 ", "-rot", "\t90"]));
    assert_eq!(
        (blanks.video.size.height, blanks.camera.rotation_degrees),
        (480, 90)
    );
    assert_eq!(blanks.warnings, [""; 0]);
}

#[test]
fn adjustments_outside_their_range_are_left_out_with_a_warning() {
    let given = options("-sh 150 -co -150 -br -1 -sa 999");
    let camera = &given.camera;
    assert_eq!(
        (
            camera.sharpness,
            camera.contrast,
            camera.brightness,
            camera.saturation
        ),
        (None, None, None, None)
    );
    assert_eq!(given.warnings.len(), 4);
    assert_eq!(
        (
            given.report_only.sharpness_asked,
            given.report_only.contrast_asked
        ),
        (150, -150)
    );
    assert_eq!(options("-sh -100 -co 100 -br 0").camera.brightness, Some(0));
}

#[test]
fn ignored_options_are_named_in_one_warning() {
    let line = "-p 0,0,640,480 -f -op 128 -dn 0 -k -d 100 -c -sg 1000 -wr 5 -sn 1 -sp -x vec -r raw -rf rgb -gps \
                -s -td 1000,1000 -i pause -n -w 640";
    let text = warning(line);
    for option in line
        .split_whitespace()
        .filter(|word| word.starts_with('-') && !["-n", "-w"].contains(word))
    {
        assert!(
            text.split_whitespace().any(|word| word == option),
            "{option} is not in {text}"
        );
    }
    assert!(!text.contains(" -n") && !text.contains(" -w "), "{text}");
    assert_eq!(options("-i record -n").warnings.len(), 0);
    assert_eq!(options("-s -i pause").warnings, [""; 0]);
    assert!(options("-k -i pause -s").begin_paused() && !options("-i pause -s -k").begin_paused());
}

#[test]
fn the_preview_follows_the_last_of_its_options() {
    let preview = |line: &str| {
        let report = options(line).report_only;
        (report.preview, report.fullscreen, report.preview_window)
    };
    assert_eq!(preview("-v"), (true, true, (0, 0, 1024, 768)));
    assert_eq!(preview("-n"), (false, true, (0, 0, 1024, 768)));
    assert_eq!(preview("-n -p 1,2,3"), (true, false, (1, 2, 3, 768)));
    assert_eq!(preview("-n -f"), (true, true, (0, 0, 1024, 768)));
    assert_eq!(preview("-f -n -f -n"), (false, true, (0, 0, 1024, 768)));
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
