//! The installed package at work on a real kernel: the socket, the service with its whole sandbox, udev's devices.

use std::io::Read;
use std::net::TcpStream;
use std::time::Instant;

use crate::installed::installed;
use crate::machine::{LONG, Machine};
use crate::picture::{decode, whole_pictures};

/// What would tell that the sandbox is in the way of something.
const REFUSALS: [&str; 4] = ["ermission denied", "not permitted", "Failed to", "panicked"];

#[test]
fn a_usb_camera_is_found_and_streamed_from_within_the_sandbox() {
    let mut machine = installed();
    configure(&mut machine, "-w 320 -h 180 -fps 15 -b 500000 -g 15");
    let since = now(&mut machine);
    let mut viewer = machine.viewer();
    let bytes = read_at_least(&mut machine, &mut viewer, 60_000);
    let status = machine.good("cat /proc/$(systemctl show -P MainPID 'raspivid@*')/status");
    drop(viewer);
    let journal = journal_of_the_ended(&mut machine, &since);
    let decoded = decode(whole_pictures(&bytes), "h264", 320, 180);
    assert!(decoded.pictures() > 10, "{} pictures", decoded.pictures());
    decoded.assert_bars(false);
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    assert!(!status.contains("Uid:\t0"), "{status}");
    for line in [
        "takes v4l2 (/dev/video0",
        "got 320x180 in YU12",
        "stream ended",
    ] {
        assert!(journal.contains(line), "{line}: {journal}");
    }
    for refusal in REFUSALS {
        assert!(!journal.contains(refusal), "{journal}");
    }
    let holders = machine
        .run("ls -l /proc/[0-9]*/fd | grep /dev/video0")
        .output;
    assert_eq!(holders, "", "the camera is free");
}

#[test]
fn the_capture_program_of_libcamera_runs_within_the_sandbox() {
    let mut machine = installed();
    let environment = "[Service]\nEnvironment=STAND_IN_VERSION=1.9.0 STAND_IN_BOARD=vc4 STAND_IN_NOTES=/tmp \
                       STAND_IN_CLIP=/usr/local/share/clip\n";
    override_service(&mut machine, environment);
    configure(&mut machine, "--source rpicam -w 320 -h 240 -fps 15");
    let since = now(&mut machine);
    let mut viewer = machine.viewer();
    let bytes = read_at_least(&mut machine, &mut viewer, 20_000);
    let group =
        "cat /sys/fs/cgroup$(systemctl show -P ControlGroup 'raspivid@*')/cgroup.procs | wc -l";
    let processes = machine.good(group);
    drop(viewer);
    let journal = journal_of_the_ended(&mut machine, &since);
    override_service(&mut machine, "");
    assert_eq!(processes.trim(), "2", "the program and its child");
    decode(whole_pictures(&bytes), "h264", 320, 240).assert_bars(false);
    assert!(journal.contains("stream ended"), "{journal}");
    // What is said where its lines for the ends of frames do not come.
    assert!(!journal.contains("quiet"), "{journal}");
    for refusal in REFUSALS {
        assert!(!journal.contains(refusal), "{journal}");
    }
}

#[test]
fn the_sandbox_has_the_cameras_devices_and_messages_and_no_others() {
    let mut machine = installed();
    // Rights of files are not what is to keep it out.
    machine.good("chmod 666 /dev/vda");
    let probe = r#"
import errno, os, socket
def attempt(name, action):
    try:
        action()
        print(name, "works", flush=True)
    except OSError as error:
        print(name, errno.errorcode[error.errno], flush=True)
def events():
    messages = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
    messages.bind((0, 2))
attempt("camera", lambda: os.open("/dev/video0", os.O_RDWR))
attempt("disk", lambda: os.open("/dev/vda", os.O_RDONLY))
attempt("uevents", events)
attempt("network", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
attempt("udev", lambda: os.listdir("/run/udev/data"))
attempt("model", lambda: open("/proc/cpuinfo").read())
attempt("home", lambda: os.listdir("/root"))
"#;
    machine.good(&format!("cat >/usr/local/bin/probe <<'END'\n{probe}END"));
    let script = "[Service]\nExecStart=\nExecStart=/usr/bin/python3 /usr/local/bin/probe\nStandardOutput=socket\n";
    override_service(&mut machine, script);
    let mut told = String::new();
    let read = machine.viewer().read_to_string(&mut told);
    override_service(&mut machine, "");
    read.expect("the probe ends");
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            "camera works",
            "disk EPERM",
            "uevents works",
            "network EAFNOSUPPORT",
            "udev works",
            "model works",
            "home EACCES",
        ]
    );
}

#[test]
fn the_doctor_finds_an_installed_machine_with_a_camera_in_order() {
    let mut machine = installed();
    configure(&mut machine, "-w 320 -h 180 -fps 15 -b 500000 -g 15");
    let ended = machine.program("doctor");
    assert_eq!(ended.status, 0, "{}", ended.output);
    assert!(ended.output.contains("/dev/video0"), "{}", ended.output);
    let ended = machine.program("cameras");
    assert_eq!(ended.status, 0, "{}", ended.output);
    assert!(
        ended
            .output
            .contains("--source auto takes v4l2 (/dev/video0"),
        "{}",
        ended.output
    );
}

fn configure(machine: &mut Machine, options: &str) {
    let line = format!("echo 'RASPIVID_OPTIONS = {options}' >/etc/default/raspivid");
    machine.good(&line);
}

/// Puts a drop-in beside the service's unit; an empty one takes it away.
fn override_service(machine: &mut Machine, drop_in: &str) {
    let folder = "/run/systemd/system/raspivid@.service.d";
    let change = match drop_in {
        "" => format!("rm -r {folder}"),
        _ => format!("mkdir -p {folder}; printf '%s' '{drop_in}' >{folder}/test.conf"),
    };
    machine.good(&format!("{change}; systemctl daemon-reload"));
}

fn now(machine: &mut Machine) -> String {
    machine.good("date +%s").trim().to_owned()
}

/// Waits until no instance is left; what the instances since then have said.
fn journal_of_the_ended(machine: &mut Machine, since: &str) -> String {
    let begun = Instant::now();
    while !machine
        .run("systemctl list-units --no-legend 'raspivid@*'")
        .output
        .is_empty()
    {
        assert!(begun.elapsed() < LONG, "an instance is left");
    }
    let journal = format!(
        "journalctl --no-pager --sync; journalctl --no-pager -o cat -u 'raspivid@*' --since @{since}"
    );
    machine.good(&journal)
}

fn read_at_least(machine: &mut Machine, viewer: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let (mut stream, mut chunk) = (Vec::new(), [0; 65536]);
    while stream.len() < bytes {
        match viewer.read(&mut chunk) {
            Ok(count) if count > 0 => stream.extend_from_slice(&chunk[..count]),
            end => panic!(
                "{end:?} after {} bytes\n{}",
                stream.len(),
                machine.run("journalctl --no-pager -o cat -n 40").output
            ),
        }
    }
    stream
}
