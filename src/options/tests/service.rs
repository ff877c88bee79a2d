//! `--service`, with what may stand in the conffile behind it.

use super::options;
use crate::options::{Command, Options, Output, parse};

fn served(file: &str) -> Options {
    options(&format!("--service -v -n {file}"))
}

fn parsed(line: &str) -> crate::error::Result<Command> {
    parse(line.split_whitespace().map(Into::into))
}

#[test]
fn an_instance_streams_to_its_viewer_until_that_leaves() {
    let given = served("-w 640");
    assert_eq!(given.output, Output::Stdout);
    assert_eq!(given.time_limit, None);
    assert!(!given.listen && given.verbose && given.service);
    assert_eq!(given.warnings, [""; 0]);
    assert_eq!(given.report_only.filename.as_deref(), Some("-"));
    assert_eq!(given.report_only.wait_method.name(), "Capture forever");
}

#[test]
fn output_time_and_listening_are_overruled_with_one_warning() {
    for (file, named) in [
        ("-o file.h264", "overruled by the service: -o;"),
        ("-t 5000", "overruled by the service: -t;"),
        (
            "-l -o tcp://0.0.0.0:3333 -t 1",
            "overruled by the service: -l -o -t;",
        ),
        ("-l", "overruled by the service: -l;"),
        ("-o udp://192.168.0.4:5000", "overruled by the service: -o;"),
    ] {
        let given = served(file);
        assert_eq!(given.output, Output::Stdout, "{file}");
        assert_eq!(given.time_limit, None, "{file}");
        assert!(!given.listen, "{file}");
        assert_eq!(given.warnings.len(), 1, "{file}: {:?}", given.warnings);
        assert!(given.warnings[0].starts_with(named), "{:?}", given.warnings);
        assert!(given.warnings[0].contains("raspivid.socket"));
    }
}

#[test]
fn what_the_service_does_anyway_is_said_without_a_warning() {
    for file in ["-t 0 -o -", "-o - -t 0 -v -n", "-t -1", "-n"] {
        assert_eq!(served(file).warnings, [""; 0], "{file}");
    }
}

#[test]
fn words_behind_two_dashes_stay_the_capture_programs() {
    let given = served("-w 1280 -h 720 -- --denoise cdn_off --autofocus-mode continuous");
    assert_eq!(
        given.passed_on,
        ["--denoise", "cdn_off", "--autofocus-mode", "continuous"]
    );
    assert!(given.time_limit.is_none() && given.output == Output::Stdout);
}

#[test]
fn help_and_version_are_not_for_a_viewer() {
    for line in [
        "--service -v -n --help",
        "--service -w 640 --version",
        "--service -?",
    ] {
        let error = parsed(line).expect_err(line);
        assert_eq!(error.exit_status(), 64);
        assert!(error.to_string().contains("in a terminal"), "{error}");
    }
    assert!(parsed("--service doctor").is_err());
}

#[test]
fn an_option_that_says_the_default_is_known_for_it() {
    let given = options("-awb auto -ex night -w 1920 -fps 30 -rot 0 -vf");
    for (long, is_restated) in [
        ("awb", true),
        ("exposure", false),
        ("width", true),
        ("framerate", true),
        ("rotation", true),
        ("vflip", false),
    ] {
        assert_eq!(given.restated.contains(&long), is_restated, "{long}");
    }
}
