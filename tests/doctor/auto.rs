//! `--source auto` and `cameras`.

use std::time::{Duration, Instant};

use crate::systems::machine;
use crate::tree::Tree;
use test_support::program::{stderr, stdout};

/// The line of the log that tells the choice.
fn choice(tree: &Tree) -> String {
    let output = tree.run("-t 1 -o -");
    let text = stderr(&output);
    let line = text
        .lines()
        .find(|line| line.contains("--source auto takes"));
    line.unwrap_or_else(|| panic!("no choice was told: {text}"))
        .to_owned()
}

#[test]
fn the_legacy_camera_is_taken_up_to_bullseye() {
    for tree in [machine("pi-zero-stretch"), machine("buster")] {
        let line = choice(&tree);
        assert!(
            line.contains("takes mmal (the legacy camera stack, /opt/vc/lib/libmmal.so)"),
            "{line}"
        );
        assert!(
            line.contains("libcamera: the kernel has found no sensor"),
            "{line}"
        );
    }
    let line = choice(&machine("bullseye-legacy"));
    assert!(
        line.contains(
            "takes mmal (the legacy camera stack, /usr/lib/arm-linux-gnueabihf/libmmal.so.0)"
        ),
        "{line}"
    );
}

#[test]
fn a_libcamera_camera_comes_first() {
    for tree in [machine("bookworm"), machine("bookworm-64-bit")] {
        let line = choice(&tree);
        assert!(
            line.contains("takes rpicam (imx219, through rpicam-vid): the first choice is there"),
            "{line}"
        );
    }
    let line = choice(&machine("bullseye-libcamera").v4l2("video1", "0", "HD Webcam"));
    assert!(
        line.contains("takes rpicam (imx219, through libcamera-vid)"),
        "{line}"
    );
    let line = choice(&machine("trixie-pi-5"));
    assert!(
        line.contains("takes rpicam (imx708_wide, through rpicam-vid)"),
        "{line}"
    );
}

#[test]
fn a_usb_camera_is_taken_where_there_is_no_other_and_the_reason_is_told() {
    let line = choice(&machine("pc-with-usb-camera"));
    assert!(
        line.contains("takes v4l2 (/dev/video0, HD Webcam: HD Webcam)"),
        "{line}"
    );
    let line = choice(&machine("bookworm").without("usr/bin/rpicam-vid").v4l2(
        "video1",
        "0",
        "HD Webcam",
    ));
    assert!(line.contains("takes v4l2 (/dev/video1"), "{line}");
    assert!(
        line.contains("imx219 is there") && line.contains("sudo apt install rpicam-apps-lite"),
        "{line}"
    );
}

#[test]
fn where_there_is_no_camera_each_kind_says_what_is_missing() {
    let output = machine("nothing").run("-t 1 -o -");
    assert_eq!(output.status.code(), Some(70));
    let text = stderr(&output);
    for part in [
        "libcamera: ",
        "MMAL: there is no /dev/vchiq",
        "V4L2: there is no capture device",
        "picam-stream doctor",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("picam-stream: "))
        .collect();
    assert_eq!(
        lines.len(),
        4,
        "a short line with the remedy, then one for each kind: {text}"
    );
    assert!(
        lines[0].contains("picam-stream doctor") && lines[0].len() < 130,
        "{text}"
    );
    assert!(output.stdout.is_empty(), "no test card by itself");
}

/// doctor asks the journal for the last error alone.
#[test]
fn in_the_journal_the_line_that_says_what_to_do_is_the_only_error() {
    use std::os::unix::fs::MetadataExt;
    let journal = tempfile::NamedTempFile::new().expect("a file that plays the journal");
    let file = journal.as_file().metadata().expect("its number");
    let mut command = machine("nothing").command("-t 1 -o -");
    command
        .env("JOURNAL_STREAM", format!("{}:{}", file.dev(), file.ino()))
        .stderr(journal.reopen().expect("the same file"));
    command.output().expect("the program starts");
    let text = std::fs::read_to_string(journal.path()).expect("the journal");
    let errors: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("<3>"))
        .collect();
    assert_eq!(errors.len(), 1, "{text}");
    assert!(errors[0].contains("picam-stream doctor"), "{text}");
    assert!(
        text.contains("\n<6>libcamera: ") && text.contains("\n<6>V4L2: "),
        "{text}"
    );
}

#[test]
fn the_search_opens_no_device() {
    // A FIFO stands for each device: opening one would wait for ever.
    let tree = machine("pc-with-usb-camera")
        .without("dev/video0")
        .without("dev/video1");
    for device in ["dev/video0", "dev/video1", "dev/vchiq", "dev/media0"] {
        nix::unistd::mkfifo(&tree.path(device), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    }
    let start = Instant::now();
    let line = choice(&tree);
    assert!(line.contains("takes v4l2 (/dev/video0"), "{line}");
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn cameras_lists_every_kind_with_the_modes_that_it_tells() {
    let output = machine("bookworm")
        .v4l2("video1", "0", "HD Webcam")
        .run("cameras");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for part in [
        "libcamera: --source rpicam\n  0 : imx219 [3280x2464 10-bit RGGB]",
        "1640x1232 [41.85 fps",
        "legacy stack: --source mmal\n  none: ",
        "/dev/video1: HD Webcam\n",
        "--source auto takes rpicam (imx219",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(machine("nothing").run("cameras").status.code(), Some(70));
}
