//! The command line of the real program: what it prints, what it refuses, with which exit status.

use std::process::Stdio;

use test_support::folders::Scratch;
use test_support::program::{RECORDING, assert_ended, program, run, stderr};

#[test]
fn a_wrong_command_line_is_one_line_that_names_the_option_and_exit_64() {
    for (line, words) in [
        ("-fps fast -o -", ["-fps", "fast"]),
        ("-b x12 -o -", ["-b", "x12"]),
        ("-w abc -o -", ["-w", "abc"]),
        ("-w -5 -o -", ["-w", "-5"]),
        ("-sl 0 -o -", ["-sl", "0"]),
        ("-cd h264 -o -", ["-cd", "h264"]),
        ("-o", ["-o", "value"]),
        ("--bitrate=5 -o -", ["--bitrate=5", "option"]),
        ("-o - stray", ["stray", ""]),
        ("--format avi -o -", ["--format", "avi"]),
        ("--format mpegts -cd MJPEG -o -", ["mpegts", "MJPEG"]),
        ("-l -o udp://127.0.0.1:1", ["-l", "tcp://"]),
    ] {
        let output = run(&line.split(' ').collect::<Vec<_>>());
        let text = stderr(&output);
        assert_eq!(text.lines().count(), 1, "{line}: {text}");
        assert_ended(&output, 64, &words);
    }
}

#[test]
fn an_error_begins_with_the_programs_name_and_not_with_the_time() {
    for line in ["-fps x -o -", "-o /nowhere/at/all --source test"] {
        let text = stderr(&run(&line.split(' ').collect::<Vec<_>>()));
        let last = text.lines().last().expect("an error");
        assert!(last.starts_with("picam-stream: "), "{line}: {text}");
    }
}

#[test]
fn a_misspelt_option_or_command_gets_a_suggestion() {
    for (typed, meant) in [
        ("--bitrat", "did you mean -b (--bitrate)?"),
        ("--widht", "did you mean -w (--width)?"),
        ("-fsp", "did you mean -fps (--framerate)?"),
        ("--fromat", "did you mean --format?"),
        ("docter", "did you mean doctor?"),
        ("camera", "did you mean cameras?"),
    ] {
        let output = run(&[typed]);
        assert_ended(&output, 64, &[meant]);
    }
    assert!(!stderr(&run("--zoomlevel")).contains("did you mean"));
}

#[test]
fn an_old_line_streams_with_one_warning_for_each_thing_that_was_not_understood() {
    let args = "--source test -w 160px -h 120 -fps 29.97 -lev 3.1 -pf constrained -b 1.5M -rot 90deg -ISO auto -t 200 \
                -o /dev/null";
    let output = run(&args.split_whitespace().collect::<Vec<_>>());
    let text = stderr(&output);
    assert!(output.status.success(), "{text}");
    let warnings: Vec<&str> = text.lines().filter(|line| line.contains("WARN")).collect();
    let told = |given: &str, used: &str| {
        let is_it = |line: &&&str| line.contains(given) && line.contains(used);
        warnings.iter().filter(is_it).count()
    };
    for (given, used) in [
        ("\"160px\"", "160 is used"),
        ("\"29.97\"", "29 is used"),
        ("\"3.1\"", "4 is used"),
        ("\"constrained\"", "high is used"),
        ("\"90deg\"", "90 is used"),
        ("\"auto\"", "it stays 0"),
    ] {
        assert_eq!(told(given, used), 1, "{given}: {text}");
    }
    assert_eq!(warnings.len(), 6, "{text}");
}

#[test]
fn no_arguments_at_all_are_a_usage_error_that_leads_to_the_help() {
    let output = run(&[]);
    assert_ended(&output, 64, &["--help"]);
}

#[test]
fn help_and_version_go_to_standard_output() {
    for question in [
        &["--help"][..],
        &["-?"],
        &["help"],
        &["doctor", "--help"],
        &["cameras", "-?"],
    ] {
        let output = run(question);
        assert!(output.status.success() && output.stderr.is_empty());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            text.contains("-b, --bitrate") && text.contains("--source"),
            "{text}"
        );
    }
    for question in ["--version", "version"] {
        let output = run(&[question]);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            format!("picam-stream {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}

#[test]
fn options_without_sense_for_a_stream_are_ignored_with_one_warning() {
    let source = format!("file:{RECORDING}");
    let line = [
        "-p",
        "0,0,320,240",
        "-f",
        "-op",
        "100",
        "-k",
        "-sg",
        "1000",
        "-wr",
        "3",
        "-x",
        "vectors",
        "-gps",
    ];
    let output = run(&[
        &["--source", &source, "-t", "300", "-o", "/dev/null"][..],
        &line,
    ]
    .concat());
    let text = stderr(&output);
    assert!(output.status.success(), "{text}");
    let warnings: Vec<&str> = text.lines().filter(|line| line.contains("-sg")).collect();
    assert_eq!(warnings.len(), 1, "{text}");
    assert!(
        ["-p", "-op", "-k", "-sg", "-wr", "-x", "-gps"]
            .iter()
            .all(|name| warnings[0].contains(name)),
        "{text}"
    );
}

#[test]
fn what_a_source_cannot_honour_is_one_warning() {
    let source = format!("file:{RECORDING}");
    let output = run(&format!(
        "--source {source} -t 300 -o /dev/null -ex night -rot 90 -b 4M"
    ));
    let text = stderr(&output);
    let warnings: Vec<&str> = text.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{text}");
    assert!(
        ["-ex", "-rot", "-b"]
            .iter()
            .all(|name| warnings[0].contains(name)),
        "{text}"
    );
}

#[test]
fn the_settings_report_is_raspivids_line_for_line() {
    let args = "--source test -w 320 -h 240 -fps 10 -b 4M -t 200 -v -n -o /dev/null";
    let text = stderr(&run(&args.split(' ').collect::<Vec<_>>()));
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "\"picam-stream\" Camera App (version {version})\n\nCamera Name test card\nWidth 320, Height 240, filename /dev/null\n\
         Using camera 0, sensor mode 0\n\nGPS output Disabled\n\nbitrate 4000000, framerate 10, time delay 200\n\
         H264 Profile high\nH264 Level 4\nH264 Quantisation level 0, Inline headers No\nH264 Fill SPS Timings No\n\
         H264 Intra refresh type (null), period -1\nH264 Slices 1\nWait method : Simple capture\nInitial state 'record'\n\n\n\
         Preview No, Full screen Yes\nPreview window 0,0,1024,768\nOpacity 255\n\
         Sharpness 0, Contrast 0, Brightness 50\nSaturation 0, ISO 0, Video Stabilisation No, Exposure compensation 0\n\
         Exposure Mode 'auto', AWB Mode 'auto', Image Effect 'none'\nFlicker Avoid Mode 'off'\n\
         Metering Mode 'average', Colour Effect Enabled No with U = 128, V = 128\nRotation 0, hflip No, vflip No\n\
         ROI x 0.000000, y 0.000000, w 1.000000 h 1.000000\n"
    );
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn an_error_in_the_conffile_names_the_file() {
    let output = program()
        .args(["-fps", "fast", "-v", "-n", "-t", "0", "-o", "-"])
        .env("RASPIVID_OPTIONS", "-fps fast")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_ended(&output, 64, &["-fps", "/etc/default/raspivid"]);
}

#[test]
fn the_log_obeys_rust_log() {
    let source = format!("file:{RECORDING}");
    let args = ["--source", &source, "-t", "200", "-o", "/dev/null"];
    let quiet = program()
        .args(args)
        .env("RUST_LOG", "error")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(stderr(&quiet), "");
    let usual = run(&args);
    assert!(stderr(&usual).contains("time over"));
}

#[test]
fn under_the_journal_lines_have_priorities_and_no_timestamps() {
    use std::os::unix::fs::MetadataExt;
    let scratch = Scratch::new();
    let path = scratch.path("journal");
    // Any file can play the journal: what counts is that JOURNAL_STREAM names its device and inode.
    let journal = std::fs::File::create(&path).unwrap();
    let metadata = journal.metadata().unwrap();
    let output = program()
        .args([
            "--source",
            &format!("file:{RECORDING}"),
            "-w",
            "640",
            "-t",
            "200",
            "-v",
            "-o",
            "/dev/null",
        ])
        .env(
            "JOURNAL_STREAM",
            format!("{}:{}", metadata.dev(), metadata.ino()),
        )
        .stdin(Stdio::null())
        .stderr(journal)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.lines().all(|line| ["<4>", "<6>"]
            .iter()
            .any(|priority| line.starts_with(priority))),
        "{text}"
    );
    assert!(
        text.contains("\n<4>")
            && text.contains("<6>stream ended: time over")
            && text.contains("<6>Width 640,"),
        "{text}"
    );
}
