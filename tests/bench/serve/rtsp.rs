//! Viewers that come by RTSP, their pictures over the same connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use nix::unistd::Pid;
use test_support::connections::{connect, free_port};
use test_support::service::{Room, Service};

use super::servers::{LIMITS, Peer, Server};
use super::stream::Recorded;

/// The last part of the URL of the pictures, as our SDP has it.
pub const OUR_TRACK: &str = "trackID=0";

/// `picam-stream serve` with picam-rtsp.socket.
pub struct Rtsp(Service);

impl Rtsp {
    pub fn new(recorded: &Recorded) -> Self {
        let options = format!("{} {LIMITS}", recorded.source());
        Self(Service::start(&[Room::Rtsp], &options))
    }
}

impl Server for Rtsp {
    fn connect(&mut self) -> TcpStream {
        play(self.0.rtsp(), OUR_TRACK)
    }

    fn pids(&self) -> Vec<Pid> {
        self.0.pid().into_iter().collect()
    }
}

/// GStreamer's RTSP server.
pub struct GstRtspServer {
    peer: Peer,
    address: SocketAddr,
}

impl GstRtspServer {
    pub const TRACK: &str = "stream=0";

    pub fn new(recorded: &Recorded) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let pipeline = format!(
            "filesrc location={} ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1",
            recorded.mp4.display()
        );
        let mut command = Command::new("/usr/bin/python3");
        command.arg("tests/support/gstreamer_rtsp_server.py");
        command.args([&address.port().to_string(), &pipeline]);
        Self {
            peer: Peer::start(&mut command, address, b""),
            address,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Server for GstRtspServer {
    fn connect(&mut self) -> TcpStream {
        play(self.address, Self::TRACK)
    }

    fn pids(&self) -> Vec<Pid> {
        self.peer.pids()
    }
}

/// A connection on which the stream flows.
pub fn play(address: SocketAddr, track: &str) -> TcpStream {
    let (mut viewer, session) = prepare(address, track);
    begin(&mut viewer, address, &session);
    viewer
}

/// Up to SETUP: the viewer, and the name of its session.
pub fn prepare(address: SocketAddr, track: &str) -> (TcpStream, String) {
    let mut viewer = connect(address);
    ask(
        &mut viewer,
        &format!("DESCRIBE rtsp://{address}/live RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
    );
    let session = set_up(&mut viewer, address, track);
    (viewer, session)
}

fn set_up(viewer: &mut TcpStream, address: SocketAddr, track: &str) -> String {
    let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1";
    let request =
        format!("SETUP rtsp://{address}/live/{track} RTSP/1.0\r\nCSeq: 2\r\n{transport}\r\n\r\n");
    let answer = ask(viewer, &request);
    let session = answer.split("Session: ").nth(1).expect("a session");
    session
        .split([';', '\r'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// PLAY; its answer is left to be read with the pictures.
pub fn begin(viewer: &mut TcpStream, address: SocketAddr, session: &str) {
    let request =
        format!("PLAY rtsp://{address}/live RTSP/1.0\r\nCSeq: 3\r\nSession: {session}\r\n\r\n");
    viewer.write_all(request.as_bytes()).expect("it is heard");
}

/// The head of the answer; its body is read, too.
fn ask(viewer: &mut TcpStream, request: &str) -> String {
    viewer.write_all(request.as_bytes()).expect("it is heard");
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        viewer.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("text");
    assert!(head.starts_with("RTSP/1.0 200 "), "{head}");
    let length = head.split("Content-Length: ").nth(1).map_or(0, |rest| {
        let digits = rest.split('\r').next().unwrap_or_default();
        digits.parse().expect("a number")
    });
    viewer.read_exact(&mut vec![0; length]).expect("a body");
    head
}
