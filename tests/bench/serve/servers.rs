//! Servers of the recorded stream: ours in its shapes, and peers that Debian has.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use nix::unistd::Pid;
use picam_stream::serve::handed::client::Client;
use picam_stream::serve::handed::message::{Ask, Kind, Watch};
use std::os::fd::AsFd;
use test_support::connections::{connect, connection, free_port};
use test_support::service::{Room, Service};
use test_support::session::Session;

use super::stream::Recorded;

/// So many viewers of one address are let in.
pub const LIMITS: &str = "--linger 1 --max-viewers 200 --max-viewers-per-address 200";

/// Whoever serves viewers.
pub trait Server {
    /// One more viewer's end of its connection.
    fn connect(&mut self) -> TcpStream;

    /// The processes that serve, instances of viewers among them.
    fn pids(&self) -> Vec<Pid>;
}

/// `picam-stream serve`, which was handed the connections by a process that does not count: how it is where it accepts them
/// itself.
pub struct Alone {
    pub service: Service,
    kind: Kind,
    clients: Vec<Client>,
}

impl Alone {
    pub fn new(recorded: &Recorded, kind: Kind) -> Self {
        Self {
            service: Service::start(&[Room::Camera], &format!("{} {LIMITS}", recorded.source())),
            kind,
            clients: Vec::new(),
        }
    }
}

impl Server for Alone {
    fn connect(&mut self) -> TcpStream {
        let (viewer, theirs) = connection();
        self.clients
            .push(hand_over(&self.service, self.kind, &theirs));
        viewer
    }

    fn pids(&self) -> Vec<Pid> {
        self.service.pid().into_iter().collect()
    }
}

/// Hands a connection over to the service. What is returned is to be kept as long as it is served.
pub fn hand_over(service: &Service, kind: Kind, connection: &TcpStream) -> Client {
    let client = Client::connect(service.camera(), false).expect("somebody listens");
    let watch = Ask::Watch(Watch {
        kind,
        camera_hash: None,
        time_limit: None,
        name: "a viewer".into(),
    });
    client
        .ask(&watch, Some(connection.as_fd()))
        .expect("it is taken");
    client
}

/// The same with an instance for each viewer.
pub struct Handed {
    program: &'static str,
    service: Service,
    instances: Vec<Session>,
}

impl Handed {
    pub fn new(recorded: &Recorded, program: &'static str) -> Self {
        let args = format!("{} {LIMITS}", recorded.source());
        Self {
            program,
            service: Service::of(vec![program.into()], &[Room::Camera], &args, |_| {}),
            instances: Vec::new(),
        }
    }
}

impl Server for Handed {
    fn connect(&mut self) -> TcpStream {
        let args = format!(
            "--source shared:{} -t 0 -o -",
            self.service.camera().display()
        );
        let mut instance = Session::of(Command::new(self.program), &args, |_| {}, |_| {});
        instance.kept = None;
        let viewer = instance.viewer.try_clone().expect("a copy");
        self.instances.push(instance);
        viewer
    }

    fn pids(&self) -> Vec<Pid> {
        let instances = self
            .instances
            .iter()
            .map(|it| Pid::from_raw(it.child.id() as i32));
        self.service.pid().into_iter().chain(instances).collect()
    }
}

/// The process that has the source and the one viewer.
pub struct Single {
    args: String,
    session: Option<Session>,
}

impl Single {
    pub fn new(recorded: &Recorded) -> Self {
        Self {
            args: format!("{} -o -", recorded.source()),
            session: None,
        }
    }
}

impl Server for Single {
    fn connect(&mut self) -> TcpStream {
        let session = self.session.insert(Session::start(&self.args));
        session.viewer.try_clone().expect("a copy")
    }

    fn pids(&self) -> Vec<Pid> {
        let session = self.session.iter();
        session
            .map(|it| Pid::from_raw(it.child.id() as i32))
            .collect()
    }
}

/// A program that listens itself.
pub struct Peer {
    child: Child,
    address: SocketAddr,
    request: &'static [u8],
}

impl Peer {
    /// GStreamer's tcpserversink, bare H.264.
    pub fn gstreamer(recorded: &Recorded) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let pipeline = format!(
            "filesrc location={} ! qtdemux ! h264parse config-interval=-1 ! \
             video/x-h264,stream-format=byte-stream,alignment=au ! identity sync=true ! \
             tcpserversink host=127.0.0.1 port={} sync-method=latest-keyframe",
            recorded.mp4.display(),
            address.port()
        );
        let mut command = Command::new("gst-launch-1.0");
        command.arg("-q").args(pipeline.split_whitespace());
        Self::start(&mut command, address, b"")
    }

    /// VLC over HTTP, MPEG-TS.
    pub fn vlc(recorded: &Recorded) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        // It refuses to run as root.
        let mut command = if nix::unistd::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid=nobody",
                "--regid=nogroup",
                "--clear-groups",
                "cvlc",
            ]);
            command
        } else {
            Command::new("cvlc")
        };
        command
            .args(["-I", "dummy", "--loop", "--sout-keep"])
            .arg(format!("--sout=#std{{access=http,mux=ts,dst={address}/}}"))
            .arg(&recorded.mpegts);
        Self::start(&mut command, address, b"GET / HTTP/1.0\r\n\r\n")
    }

    pub fn start(command: &mut Command, address: SocketAddr, request: &'static [u8]) -> Self {
        let silent = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = silent
            .spawn()
            .expect("a peer of the package's group in tests/setup.sh");
        Self {
            child,
            address,
            request,
        }
    }
}

impl Server for Peer {
    fn connect(&mut self) -> TcpStream {
        let mut viewer = connect(self.address);
        viewer.write_all(self.request).expect("it is read");
        viewer
    }

    fn pids(&self) -> Vec<Pid> {
        vec![Pid::from_raw(self.child.id() as i32)]
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
