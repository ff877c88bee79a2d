//! Cameras that work: what is asked for, what comes.

use crate::machine::machine;
use crate::picture::{decode, whole_pictures};

#[test]
fn the_first_camera_is_found_and_its_raw_pictures_come_as_h264() {
    let mut machine = machine();
    let mut stream = machine.stream("--source v4l2 -w 320 -h 180 -fps 15 -b 500000 -g 15");
    let bytes = stream.read_at_least(100_000);
    let ended = stream.stop();
    assert_eq!(ended.status, 0, "{}", ended.output);
    assert!(
        bytes.starts_with(&[0, 0, 0, 1, 0x67]),
        "it begins with an SPS"
    );
    let decoded = decode(whole_pictures(&bytes), "h264", 320, 180);
    assert!(decoded.pictures() > 15, "{} pictures", decoded.pictures());
    decoded.assert_bars(false);
    let line = "(vivid): asked 320x180 at 15 frames a second, got 320x180 in YU12 at 15 frames a second, \
                encoded to H.264 in software";
    assert!(ended.output.contains(line), "{}", ended.output);
}

#[test]
fn a_raw_camera_gives_jpegs_when_they_are_asked_for() {
    let mut machine = machine();
    let mut stream = machine.stream("--source v4l2 -w 320 -h 180 -fps 15 -cd MJPEG");
    let bytes = stream.read_at_least(100_000);
    assert_eq!(stream.stop().status, 0);
    let end = memchr::memmem::rfind(&bytes, &[0xff, 0xd9]).expect("a whole JPEG") + 2;
    let decoded = decode(&bytes[..end], "mjpeg", 320, 180);
    assert!(decoded.pictures() > 3, "{} pictures", decoded.pictures());
    decoded.assert_bars(false);
}

#[test]
fn a_mode_that_the_camera_does_not_have_becomes_the_nearest_and_that_is_told() {
    let mut machine = machine();
    let mut stream = machine.stream("--source v4l2 -w 330 -h 200 -fps 23 -b 500000");
    let bytes = stream.read_at_least(20_000);
    let ended = stream.stop();
    assert_eq!(ended.status, 0, "{}", ended.output);
    decode(whole_pictures(&bytes), "h264", 320, 180).assert_bars(false);
    let line = "asked 330x200 at 23 frames a second, got 320x180 in YU12 at ";
    assert!(ended.output.contains(line), "{}", ended.output);
}

#[test]
fn options_for_which_the_camera_has_a_control_act_and_the_others_are_told_once() {
    let mut machine = machine();
    let options = "--source v4l2 -w 320 -h 180 -fps 15 -b 500000 -hf -br 60 -rot 90 -drc high";
    let mut stream = machine.stream(options);
    let bytes = stream.read_at_least(20_000);
    let ended = stream.stop();
    decode(whole_pictures(&bytes), "h264", 320, 180).assert_bars(true);
    let warnings: Vec<_> = ended
        .output
        .lines()
        .filter(|line| line.contains("cannot do"))
        .collect();
    assert_eq!(warnings.len(), 1, "{}", ended.output);
    assert!(
        warnings[0].ends_with(": -rot -drc") || warnings[0].ends_with(": -drc -rot"),
        "{warnings:?}"
    );
    // The camera keeps what it was set to, but not against the next one's options.
    let mut stream = machine.stream("--source v4l2 -w 320 -h 180 -fps 15 -b 500000");
    let bytes = stream.read_at_least(20_000);
    assert_eq!(stream.stop().status, 0);
    decode(whole_pictures(&bytes), "h264", 320, 180).assert_bars(false);
}

#[test]
fn the_list_of_cameras_tells_sizes_and_rates() {
    let ended = machine().program("cameras");
    assert_eq!(ended.status, 0, "{}", ended.output);
    for part in [
        "/dev/video0: vivid",
        "YU12 (encoded here): 320x180 at up to ",
    ] {
        assert!(ended.output.contains(part), "{}", ended.output);
    }
}
