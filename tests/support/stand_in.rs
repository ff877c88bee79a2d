//! The stand-in for the capture program: put first in PATH, told how to behave, and asked what it saw.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::commands::tool;
use crate::folders::Scratch;
use crate::program::{LONG, Words, program, program_path};
use crate::session::Session;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/stand_in.py");

/// A version of the program on a board, with a folder for what it notes.
pub struct StandIn {
    scratch: Scratch,
    version: &'static str,
    board: &'static str,
    behaviour: String,
    clip: &'static Path,
    /// Its own folder alone in PATH, without the system's.
    alone: bool,
}

impl StandIn {
    /// `rpicam-vid`, or `libcamera-vid` before version 1.4.
    pub fn new(version: &'static str, board: &'static str) -> Self {
        let minor: u32 = version
            .split('.')
            .nth(1)
            .and_then(|minor| minor.parse().ok())
            .expect("a version");
        let name = if minor < 4 {
            "libcamera-vid"
        } else {
            "rpicam-vid"
        };
        Self::named(name, version, board)
    }

    pub fn named(name: &str, version: &'static str, board: &'static str) -> Self {
        let stand_in = Self::missing(version, board);
        symlink(SCRIPT, stand_in.scratch.path("bin").join(name)).expect("a link");
        stand_in
    }

    /// No program at all.
    pub fn missing(version: &'static str, board: &'static str) -> Self {
        let scratch = Scratch::new();
        fs::create_dir(scratch.path("bin")).expect("a folder");
        Self {
            scratch,
            version,
            board,
            behaviour: String::new(),
            clip: h264_clip(),
            alone: false,
        }
    }

    pub fn behaving(mut self, behaviour: &str) -> Self {
        behaviour.clone_into(&mut self.behaviour);
        self
    }

    pub fn behaving_also(mut self, behaviour: &str) -> Self {
        self.behaviour = format!("{},{behaviour}", self.behaviour);
        self
    }

    pub fn playing(mut self, clip: &'static Path) -> Self {
        self.clip = clip;
        self
    }

    /// Takes the system's folders out of PATH.
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// A session with a viewer, without an end where `args` give none.
    pub fn session(&self, args: impl Words) -> Session {
        let args = args.words();
        let end: &[&str] = if args.contains(&"-t") {
            &[]
        } else {
            &["-t", "0"]
        };
        Session::with(
            &[&["--source", "rpicam", "-o", "-"], end, &args[..]].concat(),
            |_| {},
            |command| self.set(command),
        )
    }

    /// Runs the program to its end without a viewer.
    pub fn run(&self, args: impl Words) -> Output {
        self.command(args).output().expect("the program starts")
    }

    /// As `run`, from a bash that has done something before.
    pub fn run_in_shell(&self, before: &str, args: impl Words) -> Output {
        let inner = self.command(args);
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &format!("{before}; exec \"$@\""), "bash"])
            .arg(inner.get_program())
            .args(inner.get_args())
            .stdin(Stdio::null());
        shell
            .env_remove("RASPIVID_OPTIONS")
            .env_remove("JOURNAL_STREAM");
        self.set(&mut shell);
        shell.output().expect("bash starts")
    }

    /// Starts the program without a viewer.
    pub fn spawn(&self, args: impl Words) -> Child {
        self.command(args)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    fn command(&self, args: impl Words) -> Command {
        let mut command = program();
        command
            .args(["--source", "rpicam"])
            .args(args.words())
            .stdin(Stdio::null());
        self.set(&mut command);
        command
    }

    /// A machine with the board's image processor, by which the encoder is told, and with the stand-in as its program.
    fn machine(&self) -> PathBuf {
        let root = self.scratch.path("machine");
        if root.exists() {
            return root;
        }
        let node = match self.board {
            "pi5" => "pispbe-input",
            _ => "bcm2835-isp-output0",
        };
        let names = root.join("sys/class/video4linux/video20");
        fs::create_dir_all(&names).expect("a folder");
        fs::write(names.join("name"), node).expect("a file");
        fs::create_dir(root.join("usr")).expect("a folder");
        symlink(self.scratch.path("bin"), root.join("usr/bin")).expect("a link");
        root
    }

    /// Puts the stages of rpicam-apps on OpenCV there.
    pub fn with_text_stage(self) -> Self {
        let folder = self
            .machine()
            .join("usr/lib/aarch64-linux-gnu/rpicam-apps-postproc");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("opencv-postproc.so"), "").expect("a file");
        self
    }

    /// Has the program find it.
    pub fn set(&self, command: &mut Command) {
        // Where neither is asked for, this machine is as good as one: it has no image processor either.
        if self.board == "pi5" || self.scratch.path("machine").exists() {
            command.env("PICAM_STREAM_ROOT", self.machine());
        }
        let own = self.scratch.path("bin").display().to_string();
        let system = std::env::var("PATH").expect("PATH is set");
        let path = if self.alone {
            own
        } else {
            format!("{own}:{system}")
        };
        command.env("PATH", path).env("RUST_LOG", "debug");
        command
            .env("STAND_IN_VERSION", self.version)
            .env("STAND_IN_BOARD", self.board);
        command
            .env("STAND_IN_BEHAVIOUR", &self.behaviour)
            .env("STAND_IN_CLIP", self.clip);
        command.env("STAND_IN_NOTES", &self.scratch.0);
    }

    pub fn fifo(&self, name: &str) -> PathBuf {
        self.scratch.fifo(name)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.scratch.path(name)
    }

    /// What it was started with each time, its name first.
    pub fn starts(&self) -> Vec<Vec<String>> {
        let strings = |line: &str| -> Vec<String> {
            let inner = line.trim().trim_start_matches('[').trim_end_matches(']');
            inner
                .split(", ")
                .map(|word| word.trim_matches('"').to_owned())
                .collect()
        };
        self.notes("arguments").lines().map(strings).collect()
    }

    /// The command line of the stream, without the program's name.
    pub fn stream_arguments(&self) -> Vec<String> {
        self.starts().last().expect("it was started")[1..].to_vec()
    }

    /// How many frames it has written.
    pub fn frames(&self) -> usize {
        self.notes("frames").lines().count()
    }

    /// When each frame had been written, on the monotonic clock.
    pub fn written_us(&self) -> Vec<u64> {
        let time_us = |line: &str| -> Option<u64> {
            let (_, nanoseconds) = line.trim().strip_suffix(']')?.split_once(", ")?;
            Some(nanoseconds.parse::<u64>().ok()? / 1000)
        };
        self.notes("frames").lines().filter_map(time_us).collect()
    }

    /// How much of its flood was taken.
    pub fn flooded_mib(&self) -> usize {
        self.notes("flood").lines().count()
    }

    pub fn wait_for_flood(&self, mib: usize) {
        self.wait_until("the flood is taken", || self.flooded_mib() >= mib);
    }

    /// What it read about stages for its pictures.
    pub fn stages(&self) -> String {
        self.notes("stages")
    }

    pub fn signals(&self) -> usize {
        self.notes("signals").lines().count()
    }

    pub fn wait_for_starts(&self, count: usize) {
        self.wait_until("it is started", || self.starts().len() >= count);
    }

    pub fn wait_for_frames(&self, count: usize) {
        self.wait_until("the frames are written", || self.frames() >= count);
    }

    /// Waits until no process that it ever was or started is left.
    pub fn wait_until_gone(&self) {
        assert!(!self.process_ids().is_empty(), "it was never started");
        self.wait_until("every process is gone", || {
            !self.process_ids().iter().any(|id| is_alive(*id))
        });
    }

    pub fn process_ids(&self) -> Vec<u32> {
        self.notes("pids")
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .collect()
    }

    fn notes(&self, name: &str) -> String {
        fs::read_to_string(self.scratch.path(name)).unwrap_or_default()
    }

    fn wait_until(&self, what: &str, mut done: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !done() {
            assert!(begun.elapsed() < LONG, "not yet: {what}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// A zombie is none: whoever is its parent now has to reap it.
fn is_alive(process_id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Two seconds at 25 fps in four slices a picture, as the software encoder of a Pi 5 makes them, with key frames
/// larger than a pipe's usual size.
pub fn h264_clip() -> &'static Path {
    static CLIP: OnceLock<PathBuf> = OnceLock::new();
    CLIP.get_or_init(|| {
        let encoder = "libx264 -preset ultrafast -tune zerolatency -x264-params slices=4 -g 25 -b:v 3M -pix_fmt yuv420p";
        make_clip("h264", encoder, "h264", h264_pictures)
    })
}

pub fn jpeg_clip() -> &'static Path {
    static CLIP: OnceLock<PathBuf> = OnceLock::new();
    CLIP.get_or_init(|| make_clip("mjpeg", "mjpeg -q:v 5", "mjpeg", jpeg_pictures))
}

/// The clip's pictures.
pub fn pictures(clip: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(clip).expect("the clip");
    let (mut rest, mut found) = (&bytes[..], Vec::new());
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        let (picture, behind) = more.split_at(u32::from_be_bytes(*length) as usize);
        found.push(picture.to_vec());
        rest = behind;
    }
    found
}

fn make_clip(name: &str, encoder: &str, format: &str, cut: fn(&[u8]) -> Vec<&[u8]>) -> PathBuf {
    let source = "testsrc2=size=640x480:rate=25:duration=2,noise=alls=12:allf=t,format=yuv420p";
    let mut args = vec!["-v", "error", "-f", "lavfi", "-i", source, "-c:v"];
    args.extend(encoder.split(' '));
    args.extend(["-f", format, "-"]);
    let made = tool("ffmpeg", &args, &[]);
    assert!(
        made.status.success(),
        "ffmpeg: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let mut bytes = Vec::new();
    let pictures = cut(&made.stdout);
    assert_eq!(pictures.len(), 50, "pictures in the clip");
    for picture in pictures {
        bytes.extend_from_slice(
            &u32::try_from(picture.len())
                .expect("a small picture")
                .to_be_bytes(),
        );
        bytes.extend_from_slice(picture);
    }
    let built = program_path();
    let path = built.with_file_name(format!("stand_in_clip.{name}"));
    let unfinished = path.with_extension(std::process::id().to_string());
    fs::write(&unfinished, bytes).expect("the clip is written");
    fs::rename(&unfinished, &path).expect("the clip is put in place");
    path
}

/// This encoder's pictures begin with an SPS or, if they are no key frames, with the first of four slices, whose
/// first_mb_in_slice is 0.
fn h264_pictures(stream: &[u8]) -> Vec<&[u8]> {
    let begins = |at: usize| {
        let code = &stream[at..];
        code.starts_with(&[0, 0, 0, 1, 0x67])
            || (code.starts_with(&[0, 0, 0, 1, 0x41]) && code[5] & 0x80 != 0)
    };
    cut_at(
        (0..stream.len().saturating_sub(6))
            .filter(|&at| begins(at))
            .collect(),
        stream,
    )
}

fn jpeg_pictures(stream: &[u8]) -> Vec<&[u8]> {
    cut_at(
        (0..stream.len() - 2)
            .filter(|&at| stream[at..].starts_with(&[0xff, 0xd8, 0xff]))
            .collect(),
        stream,
    )
}

fn cut_at(mut starts: Vec<usize>, stream: &[u8]) -> Vec<&[u8]> {
    starts.push(stream.len());
    starts
        .windows(2)
        .map(|pair| &stream[pair[0]..pair[1]])
        .collect()
}
