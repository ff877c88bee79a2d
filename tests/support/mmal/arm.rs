//! What runs on 32-bit ARM here: the program under test, the emulated libmmal, and the emulator of the processor.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::packages::project;

/// The C library of 32-bit ARM, of the package libc6-armhf-cross.
pub const ARM_ROOT: &str = "/usr/arm-linux-gnueabihf";

/// The program as the package has it for 32-bit ARM: `PICAM_STREAM_ARM`, or where `tests/packaging/cross.sh armhf` puts it.
pub fn program() -> PathBuf {
    let cargo = "target/arm-unknown-linux-gnueabihf/release/picam-stream";
    let cross = "target/cross/arm-unknown-linux-gnueabihf/release/picam-stream";
    let named = std::env::var_os("PICAM_STREAM_ARM").map(PathBuf::from);
    let built = [cross, cargo].map(|path| project().join(path));
    named
        .into_iter()
        .chain(built)
        .find(|path| path.exists())
        .expect("no picam-stream for ARM: build it with tests/packaging/cross.sh armhf, or name it in PICAM_STREAM_ARM")
}

pub fn emulator() -> &'static str {
    let is_there = |name: &&str| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok()
    };
    // The dynamic one takes plugins, as `make bench` needs them.
    let emulator = ["qemu-arm", "qemu-arm-static"].into_iter().find(is_there);
    assert!(
        Path::new(ARM_ROOT).exists(),
        "no {ARM_ROOT}: install libc6-armhf-cross (tests/setup.sh test)"
    );
    emulator.expect("no qemu-arm: install qemu-user-static (tests/setup.sh test)")
}

/// The emulated libmmal: `FAKE_MMAL`, or built once.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| match std::env::var_os("FAKE_MMAL") {
        Some(path) => path.into(),
        None => build_library(),
    })
}

fn build_library() -> PathBuf {
    let mut build = Command::new(project().join("tests/fake-mmal/build.sh"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("tests/fake-mmal/build.sh");
    let mut path = String::new();
    build
        .stdout
        .take()
        .expect("piped")
        .read_to_string(&mut path)
        .expect("the path of the library");
    assert!(
        build.wait().expect("our own child").success(),
        "the emulated libmmal could not be built"
    );
    path.trim().into()
}
