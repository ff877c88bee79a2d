//! The file system of the emulated machine: busybox, the program with its libraries, the drivers, and a shell on a virtio
//! port for what the tests want done. The format is `newc` (cpio(5), and the kernel's initramfs buffer format).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::feed;
use crate::kernel::{Kernel, run};

/// vivid: one camera with one input, a webcam, and an output device.
const LOAD: &str = "#!/bin/busybox sh
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
";

/// A shell on a virtio port, and nothing else.
const SHELL: &str = "ifconfig lo up
ifconfig eth0 10.0.2.15 up
exec 3<>/dev/vport0p1
cat <&3 | sh >&3 2>&1
";

/// The system on the disk.
const SWITCH: &str = "mount -t ext4 /dev/vda /root
for folder in dev proc sys; do mount --move /$folder /root/$folder; done
exec switch_root /root /lib/systemd/systemd
";

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;

/// The whole system of the small machine, in `folder`.
pub fn write(kernel: &Kernel, folder: &Path) -> Vec<String> {
    let mut archive = Archive::with_drivers(kernel, &[], SHELL);
    archive.add_file("v4l2loopback.ko", &kernel.loopback);
    archive.add_file("bin/feed", &feed::program(folder));
    archive.add_file("encoder.so", &feed::encoder(folder));
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
    archive.write(folder);
    Vec::new()
}

/// What loads the drivers and goes over to the system on the disk, in `folder`.
pub fn write_for_disk(kernel: &Kernel, folder: &Path) {
    Archive::with_drivers(kernel, &["virtio_blk", "ext4", "crc32c_generic"], SWITCH).write(folder);
}

/// The shared libraries of a program, and the loader itself, by the paths under which it looks for them.
fn libraries(program: &Path) -> Vec<PathBuf> {
    run(Command::new("ldd").arg(program))
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
    /// Busybox, the drivers and an init that loads them and then does what `then` says.
    fn with_drivers(kernel: &Kernel, more: &[&str], then: &str) -> Self {
        let mut archive = Self::default();
        for folder in ["bin", "dev", "proc", "root", "sys", "tmp", "lib", "drivers"] {
            archive.add(folder, FOLDER, &[]);
        }
        archive.add_file("bin/busybox", &kernel.busybox);
        archive.add("init", PROGRAM, format!("{LOAD}{then}").as_bytes());
        let drivers = [&["vivid", "e1000", "virtio_pci", "virtio_console"], more].concat();
        let mut names = String::new();
        for module in kernel.module_files(&drivers) {
            let file = module.file_name().expect("a name").to_string_lossy();
            names += &format!("/drivers/{file}\n");
            archive.add_file(&format!("drivers/{file}"), &module);
        }
        archive.add("modules", PROGRAM, names.as_bytes());
        archive
    }

    fn write(self, folder: &Path) {
        fs::write(folder.join("initramfs"), self.finish()).expect("room for the initramfs");
    }

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
