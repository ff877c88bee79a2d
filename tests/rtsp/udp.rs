//! Pictures over UDP: where they come from, where they go, and who is blamed when nobody listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use test_support::lines::cable::{CAMERA, VIEWER, cable};
use test_support::program::LONG;
use test_support::service::{Room, Service};

use super::camera::{FILE, serve};
use super::client::{Client, rtp_head};

/// A client's pair of ports.
pub struct Ports {
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

impl Ports {
    pub fn bind(address: IpAddr) -> Self {
        let bind = |port| {
            let socket = UdpSocket::bind((address, port)).expect("a port");
            socket.set_read_timeout(Some(LONG)).expect("a limit");
            socket
        };
        Self {
            rtp: bind(0),
            rtcp: bind(0),
        }
    }

    fn transport(&self) -> String {
        let port = |socket: &UdpSocket| socket.local_addr().expect("an address").port();
        format!(
            "RTP/AVP;unicast;client_port={}-{}",
            port(&self.rtp),
            port(&self.rtcp)
        )
    }

    pub fn receive(&self) -> (Vec<u8>, SocketAddr) {
        let mut bytes = [0; 2048];
        let (length, from) = self.rtp.recv_from(&mut bytes).expect("a packet");
        (bytes[..length].to_vec(), from)
    }

    /// So many packets, of which none is missing.
    #[track_caller]
    fn receive_whole(&self, packets: usize, source: u32) {
        let mut last = None;
        for _ in 0..packets {
            let (packet, _) = self.receive();
            assert!(packet.len() <= 1400, "{} bytes", packet.len());
            let (sequence, _, from, _) = rtp_head(&packet);
            assert_eq!(from, source);
            assert!(
                last.is_none_or(|last: u16| last.wrapping_add(1) == sequence),
                "{last:?}, then {sequence}"
            );
            last = Some(sequence);
        }
    }
}

pub fn play(address: SocketAddr, ports: &Ports) -> Client {
    let mut client = Client::connect(address);
    client.describe();
    client.set_up(&ports.transport());
    client.play();
    client
}

#[test]
fn packets_leave_from_the_address_that_the_client_has_asked() {
    let options = format!("--source file:{FILE} -fps 25 --linger 1");
    let service = Service::at(Ipv4Addr::UNSPECIFIED, &[Room::Rtsp], &options, |_| {});
    let asked = SocketAddr::from(([127, 0, 0, 2], service.rtsp().port()));
    let ports = Ports::bind(asked.ip());
    let mut client = Client::connect(asked);
    client.describe();
    let answer = client.set_up(&ports.transport());
    let pair = format!(
        "server_port={}-{}",
        service.rtp().port(),
        service.rtp().port() + 1
    );
    assert!(
        answer
            .field("Transport")
            .is_some_and(|it| it.contains(&pair)),
        "{answer:?}"
    );
    // The client's end of the connection is the address that the kernel chose for it.
    let here = client.stream.local_addr().expect("an address");
    let ports = Ports::bind(here.ip());
    client.set_up(&ports.transport());
    client.play();
    let (_, from) = ports.receive();
    assert_eq!(from, SocketAddr::new(asked.ip(), service.rtp().port()));
    let mut bytes = [0; 2048];
    let (_, from) = ports.rtcp.recv_from(&mut bytes).expect("a report");
    assert_eq!(from, SocketAddr::new(asked.ip(), service.rtp().port() + 1));
}

#[test]
fn nobody_can_have_packets_sent_to_somebody_else() {
    let service = serve("");
    let victim = Ports::bind([127, 0, 0, 3].into());
    let transport = victim.transport() + ";destination=127.0.0.3";
    let port = victim.rtp.local_addr().expect("an address").port();
    let own = UdpSocket::bind(("127.0.0.1", port)).expect("the same port of the own address");
    own.set_read_timeout(Some(LONG)).expect("a limit");
    let mut client = Client::connect(service.rtsp());
    client.describe();
    client.set_up(&transport);
    client.play();
    let mut bytes = [0; 2048];
    for _ in 0..20 {
        own.recv_from(&mut bytes).expect("a packet");
    }
    victim.rtp.set_nonblocking(true).expect("it does not wait");
    assert!(victim.rtp.recv_from(&mut bytes).is_err());
}

#[test]
fn a_port_that_is_closed_ends_that_session_and_no_other() {
    let service = serve("");
    let (ports, gone) = (
        Ports::bind([127, 0, 0, 1].into()),
        Ports::bind([127, 0, 0, 1].into()),
    );
    let stays = play(service.rtsp(), &ports);
    ports.receive_whole(5, stays.source);
    for _ in 0..3 {
        let transport = gone.transport();
        let mut leaves = Client::connect(service.rtsp());
        leaves.describe();
        leaves.set_up(&transport);
        leaves.play();
        gone.receive();
        // The answer to a port without a socket.
        let closed = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = closed.local_addr().expect("an address").port();
        drop(closed);
        let mut leaves = Client::connect(service.rtsp());
        leaves.describe();
        leaves.set_up(&format!("RTP/AVP;unicast;client_port={port}-{}", port ^ 1));
        leaves.play();
        assert!(leaves.is_ended());
    }
    ports.receive_whole(40, stays.source);
    assert!(!service.log().contains(" stuck"), "{}", service.log());
}

#[test]
fn a_datagram_of_nobody_starts_no_camera_and_is_not_left_unread() {
    let service = serve("");
    let nobody = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let rtcp = SocketAddr::new(service.rtp().ip(), service.rtp().port() + 1);
    nobody.send_to(b"hello", service.rtp()).expect("sent");
    // A receiver report of an earlier session.
    nobody
        .send_to(
            b"\x81\xc9\x00\x07\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            rtcp,
        )
        .expect("sent");
    let status = service.wait_for_exit(1);
    assert_eq!(status.code(), Some(0));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(service.starts(), 1, "{}", service.log());
    assert!(
        !service.log().contains("the camera is on"),
        "{}",
        service.log()
    );
}

#[test]
fn without_a_sign_of_life_a_session_over_udp_ends_after_a_minute() {
    let service = serve("");
    let ports = Ports::bind([127, 0, 0, 1].into());
    let (silent, other) = (
        Ports::bind([127, 0, 0, 1].into()),
        Ports::bind([127, 0, 0, 1].into()),
    );
    let mut client = play(service.rtsp(), &silent);
    let mut asks = play(service.rtsp(), &other);
    let reports = play(service.rtsp(), &ports);
    let rtcp = SocketAddr::new(service.rtp().ip(), service.rtp().port() + 1);
    for second in 0..66 {
        std::thread::sleep(Duration::from_secs(1));
        // What is told to systemd is taken, as systemd does.
        service.notices();
        if second % 20 == 10 {
            assert_eq!(asks.ask("GET_PARAMETER", &[]).status, 200);
            ports
                .rtcp
                .send_to(b"\x80\xc9\x00\x01\0\0\0\x01", rtcp)
                .expect("sent");
        }
        if second == 50 {
            assert!(!service.log().contains("rtsp-udp)"), "{}", service.log());
        }
    }
    assert!(client.is_ended());
    assert_eq!(asks.ask("GET_PARAMETER", &[]).status, 200);
    assert_eq!(
        service.log().matches("(rtsp-udp)").count(),
        1,
        "{}",
        service.log()
    );
    drop(reports);
}

/// On a line that carries half of the stream, what does not fit is dropped at the sender, picture by picture: no number is
/// missing, whoever begins again begins with a key frame, and none is cut off.
#[test]
fn a_slow_line_costs_whole_pictures_and_no_packet_of_those_that_are_sent() {
    let (camera, viewer) = cable();
    camera.tool("tc qdisc replace dev line root tbf rate 400kbit burst 4kb limit 60kb");
    let options = format!("--source file:{FILE} -fps 25 --linger 1");
    let service = camera.run(move || Service::at(CAMERA, &[Room::Rtsp], &options, |_| {}));
    let address = service.rtsp();
    let packets = viewer.run(move || {
        let ports = Ports::bind(VIEWER.into());
        let mut client = play(address, &ports);
        let begun = Instant::now();
        let mut packets = Vec::new();
        while begun.elapsed() < Duration::from_secs(12) {
            packets.push(ports.receive().0);
        }
        assert_eq!(client.ask("TEARDOWN", &[]).status, 200);
        packets
    });
    let log = service.log();
    service.wait_for_log("the camera is off");
    let (mut last, mut is_first, mut restarts) = (None, true, 0);
    for packet in &packets {
        let (sequence, ticks, _, is_last) = rtp_head(packet);
        if let Some((before, ticks_before)) = last {
            assert_eq!(
                sequence,
                u16::wrapping_add(before, 1),
                "a packet is missing; {log}"
            );
            if is_first && ticks != u32::wrapping_add(ticks_before, 3600) {
                restarts += 1;
                assert_eq!(
                    packet[12] & 0x1f,
                    24,
                    "it goes on without parameter sets; {log}"
                );
            }
            assert!(
                is_first || ticks == ticks_before,
                "a picture was cut off; {log}"
            );
        }
        last = Some((sequence, ticks));
        is_first = is_last;
    }
    assert!(
        packets.len() > 100 && restarts > 0,
        "{} packets, {restarts} restarts; {log}",
        packets.len()
    );
}
