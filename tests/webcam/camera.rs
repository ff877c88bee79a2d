//! The program with a camera that is not there, and what came of it.

use std::fs;
use std::process::Command;

use tempfile::TempDir;
use test_support::usb_camera::{DEVICE, Format, recording};

/// What a camera is and plays.
pub struct Camera<'a> {
    pub format: &'a str,
    pub size: (usize, usize),
    pub stride: usize,
    pub pictures: &'a [Vec<u8>],
}

/// What the program left behind.
pub struct Streamed {
    pub status: i32,
    pub bytes: Vec<u8>,
    pub log: String,
}

impl Camera<'_> {
    /// Streams from it with these options, until it ends by itself.
    pub fn stream(&self, options: &str) -> Streamed {
        let folder = TempDir::new().expect("a folder");
        let (played, out) = (folder.path().join("recording"), folder.path().join("out"));
        fs::write(&played, recording(self.pictures)).expect("a recording");
        let (width, height) = self.size;
        let mut program = Command::new("timeout");
        program
            .args(["--kill-after=5", "120", env!("CARGO_BIN_EXE_picam-stream")])
            .args(["--source", &format!("v4l2:{DEVICE}")])
            .args(["-fps", "50", "-b", "4M"])
            .args(["-w", &width.to_string(), "-h", &height.to_string()])
            .args(options.split_whitespace())
            .arg("-o")
            .arg(&out);
        let format = Format {
            name: self.format,
            size: self.size,
            stride: self.stride,
        };
        format.plug_into(&mut program, &played);
        let done = program.output().expect("timeout (coreutils)");
        Streamed {
            status: done.status.code().unwrap_or(-1),
            bytes: fs::read(&out).unwrap_or_default(),
            log: String::from_utf8_lossy(&done.stderr).into_owned(),
        }
    }
}

impl Streamed {
    /// It ended well.
    #[track_caller]
    pub fn good(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.log);
        self
    }

    /// It ended as a camera that gives nothing ends, with these texts.
    #[track_caller]
    pub fn stalled(&self, texts: &[&str]) {
        assert_eq!(self.status, 75, "{}", self.log);
        for text in texts {
            assert!(self.log.contains(text), "{text}: {}", self.log);
        }
    }
}
