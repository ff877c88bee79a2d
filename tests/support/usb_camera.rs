//! A USB camera that is not there: `usb_camera.c`, compiled, and plugged into a program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::preload::library;

/// Where a program finds it that it is plugged into.
pub const DEVICE: &str = "/dev/video77";

/// `usb_camera.c`, compiled once.
static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| library("tests/support/usb_camera.c"));

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
