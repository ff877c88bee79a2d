//! Where a line runs: a Debian with the players on a throw-away layer, the stream at raspberrypi.local, no screen.
//!
//! Namespaces and layer belong to one child process: with it all of it goes, also when a test fails.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::lines::Line;
use test_support::card::{BARS_H264, Picture};
use test_support::commands::{command, run, until};
use test_support::roots::Root;

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
const FRAMES_PER_SECOND: f64 = 25.0;

/// A player is believed when it has shown so many pictures.
const ENOUGH: usize = 25;

/// How long a recording runs.
const RECORDED_SECONDS: f64 = 4.0;

/// What YUV4MPEG2 has before each picture.
const FRAME_LINE: &[u8] = b"FRAME\n";

/// Nobody's user: VLC does not run as root.
const NOBODY: u32 = 65534;

/// $1 the folder that the layer is mounted on, $2 the root below, $3 the player's home, $4 the program, $5 its options,
/// $6 the line.
const SCRIPT: &str = r#"
set -e
ip link set lo up
mount -t tmpfs -o mode=755 layer "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount -t proc proc "$1/root/proc"
mount --bind /dev "$1/root/dev"
mkdir "$1/root/home/player"
mount --bind "$3" "$1/root/home/player"
echo '127.0.0.1 localhost raspberrypi.local' >"$1/root/etc/hosts"
# Words on purpose.
"$4" $5 >"$3/server.log" 2>&1 &
until grep -q 'waiting for a viewer' "$3/server.log"; do sleep 0.1; done
cd "$1/root"
# Not by exec: the first process of the namespace must die with the test, and a change of user would undo that (prctl(2),
# PR_SET_PDEATHSIG). Screens are files here: nothing may fill the disk for longer than the test waits.
timeout -s KILL 200 env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/player LANG=C.UTF-8 TERM=dumb XDG_RUNTIME_DIR=/home/player \
    SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy SDL_VIDEO_DUMMY_SAVE_FRAMES=1 \
    GST_PLUGIN_FEATURE_RANK=fakevideosink:512 GST_DEBUG=basesink:6 GST_DEBUG_NO_COLOR=1 GST_DEBUG_FILE=gst.log \
    chroot --userspec=65534:65534 . /bin/sh -c "cd /home/player; $6"
exit 0
"#;

/// mpv's screen are files; so is VLC's, whose interface is none.
const SETTINGS: [(&str, &str); 2] = [
    (
        ".config/mpv/mpv.conf",
        "vo=image\nvo-image-outdir=shown\nvo-image-format=png\nao=null\n",
    ),
    (
        ".config/vlc/vlcrc",
        "[core]\nintf=dummy\nvout=yuv\naout=dummy\nvideo-title-show=0\n\
         [yuv]\nyuv-file=/home/player/shown.y4m\nyuv-yuv4mpeg2=1\n",
    ),
];

pub struct Room<'a> {
    line: &'a Line,
    home: TempDir,
    _layer: TempDir,
    child: Child,
}

impl<'a> Room<'a> {
    /// The line with a stream that does not end.
    pub fn watching(root: &Root, line: &'a Line) -> Self {
        Self::start(root, line, "-t 0")
    }

    /// The line with a stream that ends.
    pub fn recording(root: &Root, line: &'a Line) -> Self {
        Self::start(root, line, &format!("-t {}", RECORDED_SECONDS * 1000.0))
    }

    fn start(root: &Root, line: &'a Line, time: &str) -> Self {
        let (home, layer) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        for (name, text) in SETTINGS {
            let file = home.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        let format = if line.mpegts { "--format mpegts" } else { "" };
        let options = format!(
            "--source test -w {WIDTH} -h {HEIGHT} -b 800000 -fps 25 -pf main -g 25 {time} {format} -l -o tcp://127.0.0.1:3333"
        );
        let output = fs::File::create(home.path().join("player.log")).unwrap();
        let child = Command::new("setpriv")
            .args([
                "--pdeathsig=KILL",
                "unshare",
                "--net",
                "--mount",
                "--propagation=private",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                SCRIPT,
                "sh",
            ])
            .arg(layer.path())
            .arg(root.folder())
            .arg(home.path())
            .args([env!("CARGO_BIN_EXE_picam-stream"), &options, &line.command])
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .expect("unshare of util-linux");
        Self {
            line,
            home,
            _layer: layer,
            child,
        }
    }

    /// Waits until enough pictures were shown, and looks at a late one where there is something to look at.
    pub fn watched(mut self) -> String {
        let shown = until(&self.line.command, 90, || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{}: {status}\n{}", self.line.command, self.said());
            }
            let shown = self.shown();
            (shown >= ENOUGH).then_some(shown)
        });
        match self.a_picture() {
            Some(picture) => {
                let counter = picture.counter();
                let counter =
                    counter.unwrap_or_else(|reason| panic!("{}: {reason}", self.line.command));
                format!("{shown} pictures shown, one has the card's counter at {counter}")
            }
            None => format!("{shown} pictures shown"),
        }
    }

    /// How many pictures the player has put on what it takes for a screen.
    fn shown(&self) -> usize {
        match self.line.program() {
            "ffplay" => self.files(".", "bmp").len(),
            "mpv" => self.files("shown", "png").len(),
            "vlc" => self.planes().len(),
            "gst-launch-1.0" => {
                let log = fs::read(self.path("gst.log")).unwrap_or_default();
                String::from_utf8_lossy(&log)
                    .matches("rendering object")
                    .count()
            }
            other => panic!("nothing is known of {other}'s screen"),
        }
    }

    /// A late one of the pictures that were shown and are whole. VLC's have the decoder's own colours.
    fn a_picture(&self) -> Option<Picture> {
        let at = ENOUGH - 2;
        let grey = |file: &Path| Picture::all_grey(WIDTH, HEIGHT, &decoded(file)).pop();
        match self.line.program() {
            "ffplay" => grey(&self.files(".", "bmp")[at]),
            "mpv" => grey(&self.files("shown", "png")[at]),
            "vlc" => {
                let picture = Picture::all_i420(WIDTH, HEIGHT, &self.planes()[at]).pop()?;
                picture.assert_bars(&BARS_H264, 8);
                Some(picture)
            }
            _ => None,
        }
    }

    /// Waits for the end of the recording, and has ffprobe look at it.
    pub fn recorded(mut self) -> String {
        let status = until(&self.line.command, 120, || self.child.try_wait().unwrap());
        assert!(
            status.success(),
            "{}: {status}\n{}",
            self.line.command,
            self.said()
        );
        let name = self.line.command.rsplit(['>', ' ']).next().unwrap();
        let clip = self.path(name);
        let pictures: f64 = probe(
            &clip,
            &["-count_frames", "-show_entries", "stream=nb_read_frames"],
        );
        assert!(
            pictures >= 10.0,
            "{}: {pictures} pictures\n{}",
            self.line.command,
            self.said()
        );
        if name.ends_with("mp4") {
            let seconds = probe(&clip, &["-show_entries", "format=duration"]);
            // What came at once at the start is a little shorter; 4.5 times too fast is less than a second.
            let expected = RECORDED_SECONDS - 1.0..RECORDED_SECONDS + 1.0;
            assert!(
                expected.contains(&seconds),
                "{}: {seconds} s for {RECORDED_SECONDS} s",
                self.line.command
            );
            return format!("{pictures} pictures in {seconds:.2} s");
        }
        format!(
            "{pictures} pictures, {:.2} s at 25 a second",
            pictures / FRAMES_PER_SECOND
        )
    }

    /// The whole pictures that VLC has shown, in YUV4MPEG2: a line for all of them, then one before each.
    fn planes(&self) -> Vec<Vec<u8>> {
        let bytes = fs::read(self.path("shown.y4m")).unwrap_or_default();
        let head = bytes.iter().position(|byte| *byte == b'\n');
        let pictures = head.map_or(&[][..], |end| &bytes[end + 1..]);
        let whole = pictures.chunks_exact(FRAME_LINE.len() + WIDTH * HEIGHT * 3 / 2);
        whole
            .map(|picture| picture[FRAME_LINE.len()..].to_vec())
            .collect()
    }

    fn files(&self, folder: &str, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(folder))
            .into_iter()
            .flatten()
            .flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|is| is == ending));
        files.sort();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The ends of what player and server have said.
    fn said(&self) -> String {
        let end = |name: &str| {
            let text = fs::read(self.path(name)).unwrap_or_default();
            String::from_utf8_lossy(&text[text.len().saturating_sub(3000)..]).into_owned()
        };
        format!(
            "--- player\n{}\n--- server\n{}",
            end("player.log"),
            end("server.log")
        )
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        // The first process of the namespace is reaped when all others are gone: then nothing writes here any more.
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let first = children.ok().and_then(|ids| ids.trim().parse().ok());
        match first {
            Some(first) => drop(kill(Pid::from_raw(first), Signal::SIGKILL)),
            None => drop(self.child.kill()),
        }
        let _ = self.child.wait();
    }
}

/// An image file in grey.
fn decoded(file: &Path) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg; tests/setup.sh installs what the tests need");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn probe(clip: &Path, entries: &[&str]) -> f64 {
    let mut ffprobe = command("ffprobe");
    ffprobe
        .args(["-v", "error", "-of", "csv=p=0"])
        .args(entries)
        .arg(clip);
    let said = run(&mut ffprobe).good();
    said.trim()
        .parse()
        .unwrap_or_else(|_| panic!("{}: {said}", clip.display()))
}
