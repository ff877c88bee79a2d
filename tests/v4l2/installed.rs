//! The emulated machine with the package installed: Debian with systemd and udev on a disk, as on a Pi, and a shell on a
//! virtio port. The image is made anew for each run, from the root of the container tests and the package in `dist`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock};

use crate::feed;
use crate::initramfs;
use crate::kernel::{self, Kernel};
use crate::machine::Machine;
use crate::root::BOOKWORM_AMD64;

/// A throw-away layer over the root ($1), in which the package ($2) is installed by apt as a user does it, with udev for
/// the devices' groups and Python for the stand-in of rpicam-vid; then the files of $3 on top, and all of it into the
/// image $4. The mount namespace is its own, so nothing has to be unmounted.
const MAKE: &str = r#"
set -e
layer=$(dirname "$4")/layer
mkdir "$layer"
mount -t tmpfs -o mode=755 layer "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay -o "lowerdir=$1,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
cd "$layer/root"
cp /etc/resolv.conf /etc/hosts etc
cp "$2" tmp/picam-stream.deb
mount -t proc proc proc
mount -t devpts devpts dev/pts
chroot . apt-get -qq update
DEBIAN_FRONTEND=noninteractive chroot . \
    apt-get -qq -y --no-install-recommends install udev python3 /tmp/picam-stream.deb
umount proc dev/pts
rm -rf tmp/* var/lib/apt/lists/* var/cache/apt/*
cp -r "$3/." .
systemctl --root=. --quiet enable test-shell.service
systemctl --root=. --quiet mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer
mke2fs -q -t ext4 -d . -F "$4" 600M
"#;

/// What hands the machine to the tests.
const SHELL: &str = "[Unit]
Description=Shell for the tests
After=basic.target systemd-udev-settle.service
Wants=systemd-udev-settle.service
[Service]
ExecStartPre=/usr/local/bin/busybox ifconfig lo up
ExecStartPre=/usr/local/bin/busybox ifconfig eth0 10.0.2.15 up
ExecStart=/bin/sh -c 'exec 3<>/dev/vport0p1; cat <&3 | sh >&3 2>&1'
[Install]
WantedBy=multi-user.target
";

/// The one machine, for one test at a time.
pub fn installed() -> MutexGuard<'static, Machine> {
    static MACHINE: OnceLock<Mutex<Machine>> = OnceLock::new();
    let machine = MACHINE.get_or_init(|| Mutex::new(Machine::boot(prepare)));
    machine
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn prepare(kernel: &Kernel, folder: &Path) -> Vec<String> {
    let image = folder.join("disk");
    kernel::run(
        Command::new("unshare")
            .args([
                "--mount",
                "--propagation",
                "private",
                "bash",
                "-c",
                MAKE,
                "bash",
            ])
            .arg(BOOKWORM_AMD64.folder())
            .arg(package())
            .arg(files(kernel, folder))
            .arg(&image),
    );
    initramfs::write_for_disk(kernel, folder);
    let drive = format!("file={},if=virtio,format=raw", image.display());
    vec!["-drive".to_owned(), drive]
}

/// What is added to the installed system.
fn files(kernel: &Kernel, folder: &Path) -> PathBuf {
    let files = folder.join("files");
    let copy = |from: &Path, to: &str| {
        let to = files.join(to);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder for the files");
        fs::copy(from, &to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    };
    copy(&kernel.busybox, "usr/local/bin/busybox");
    let stand_in = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rpicam/stand_in.py");
    copy(Path::new(stand_in), "usr/bin/rpicam-vid");
    let unit = folder.join("shell");
    fs::write(&unit, SHELL).expect("the unit");
    copy(&unit, "etc/systemd/system/test-shell.service");
    let clip = folder.join("clip");
    fs::write(&clip, stand_in_clip()).expect("the clip");
    copy(&clip, "usr/local/share/clip");
    fs::remove_file(unit).expect("it was written");
    files
}

/// What the stand-in plays: pictures behind their lengths in four bytes, big-endian.
fn stand_in_clip() -> Vec<u8> {
    let with_length = |unit: Vec<u8>| [&(unit.len() as u32).to_be_bytes()[..], &unit].concat();
    feed::h264().into_iter().flat_map(with_length).collect()
}

fn package() -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("picam-stream_") && name.ends_with("_amd64.deb")
    };
    let mut files = fs::read_dir(&dist)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    files
        .find(is_it)
        .expect("no dist/picam-stream_*_amd64.deb: make deb ARCH=amd64")
}
