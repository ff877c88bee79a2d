//! Viewers of every kind at one camera.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use test_support::connections::connect;
use test_support::program::LONG;
use test_support::service::{Room, Service};
use test_support::session::Session;

use super::camera::{FILE, FPS};
use super::client::{Client, rtp_head};
use super::udp::{Ports, play};

/// A minute, or as many as `make soak` says.
fn lasts() -> Duration {
    let minutes =
        std::env::var("MINUTES").map_or(1, |it| it.parse().expect("MINUTES is a whole number"));
    Duration::from_secs(60 * minutes)
}

/// Those who have no connection that tells say in time that they are there.
const SAYS_EVERY: u64 = 20;

/// Of each of five kinds.
const VIEWERS: usize = 6;

/// How many pictures a viewer has had, or bytes where it does not look.
type Watching = JoinHandle<u64>;

/// Reads until it is over.
fn read(mut stream: TcpStream, is_over: &Arc<AtomicBool>) -> Watching {
    let is_over = is_over.clone();
    stream.set_read_timeout(Some(LONG)).expect("a limit");
    thread::spawn(move || {
        let (mut bytes, mut read) = ([0; 65536], 0);
        while !is_over.load(Ordering::Relaxed) {
            let length = stream.read(&mut bytes).expect("it is served");
            assert!(length > 0, "it is served to the end");
            read += length as u64;
        }
        read
    })
}

/// Counts the pictures of a stream of packets, of which none may be missing.
fn count(
    mut next: impl FnMut() -> Option<Vec<u8>> + Send + 'static,
    is_over: &Arc<AtomicBool>,
) -> Watching {
    let is_over = is_over.clone();
    thread::spawn(move || {
        let (mut last, mut pictures) = (None, 0);
        while !is_over.load(Ordering::Relaxed) {
            let Some(packet) = next() else { continue };
            let (sequence, _, _, is_last) = rtp_head(&packet);
            assert!(last.is_none_or(|last: u16| last.wrapping_add(1) == sequence));
            last = Some(sequence);
            pictures += u64::from(is_last);
        }
        pictures
    })
}

#[test]
fn thirty_viewers_of_every_kind_are_served_by_one_camera() {
    let options =
        format!("--source file:{FILE} -fps {FPS} --linger 1 --max-viewers-per-address 40");
    let service = Service::start(&[Room::Camera, Room::Web, Room::Rtsp], &options);
    let is_over = Arc::new(AtomicBool::new(false));
    let (mut readers, mut counters, mut instances, mut clients) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..VIEWERS {
        let camera = service.camera().display().to_string();
        let instance = Session::start(&format!("--source shared:{camera} -t 0 -o -"));
        readers.push(read(instance.viewer.try_clone().expect("a copy"), &is_over));
        instances.push(instance);
        for path in ["/live.mp4", "/stream.ts"] {
            let mut browser = connect(service.web());
            let host = service.web();
            write!(browser, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("it is heard");
            readers.push(read(browser, &is_over));
        }
        let mut recorder = Client::play_interleaved(service.rtsp());
        let packet = move || {
            recorder
                .packet()
                .filter(|it| it.channel == 0)
                .map(|it| it.bytes)
        };
        counters.push(count(packet, &is_over));
        let ports = Ports::bind(IpAddr::V4(Ipv4Addr::LOCALHOST));
        clients.push(play(service.rtsp(), &ports));
        counters.push(count(move || Some(ports.receive().0), &is_over));
    }
    for second in 0..lasts().as_secs() {
        thread::sleep(Duration::from_secs(1));
        // What is told to systemd is taken, as systemd does.
        service.notices();
        if second % SAYS_EVERY == 0 {
            for client in &mut clients {
                assert_eq!(client.ask("GET_PARAMETER", &[]).status, 200);
            }
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let least = lasts().as_secs() * u64::from(FPS) * 9 / 10;
    for counter in counters {
        let pictures = counter.join().expect("no packet is missing");
        assert!(
            pictures >= least,
            "{pictures} pictures of {least} at least; {}",
            service.log()
        );
    }
    for reader in readers {
        let bytes = reader.join().expect("it is served");
        assert!(
            bytes > lasts().as_secs() * 50_000,
            "{bytes} bytes; {}",
            service.log()
        );
    }
    drop((instances, clients));
    service.wait_for_log("the camera is off");
    let log = service.log();
    assert_eq!(log.matches("the camera is on").count(), 1, "{log}");
    assert_eq!(
        log.matches(" frames skipped for the viewer").count(),
        5 * VIEWERS,
        "{log}"
    );
}
