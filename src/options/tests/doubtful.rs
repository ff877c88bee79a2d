//! Values that raspivid takes in its own way: in part, as a default, or not at all. Each is told of once.

use std::time::Duration;

use super::{options, parse_words, stream, warning};
use crate::units::{Bitrate, Fps, Gop};

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
