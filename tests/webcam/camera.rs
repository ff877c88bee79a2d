//! The program with a camera that is not there, and what came of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

/// `camera.c`, compiled once.
static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("camera.so");
    let own = library.with_extension(std::process::id().to_string());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webcam/camera.c");
    let compiled = Command::new("gcc")
        .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
        .args([&own, &source])
        .status()
        .expect("gcc; tests/setup.sh installs what the tests need");
    assert!(compiled.success(), "camera.c does not compile");
    // In one step: another test process may load it just now.
    fs::rename(&own, &library).expect("its place");
    library
});

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
        let (recording, out) = (folder.path().join("recording"), folder.path().join("out"));
        let with_lengths = self.pictures.iter().map(|picture| {
            let length = (picture.len() as u32).to_le_bytes();
            [&length[..], picture].concat()
        });
        fs::write(&recording, with_lengths.collect::<Vec<_>>().concat()).expect("a recording");
        let (width, height) = self.size;
        let done = Command::new("timeout")
            .args(["--kill-after=5", "120", env!("CARGO_BIN_EXE_picam-stream")])
            .args(["--source", "v4l2:/dev/video77", "-fps", "50", "-b", "4M"])
            .args(["-w", &width.to_string(), "-h", &height.to_string()])
            .args(options.split_whitespace())
            .arg("-o")
            .arg(&out)
            .env("LD_PRELOAD", &*LIBRARY)
            .env("CAMERA_FORMAT", self.format)
            .env("CAMERA_SIZE", format!("{width}x{height}"))
            .env("CAMERA_STRIDE", self.stride.to_string())
            .env("CAMERA_RECORDING", &recording)
            .output()
            .expect("timeout (coreutils)");
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
