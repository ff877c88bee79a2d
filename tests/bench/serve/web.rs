//! Viewers that come by HTTP, and programs that want one picture.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use nix::unistd::Pid;
use test_support::connections::connect;
use test_support::service::{Room, Service};

use super::delays::{CARD, STARTS};
use super::servers::{LIMITS, Server};
use super::stream::Recorded;
use super::usage::median;

/// `picam-stream serve` with picam-web.socket.
pub struct Web {
    service: Service,
    url: &'static str,
}

impl Web {
    pub fn new(recorded: &Recorded, url: &'static str) -> Self {
        Self::of(start(&recorded.source()), url)
    }

    pub fn of(service: Service, url: &'static str) -> Self {
        Self { service, url }
    }
}

impl Server for Web {
    fn connect(&mut self) -> TcpStream {
        ask(&self.service, self.url)
    }

    fn pids(&self) -> Vec<Pid> {
        self.service.pid().into_iter().collect()
    }
}

fn start(source: &str) -> Service {
    Service::start(&[Room::Web], &format!("{source} {LIMITS}"))
}

fn ask(service: &Service, url: &str) -> TcpStream {
    let mut connection = connect(service.web());
    let request = format!("GET {url} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    connection
        .write_all(request.as_bytes())
        .expect("it is heard");
    connection
}

/// From the request to the last byte of a JPEG of an H.264 camera.
pub fn snapshots() -> String {
    let cold = (0..STARTS).map(|_| snapshot_ms(&start(CARD)));
    let cold = median(&mut cold.collect::<Vec<_>>());
    let service = start(CARD);
    let mut viewer = ask(&service, "/stream.h264");
    viewer.read_exact(&mut [0]).expect("a byte");
    let _crowd = super::crowd::Crowd::new(vec![super::crowd::idle(viewer)]);
    let warm = (0..STARTS).map(|_| {
        // One decoding serves all who ask within a second.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        snapshot_ms(&service)
    });
    let warm = median(&mut warm.collect::<Vec<_>>());
    format!("snapshot of 1280x720 (median of {STARTS}): cold {cold:.0} ms, warm {warm:.0} ms")
}

fn snapshot_ms(service: &Service) -> f64 {
    let begun = Instant::now();
    let mut answer = Vec::new();
    ask(service, "/snapshot.jpg")
        .read_to_end(&mut answer)
        .expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"\xff\xd9"));
    begun.elapsed().as_secs_f64() * 1000.0
}
