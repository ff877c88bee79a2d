//! The first file system of the emulated machines: busybox, the drivers, and either the program with its libraries and a
//! shell on a virtio port for what the tests want done, or the way to a system on a disk. The format is `newc` (cpio(5), and
//! the kernel's initramfs buffer format).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::feed;
use crate::kernel::Kernel;
use test_support::commands::run;
use test_support::preload::library;

/// vivid: one camera with one input, a webcam, and an output device.
const START: &str = "#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules); do
    case $module in
    */vivid.ko) insmod $module n_devs=1 node_types=0x101 num_inputs=1 input_types=0 multiplanar=1 ;;
    *) insmod $module ;;
    esac
done
ifconfig lo up
ifconfig eth0 10.0.2.15 up
";

/// A shell for the tests, and nothing else.
const SHELL: &str = "exec 3<>/dev/vport0p1
cat <&3 | sh >&3 2>&1
";

/// Goes over to a system on a disk.
const SWITCH: &str = "mount -t ext4 /dev/vda /system
umount /proc /sys
mount -o move /dev /system/dev
exec switch_root /system /sbin/init
";

const DRIVERS: [&str; 4] = ["vivid", "e1000", "virtio_pci", "virtio_console"];

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;

/// Writes the archive of a machine that has nothing but this; `scratch` is a folder for what has to be built.
pub fn write(kernel: &Kernel, scratch: &Path, into: &Path) {
    let mut archive = beginning(kernel, &DRIVERS, SHELL);
    archive.add_file("v4l2loopback.ko", &kernel.loopback);
    archive.add_file("bin/feed", &feed::program("feed", scratch));
    archive.add_file("encoder.so", &library("tests/v4l2/encoder.c"));
    for (name, content) in feed::recordings() {
        archive.add(name, PROGRAM, &content);
    }
    let program = Path::new(env!("CARGO_BIN_EXE_picam-stream"));
    archive.add_file("bin/picam-stream", program);
    for library in libraries(program) {
        let name = library.to_string_lossy();
        archive.add_folders(name.trim_start_matches('/'));
        archive.add_file(name.trim_start_matches('/'), &library);
    }
    fs::write(into, archive.finish()).expect("room for the initramfs");
}

/// Writes the archive that loads the drivers for a system on the first virtio disk, and starts that.
pub fn write_loader(kernel: &Kernel, into: &Path) {
    // ext4 asks for crc32c by name, which its list of modules does not tell.
    let disk = ["virtio_blk", "crc32c_generic", "ext4"];
    let drivers = [&DRIVERS[..], &disk].concat();
    let archive = beginning(kernel, &drivers, SWITCH);
    fs::write(into, archive.finish()).expect("room for the initramfs");
}

/// busybox, the drivers, and what the first process does: `end` after the drivers are loaded.
fn beginning(kernel: &Kernel, drivers: &[&str], end: &str) -> Archive {
    let mut archive = Archive::default();
    for folder in [
        "bin", "dev", "proc", "sys", "tmp", "lib", "drivers", "system",
    ] {
        archive.add(folder, FOLDER, &[]);
    }
    archive.add_file("bin/busybox", &kernel.busybox);
    archive.add("init", PROGRAM, format!("{START}{end}").as_bytes());
    let mut names = String::new();
    for module in kernel.module_files(drivers) {
        let file = module.file_name().expect("a name").to_string_lossy();
        names += &format!("/drivers/{file}\n");
        archive.add_file(&format!("drivers/{file}"), &module);
    }
    archive.add("modules", PROGRAM, names.as_bytes());
    archive
}

/// The shared libraries of a program, and the loader itself, by the paths under which it looks for them.
fn libraries(program: &Path) -> Vec<PathBuf> {
    run(Command::new("ldd").arg(program))
        .good()
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
        .map(PathBuf::from)
        .collect()
}

#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    entries: u32,
    folders: Vec<String>,
}

impl Archive {
    fn add_file(&mut self, name: &str, from: &Path) {
        let content = fs::read(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        self.add(name, PROGRAM, &content);
    }

    /// The folders above a file, each once.
    fn add_folders(&mut self, name: &str) {
        for (end, _) in name.match_indices('/') {
            let folder = name[..end].to_owned();
            if !self.folders.contains(&folder) {
                self.add(&folder, FOLDER, &[]);
                self.folders.push(folder);
            }
        }
    }

    fn add(&mut self, name: &str, mode: u32, content: &[u8]) {
        self.entries += 1;
        let fields = [
            self.entries,
            mode,
            0,
            0,
            1,
            0,
            content.len() as u32,
            0,
            0,
            0,
            0,
            name.len() as u32 + 1,
            0,
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes
                .extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.add("TRAILER!!!", 0, &[]);
        self.bytes
    }
}
