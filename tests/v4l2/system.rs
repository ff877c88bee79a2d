//! A Debian system on a disk, with the built package installed by dpkg: systemd is its first process, udevd gives the
//! devices their groups. Beyond the package it has a shell on a virtio port, and what the tests bring.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::feed;
use crate::kernel::Kernel;
use test_support::commands::run;
use test_support::roots::Root;

static DEBIAN: Root = Root::new("bookworm", "amd64", &["udev", "kmod"]);

/// A name for the machine: without one systemd would take this for its first start, and set everything up.
const MACHINE_ID: &str = "7069 6361 6d2d 7374 7265 616d 2d74 6573";

const SHELL: &str = "[Unit]
Description=Shell of the tests

[Service]
ExecStart=/bin/sh -c 'exec 3<>/dev/vport0p1; cat <&3 | sh >&3 2>&1'

[Install]
WantedBy=multi-user.target
";

/// What takes time and is not looked at.
const LEFT_OUT: [&str; 8] = [
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "getty.target",
    "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service",
];

/// Writes the disk's image to `into`; `scratch` is a folder for what has to be built.
pub fn write(kernel: &Kernel, scratch: &Path, into: &Path) {
    let system = scratch.join("system");
    run(Command::new("cp")
        .args(["-a", "--reflink=auto"])
        .arg(DEBIAN.folder().join("."))
        .arg(&system))
    .good();
    install(&system);
    put(&system, "etc/machine-id", MACHINE_ID.replace(' ', ""));
    put(&system, "etc/hostname", "raspberrypi\n");
    put(&system, "etc/systemd/system/shell.service", SHELL);
    let units = system.join("etc/systemd/system");
    symlink("/dev/null", units.join("serial-getty@.service")).expect("a link");
    for unit in LEFT_OUT {
        let _ = fs::remove_file(units.join(unit));
        symlink("/dev/null", units.join(unit)).expect("a link");
    }
    run(Command::new("chroot")
        .arg(&system)
        .args(["systemctl", "enable", "shell.service"]))
    .good();
    bring(kernel, scratch, &system);
    // Thrown away after one use: there is nothing to repair.
    let features = ["-O", "^has_journal,^metadata_csum"];
    run(Command::new("/sbin/mke2fs")
        .args(["-q", "-t", "ext4"])
        .args(features)
        .arg("-d")
        .args([&system, into])
        .arg("1G"))
    .good();
    fs::remove_dir_all(system).expect("the image has it all now");
}

fn install(system: &Path) {
    fs::copy(package(), system.join("package.deb")).expect("room for the package");
    run(Command::new("chroot")
        .arg(system)
        .args(["dpkg", "--install", "/package.deb"])
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("DEBIAN_FRONTEND", "noninteractive"))
    .good();
    fs::remove_file(system.join("package.deb")).expect("it is installed");
}

fn package() -> PathBuf {
    let name = format!("picam-stream_{}_amd64.deb", env!("CARGO_PKG_VERSION"));
    let package = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("dist")
        .join(name);
    assert!(
        package.exists(),
        "there is no {}: run `make deb ARCH=amd64` first",
        package.display()
    );
    package
}

/// The driver for devices of any name, and the stand-in for the capture program, not yet where it would be found.
fn bring(kernel: &Kernel, scratch: &Path, system: &Path) {
    let copy = |from: &Path, to: &str| {
        fs::copy(from, system.join(to)).expect("room for what the tests bring");
    };
    copy(&kernel.loopback, "root/v4l2loopback.ko");
    copy(&feed::program("rpicam_vid", scratch), "root/rpicam-vid");
    let recordings = feed::recordings();
    let (_, h264) = recordings
        .iter()
        .find(|(format, _)| *format == "H264")
        .expect("H.264");
    put(system, "usr/share/recording", h264);
}

fn put(system: &Path, path: &str, content: impl AsRef<[u8]>) {
    fs::write(system.join(path), content).unwrap_or_else(|error| panic!("{path}: {error}"));
}
