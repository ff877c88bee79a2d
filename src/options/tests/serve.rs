//! `serve`, with what stands in the conffile behind it.

use std::path::PathBuf;
use std::time::Duration;

use super::{options, parse_words, refusal};
use crate::options::{Command, Format, Output, ServeOptions, SourceChoice};
use crate::service::environment_file::{EnvironmentFile, words};

fn served(line: &str) -> ServeOptions {
    let mut words = vec!["serve"];
    words.extend(line.split_whitespace());
    match parse_words(&words) {
        Ok(Command::Serve(options)) => *options,
        other => panic!("{line}: {other:?}"),
    }
}

fn refused(line: &str) -> String {
    let mut words = vec!["serve"];
    words.extend(line.split_whitespace());
    refusal(&words)
}

#[test]
fn without_options_of_its_own_serve_has_the_usual_limits() {
    let given = served("");
    assert_eq!(given.linger, Duration::from_secs(5));
    assert_eq!(
        (given.max_viewers, given.max_viewers_per_address),
        (100, 16)
    );
    assert_eq!((given.users, given.mjpeg_fps), (None, 5));
    assert_eq!(given.hosts, [""; 0]);
    assert_eq!(given.stream.warnings, [""; 0]);
}

#[test]
fn the_options_of_serve_are_read_and_stand_among_the_others() {
    let given = served(
        "-v --linger 0.5 -w 640 --max-viewers 3 --max-viewers-per-address 2 --users /etc/picam/users --hosts \
         Garden.example.org.,shed --mjpeg-fps 2 -- --denoise off",
    );
    assert_eq!(given.linger, Duration::from_millis(500));
    assert_eq!((given.max_viewers, given.max_viewers_per_address), (3, 2));
    assert_eq!(given.users, Some(PathBuf::from("/etc/picam/users")));
    assert_eq!(given.hosts, ["garden.example.org", "shed"]);
    assert_eq!(given.mjpeg_fps, 2);
    assert_eq!(given.stream.video.size.width, 640);
    assert!(given.stream.verbose && given.stream.was_given("linger"));
    assert_eq!(given.stream.passed_on, ["--denoise", "off"]);
    assert_eq!(served("--linger 0").linger, Duration::ZERO);
    assert_eq!(served("--linger 3600").linger, Duration::from_secs(3600));
}

#[test]
fn a_value_that_cannot_be_is_refused_with_what_can() {
    for (line, allowed) in [
        ("--linger 3601", "from 0 to 3600"),
        ("--linger -1", "from 0 to 3600"),
        ("--linger 1e2", "from 0 to 3600"),
        ("--linger inf", "from 0 to 3600"),
        ("--linger 5s", "from 0 to 3600"),
        ("--max-viewers 0", "from 1 to 1000"),
        ("--max-viewers +5", "from 1 to 1000"),
        ("--max-viewers-per-address 1001", "from 1 to 1000"),
        ("--mjpeg-fps 31", "from 1 to 30"),
        ("--hosts a,,b", "one of the names is empty"),
        ("--hosts http://garden", "is no host name"),
        ("--hosts garden:8080", "without a port"),
    ] {
        let text = refused(line);
        let name = line.split(' ').next().unwrap();
        assert!(text.contains(name) && text.contains(allowed), "{text}");
    }
}

#[test]
fn the_options_of_serve_are_refused_without_it() {
    for line in [&["--linger", "5"][..], &["-w", "640", "--users", "file"]] {
        let text = refusal(line);
        assert!(text.contains("is an option of serve"), "{text}");
        assert!(text.contains("SERVE_OPTIONS"), "{text}");
    }
}

#[test]
fn the_package_s_own_options_cause_no_warning() {
    let file = EnvironmentFile::read(include_bytes!("../../../assets/default/raspivid"));
    let line = words(file.value("RASPIVID_OPTIONS").unwrap()).join(" ");
    let given = served(&line).stream;
    assert_eq!(given.warnings, [""; 0]);
    assert_eq!(given.video, options(&line).video);
    for line in ["-t 0 -o -", "-v -n --service", "--format mpegts", "-t -1"] {
        assert_eq!(served(line).stream.warnings, [""; 0], "{line}");
    }
}

#[test]
fn what_belongs_to_a_viewer_has_no_effect_and_is_told_where_it_surprises() {
    for (line, named) in [
        ("-o clip.h264 -t 5000", "-o -t;"),
        ("-l -o udp://192.168.0.4:5000", "-l -o;"),
        ("-pts times", "-pts;"),
        ("-s -i pause", "further files: -s"),
    ] {
        let given = served(line).stream;
        assert_eq!(given.warnings.len(), 1, "{line}: {:?}", given.warnings);
        assert!(given.warnings[0].contains(named), "{:?}", given.warnings);
        assert_eq!((given.output, given.time_limit), (Output::Discard, None));
        assert!(!given.listen && !given.pauses && given.pts_file.is_none());
    }
    let given = served("--service --format mpegts -cd MJPEG").stream;
    assert!(!given.service && given.format == Format::H264);
}

#[test]
fn the_camera_that_serve_shares_is_not_a_shared_one() {
    assert!(refused("--source shared").contains("--source shared"));
    assert!(refused("--source shared:/tmp/x").contains("--source shared"));
    assert_eq!(
        options("--source shared").source,
        SourceChoice::Shared(None)
    );
    assert_eq!(
        options("--source shared:/run/x.sock -w 1 -h 1").source,
        SourceChoice::Shared(Some("/run/x.sock".into()))
    );
}

#[test]
fn help_and_version_are_given_behind_serve_too() {
    assert_eq!(parse_words(&["serve", "--help"]).unwrap(), Command::Help);
    assert_eq!(
        parse_words(&["serve", "-w", "640", "--version"]).unwrap(),
        Command::Version
    );
    assert!(refusal(&["serve", "now"]).contains("stray word"));
}

#[test]
fn the_hash_of_the_camera_is_that_of_all_that_changes_its_pictures_and_of_nothing_else() {
    let line = "-w 640 -h 480 -a 12 -rot 180 --source test";
    let hash = served(line).stream.camera_hash();
    let reordered = "--source test --rotation 180 -a 12 --height 480 -w 100 -w 640";
    assert_eq!(options(reordered).camera_hash(), hash);
    let viewers = "-v -n --service --format mpegts -t 0 -o - -fl";
    assert_eq!(options(&format!("{viewers} {line}")).camera_hash(), hash);
    assert_eq!(options(&format!("{line} -t 500 -o x")).camera_hash(), hash);
    for more in [
        "-w 320",
        "-fps 10",
        "-a text",
        "-hf",
        "-br 51",
        "-ag 2.5",
        "--source auto",
        "--stall-timeout 900",
        "-cd MJPEG",
        "-- --denoise off",
    ] {
        assert_ne!(
            options(&format!("{line} {more}")).camera_hash(),
            hash,
            "{more}"
        );
    }
}
