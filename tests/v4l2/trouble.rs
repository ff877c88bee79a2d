//! Cameras that are missing, in use, of the wrong kind, or pulled out.

use crate::formats::{start_feeding, stop_feeding};
use crate::machine::machine;

#[test]
fn a_camera_that_is_unplugged_ends_the_stream_with_a_clear_message() {
    let mut machine = machine();
    let arguments =
        "--source v4l2:/dev/video0 -w 320 -h 180 -fps 15 -b 500000 --stall-timeout 60000";
    let mut stream = machine.stream(arguments);
    stream.read_at_least(10_000);
    let unbind = "echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind";
    assert_eq!(stream.machine.run(unbind).status, 0);
    stream.read_to_end();
    let ended = stream.stop();
    let message = "the camera /dev/video0 was unplugged";
    assert!(ended.output.contains(message), "{}", ended.output);
    assert!(!ended.output.contains("panicked"), "{}", ended.output);
    let again = machine.program("--source v4l2:/dev/video0");
    let nothing = machine.program("--source v4l2");
    let bind = "echo vivid.0 >/sys/bus/platform/drivers/vivid/bind";
    assert_eq!(machine.run(bind).status, 0);
    for (ended, message) in [
        (again, "this machine has no video devices"),
        (nothing, "no V4L2 camera was found"),
    ] {
        assert_eq!(ended.status, 70, "{}", ended.output);
        assert!(ended.output.contains(message), "{}", ended.output);
    }
}

#[test]
fn a_camera_that_gives_nothing_any_more_ends_the_stream_by_the_stall_rule() {
    let mut machine = machine();
    start_feeding(&mut machine, "YUYV");
    let arguments = "--source v4l2:/dev/video40 -w 320 -h 240 -fps 15 --stall-timeout 2000";
    let ended = machine.run(&format!(
        "picam-stream {arguments} -t 0 -o /tmp/out & pid=$!\n\
         until [ -s /tmp/out ]; do kill -0 $pid || break; sleep 0.1; done\n\
         kill -STOP $feed; wait $pid; status=$?; kill -CONT $feed; (exit $status)"
    ));
    stop_feeding(&mut machine);
    assert_eq!(ended.status, 75, "{}", ended.output);
    let message = "the camera has given no frame for ";
    assert!(ended.output.contains(message), "{}", ended.output);
}

#[test]
fn a_camera_in_use_names_who_uses_it() {
    let mut machine = machine();
    let mut stream = machine.stream("--source v4l2 -w 320 -h 180 -fps 15 -b 500000");
    stream.read_at_least(1000);
    let second = stream.machine.program("--source v4l2 -w 640 -h 360");
    let pid = stream.machine.run("echo $pid").output;
    assert_eq!(stream.stop().status, 0);
    assert_eq!(second.status, 70, "{}", second.output);
    let holder = format!(
        "the camera is in use by picam-stream (process {}, /dev/video0)",
        pid.trim()
    );
    assert!(second.output.contains(&holder), "{}", second.output);
}

#[test]
fn a_device_that_captures_nothing_is_refused_by_its_name() {
    let mut machine = machine();
    let nodes = machine
        .run("cd /sys/class/video4linux; grep -l vid-out */name")
        .output;
    let output_device = nodes
        .split('/')
        .next()
        .expect("an output device")
        .to_owned();
    let ended = machine.program(&format!("--source v4l2:/dev/{output_device}"));
    assert_eq!(ended.status, 70, "{}", ended.output);
    assert!(
        ended.output.contains("which captures no video"),
        "{}",
        ended.output
    );
    let ended = machine.program("--source v4l2:/dev/null");
    assert_eq!(ended.status, 70, "{}", ended.output);
    assert!(
        ended.output.contains("is no video device"),
        "{}",
        ended.output
    );
    let ended = machine.program("--source v4l2:/dev/video99");
    assert_eq!(ended.status, 70, "{}", ended.output);
    assert!(
        ended.output.contains("there are /dev/video0"),
        "{}",
        ended.output
    );
}
