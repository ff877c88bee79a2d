//! What the capture program is started with: by version, by board, by raspivid's options. The software encoder of a Pi 5 has
//! `software.rs`.

use test_support::program::stderr;
use test_support::stand_in::{StandIn, jpeg_clip};

/// From bullseye's to today's; each as it behaves on both kinds of board, as far as it knew the board.
const VERSIONS: &[(&str, &str)] = &[
    ("1.0.0", "vc4"),
    ("1.1.2", "vc4"),
    ("1.2.2", "vc4"),
    ("1.4.2", "vc4"),
    ("1.4.2", "pi5"),
    ("1.5.3", "vc4"),
    ("1.5.3", "pi5"),
    ("1.7.0", "vc4"),
    ("1.7.0", "pi5"),
    ("1.8.1", "vc4"),
    ("1.8.1", "pi5"),
    ("1.13.0", "vc4"),
    ("1.13.0", "pi5"),
];

/// The value behind an option.
pub fn value<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|word| word == name)?;
    arguments.get(at + 1).map(String::as_str)
}

#[test]
fn every_version_streams_on_every_board() {
    for (version, board) in VERSIONS {
        let stand_in = StandIn::new(version, board);
        let mut session = stand_in.session("-t 300 -ex sports -awb sun -mm spot");
        let stream = session.read_to_end();
        let status = session.wait(test_support::program::LONG);
        assert!(
            status.success() && stream.len() > 100_000,
            "{version} on {board}:\n{}",
            session.log()
        );
        stand_in.wait_until_gone();
    }
}

#[test]
fn the_output_is_a_live_stream_for_us() {
    let stand_in = StandIn::new("1.5.3", "vc4");
    let mut session = stand_in.session("-t 200");
    session.read_to_end();
    let arguments = stand_in.stream_arguments();
    for flag in ["--inline", "--flush", "--nopreview"] {
        assert!(
            arguments.iter().any(|word| word == flag),
            "{flag} in {arguments:?}"
        );
    }
    let expected = [
        ("--timeout", "0"),
        ("--output", "-"),
        ("--codec", "h264"),
        ("--save-pts", "/dev/fd/265"),
        ("--libav-format", "h264"),
        // raspivid's defaults.
        ("--width", "1920"),
        ("--height", "1080"),
        ("--framerate", "30"),
        ("--bitrate", "17000000"),
        ("--profile", "high"),
        ("--level", "4"),
        // A key frame a second: it cannot be asked for one.
        ("--intra", "30"),
    ];
    for (name, text) in expected {
        assert_eq!(
            value(&arguments, name),
            Some(text),
            "{name} in {arguments:?}"
        );
    }
}

#[test]
fn raspivids_options_become_the_programs() {
    let table: &[(&str, &[&str])] = &[
        ("-w 1280 -h 720", &["--width 1280", "--height 720"]),
        (
            "-fps 25 -g 50 -b 4M",
            &["--framerate 25", "--intra 50", "--bitrate 4000000"],
        ),
        ("-b 800k", &["--bitrate 800000"]),
        ("-g 0 -fps 20", &["--intra 20"]),
        (
            "-pf baseline -lev 4.2",
            &["--profile baseline", "--level 4.2"],
        ),
        (
            "-rot 180 -hf -vf",
            &["--rotation 180", "--hflip", "--vflip"],
        ),
        ("-roi 0.25,0.25,0.5,0.5", &["--roi 0.25,0.25,0.5,0.5"]),
        (
            "-sh 50 -co -100 -sa 100",
            &["--sharpness 1.5", "--contrast 0", "--saturation 2"],
        ),
        ("-br 0", &["--brightness=-1"]),
        ("-br 75", &["--brightness 0.5"]),
        ("-ev -10", &["--ev=-1.667"]),
        ("-ev 6", &["--ev 1"]),
        ("-ss 10000 -ISO 400", &["--shutter 10000", "--gain 4"]),
        ("-ISO 400 -ag 2.5", &["--gain 2.5"]),
        ("-ex night", &["--exposure long"]),
        ("-ex sports", &["--exposure sport"]),
        ("-awb tungsten", &["--awb tungsten"]),
        ("-awb shade", &["--awb cloudy"]),
        ("-awb off -awbg 1.5,1.25", &["--awbgains 1.5,1.25"]),
        ("-mm spot", &["--metering spot"]),
        ("-cfx 128:128", &["--saturation 0"]),
        ("-fli 50hz", &["--flicker-period 10000us"]),
        ("-cs 1", &["--camera 1"]),
        ("-fps 0", &["--framerate 0"]),
        (
            "-fps 30 -ss 2000000",
            &["--framerate 0.5", "--shutter 2000000"],
        ),
    ];
    for (given, expected) in table {
        let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=1");
        let args: Vec<&str> = given.split(' ').collect();
        let output = stand_in.run(&args);
        let line = format!(" {} ", stand_in.stream_arguments().join(" "));
        for text in *expected {
            assert!(
                line.contains(&format!(" {text} ")),
                "{given}: {text} in {line}"
            );
        }
        let unhonoured = stderr(&output).contains("cannot do what these options ask for");
        assert_eq!(
            unhonoured,
            given.starts_with("-g 0"),
            "{given}:\n{}",
            stderr(&output)
        );
    }
}

#[test]
fn what_asks_for_nothing_is_not_passed_on() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=1");
    let given = "-sh 0 -co 0 -sa 0 -br 50 -ev 0 -ex auto -awb auto -ifx none -rot 0 -drc off -ISO 0 -cs 0 -roi 0,0,1,1";
    let output = stand_in.run(given);
    let line = stand_in.stream_arguments().join(" ");
    for name in [
        "sharpness",
        "brightness",
        "ev",
        "exposure",
        "awb",
        "rotation",
        "gain",
        "camera",
        "roi",
    ] {
        assert!(!line.contains(&format!("--{name} ")), "{name} in {line}");
    }
    assert!(
        !stderr(&output).contains("cannot do"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_the_program_has_nothing_for_is_told_in_one_warning() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=1");
    let given = "-a Door -ae 32 -rot 90 -ifx cartoon -qp 20 -sl 4 -if cyclic -md 5 -drc high -vs -dg 2 -awb greyworld -w 640";
    let output = stand_in.run(given);
    let log = stderr(&output);
    let warnings: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("cannot do what these options"))
        .collect();
    assert_eq!(warnings.len(), 1, "{log}");
    for name in [
        "-a", "-ae", "-rot", "-ifx", "-qp", "-sl", "-if", "-md", "-drc", "-vs", "-dg", "-awb",
    ] {
        assert!(
            warnings[0].split(' ').any(|word| word == name),
            "{name} in {}",
            warnings[0]
        );
    }
    assert!(!warnings[0].contains("-w "), "{}", warnings[0]);
}

#[test]
fn the_shipped_options_and_words_that_go_over_are_no_warnings() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=1");
    let given = "-w 1280 -h 720 -a 12 -fl -ih -b 800000 -fps 25 -pf main -g 25 -awb auto -- --denoise cdn_off";
    let log = stderr(&stand_in.run(given));
    assert!(!log.contains("cannot do"), "{log}");
    let notes = log.matches("writes no time and date").count();
    assert_eq!(notes, 1, "{log}");
}

#[test]
fn an_option_that_this_version_lacks_is_left_out_with_the_warning() {
    let stand_in = StandIn::new("1.1.2", "vc4").behaving("stop=1");
    let output = stand_in.run("-fli 50hz");
    assert!(
        stderr(&output).contains("cannot do what these options ask for: -fli"),
        "{}",
        stderr(&output)
    );
    assert!(
        !stand_in
            .stream_arguments()
            .iter()
            .any(|word| word == "--flicker-period")
    );
}

#[test]
fn words_behind_the_two_dashes_go_over_unchanged_and_replace_ours() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=1");
    let words = [
        "--width=640",
        "-b",
        "5mbps",
        "--denoise",
        "cdn_off",
        "--mode",
        "1640:1232:10:P",
        "-g30",
    ];
    let output = stand_in.run(&[&["-w", "1280", "-b", "800000", "--"], &words[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let arguments = stand_in.stream_arguments();
    assert!(
        arguments.ends_with(&words.map(str::to_owned)),
        "{arguments:?}"
    );
    for ours in ["--width", "--bitrate", "--intra"] {
        assert!(
            !arguments.iter().any(|word| word == ours),
            "{ours} in {arguments:?}"
        );
    }
}

#[test]
fn words_that_would_take_the_stream_away_are_refused() {
    for words in [
        &["-o", "x.h264"][..],
        &["--output=x"],
        &["--codec", "yuv420"],
        &["--save-pts", "x"],
        &["--segment", "1"],
    ] {
        let stand_in = StandIn::new("1.13.0", "vc4");
        let output = stand_in.run(&[&["--"], words].concat());
        assert_eq!(
            output.status.code(),
            Some(64),
            "{words:?}: {}",
            stderr(&output)
        );
        assert!(stderr(&output).contains("behind --"), "{}", stderr(&output));
        assert!(
            stand_in.starts().is_empty(),
            "nothing is started for {words:?}"
        );
    }
}

#[test]
fn the_older_program_is_used_where_the_newer_is_not_there() {
    let stand_in = StandIn::new("1.1.2", "vc4").behaving("stop=1");
    stand_in.run(&[]);
    let starts = stand_in.starts();
    assert_eq!(starts.len(), 2, "once for its options, once for the stream");
    assert_eq!(starts[0], ["libcamera-vid", "--help"]);
    assert_eq!(starts[1][0], "libcamera-vid");
}

#[test]
fn mjpeg_has_no_options_of_h264() {
    let stand_in = StandIn::new("1.13.0", "pi5")
        .playing(jpeg_clip())
        .behaving("stop=1");
    let output = stand_in.run("-cd MJPEG -b 4000000 -g 25");
    let arguments = stand_in.stream_arguments();
    assert_eq!(value(&arguments, "--codec"), Some("mjpeg"));
    assert_eq!(value(&arguments, "--output"), Some("-"));
    for name in [
        "--bitrate",
        "--intra",
        "--profile",
        "--level",
        "--inline",
        "--libav-format",
        "--low-latency",
    ] {
        assert!(
            !arguments.iter().any(|word| word == name),
            "{name} in {arguments:?}"
        );
    }
    assert!(
        stderr(&output).contains("ask for: -b"),
        "{}",
        stderr(&output)
    );
}
