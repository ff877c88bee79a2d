//! A viewer of the stream, outside the container but in its network, and what can be seen of its instance.

use crate::container::Container;
use std::fs;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use test_support::commands::{Done, command, run, until};

/// Where viewers of the same network go.
pub const IPV4: &str = "127.0.0.1:3333";
pub const IPV6: &str = "[::1]:3333";

/// Longer than any stream needs to go on, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Viewer {
    stream: TcpStream,
}

impl Viewer {
    /// Connects, whoever else is there.
    pub fn connect(container: &Container, address: &str) -> Viewer {
        let stream = container.net().run(|| TcpStream::connect(address));
        Viewer::new(stream.unwrap_or_else(|e| panic!("{address}: {e}")))
    }

    /// Waits until nobody watches, connects and sees the stream begin as it must: with a parameter set.
    pub fn watch(container: &Container, address: &str) -> Viewer {
        wait_until_nobody_watches(container);
        Viewer::try_watch(container, address).expect("the viewer was turned away")
    }

    /// Connects and sees the stream begin as it must; none if it is turned away.
    pub fn try_watch(container: &Container, address: &str) -> Option<Viewer> {
        let mut viewer = Viewer::connect(container, address);
        if viewer.stream.peek(&mut [0]).is_ok_and(|count| count == 0) {
            return None;
        }
        assert_eq!(
            viewer.read(4),
            [0, 0, 0, 1],
            "the stream begins with a start code"
        );
        assert_eq!(
            viewer.read(1)[0] & 0x1f,
            7,
            "the first NAL unit is a sequence parameter set"
        );
        Some(viewer)
    }

    pub fn new(stream: TcpStream) -> Viewer {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Viewer { stream }
    }

    /// Reads so many bytes.
    pub fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream
            .read_exact(&mut bytes)
            .unwrap_or_else(|e| panic!("the stream stops: {e}"));
        bytes
    }

    /// Sees more of the stream come in, more than can have been on its way.
    pub fn still_sees_it(&mut self) {
        self.stream.set_nonblocking(true).unwrap();
        while self
            .stream
            .read(&mut [0; 65536])
            .is_ok_and(|count| count > 0)
        {}
        self.stream.set_nonblocking(false).unwrap();
        self.read(20_000);
    }

    /// Goes on watching while `work` is done, as a player does: who does not read for ten seconds is dropped.
    pub fn watches_during<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let over = AtomicBool::new(false);
        self.stream
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let result = thread::scope(|scope| {
            let _at_the_end = SetAtEnd(&over);
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let _ = (&self.stream).read(&mut [0; 65536]);
                }
            });
            work()
        });
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        result
    }

    /// Reads to the end of the stream and counts; a reset is no clean end.
    pub fn read_to_end(&mut self) -> usize {
        self.rest().len()
    }

    /// Reads to the end of the stream, which is text.
    pub fn read_text_to_end(&mut self) -> String {
        String::from_utf8(self.rest()).unwrap()
    }

    fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => rest,
            Err(e) if e.kind() == ErrorKind::WouldBlock => panic!("the stream does not end"),
            Err(e) => panic!("the stream ends badly: {e}"),
        }
    }

    /// The name of its instance.
    pub fn unit(&self, container: &Container) -> String {
        let port = self.port();
        until("the viewer's instance is there", 60, || {
            instances(container)
                .into_iter()
                .find(|unit| unit.ends_with(&format!(":{port}.service")))
        })
    }

    pub fn port(&self) -> u16 {
        self.stream.local_addr().unwrap().port()
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

/// Also when a panic ends it: a thread that waits for the word would wait for ever.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Decodes `frames` frames with ffprobe; gives what it says of the video stream, as `name=value` lines.
///
/// # Panics
/// If it fails, or has any complaint about the stream.
pub fn probe(container: &Container, frames: u32, address: &str) -> String {
    wait_until_nobody_watches(container);
    let done: Done = container.net().run(|| {
        run(command("ffprobe")
            .args([
                "-v",
                "error",
                "-f",
                "h264",
                "-i",
                &format!("tcp://{address}"),
            ])
            .args(["-count_frames", "-read_intervals", &format!("%+#{frames}")])
            .args([
                "-show_entries",
                "stream=codec_name,profile,width,height,nb_read_frames",
            ])
            .args(["-of", "default=noprint_wrappers=1"]))
    });
    assert!(
        done.status.success() && done.err.is_empty(),
        "ffprobe complains: {done}"
    );
    done.out
}

/// The instances that systemd knows of.
pub fn instances(container: &Container) -> Vec<String> {
    let list = container.sh("systemctl list-units --all --plain --no-legend --full 'raspivid@*'");
    list.lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The process of the only viewer, by its number here.
pub fn process(container: &Container) -> u32 {
    until("there is one process", 60, || {
        match container.processes("picam-stream")[..] {
            [pid] => Some(pid),
            _ => None,
        }
    })
}

/// The arguments that a process was given, without its name.
pub fn arguments(pid: u32) -> Vec<String> {
    until("the process has its arguments", 60, || {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        let words: Vec<String> = line.split_terminator('\0').map(str::to_owned).collect();
        // Before it under emulation: the emulator, and the program's name once more.
        let name = words
            .iter()
            .rposition(|word| word.ends_with("picam-stream"))?;
        Some(words[name + 1..].to_vec())
    })
}

/// Waits until systemd has seen the last one's end: before that the next is refused.
pub fn wait_until_nobody_watches(container: &Container) {
    until("the last instance is gone", 60, || {
        let idle = || {
            container.sh("systemctl show --property=NConnections --value raspivid.socket") == "0"
        };
        (container.processes("picam-stream").is_empty() && idle()).then_some(())
    });
}
