//! Cameras of each format, played by v4l2loopback: a kernel driver with the calls of any camera, and pictures of ours.

use crate::machine::{Machine, machine};
use crate::picture::{decode, whole_pictures};

/// A camera that has this format alone, /dev/video40.
pub fn start_feeding(machine: &mut Machine, format: &str) {
    let started = machine.run(&format!(
        "insmod /v4l2loopback.ko video_nr=40 exclusive_caps=1 && until [ -e /dev/video40 ]; do sleep 0.1; done\n\
         feed /dev/video40 {format} 320 240 /{format} >/tmp/feed.log 2>&1 & feed=$!\n\
         sleep 0.5; kill -0 $feed"
    ));
    assert_eq!(started.status, 0, "{}", started.output);
}

pub fn stop_feeding(machine: &mut Machine) {
    let stopped = machine.run("kill $feed; wait $feed; rmmod v4l2loopback");
    assert_eq!(stopped.status, 0, "{}", stopped.output);
}

/// Streams from such a camera; the bytes, and the log.
fn stream_of(machine: &mut Machine, format: &str, options: &str) -> (Vec<u8>, String) {
    start_feeding(machine, format);
    let mut stream = machine.stream(&format!(
        "--source v4l2:/dev/video40 -w 320 -h 240 -fps 15 {options}"
    ));
    let bytes = stream.read_at_least(12_000);
    let ended = stream.stop();
    assert_eq!(ended.status, 0, "{}", ended.output);
    stop_feeding(machine);
    (bytes, ended.output)
}

fn assert_h264_with_bars(format: &str, way: &str) {
    let (bytes, log) = stream_of(&mut machine(), format, "-b 1000000 -g 10 -qp 12");
    assert!(
        log.contains(&format!("got 320x240 in {format} at ")),
        "{log}"
    );
    assert!(log.contains(way), "{log}");
    assert!(
        bytes.starts_with(&[0, 0, 0, 1, 0x67]),
        "it begins with an SPS"
    );
    decode(whole_pictures(&bytes), "h264", 320, 240).assert_bars(false);
}

#[test]
fn a_camera_of_yuyv_is_encoded() {
    assert_h264_with_bars("YUYV", "encoded to H.264 in software");
}

#[test]
fn a_camera_of_nv12_is_encoded() {
    assert_h264_with_bars("NV12", "encoded to H.264 in software");
}

#[test]
fn a_camera_of_uyvy_is_encoded() {
    assert_h264_with_bars("UYVY", "encoded to H.264 in software");
}

#[test]
fn a_camera_of_red_green_and_blue_is_encoded() {
    assert_h264_with_bars("RGB3", "encoded to H.264 in software");
}

#[test]
fn a_camera_of_mjpeg_alone_is_decoded_and_encoded() {
    assert_h264_with_bars("MJPG", "encoded to H.264 in software");
}

#[test]
fn h264_of_the_camera_is_taken_as_it_is() {
    assert_h264_with_bars("H264", "taken as it is");
}

#[test]
fn jpegs_of_the_camera_are_taken_as_they_are_when_they_are_asked_for_but_for_missing_tables() {
    let (bytes, log) = stream_of(&mut machine(), "MJPG", "-cd MJPEG");
    assert!(log.contains("got 320x240 in MJPG at "), "{log}");
    assert!(log.contains("taken as it is"), "{log}");
    let end = memchr::memmem::rfind(&bytes, &[0xff, 0xd9]).expect("a whole JPEG") + 2;
    let starts: Vec<usize> = memchr::memmem::find_iter(&bytes[..end], &[0xff, 0xd8]).collect();
    assert!(starts.len() > 1, "{} JPEGs", starts.len());
    for (index, &start) in starts.iter().enumerate() {
        let jpeg = &bytes[start..starts.get(index + 1).copied().unwrap_or(end)];
        let tables = memchr::memmem::find(jpeg, &[0xff, 0xc4]);
        assert!(tables.is_some(), "JPEG {index} has no Huffman tables");
    }
    decode(&bytes[..end], "mjpeg", 320, 240).assert_bars(false);
}
