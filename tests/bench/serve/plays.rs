//! How soon a viewer over RTSP has its pictures: from PLAY, and from connecting where the camera rests.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use test_support::service::{Room, Service};

use super::crowd::{Crowd, idle};
use super::delays::{CARD, JOINERS, STARTS, median_and_p95};
use super::rtsp::{self, GstRtspServer, OUR_TRACK};
use super::servers::LIMITS;
use super::stream::Recorded;
use super::usage::median;

/// One visit, in milliseconds.
struct Visit {
    connected_to_picture: f64,
    play_to_packet: f64,
    play_to_picture: f64,
}

pub fn measure(recorded: &Recorded) -> Vec<String> {
    let ours = cold(|| {
        let service = start();
        (service.rtsp(), OUR_TRACK, Box::new(service))
    });
    let theirs = cold(|| {
        let server = GstRtspServer::new(recorded);
        let address = server.address();
        // It has bound its port before anything is timed.
        drop(test_support::connections::connect(address));
        (address, GstRtspServer::TRACK, Box::new(server))
    });
    vec![
        format!("RTSP, cold, test card 1280x720: {ours}"),
        format!("gst-rtsp-server, cold, recorded 1280x720: {theirs}"),
        joiners(),
    ]
}

fn start() -> Service {
    Service::start(&[Room::Rtsp], &format!("{CARD} {LIMITS}"))
}

/// A server that nobody watches: where it is, its track, and what is kept as long as it is to run.
type Resting = (SocketAddr, &'static str, Box<dyn std::any::Any>);

fn cold(start: impl Fn() -> Resting) -> String {
    let visits: Vec<Visit> = (0..STARTS)
        .map(|_| {
            let (address, track, _kept) = start();
            visit(address, track)
        })
        .collect();
    let of = |part: fn(&Visit) -> f64| median(&mut visits.iter().map(part).collect::<Vec<_>>());
    format!(
        "connection to first picture {:.0} ms, PLAY to first packet {:.1} ms, to first picture {:.1} ms (medians of {STARTS})",
        of(|it| it.connected_to_picture),
        of(|it| it.play_to_packet),
        of(|it| it.play_to_picture)
    )
}

/// Viewers that come while another watches, at any moment between two key frames.
fn joiners() -> String {
    let service = start();
    let first = rtsp::play(service.rtsp(), OUR_TRACK);
    let _crowd = Crowd::new(vec![idle(first)]);
    let visits: Vec<Visit> = (0..JOINERS)
        .map(|_| {
            std::thread::sleep(Duration::from_millis(230));
            visit(service.rtsp(), OUR_TRACK)
        })
        .collect();
    let of = |part: fn(&Visit) -> f64| median_and_p95(visits.iter().map(part).collect());
    format!(
        "RTSP, a second viewer: PLAY to first packet {}; to first picture {}",
        of(|it| it.play_to_packet),
        of(|it| it.play_to_picture)
    )
}

fn visit(address: SocketAddr, track: &str) -> Visit {
    let begun = Instant::now();
    let (mut viewer, session) = rtsp::prepare(address, track);
    let asked = Instant::now();
    rtsp::begin(&mut viewer, address, &session);
    skip_answer(&mut viewer);
    let mut packet = None;
    while !ends_picture(&mut viewer) {
        packet.get_or_insert(asked.elapsed());
    }
    let picture = asked.elapsed();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    Visit {
        connected_to_picture: ms(begun.elapsed()),
        play_to_packet: ms(packet.unwrap_or(picture)),
        play_to_picture: ms(picture),
    }
}

fn skip_answer(viewer: &mut TcpStream) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        viewer.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
}

/// Reads up to the end of the next RTP packet; whether it has the marker (RFC 6184 clause 5.1).
fn ends_picture(viewer: &mut TcpStream) -> bool {
    loop {
        let mut head = [0; 4];
        viewer.read_exact(&mut head).expect("packets");
        let [b'$', channel, high, low] = head else {
            panic!("no packet: {head:?}")
        };
        let mut packet = vec![0; usize::from(u16::from_be_bytes([high, low]))];
        viewer.read_exact(&mut packet).expect("a packet");
        // The other channel is RTCP's.
        if channel == 0 {
            return packet[1] & 0x80 != 0;
        }
    }
}
