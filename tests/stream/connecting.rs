//! Signals are heeded while the program connects, and a crowd at its own port is counted.

use std::io::Read;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname, listen, socket,
};
use nix::unistd::Pid;

use test_support::connections::{connect, free_port};
use test_support::folders::Scratch;
use test_support::program::{LONG, RECORDING, recording};
use test_support::session::Session;

fn source() -> String {
    format!("file:{RECORDING}")
}

/// Ends a program that waits for something by SIGTERM: that is success.
fn is_ended_by_sigterm(mut child: Child, what: &str) {
    assert!(child.try_wait().expect("waiting works").is_none(), "{what}");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).expect("it runs");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("waiting works") {
            break status;
        }
        if begun.elapsed() > LONG {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
            panic!("{what}: deaf to SIGTERM");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(status.code(), Some(0), "{what}");
}

/// A port whose queue of callers is full: the kernel answers no further one.
#[test]
fn sigterm_is_heeded_while_nobody_answers() {
    let listener = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .expect("a socket");
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).expect("a port");
    listen(&listener, Backlog::new(0).expect("a number")).expect("it listens");
    let address: SockaddrIn = getsockname(listener.as_raw_fd()).expect("its name");
    let _first = TcpStream::connect((address.ip(), address.port())).expect("a place in the queue");
    let target = format!("tcp://{}:{}", address.ip(), address.port());
    let child = test_support::program::program()
        .args(["--source", &source(), "-t", "0", "-o", &target])
        .stdin(Stdio::null())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(Duration::from_millis(500));
    is_ended_by_sigterm(child, "connecting");
}

/// In a network of its own, which any user may make, where the server of names is a machine that never answers.
#[test]
fn sigterm_is_heeded_while_a_name_is_looked_up() {
    const SETUP: &str = "mount --bind \"$1\" /etc/resolv.conf && \
        ip link add names type veth peer name nobody && ip link set nobody up && ip link set names up && \
        ip address add 10.77.0.1/24 dev names && \
        ip neighbour add 10.77.0.53 lladdr 02:00:00:00:00:01 dev names && shift && exec \"$@\"";
    let scratch = Scratch::new();
    let resolver = scratch.path("resolv.conf");
    std::fs::write(&resolver, "nameserver 10.77.0.53\n").expect("a file");
    for (scheme, listens) in [("tcp", false), ("udp", false), ("tcp", true)] {
        let target = format!("{scheme}://a-name.example.org:3333");
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--net", "--mount"])
            .args(["sh", "-c", SETUP, "sh"])
            .arg(&resolver)
            .arg(env!("CARGO_BIN_EXE_picam-stream"))
            .args(["--source", &source(), "-t", "0", "-o", &target])
            .args(listens.then_some("-l"))
            .stdin(Stdio::null());
        let child = command.spawn().expect("unshare starts");
        std::thread::sleep(Duration::from_secs(1));
        is_ended_by_sigterm(child, &target);
    }
}

#[test]
fn a_crowd_that_is_turned_away_is_counted() {
    const CALLERS: usize = 600;
    let port = free_port();
    let target = format!("tcp://127.0.0.1:{port}");
    let mut session = Session::start(&format!("{} -t 0 -l -o {target}", recording()));
    let mut viewer = connect(([127, 0, 0, 1], port).into());
    viewer.read_exact(&mut [0; 1000]).expect("a stream");
    let mut watching = viewer.try_clone().expect("a copy");
    let watcher = std::thread::spawn(move || std::io::copy(&mut watching, &mut std::io::sink()));
    for _ in 0..CALLERS {
        let mut caller = connect(([127, 0, 0, 1], port).into());
        caller.set_read_timeout(Some(LONG)).expect("a time limit");
        assert_eq!(caller.read(&mut [0; 10]).unwrap_or(0), 0, "no byte for it");
    }
    session.signal(Signal::SIGTERM);
    assert!(session.wait(LONG).success(), "{}", session.log());
    watcher.join().expect("it reads").expect("a stream");
    let log = session.log();
    assert_eq!(log.matches(" was turned away").count(), 1, "{log}");
    let counts = log.lines().filter_map(|line| {
        let (before, _) = line.split_once(" more callers were turned away")?;
        before.rsplit(' ').next()?.parse::<usize>().ok()
    });
    assert_eq!(counts.sum::<usize>(), CALLERS - 1, "{log}");
    assert!(log.lines().count() < 20, "{log}");
}
