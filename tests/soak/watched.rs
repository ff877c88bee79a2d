//! What ffmpeg sees of a stream: the counter on each picture, the time stamp of each packet, and what it complains of.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::memory::Memory;
use crate::{FPS, Form, Port, Way};
use test_support::card::Picture;
use test_support::decoding::is_harmless;
use test_support::folders::Scratch;
use test_support::program::LONG;

const SIZE: (usize, usize) = (320, 240);

/// All that was seen of one stream.
pub struct Watched {
    pub counters: Vec<u32>,
    /// Of each packet, in the form's own units; of a form without time stamps, ffmpeg's.
    times: Vec<i64>,
    lacks_first_time: bool,
    pub complaints: Vec<String>,
    pub memory: Memory,
}

impl Watched {
    /// Opens the port with ffmpeg and watches until the stream ends by itself; that of the shared camera, for so long.
    pub fn to_its_end(port: &Port, form: &Form, time: Duration, folder: &Scratch) -> Self {
        let (complaints, times) = (folder.path("complaints"), folder.path("times"));
        // Whoever is not there yet is waited for by connecting once more, as a player's user does.
        let (number, seconds) = (port.number, time.as_secs().to_string());
        let limit = (form.way != Way::Instance).then_some(["-t", &seconds]);
        let input = match form.way {
            Way::Web => format!("http://127.0.0.1:{number}/live.mp4"),
            Way::Rtsp => format!("rtsp://127.0.0.1:{number}/"),
            Way::Instance => format!("tcp://127.0.0.1:{number}"),
        };
        let transport = (form.way == Way::Rtsp).then_some(["-rtsp_transport", "tcp"]);
        wait_for(|| port.log().contains("Listening on"), "the port is open");
        let mut ffmpeg = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "warning", "-copyts", "-f", form.format])
            .args(transport.into_iter().flatten())
            .args(limit.into_iter().flatten())
            .args(["-i", &input])
            .args(
                "-map 0:v -vf extractplanes=y -fps_mode passthrough -f rawvideo pipe:1".split(' '),
            )
            .args("-map 0:v -c copy -f framecrc".split(' '))
            .arg(&times)
            .stdout(Stdio::piped())
            .stderr(File::create(&complaints).expect("a file"))
            .spawn()
            .expect("ffmpeg; tests/setup.sh installs what the tests need");
        let mut pictures = ffmpeg.stdout.take().expect("piped");
        let ended = AtomicBool::new(false);
        let (counters, memory) = thread::scope(|scope| {
            let looking = scope.spawn(|| look(port, form, &ended));
            let counters = counters(&mut pictures);
            ended.store(true, Ordering::Relaxed);
            (counters, looking.join().expect("looking does not panic"))
        });
        let status = ffmpeg.wait().expect("waiting works");
        assert!(status.success(), "ffmpeg: {status}; {}", port.log());
        let complaints = fs::read_to_string(complaints).expect("ffmpeg's messages");
        let complaints = complaints.lines().filter(|line| !is_harmless(line));
        wait_for(
            || port.log().contains("dropped by the source"),
            "the closing line",
        );
        Self {
            counters,
            times: times_in(&times),
            lacks_first_time: form.way == Way::Rtsp,
            complaints: complaints.map(str::to_owned).collect(),
            memory,
        }
    }

    /// How many pictures are missing between the first and the last.
    pub fn left_out(&self) -> u32 {
        let steps = self.counters.windows(2).map(|pair| {
            let step = pair[1].checked_sub(pair[0]).filter(|step| *step > 0);
            step.unwrap_or_else(|| panic!("the counter goes from {} to {}", pair[0], pair[1]))
        });
        steps.map(|step| step - 1).sum()
    }

    /// Each time stamp is as far behind the one before as the pictures are apart.
    pub fn assert_time_stamps(&self, period: i64) {
        // Where ffmpeg ends it, one or two packets may be left that were not decoded.
        let left = self.times.len().checked_sub(self.counters.len());
        assert!(
            matches!(left, Some(0..=2)),
            "packets and pictures: {left:?}"
        );
        let both = self.times.windows(2).zip(self.counters.windows(2));
        // ffmpeg has no time for the first packet of any RTSP stream.
        let both = both.skip(usize::from(self.lacks_first_time));
        for (times, counters) in both {
            let (passed, expected) = (
                times[1] - times[0],
                period * i64::from(counters[1] - counters[0]),
            );
            assert!(
                (passed - expected).abs() <= 2,
                "{passed} ticks instead of {expected} behind picture {}",
                counters[0]
            );
        }
    }
}

/// Looks at the memory of the process behind the port every second.
fn look(port: &Port, form: &Form, ended: &AtomicBool) -> Memory {
    let mut memory = Memory::default();
    let id = port.activation.id();
    while !ended.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_secs(1));
        if form.way != Way::Instance {
            // systemd-socket-activate has become the program.
            memory.look_at(id);
            continue;
        }
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let children = children.expect("the children, as proc(5) tells them");
        for child in children.split_whitespace() {
            memory.look_at(child.parse().expect("the number of a process"));
        }
    }
    memory
}

fn counters(pictures: &mut impl Read) -> Vec<u32> {
    let (mut counters, mut grey) = (Vec::new(), vec![0; SIZE.0 * SIZE.1]);
    while pictures.read_exact(&mut grey).is_ok() {
        let picture = Picture::all_grey(SIZE.0, SIZE.1, &grey).remove(0);
        counters.push(picture.counter().unwrap_or_else(|error| {
            panic!(
                "picture {}, {} s on: {error}",
                counters.len(),
                counters.len() as u64 / FPS
            )
        }));
    }
    counters
}

/// The third field of a line of ffmpeg's framecrc.
fn times_in(file: &Path) -> Vec<i64> {
    let text = fs::read_to_string(file).expect("the time stamps");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let times = lines.map(|line| {
        line.split(',')
            .nth(2)
            .and_then(|time| time.trim().parse().ok())
    });
    times.map(|time| time.expect("a time stamp")).collect()
}

fn wait_for(condition: impl Fn() -> bool, what: &str) {
    let begun = std::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < LONG, "not yet: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
