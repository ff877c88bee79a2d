//! The installed service on the cameras of a real kernel: started by the socket for a viewer outside, in its sandbox.

use std::io::Read;
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::initramfs;
use crate::machine::{LONG, Machine, Outcome};
use crate::picture::{decode, whole_pictures};
use crate::system;
use crate::viewer::{Viewer, watch};
use test_support::commands::until;

/// As large as the machine can encode in good time.
const SMALL: &str = "RASPIVID_OPTIONS = -w 320 -h 180 -fps 15 -b 500000 -g 15 -fl -ih";

/// What would show in the journal if the sandbox refused something.
const REFUSALS: [&str; 5] = [
    "not permitted",
    "denied",
    "Read-only file system",
    "not implemented",
    "SIGSYS",
];

#[test]
fn just_installed_it_finds_the_camera_and_ends_with_its_viewer() {
    let mut machine = installed();
    let viewer = watch(&machine);
    let bytes = viewer.read_at_least(40_000);
    viewer.leave();
    wait_for_the_end(&mut machine);
    assert_eq!(holders(&mut machine), "", "the camera is not free");
    decode(whole_pictures(&bytes), "h264", 1280, 720).assert_bars(false);
    let journal = journal(&mut machine);
    for line in [
        "Camera Name /dev/video0 (vivid)",
        "camera /dev/video0 (vivid): asked 1280x720 at 25 frames a second, got 1280x720 in YU12",
        "stream ended: viewer left;",
        "Deactivated successfully",
    ] {
        assert!(journal.contains(line), "{line} is not in:\n{journal}");
    }
    assert_nothing_refused(&journal);
}

#[test]
fn an_instance_with_a_camera_has_the_devices_of_cameras_and_no_others() {
    let mut machine = installed();
    configure(&mut machine, SMALL);
    let viewer = watch(&machine);
    viewer.read_at_least(1000);
    let pid = main_process(&mut machine);
    assert!(holders(&mut machine).contains(&format!("/proc/{pid}/fd/")));
    let status = machine.run(&format!("cat /proc/{pid}/status")).output;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1))
            .unwrap_or_else(|| panic!("{name} in {status}"))
            .to_owned()
    };
    assert_eq!(
        (field("NoNewPrivs:"), field("Seccomp:")),
        ("1".into(), "2".into())
    );
    assert_eq!(field("CapEff:"), "0000000000000000");
    let user: u32 = field("Uid:").parse().expect("a number");
    assert!((61184..=65519).contains(&user), "user {user}");
    let video = machine.run("getent group video | cut -d: -f3").output;
    assert_eq!(field("Gid:"), video.trim());

    // Whoever is in its control group may open as little as it: even root, who may open all of it elsewhere.
    let tries = "for device in video0 media0 null kmsg vda; do (: </dev/$device) 2>/dev/null && echo $device; done; true";
    let group = format!("/sys/fs/cgroup$(cut -d: -f3- /proc/{pid}/cgroup)/cgroup.procs");
    let inside = machine.run(&format!(
        "echo '{tries}' >/tmp/tries; sh -c \"echo \\$\\$ >{group}; . /tmp/tries\""
    ));
    let outside = machine.run(". /tmp/tries");
    assert_eq!(inside.output, "video0\nmedia0\nnull\n");
    assert_eq!(outside.output, "video0\nmedia0\nnull\nkmsg\nvda\n");
    viewer.leave();
}

#[test]
fn a_unit_that_hides_the_camera_says_so_and_doctor_finds_it() {
    let mut machine = installed();
    let folder = "/etc/systemd/system/raspivid@.service.d";
    let hide = "[Service]\\nDeviceAllow=\\nDeviceAllow=char-media rw\\n";
    machine.run(&format!(
        "mkdir -p {folder}; printf '{hide}' >{folder}/hide.conf; systemctl daemon-reload"
    ));
    let mut refused = TcpStream::connect(("127.0.0.1", machine.port())).expect("the port is open");
    refused.set_read_timeout(Some(LONG)).expect("a timeout");
    let mut bytes = Vec::new();
    refused
        .read_to_end(&mut bytes)
        .expect("the connection is closed in good order");
    wait_for_the_end(&mut machine);
    let doctor = machine.run("picam-stream doctor");
    machine.run(&format!("rm -r {folder}; systemctl daemon-reload"));
    let journal = journal(&mut machine);
    assert_eq!(bytes, b"");
    let message = "opening the camera /dev/video0 failed: Operation not permitted (os error 1); the service's sandbox \
                   does not let it through, picam-stream doctor tells the remedy";
    assert!(journal.contains(message), "{journal}");
    assert_eq!(doctor.status, 1);
    let problem = "it does not let char-video4linux through, which this camera needs";
    for told in [problem, "DeviceAllow=char-video4linux rw", "last failure"] {
        assert!(
            doctor.output.contains(told),
            "{told} is not in:\n{}",
            doctor.output
        );
    }
}

#[test]
fn doctor_and_the_list_of_cameras_tell_what_is_there() {
    let mut machine = installed();
    let cameras = machine.run("picam-stream cameras").output;
    assert!(
        cameras.contains("\n  /dev/video0: vivid-000-vid-cap\n"),
        "{cameras}"
    );
    let doctor = machine.run("picam-stream doctor");
    assert_healthy(
        &doctor,
        &["nobody has the camera open", " 0 now, 0 turned away"],
    );
    let viewer = watch(&machine);
    viewer.read_at_least(1000);
    let pid = main_process(&mut machine);
    let watched = format!("a viewer is watching: picam-stream (process {pid}, /dev/video0)");
    let doctor = machine.run("picam-stream doctor");
    assert_healthy(
        &doctor,
        &[&watched, " 1 now, 0 turned away", "no stream has failed"],
    );
    let nobody = "setpriv --reuid nobody --regid nogroup --clear-groups picam-stream doctor";
    let doctor = machine.run(nobody);
    assert_healthy(
        &doctor,
        &["nobody that this user may see has the camera open"],
    );
    viewer.leave();
}

#[test]
fn the_shared_camera_is_had_once_for_two_viewers_in_a_sandbox_of_its_own() {
    let mut machine = installed();
    configure(&mut machine, SMALL);
    let enabled = machine.run("systemctl enable --now picam-camera.socket");
    assert_eq!(enabled.status, 0, "{}", enabled.output);
    let viewers = [watch(&machine), watch(&machine)];
    let streams = viewers
        .each_ref()
        .map(|viewer| viewer.read_at_least(40_000));
    let service = machine.run("systemctl show --property=MainPID --value picam-camera");
    let own = format!("/proc/{}/fd/", service.output.trim());
    let holders_of_it = holders(&mut machine);
    assert!(holders_of_it.contains(&own), "{own}: {holders_of_it}");
    assert!(
        holders_of_it.lines().all(|holder| holder.starts_with(&own)),
        "{own}: {holders_of_it}"
    );
    let doctor = machine.run("picam-stream doctor").output;
    viewers.into_iter().for_each(Viewer::leave);
    wait_for_the_end(&mut machine);
    until("the shared camera is off", LONG.as_secs(), || {
        let state = machine.run("systemctl is-active picam-camera.service");
        (state.output == "inactive\n").then_some(())
    });
    assert_eq!(holders(&mut machine), "", "the camera is not free");
    for bytes in streams {
        decode(whole_pictures(&bytes), "h264", 320, 180).assert_bars(false);
    }
    let instances = journal(&mut machine);
    for line in [
        "Camera Name /dev/video0 (vivid)",
        "stream ended: viewer left;",
    ] {
        let count = instances.matches(line).count();
        assert_eq!(count, 2, "{line} in:\n{instances}\n{doctor}");
    }
    let service = machine.run("journalctl -q -o cat -u picam-camera").output;
    for line in ["the camera is on: ", "the camera is off: "] {
        assert_eq!(service.matches(line).count(), 1, "{line} in:\n{service}");
    }
    assert_nothing_refused(&format!("{instances}{service}"));
}

fn assert_healthy(doctor: &Outcome, lines: &[&str]) {
    let everywhere = [
        "--source auto takes v4l2 (/dev/video0, vivid-000-vid-cap)",
        "the service's user (group video) may open /dev/video0",
        "systemd listens on TCP port 3333",
        "active and enabled, ",
        "installed, as the package has it",
        "no problems, no warnings",
    ];
    for line in everywhere.iter().chain(lines) {
        assert!(
            doctor.output.contains(line),
            "{line} is not in:\n{}",
            doctor.output
        );
    }
    assert_eq!(doctor.status, 0);
}

/// What the stand-in could do, and could not. Any user may read /dev/vda here, so that it is the device filter that refuses.
const GRANTED: [&str; 9] = [
    "uevents",
    "thread",
    "shared memory",
    "/dev/media0",
    "/dev/video0",
    "/run/udev/data",
    "/proc/cpuinfo",
    "output",
    "times",
];
const REFUSED: [&str; 2] = ["internet: EAFNOSUPPORT", "/dev/vda: EPERM"];

/// A device of the name that the receiver of a Pi's sensor has makes `auto` choose the capture program.
#[test]
fn the_capture_program_has_in_the_sandbox_what_libcamera_needs() {
    let mut machine = installed();
    configure(&mut machine, &format!("{SMALL}\nRUST_LOG=debug"));
    let receiver = "insmod /root/v4l2loopback.ko video_nr=41 card_label=unicam-image";
    let prepared = machine.run(&format!(
        "cp /root/rpicam-vid /usr/bin/ && chmod o+r /dev/vda && {receiver}"
    ));
    assert_eq!(prepared.status, 0, "{}", prepared.output);
    let viewer = watch(&machine);
    let bytes = viewer.read_at_least(4_000);
    let children = "cat /proc/[0-9]*/comm 2>/dev/null | grep -c rpicam-vid";
    assert_eq!(machine.run(children).output, "1\n");
    viewer.leave();
    wait_for_the_end(&mut machine);
    assert_eq!(machine.run(children).output, "0\n");
    decode(whole_pictures(&bytes), "h264", 320, 240).assert_bars(false);
    let journal = journal(&mut machine);
    let granted = GRANTED.map(|what| format!("capture program: granted: {what}\n"));
    let refused = REFUSED.map(|what| format!("capture program: refused: {what}\n"));
    let others = [
        "--source auto takes rpicam (a camera, through rpicam-vid)",
        "--save-pts /dev/fd/265 --output /dev/fd/264\n",
        "capture program: stopped by SIGINT\n",
        "stream ended: viewer left;",
    ];
    let all = others.iter().map(|line| (*line).to_owned());
    for line in all.chain(granted).chain(refused) {
        assert!(journal.contains(&line), "{line} is not in:\n{journal}");
    }
    assert_nothing_refused(&journal);
}

/// The machine, for one test at a time: with no viewer, all as it was installed, and an empty journal.
fn installed() -> MutexGuard<'static, Machine> {
    static MACHINE: OnceLock<Mutex<Machine>> = OnceLock::new();
    let machine = MACHINE.get_or_init(|| Mutex::new(boot()));
    let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
    wait_for_the_end(&mut machine);
    machine.run(
        "systemctl disable --now picam-camera.socket picam-camera.service\n\
         rmmod v4l2loopback; rm -rf /usr/bin/rpicam-vid /etc/systemd/system/raspivid@.service.d\n\
         cp /root/raspivid /etc/default/; systemctl daemon-reload\n\
         journalctl -q --rotate --vacuum-files=1",
    );
    machine
}

fn boot() -> Machine {
    let mut machine = Machine::start(768, |kernel, folder| {
        initramfs::write_loader(kernel, &folder.join("initramfs"));
        let disk = folder.join("disk");
        system::write(kernel, folder, &disk);
        let drive = format!("file={},format=raw,if=virtio,cache=unsafe", disk.display());
        vec!["-drive".into(), drive]
    });
    let state = machine.run("systemctl is-system-running --wait; systemctl --failed");
    machine.run("cp /etc/default/raspivid /root/");
    assert_eq!(
        state.output.lines().next(),
        Some("running"),
        "{}",
        state.output
    );
    machine
}

fn configure(machine: &mut Machine, lines: &str) {
    let done = machine.run(&format!("echo '{lines}' >/etc/default/raspivid"));
    assert_eq!(done.status, 0, "{}", done.output);
}

/// What the instances, and systemd about them, have said in this test.
fn journal(machine: &mut Machine) -> String {
    let ask = "journalctl --sync; journalctl -q -o cat -u 'raspivid@*'";
    machine.run(ask).output
}

fn assert_nothing_refused(journal: &str) {
    for word in REFUSALS {
        assert!(!journal.contains(word), "{word} in:\n{journal}");
    }
}

fn main_process(machine: &mut Machine) -> u32 {
    let shown = machine.run("systemctl show --property=MainPID --value 'raspivid@*'");
    let pid = shown.output.trim().parse();
    pid.unwrap_or_else(|_| panic!("not one instance: {}", shown.output))
}

/// The descriptors on cameras, of all processes.
fn holders(machine: &mut Machine) -> String {
    machine
        .run("find /proc/[0-9]*/fd -lname '/dev/video*' 2>/dev/null")
        .output
}

/// Until no instance is left.
fn wait_for_the_end(machine: &mut Machine) {
    until("the instance has ended", LONG.as_secs(), || {
        let units = machine.run("systemctl list-units --plain --no-legend 'raspivid@*'");
        units.output.trim().is_empty().then_some(())
    });
}
