//! What goes wrong on a Raspberry Pi: the right words, the right exit status, and an orderly end as the library sees it.

use std::fs::File;
use std::time::{Duration, Instant};

use test_support::mmal::equipment::Pi;

/// What is asked for where it should not matter.
const CAPTURE: [&str; 8] = ["--source", "mmal", "-t", "1500", "-stm", "-ih", "-o", "-"];
const CAMERA: i32 = 70;
const STALLED: i32 = 75;

/// Runs to the end: the exit status, and that these words are in what it said.
fn ends(pi: &Pi, arguments: &[&str], status: i32, words: &[&str]) {
    let ended = pi.start(arguments).end();
    let said = pi.text("complaints");
    assert_eq!(ended, status, "it said: {said}");
    for word in words {
        assert!(said.contains(word), "'{word}' is not in: {said}");
    }
    assert_eq!(pi.mistakes(), [""; 0], "it said: {said}");
}

#[test]
fn a_camera_that_is_not_there_is_explained() {
    let pi = Pi::with_a_camera().with_faults("NOCAMERA=1");
    ends(&pi, &CAPTURE, CAMERA, &["no camera", "cable"]);
}

#[test]
fn a_camera_stack_that_is_not_enabled_is_explained() {
    let pi = Pi::with_a_camera().with_faults("UNSUPPORTED=1");
    ends(&pi, &CAPTURE, CAMERA, &["raspi-config", "start_x=1"]);
    let pi = Pi::with_a_camera().with_faults("UNSUPPORTED=1 LIBCAMERA=1");
    ends(&pi, &CAPTURE, CAMERA, &["libcamera"]);
}

#[test]
fn too_little_memory_for_the_gpu_is_explained() {
    let pi = Pi::with_a_camera().with_faults("NOCAMERA=1 GPU_MEM=64");
    ends(&pi, &CAPTURE, CAMERA, &["64", "gpu_mem=128"]);
}

#[test]
fn a_busy_camera_is_explained_by_who_has_it() {
    let pi = Pi::with_a_camera().with_faults("BUSY=1");
    ends(&pi, &CAPTURE, CAMERA, &["use"]);
    // Another process, this one, has the way to the VideoCore open.
    let pi = Pi::with_a_camera().with_faults("BUSY=1");
    let _open = File::open(pi.path("dev/vchiq")).expect("the device");
    ends(&pi, &CAPTURE, CAMERA, &["use"]);
}

#[test]
fn a_camera_number_that_is_too_high_is_explained() {
    let pi = Pi::with_a_camera().with("FAKE_MMAL_FAIL", "set vc.ril.camera control:0 CAMERA_NUM=3");
    ends(
        &pi,
        &[&CAPTURE[..], &["-cs", "1"]].concat(),
        CAMERA,
        &["-cs"],
    );
}

#[test]
fn each_step_that_the_firmware_refuses_ends_in_order() {
    for call in [
        "component_create vc.ril.camera=1",
        "component_create vc.ril.camera=2",
        "set vc.ril.camera control:0 CAMERA_CUSTOM_SENSOR_CONFIG=3",
        "port_enable vc.ril.camera control:0=1",
        "commit vc.ril.camera out:1=3",
        "component_enable vc.ril.camera=1",
        "component_create vc.ril.video_encode=1",
        "commit vc.ril.video_encode out:0=3",
        "set vc.ril.video_encode out:0 PROFILE=3",
        "component_enable vc.ril.video_encode=1",
        "commit vc.ril.video_encode in:0=3",
        "connect vc.ril.camera out:1=2",
        "port_enable vc.ril.video_encode in:0=2",
        "port_enable vc.ril.video_encode out:0=2",
        "set vc.ril.camera out:1 CAPTURE=2",
    ] {
        let pi = Pi::with_a_camera().with("FAKE_MMAL_FAIL", call);
        let ended = pi.start(&CAPTURE).end();
        let said = pi.text("complaints");
        assert_eq!((ended, pi.mistakes()), (CAMERA, vec![]), "{call}: {said}");
        assert!(!said.trim().is_empty(), "{call}: it said nothing");
    }
}

#[test]
fn a_control_that_the_firmware_refuses_is_gone_without() {
    for call in [
        "set vc.ril.camera control:0 ISO=3",
        "set vc.ril.camera control:0 SATURATION=4",
        "set vc.ril.camera control:0 CAMERA_CONFIG=3",
        "set vc.ril.video_encode out:0 VIDEO_ENCODE_SPS_TIMING=4",
        "set vc.ril.video_encode out:0 VIDEO_ENCODE_INLINE_HEADER=4",
        "get vc.camera_info control:0 CAMERA_INFO=4",
        "component_create vc.camera_info=1",
    ] {
        let pi = Pi::with_a_camera().with("FAKE_MMAL_FAIL", call);
        ends(
            &pi,
            &[&CAPTURE[..], &["-ISO", "300", "-sa", "10"]].concat(),
            0,
            &[],
        );
        assert!(!pi.bytes("output").is_empty(), "{call}: nothing came");
    }
}

#[test]
fn old_firmware_gets_the_annotation_that_it_knows() {
    let pi = Pi::with_a_camera().with_faults("OLD_FIRMWARE=1");
    ends(&pi, &[&CAPTURE[..], &["-a", "12"]].concat(), 0, &[]);
    let annotated = |call: &String| call.contains(" ANNOTATE ") && !call.contains("status");
    assert!(
        pi.calls().iter().any(annotated),
        "no annotation was taken: {:#?}",
        pi.calls()
    );
}

#[test]
fn a_camera_that_gives_nothing_is_a_stalled_one() {
    let arguments = [
        "--source",
        "mmal",
        "-t",
        "0",
        "--stall-timeout",
        "1500",
        "-o",
        "-",
    ];
    for faults in [
        "STALL_AFTER=0",
        "STALL_AFTER=10",
        "STALL_AFTER=0 STALL_ERROR=1",
        "STALL_AFTER=10 STALL_ERROR=1",
    ] {
        let pi = Pi::with_a_camera().with_faults(faults);
        ends(&pi, &arguments, STALLED, &["cable"]);
    }
}

#[test]
fn an_error_of_the_camera_is_told_at_once() {
    let pi = Pi::with_a_camera().with_faults("STALL_AFTER=10 STALL_ERROR=1");
    let begin = Instant::now();
    ends(
        &pi,
        &[
            "--source",
            "mmal",
            "-t",
            "0",
            "--stall-timeout",
            "60000",
            "-o",
            "-",
        ],
        STALLED,
        &["cable"],
    );
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "it waited for the stall limit"
    );
}

#[test]
fn the_end_of_the_stream_is_an_end() {
    let pi = Pi::with_a_camera().with_faults("EOS_AFTER=20");
    ends(
        &pi,
        &[
            "--source",
            "mmal",
            "-t",
            "0",
            "--stall-timeout",
            "60000",
            "-o",
            "-",
        ],
        0,
        &[],
    );
    assert!(!pi.bytes("output").is_empty());
}

#[test]
fn a_system_without_libmmal_is_explained() {
    let pi = Pi::with_a_camera()
        .without("lib/libmmal.so")
        .without("lib/libbcm_host.so");
    ends(&pi, &CAPTURE, CAMERA, &["libmmal", "libcamera"]);
}

#[test]
fn a_libmmal_of_another_age_is_explained() {
    for symbol in [
        "mmal_port_send_buffer",
        "mmal_connection_create",
        "mmal_port_pool_create",
    ] {
        ends(
            &Pi::with_a_camera().without_symbol(symbol),
            &CAPTURE,
            CAMERA,
            &[symbol],
        );
    }
}

#[test]
fn a_machine_without_the_device_is_explained() {
    ends(
        &Pi::with_a_camera().without("dev/vchiq"),
        &CAPTURE,
        CAMERA,
        &["/dev/vchiq"],
    );
}

#[test]
fn a_user_without_the_right_to_the_device_is_explained() {
    ends(
        &Pi::with_a_camera().run_by_nobody(),
        &CAPTURE,
        CAMERA,
        &["/dev/vchiq", "video"],
    );
}
