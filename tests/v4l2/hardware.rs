//! The Pi's encoder in hardware, by what stands in for it (`encoder.c`): the raw pictures that it is given, and its frames.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::feed;
use crate::machine::{Machine, machine};
use crate::picture::{Decoded, decode, whole_pictures};

/// V4L2_CID_MPEG_VIDEO_*, as `encoder.c` writes them down.
const BITRATE: &str = "9909cf";
const REPEAT_SEQUENCE_HEADER: &str = "9909e2";
const H264_I_PERIOD: &str = "990a66";
const H264_PROFILE: &str = "990a6b";

const OPTIONS: &str = "--source v4l2:/dev/video0 -w 320 -h 180 -fps 15 -b 600000 -g 20 -pf main";

#[test]
fn raw_pictures_are_encoded_by_the_encoder_in_hardware_where_there_is_one() {
    let expected = feed::h264().concat();
    // 180 rows are no whole number of macroblocks.
    for rows in ["1", "16"] {
        let mut machine = machine();
        let environment = with_encoder(&mut machine, rows);
        let mut stream = machine.stream_with(&environment, OPTIONS);
        let bytes = stream.read_at_least(expected.len() + 1000);
        let ended = stream.stop();
        assert_eq!(ended.status, 0, "{}", ended.output);
        assert!(
            ended.output.contains("encoded to H.264 in hardware"),
            "{}",
            ended.output
        );
        assert_eq!(
            &bytes[..expected.len()],
            expected,
            "rows of {rows}: every frame once, in order"
        );
        decode(whole_pictures(&bytes), "h264", 320, 240).assert_bars(false);
        let raw = Decoded::of_raw(file(&mut machine, "/tmp/raw"), 320, 180);
        raw.assert_bars(false);
        let controls = controls(&mut machine);
        for (control, value) in [
            (BITRATE, 600_000),
            (H264_I_PERIOD, 20),
            // V4L2_MPEG_VIDEO_H264_PROFILE_MAIN.
            (H264_PROFILE, 2),
            (REPEAT_SEQUENCE_HEADER, 1),
        ] {
            assert_eq!(
                controls.get(control),
                Some(&value),
                "{control}: {controls:?}"
            );
        }
        machine.good("rm /dev/video11");
    }
}

#[test]
fn an_encoder_that_cannot_be_set_up_gives_way_to_the_one_in_software() {
    let mut machine = machine();
    // More rows than the driver ever adds.
    let environment = with_encoder(&mut machine, "128");
    let mut stream = machine.stream_with(&environment, OPTIONS);
    let bytes = stream.read_at_least(20_000);
    let ended = stream.stop();
    machine.good("rm /dev/video11");
    for part in [
        "setting up the hardware encoder /dev/video11 for 320x180 failed",
        "encoded to H.264 in software",
    ] {
        assert!(ended.output.contains(part), "{}", ended.output);
    }
    decode(whole_pictures(&bytes), "h264", 320, 180).assert_bars(false);
}

/// Makes the device; what the program's environment has to be.
fn with_encoder(machine: &mut Machine, rows: &str) -> String {
    machine.good("rm -f /tmp/raw /tmp/controls; mknod /dev/video11 c 1 3");
    format!(
        "LD_PRELOAD=/encoder.so ENCODER_ROWS={rows} ENCODER_RECORDING=/H264 ENCODER_RAW=/tmp/raw ENCODER_LOG=/tmp/controls"
    )
}

/// What each control was set to last.
fn controls(machine: &mut Machine) -> HashMap<String, i32> {
    machine
        .good("cat /tmp/controls")
        .lines()
        .filter_map(|line| {
            let (control, value) = line.split_once(' ')?;
            Some((control.to_owned(), value.trim().parse().ok()?))
        })
        .collect()
}

fn file(machine: &mut Machine, path: &str) -> Vec<u8> {
    let text = machine.good(&format!("base64 {path}"));
    let mut decoder = Command::new("base64")
        .args(["--decode", "--ignore-garbage"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("base64 (coreutils)");
    let mut stdin = decoder.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = decoder.wait_with_output().expect("its output");
    writer.join().expect("no panic").expect("it reads it all");
    output.stdout
}
