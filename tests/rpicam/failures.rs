//! When the capture program fails: its last words, and what the user can do.

use std::fs;
use std::process::{Command, Stdio};

use test_support::program::{LONG, stderr};
use test_support::stand_in::StandIn;

/// The one error line of a run that must fail with `status`.
fn error_of(stand_in: &StandIn, args: &[&str], status: i32) -> String {
    let output = stand_in.run(args);
    let log = stderr(&output);
    assert_eq!(output.status.code(), Some(status), "{log}");
    let errors: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("picam-stream:"))
        .collect();
    assert_eq!(errors.len(), 1, "one error line:\n{log}");
    errors[0].to_owned()
}

fn says_all(error: &str, texts: &[&str]) {
    for text in texts {
        assert!(error.contains(text), "{text:?} in: {error}");
    }
}

#[test]
fn no_program_names_the_package_to_install() {
    let stand_in = StandIn::missing("1.13.0", "vc4").alone();
    let error = error_of(&stand_in, &[], 70);
    says_all(
        &error,
        &["rpicam-vid", "libcamera-vid", "apt install", "-apps-lite"],
    );
}

#[test]
fn a_program_that_cannot_run_is_an_error() {
    let stand_in = StandIn::missing("1.13.0", "vc4").alone();
    let broken = stand_in.path("bin").join("rpicam-vid");
    fs::write(&broken, "#!/nowhere/at/all\n").expect("a file");
    fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("its mode");
    says_all(
        &error_of(&stand_in, &[], 70),
        &["cannot start", "bin/rpicam-vid", "No such file"],
    );
}

#[test]
fn a_program_that_is_another_is_an_error() {
    let stand_in = StandIn::missing("1.13.0", "vc4");
    let other = stand_in.path("bin").join("rpicam-vid");
    fs::write(&other, "#!/bin/sh\necho something else\n").expect("a file");
    fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("its mode");
    says_all(
        &error_of(&stand_in, &[], 70),
        &["cannot use rpicam-vid", "--help"],
    );
}

#[test]
fn each_failure_has_its_words_and_its_remedy() {
    let table: &[(&str, &[&str])] = &[
        (
            "nocamera",
            &["no cameras available", "cable", "camera_auto_detect=1"],
        ),
        (
            "busy",
            &[
                "failed to acquire camera",
                "in use by another process",
                "fuser",
            ],
        ),
        ("nomemory", &["Cannot allocate memory", "CMA", "-w and -h"]),
        (
            "nocodec",
            &[
                "Unable to find an appropriate H.264 codec",
                "rpicam-apps-encoder",
            ],
        ),
        // Rights come before cables.
        (
            "noheap",
            &[
                "dma-buf provider",
                "group video",
                "/dev/dma_heap",
                "DeviceAllow=",
            ],
        ),
        ("norights", &["Permission denied", "group video"]),
        (
            "noencoder",
            &[
                "failed to open V4L2 H264 encoder",
                "/dev/video11",
                "bcm2835-codec",
            ],
        ),
    ];
    for (behaviour, texts) in table {
        let stand_in = StandIn::new("1.13.0", "vc4").behaving(behaviour);
        let error = error_of(&stand_in, &[], 70);
        says_all(&error, texts);
        assert_eq!(error.contains("cable"), *behaviour == "nocamera", "{error}");
        assert!(!error.contains("[1;32m"), "no colours in the log: {error}");
        says_all(
            &error,
            &[
                "cannot start the camera",
                "rpicam-vid ended with status 255",
            ],
        );
        stand_in.wait_until_gone();
    }
}

#[test]
fn the_legacy_camera_is_told_from_a_broken_one() {
    let stand_in = StandIn::new("1.1.2", "legacy");
    says_all(
        &error_of(&stand_in, &[], 70),
        &["libcamera-vid", "legacy", "--source mmal", "raspi-config"],
    );
}

#[test]
fn whoever_holds_the_camera_is_named() {
    /// A device file of ours that goes with the test.
    struct Device(&'static str);
    impl Drop for Device {
        fn drop(&mut self) {
            let _ = fs::remove_file(self.0);
        }
    }
    let device = Device("/dev/media7231");
    fs::write(device.0, "").expect("the tests run as root, in a /dev that can be written");
    let mut holder = Command::new("sleep")
        .arg("1000")
        .stdin(Stdio::from(
            fs::File::open(device.0).expect("the file is there"),
        ))
        .spawn()
        .expect("sleep starts");
    let error = error_of(&StandIn::new("1.13.0", "vc4").behaving("busy"), &[], 70);
    holder.kill().expect("it runs");
    holder.wait().expect("it has ended");
    says_all(
        &error,
        &[
            &format!("sleep (process {}, /dev/media7231)", holder.id()),
            "end that first",
        ],
    );
}

#[test]
fn an_option_behind_the_two_dashes_that_it_lacks_is_told() {
    let stand_in = StandIn::new("1.1.2", "vc4");
    let error = error_of(&stand_in, &["--", "--low-latency"], 70);
    says_all(
        &error,
        &["unrecognised option '--low-latency'", "behind --"],
    );
}

#[test]
fn a_program_that_dies_while_streaming_is_a_stalled_camera() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("die=20");
    let mut session = stand_in.session(&[]);
    let stream = session.read_to_end();
    assert_eq!(session.wait(LONG).code(), Some(75), "{}", session.log());
    assert_eq!(
        test_support::decoding::decode(&stream, "h264"),
        20,
        "what came before is sent"
    );
    let log = session.log();
    says_all(
        &log,
        &[
            "the camera stopped",
            "after 20 frames",
            "failed to queue request",
        ],
    );
    stand_in.wait_until_gone();
}

#[test]
fn a_program_that_somebody_killed_is_not_blamed_on_what_its_encoder_said() {
    for frames in [0, 10] {
        let stand_in = StandIn::new("1.13.0", "pi5").behaving(&format!("kill={frames}"));
        let mut session = stand_in.session(&[]);
        session.read_to_end();
        let status = if frames == 0 { 70 } else { 75 };
        assert_eq!(session.wait(LONG).code(), Some(status), "{}", session.log());
        let log = session.log();
        let error = log.lines().last().expect("an error");
        says_all(
            error,
            &["was ended by SIGKILL from outside", "journalctl -k"],
        );
        assert!(
            !error.contains("x264") && !error.contains("Output #"),
            "{error}"
        );
    }
}

#[test]
fn a_signal_of_ours_is_not_told_as_what_ended_the_program() {
    let stand_in = StandIn::new("1.5.3", "vc4").behaving("shut=10");
    let mut session = stand_in.session(&[]);
    session.read_to_end();
    assert_eq!(session.wait(LONG).code(), Some(75), "{}", session.log());
    let log = session.log();
    let error = log.lines().last().expect("an error");
    says_all(
        error,
        &["closed its output and did not end after 10 frames"],
    );
    assert!(!error.contains("SIG"), "{error}");
    stand_in.wait_until_gone();
}

#[test]
fn a_program_that_ends_in_good_order_without_a_picture_is_an_error() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=0");
    says_all(
        &error_of(&stand_in, &[], 70),
        &["ended with status 0 without a picture"],
    );
}

#[test]
fn what_a_version_says_to_options_that_others_need_is_no_warning() {
    for version in ["1.5.3", "1.7.0"] {
        let stand_in = StandIn::new(version, "pi5").behaving("stop=10");
        let output = stand_in.run("-t 0");
        let log = stderr(&output);
        assert!(output.status.success(), "{log}");
        let warnings: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
        let expected = |line: &&str| !line.contains("no -o is given");
        assert!(!warnings.iter().any(expected), "{version}: {warnings:?}");
    }
}

#[test]
fn a_limit_of_open_files_that_is_too_low_is_told() {
    let stand_in = StandIn::new("1.13.0", "vc4");
    let output = stand_in.run_in_shell("ulimit -n 200", &[]);
    let log = stderr(&output);
    assert_eq!(output.status.code(), Some(70), "{log}");
    says_all(
        &log,
        &["cannot start", "only 200 files may be open", "ulimit -n"],
    );
}

#[test]
fn open_files_that_were_left_to_us_do_not_meet_the_programs_pipes() {
    let stand_in = StandIn::new("1.13.0", "pi5").behaving("stop=20");
    for last in [263, 264, 265, 267] {
        let all = "for ((fd = 3; fd <= LAST; fd++)); do [ -e /proc/$$/fd/$fd ] || eval \"exec $fd</dev/null\"; done";
        let output = stand_in.run_in_shell(&all.replace("LAST", &last.to_string()), &[]);
        let log = stderr(&output);
        assert!(output.status.success(), "up to {last}: {log}");
        assert!(log.contains(" 20 frames,"), "up to {last}: {log}");
    }
    // Some alone: the lowest free numbers are others then.
    for first in [244, 262] {
        let some = "for ((fd = FIRST; fd <= 267; fd++)); do [ -e /proc/$$/fd/$fd ] || eval \"exec $fd</dev/null\"; done";
        let output = stand_in.run_in_shell(&some.replace("FIRST", &first.to_string()), &[]);
        assert!(output.status.success(), "from {first}: {}", stderr(&output));
    }
}

#[test]
fn help_that_never_comes_is_an_error_in_the_end() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("mutehelp");
    says_all(&error_of(&stand_in, &[], 70), &["does not answer --help"]);
    stand_in.wait_until_gone();
}
