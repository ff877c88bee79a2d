//! A USB camera that is not there: `usb_camera.c`, compiled, and plugged into a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::program::program_path;

/// Where a program finds it that it is plugged into.
pub const DEVICE: &str = "/dev/video77";

/// `usb_camera.c`, compiled once.
static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let library = program_path().with_file_name("usb_camera.so");
    let own = library.with_extension(std::process::id().to_string());
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/usb_camera.c");
    let compiled = Command::new("gcc")
        .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&own)
        .arg(source)
        .status()
        .expect("gcc; tests/setup.sh installs what the tests need");
    assert!(compiled.success(), "usb_camera.c does not compile");
    // In one step: another test process may load it just now.
    fs::rename(&own, &library).expect("its place");
    library
});

/// What the device says of itself.
#[derive(Clone, Copy)]
pub struct Format<'a> {
    /// As V4L2 names it.
    pub name: &'a str,
    pub size: (usize, usize),
    pub stride: usize,
}

impl Format<'_> {
    /// The program is to find it, playing that recording over and over.
    pub fn plug_into(&self, program: &mut Command, recording: &Path) {
        let (width, height) = self.size;
        program
            .env("LD_PRELOAD", &*LIBRARY)
            .env("CAMERA_FORMAT", self.name)
            .env("CAMERA_SIZE", format!("{width}x{height}"))
            .env("CAMERA_STRIDE", self.stride.to_string())
            .env("CAMERA_RECORDING", recording);
    }
}

/// What it plays: each picture behind its length.
pub fn recording(pictures: &[Vec<u8>]) -> Vec<u8> {
    let with_lengths = pictures.iter().map(|picture| {
        let length = (picture.len() as u32).to_le_bytes();
        [&length[..], picture].concat()
    });
    with_lengths.collect::<Vec<_>>().concat()
}
