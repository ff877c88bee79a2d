//! The shared camera in a container: switched on as README says, and readers who keep what they get.

use crate::container::Container;
use crate::files::Files;
use crate::net::Net;
use crate::repo::CONFFILE;
use crate::root::Root;
use crate::setups::installed_on;
use crate::viewer::IPV4;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, setsockopt, socket, sockopt,
};
use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use test_support::commands::until;

const README: &str = include_str!("../../README.md");

/// A small test card, for many viewers on a small machine.
pub const SMALL_CARD: &str =
    "-w 320 -h 240 -fps 25 -g 25 -fl -ih -b 300000 -pf main -awb auto --source test";

/// A system whose camera is shared as README says, with these options of the service.
pub fn sharing_on(root: &'static Root, serve_options: &str) -> Container {
    let container = installed_on(root);
    options(&container, SMALL_CARD, serve_options);
    for line in lines_of_readme("Several viewers") {
        container.sh(&line);
    }
    assert_eq!(
        container.sh("systemctl is-active picam-camera.socket raspivid.socket"),
        "active\nactive"
    );
    let wanted = container.sh("systemctl show --property=Wants --value raspivid@any.service");
    assert!(wanted.contains("picam-camera.service"), "{wanted}");
    container
}

pub fn options(container: &Container, raspivid: &str, serve: &str) {
    container.write(
        CONFFILE,
        format!("RASPIVID_OPTIONS = {raspivid}\nSERVE_OPTIONS = {serve}\n"),
    );
}

/// The first block of commands below a heading, without `sudo`.
pub fn lines_of_readme(heading: &str) -> Vec<String> {
    let section = README
        .split(&format!("\n## {heading}\n"))
        .nth(1)
        .expect("the section");
    let block = section
        .lines()
        .skip_while(|line| !line.starts_with("    "))
        .take_while(|line| line.starts_with("    "));
    let lines: Vec<String> = block.map(|line| line.trim().replace("sudo ", "")).collect();
    assert!(!lines.is_empty(), "no commands below {heading}");
    lines
}

/// The process of the service, if it runs: only one has the camera.
pub fn service(container: &Container) -> Option<u32> {
    let is_serving = |pid: &u32| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split('\0').any(|word| word == "serve")
    };
    let serving: Vec<u32> = container
        .processes("picam-stream")
        .into_iter()
        .filter(is_serving)
        .collect();
    assert!(serving.len() <= 1, "more than one has the camera");
    serving.first().copied()
}

/// What a service or the instances have said, without the `-v` report of the instances.
pub fn journal(container: &Container, unit: &str) -> String {
    container.sh(&format!(
        "journalctl --sync; journalctl --no-pager -o cat -u '{unit}' || true"
    ))
}

/// Waits until neither an instance nor the service is there, and systemd listens for the next.
pub fn wait_until_all_are_gone(container: &Container) {
    until("nothing is left", 60, || {
        container.processes("picam-stream").is_empty().then_some(())
    });
    until("systemd has seen it", 60, || {
        let states = container
            .try_sh("systemctl is-active picam-camera.service")
            .out;
        (states.trim() == "inactive").then_some(())
    });
}

/// Purges the package, and looks for what it left of processes, files and units.
pub fn purge(container: &Container, before_it_came: &Files, reader: Reader) -> Vec<u8> {
    container.sh("apt-get purge -y picam-stream");
    let read = reader.read_to_end();
    assert!(container.processes("picam-stream").is_empty());
    assert!(!container.path("run/picam-stream").exists());
    assert_eq!(
        before_it_came.changes_to(&Files::of(container)),
        [""; 0],
        "left behind"
    );
    let units = container.sh("systemctl list-units --all --plain --no-legend 'picam*'");
    assert_eq!(units, "");
    read
}

/// How a reader reads.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    AsItComes,
    BytesASecond(usize),
    /// Not before it is told to: as a player that is stopped.
    Stopped,
}

/// A viewer that keeps all that it gets, read in a thread of its own.
pub struct Reader {
    pub port: u16,
    is_done: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    thread: JoinHandle<Vec<u8>>,
}

impl Reader {
    pub fn come(net: &Net, pace: Pace) -> Reader {
        let stream = net.run(|| open(pace));
        stream
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let port = stream.local_addr().unwrap().port();
        let is_done = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicUsize::new(0));
        let (told, counted) = (Arc::clone(&is_done), Arc::clone(&count));
        let thread = thread::spawn(move || read(stream, pace, &told, &counted));
        Reader {
            port,
            is_done,
            count,
            thread,
        }
    }

    /// Leaves, or reads on to the end where the stream has ended; gives what came.
    pub fn leave(self) -> Vec<u8> {
        self.is_done.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }

    /// Waits until it has so many bytes.
    pub fn wait_for(&self, bytes: usize) {
        until("bytes come", 60, || {
            (self.count.load(Ordering::Relaxed) >= bytes).then_some(())
        });
    }

    /// Leaves as soon as it has so many bytes.
    pub fn leave_after(self, bytes: usize) -> Vec<u8> {
        self.wait_for(bytes);
        self.leave()
    }

    /// Reads up to the stream's end.
    pub fn read_to_end(self) -> Vec<u8> {
        until("the stream ends", 60, || {
            self.thread.is_finished().then_some(())
        });
        self.thread.join().unwrap()
    }
}

/// Who does not read as it comes has little room in the kernel: what waits there has been sent as far as the service knows.
fn open(pace: Pace) -> TcpStream {
    if matches!(pace, Pace::AsItComes) {
        return TcpStream::connect(IPV4).unwrap();
    }
    let flags = SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Inet, SockType::Stream, flags, None).unwrap();
    setsockopt(&socket, sockopt::RcvBuf, &4096).unwrap();
    let address: SockaddrStorage = SocketAddr::from_str(IPV4).unwrap().into();
    connect(socket.as_raw_fd(), &address).unwrap();
    TcpStream::from(socket)
}

fn read(mut stream: TcpStream, pace: Pace, is_done: &AtomicBool, bytes: &AtomicUsize) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 65536];
    while !is_done.load(Ordering::Relaxed) {
        let most = match pace {
            Pace::AsItComes => buffer.len(),
            Pace::BytesASecond(rate) => {
                thread::sleep(Duration::from_millis(50));
                rate / 20
            }
            Pace::Stopped => {
                thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        match stream.read(&mut buffer[..most]) {
            Ok(0) => break,
            Ok(count) => {
                kept.extend_from_slice(&buffer[..count]);
                bytes.store(kept.len(), Ordering::Relaxed);
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("the stream ends badly: {error}"),
        }
    }
    kept
}
