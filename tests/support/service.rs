//! `picam-stream serve` as systemd runs it (socket units with Accept=no): the sockets are bound here, the program is started
//! when somebody waits at one of them, and again whenever somebody waits after it has ended.
//!
//! ```no_run
//! # use test_support::service::{Room, Service};
//! let service = Service::start(&[Room::Camera, Room::Web], "--source test --linger 1");
//! let player = std::net::TcpStream::connect(service.web());
//! service.wait_for_log("the camera is on");
//! ```

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, listen, socket,
};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use crate::commands::until;
use crate::folders::Scratch;
use crate::program::{LONG, Words, program_path};
use crate::sys;

/// A socket unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// `camera.sock`.
    Camera,
    /// TCP on a port of 127.0.0.1.
    Web,
    /// TCP on a port of 127.0.0.1, and two UDP ports: an even one, and the odd one above it.
    Rtsp,
}

/// The sockets, and the program while it runs. When this is dropped, the program is killed.
pub struct Service {
    camera: PathBuf,
    web: Option<SocketAddr>,
    rtsp: Option<SocketAddr>,
    rtp: Option<SocketAddr>,
    log: PathBuf,
    shared: Arc<Shared>,
    manager: Option<JoinHandle<()>>,
    listener: Option<JoinHandle<()>>,
    /// Wakes the manager.
    stop: Option<OwnedFd>,
    scratch: Arc<Scratch>,
}

type Set = Box<dyn Fn(&mut Command) + Send>;

/// What the manager and the test have in common.
struct Shared {
    state: Mutex<State>,
    /// The program has been started, or has ended.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    args: Vec<String>,
    pid: Option<Pid>,
    starts: usize,
    exits: Vec<ExitStatus>,
    notices: Vec<String>,
    is_over: bool,
}

/// A bound socket, and the name of its unit.
type Listening = (OwnedFd, &'static str);

impl Service {
    /// Listens. The program is `picam-stream serve ARGS`, once somebody comes.
    pub fn start(rooms: &[Room], args: impl Words) -> Self {
        Self::with(rooms, args, |_| {})
    }

    /// As `start`; `set` does something to each command before it is started.
    pub fn with(
        rooms: &[Room],
        args: impl Words,
        set: impl Fn(&mut Command) + Send + 'static,
    ) -> Self {
        Self::at(Ipv4Addr::LOCALHOST, rooms, args, set)
    }

    /// As `with`; `program` is what is run in place of the one that cargo built: another one, or one that is run by others.
    pub fn of(
        program: Vec<OsString>,
        rooms: &[Room],
        args: impl Words,
        set: impl Fn(&mut Command) + Send + 'static,
    ) -> Self {
        Self::new(program, Ipv4Addr::LOCALHOST, rooms, args, Box::new(set))
    }

    /// As `with`, on another address than 127.0.0.1: that of a network namespace, in which this is called.
    pub fn at(
        address: Ipv4Addr,
        rooms: &[Room],
        args: impl Words,
        set: impl Fn(&mut Command) + Send + 'static,
    ) -> Self {
        let program = vec![program_path().into()];
        Self::new(program, address, rooms, args, Box::new(set))
    }

    fn new(
        program: Vec<OsString>,
        address: Ipv4Addr,
        rooms: &[Room],
        args: impl Words,
        set: Set,
    ) -> Self {
        let scratch = Arc::new(Scratch::new());
        let (camera, log) = (scratch.path("camera.sock"), scratch.path("log"));
        fs::write(&log, "").expect("a log file");
        let mut sockets = Vec::new();
        if rooms.contains(&Room::Camera) {
            sockets.push((seqpacket_listener(&camera), "camera"));
        }
        let web = rooms
            .contains(&Room::Web)
            .then(|| tcp(address, "web", &mut sockets));
        let rtsp = rooms
            .contains(&Room::Rtsp)
            .then(|| tcp(address, "rtsp", &mut sockets));
        let rtp = rtsp.map(|_| datagram_pair(address, &mut sockets));
        let notices = UnixDatagram::bind(scratch.path("notify")).expect("a socket");
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                args: args.words().into_iter().map(str::to_owned).collect(),
                ..State::default()
            }),
            changed: Condvar::new(),
        });
        let (stopped, stop) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).expect("a pipe");
        let heard = shared.clone();
        let listener = thread::spawn(move || heard.listen(&notices));
        let manager = Manager {
            program,
            sockets,
            stopped,
            set,
            shared: shared.clone(),
            scratch: scratch.clone(),
        };
        Self {
            camera,
            web,
            rtsp,
            rtp,
            log,
            shared,
            manager: Some(thread::spawn(move || manager.run())),
            listener: Some(listener),
            stop: Some(stop),
            scratch,
        }
    }

    /// The path of `camera.sock`.
    pub fn camera(&self) -> &PathBuf {
        &self.camera
    }

    /// Where HTTP is listened for.
    pub fn web(&self) -> SocketAddr {
        self.web.expect("Room::Web")
    }

    /// Where RTSP is listened for.
    pub fn rtsp(&self) -> SocketAddr {
        self.rtsp.expect("Room::Rtsp")
    }

    /// The even UDP port; the odd one is the next.
    pub fn rtp(&self) -> SocketAddr {
        self.rtp.expect("Room::Rtsp")
    }

    /// A folder that goes with the service.
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// The options of the next start, as after the conffile was edited.
    pub fn set_args(&self, args: impl Words) {
        self.shared.lock().args = args.words().into_iter().map(str::to_owned).collect();
    }

    /// The running program, if it runs.
    pub fn pid(&self) -> Option<Pid> {
        self.shared.lock().pid
    }

    /// How often it was started.
    pub fn starts(&self) -> usize {
        self.shared.lock().starts
    }

    /// How each start that is over has ended.
    pub fn exits(&self) -> Vec<ExitStatus> {
        self.shared.lock().exits.clone()
    }

    /// Sends the running program a signal.
    pub fn signal(&self, signal: Signal) {
        // Under the lock: its number is not another's meanwhile.
        let state = self.shared.lock();
        kill(state.pid.expect("the service runs"), signal).expect("it runs");
    }

    /// Waits until it has been started `times` times.
    #[track_caller]
    pub fn wait_for_start(&self, times: usize) {
        self.wait("the service was not started", |state| state.starts >= times);
    }

    /// Waits until `times` starts have ended, and says how the last of them did.
    #[track_caller]
    pub fn wait_for_exit(&self, times: usize) -> ExitStatus {
        self.wait("the service does not end", |state| {
            state.exits.len() >= times
        });
        self.exits()[times - 1]
    }

    /// Waits until it does not run.
    #[track_caller]
    pub fn wait_until_off(&self) {
        self.wait("the service does not end", |state| state.pid.is_none());
    }

    /// What all starts have printed to standard error.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).expect("the log")).into_owned()
    }

    /// Waits until the log has `text`.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        self.wait_for_times(text, 1);
    }

    /// Waits until the log has `text` so many times.
    #[track_caller]
    pub fn wait_for_times(&self, text: &str, times: usize) {
        let begun = std::time::Instant::now();
        while self.log().matches(text).count() < times {
            assert!(
                begun.elapsed() < LONG,
                "the log does not say {text:?} {times} times:\n{}",
                self.log()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the program has told systemd so far (sd_notify(3)), a line each: `READY=1`, `STATUS=...`.
    pub fn notices(&self) -> Vec<String> {
        self.shared.lock().notices.clone()
    }

    /// What it has told systemd so far is of no interest any more.
    pub fn forget_notices(&self) {
        self.shared.lock().notices.clear();
    }

    /// Waits until it has told systemd a line that `fits`.
    #[track_caller]
    pub fn wait_for_notice(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        until(what, LONG.as_secs(), || {
            self.notices().into_iter().find(|line| fits(line))
        })
    }

    #[track_caller]
    fn wait(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, LONG, |state| !is_so(state));
        let is_late = waited.expect("no panic in there").1.timed_out();
        assert!(!is_late, "{what}; its log:\n{}", self.log());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_over = true;
        if let Some(pid) = state.pid {
            let _ = kill(pid, Signal::SIGKILL);
        }
        drop(state);
        drop(self.stop.take());
        let failed = self.manager.take().map(JoinHandle::join);
        let end =
            UnixDatagram::unbound().and_then(|it| it.send_to(&[], self.scratch.path("notify")));
        if end.is_ok() {
            let _ = self.listener.take().map(JoinHandle::join);
        }
        if thread::panicking() {
            crate::commands::say(&format!("the log of the service:\n{}", self.log()));
        } else if matches!(failed, Some(Err(_))) {
            panic!("the manager of the service has failed");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Takes what the program says at once, as systemd does: who is not listened to waits in sd_notify(3). Nothing ends it.
    fn listen(&self, notices: &UnixDatagram) {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = notices.recv(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            self.lock().notices.extend(text.lines().map(str::to_owned));
        }
    }
}

/// What stands for systemd.
struct Manager {
    program: Vec<OsString>,
    sockets: Vec<Listening>,
    stopped: OwnedFd,
    set: Set,
    shared: Arc<Shared>,
    scratch: Arc<Scratch>,
}

impl Manager {
    fn run(&self) {
        while self.somebody_waits() {
            self.run_once();
        }
    }

    /// Waits until somebody does; false when it is over.
    fn somebody_waits(&self) -> bool {
        let all = self
            .sockets
            .iter()
            .map(|(socket, _)| socket)
            .chain([&self.stopped]);
        let mut fds: Vec<_> = all
            .map(|it| PollFd::new(it.as_fd(), PollFlags::POLLIN))
            .collect();
        let _ = poll(&mut fds, PollTimeout::NONE);
        !self.shared.lock().is_over
    }

    /// One run of the program, from its start to its end.
    fn run_once(&self) {
        // Above all the numbers that the program is to have them under.
        let high =
            |socket: &OwnedFd| fcntl(socket, FcntlArg::F_DUPFD_CLOEXEC(64)).expect("a descriptor");
        let passed: Vec<_> = self
            .sockets
            .iter()
            .map(|(socket, _)| high(socket))
            .collect();
        let mut state = self.shared.lock();
        if state.is_over {
            return;
        }
        let mut command = self.command(&state.args);
        (self.set)(&mut command);
        sys::pass(&mut command, passed.clone());
        let mut child = command.spawn().expect("sh");
        passed
            .into_iter()
            .for_each(|copy| nix::unistd::close(copy).expect("it is open"));
        let pid = Pid::from_raw(child.id() as i32);
        state.pid = Some(pid);
        state.starts += 1;
        drop(state);
        self.shared.changed.notify_all();
        // It is a zombie until the lock is held: its number is not given to another while somebody sends it a signal.
        let _ = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
        let mut state = self.shared.lock();
        let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(-1));
        state.pid = None;
        state.exits.push(status);
        drop(state);
        self.shared.changed.notify_all();
    }

    fn command(&self, args: &[String]) -> Command {
        let names: Vec<_> = self.sockets.iter().map(|(_, name)| *name).collect();
        let log = fs::File::options()
            .append(true)
            .open(self.scratch.path("log"))
            .expect("the log");
        let mut command = Command::new("sh");
        // The process that the shell becomes has its number.
        command
            .args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\""])
            .args(&self.program)
            .arg("serve")
            .args(args)
            .env_remove("RUST_LOG")
            .env_remove("RASPIVID_OPTIONS")
            .env_remove("JOURNAL_STREAM")
            .env("LISTEN_FDS", names.len().to_string())
            .env("LISTEN_FDNAMES", names.join(":"))
            .env("NOTIFY_SOCKET", self.scratch.path("notify"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        command
    }
}

fn seqpacket_listener(path: &PathBuf) -> OwnedFd {
    let flags = SockFlag::SOCK_CLOEXEC;
    let listener = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None).expect("a socket");
    let address = UnixAddr::new(path).expect("a short path");
    bind(listener.as_raw_fd(), &address).expect("its place");
    listen(&listener, Backlog::MAXCONN).expect("it listens");
    listener
}

fn tcp(address: Ipv4Addr, name: &'static str, sockets: &mut Vec<Listening>) -> SocketAddr {
    let listener = TcpListener::bind((address, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    sockets.push((listener.into(), name));
    address
}

/// An even port and the odd one above it.
fn datagram_pair(address: Ipv4Addr, sockets: &mut Vec<Listening>) -> SocketAddr {
    loop {
        let rtp = UdpSocket::bind((address, 0)).expect("a port");
        let address = rtp.local_addr().expect("an address");
        let next = SocketAddr::new(address.ip(), address.port() | 1);
        if address.port() % 2 == 1 {
            continue;
        }
        if let Ok(rtcp) = UdpSocket::bind(next) {
            sockets.extend([(rtp.into(), "rtsp"), (rtcp.into(), "rtsp")]);
            return address;
        }
    }
}
