//! Peers on `camera.sock` that speak nonsense, nothing, or too much, and hand over what is no connection: nobody else notices.

use std::fs::File;
use std::io::IoSlice;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::time::Duration;

use nix::libc::linger;
use nix::sys::signal::Signal;
use nix::sys::socket::sockopt::Linger;
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, UnixAddr, connect, sendmsg,
    setsockopt, socket,
};
use picam_stream::serve::handed::message::{Ask, Kind, MOST_BYTES, Say, VERSION, Watch};
use test_support::commands::until;
use test_support::folders::Scratch;
use test_support::service::{Room, Service};

use crate::process::descriptors;
use test_support::handed_viewer::{CARD, Reading, Viewer, hear, watch};

/// A peer that says what it likes.
fn peer(service: &Service) -> OwnedFd {
    let flags = SockFlag::SOCK_CLOEXEC;
    let peer = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None).expect("a socket");
    let address = UnixAddr::new(service.camera()).expect("a path");
    connect(peer.as_raw_fd(), &address).expect("somebody listens");
    peer
}

fn send(peer: &OwnedFd, bytes: &[u8], with: &[BorrowedFd<'_>]) {
    let fds: Vec<_> = with.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&fds)];
    let rights = if fds.is_empty() { &[][..] } else { &rights };
    let flags = MsgFlags::MSG_NOSIGNAL;
    // It may have been sent away already.
    let _ = sendmsg::<UnixAddr>(
        peer.as_raw_fd(),
        &[IoSlice::new(bytes)],
        rights,
        flags,
        None,
    );
}

/// A service with one viewer that was given pictures, and how many descriptors it has then.
fn watched(options: &str) -> (Service, Reading, usize) {
    let service = Service::start(&[Room::Camera], &format!("{CARD} {options}"));
    let mut viewer = Viewer::watch(&service, Kind::Bare);
    viewer.read_at_least(1);
    let count = descriptors(service.pid().expect("it runs"));
    (service, viewer.keep_reading(), count)
}

/// The viewer has all its pictures, and nothing of the others is left.
#[track_caller]
fn assert_undisturbed(service: &Service, viewer: Reading, count: usize) {
    let pid = service.pid().expect("it runs");
    // Who is served now came after all the others: none of them waits to be let in.
    let mut last = Viewer::watch(service, Kind::Bare);
    last.read_at_least(1);
    drop(last);
    until("every descriptor is closed", 30, || {
        (descriptors(pid) == count).then_some(())
    });
    service.signal(Signal::SIGTERM);
    let (_, ended) = viewer.end();
    assert_eq!((ended.exit_status, ended.tally.skipped), (0, 0));
    assert!(service.wait_for_exit(1).success(), "{}", service.log());
    assert_eq!(service.starts(), 1);
}

#[test]
fn a_thousand_connections_with_garbage_change_nothing() {
    let (service, viewer, count) = watched("");
    let good = Ask::Watch(watch(Kind::Bare)).encode();
    for number in 0..1000_usize {
        let peer = peer(&service);
        let mut bytes = good.clone();
        match number % 5 {
            0 => bytes = vec![number as u8; 1 + number],
            1 => bytes.truncate(number % good.len()),
            2 => bytes[number % 4] ^= 1 << (number % 7),
            3 => bytes.extend(vec![0; 1 + number]),
            // A text longer than the message.
            _ => bytes[21..25].copy_from_slice(&u32::MAX.to_le_bytes()),
        }
        send(&peer, &bytes, &[]);
    }
    assert_undisturbed(&service, viewer, count);
}

#[test]
fn who_says_nothing_is_sent_away_and_meanwhile_others_are_served() {
    let (service, viewer, count) = watched("");
    // More than the service has places for.
    let silent: Vec<_> = (0..400).map(|_| peer(&service)).collect();
    let mut another = Viewer::watch(&service, Kind::MpegTs);
    another.read_at_least(1);
    drop(another);
    assert_undisturbed(&service, viewer, count);
    drop(silent);
}

#[test]
fn only_a_connected_stream_socket_is_taken_over() {
    let (service, viewer, count) = watched("");
    let scratch = Scratch::new();
    let ask = Ask::Watch(watch(Kind::Bare)).encode();
    let (reader, writer) = nix::unistd::pipe().expect("a pipe");
    let (one, other) = UnixDatagram::pair().expect("a pair");
    let fifo = scratch.fifo("fifo");
    let fifo = File::options()
        .read(true)
        .write(true)
        .open(fifo)
        .expect("a FIFO");
    let wrong: [(&str, OwnedFd); 9] = [
        (
            "a file",
            File::create(scratch.path("file")).expect("a file").into(),
        ),
        ("a folder", File::open(&scratch.0).expect("a folder").into()),
        (
            "a device",
            File::open("/dev/zero").expect("a device").into(),
        ),
        ("a FIFO", fifo.into()),
        ("a pipe", writer),
        ("the wrong end of a pipe", reader),
        (
            "a socket that listens",
            TcpListener::bind("127.0.0.1:0").expect("a port").into(),
        ),
        (
            "a datagram socket",
            UdpSocket::bind("127.0.0.1:0").expect("a port").into(),
        ),
        ("a pair of datagram sockets", one.into()),
    ];
    for (what, fd) in &wrong {
        let client = Viewer::connect(&service);
        let asked = client.ask(&Ask::Watch(watch(Kind::Bare)), Some(fd.as_fd()));
        asked.expect("it is taken");
        let Some(Say::Ended(ended)) = hear(&client) else {
            panic!("{what}: no answer");
        };
        assert_eq!(ended.exit_status, 70, "{what}");
        assert!(
            ended.error.contains("a connected stream socket"),
            "{}",
            ended.error
        );
    }
    drop(other);
    // None at all, and many, of which all but the first are closed.
    send(&peer(&service), &ask, &[]);
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let many: Vec<_> = wrong.iter().map(|(_, fd)| fd.as_fd()).collect();
    let with_many = peer(&service);
    send(
        &with_many,
        &ask,
        &[&[theirs.as_fd()], &many[..], &many[..]].concat(),
    );
    drop(theirs);
    let mut byte = [0];
    ours.set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a timeout");
    assert_eq!(
        std::io::Read::read(&mut &ours, &mut byte).expect("pictures"),
        1
    );
    drop((ours, with_many));
    assert_undisturbed(&service, viewer, count);
}

#[test]
fn a_message_that_is_too_long_or_of_another_version_is_answered() {
    let (service, viewer, count) = watched("");
    let ask = Ask::Watch(watch(Kind::Bare)).encode();
    let mut other_version = ask.clone();
    other_version[2] = VERSION + 1;
    let long = [ask, vec![0; MOST_BYTES]].concat();
    for (bytes, text) in [
        (other_version, "is of another version of picam-stream"),
        (long, "takes messages of picam-stream alone"),
    ] {
        let peer = peer(&service);
        send(&peer, &bytes, &[]);
        let mut answer = vec![0; MOST_BYTES];
        let length = nix::sys::socket::recv(peer.as_raw_fd(), &mut answer, MsgFlags::empty());
        let said = Say::decode(&answer[..length.expect("an answer")]);
        let Ok(Say::Ended(ended)) = said else {
            panic!("{said:?}");
        };
        assert!(ended.error.contains(text), "{}", ended.error);
        assert_eq!(ended.exit_status, 70);
    }
    assert_undisturbed(&service, viewer, count);
}

#[test]
fn who_goes_on_talking_or_never_listens_holds_up_nobody() {
    let (service, viewer, count) = watched("");
    let mut talkers = Vec::new();
    for _ in 0..5 {
        let peer = peer(&service);
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        send(
            &peer,
            &Ask::Watch(watch(Kind::Bare)).encode(),
            &[theirs.as_fd()],
        );
        let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
        for number in 0..2000_u32 {
            let bytes = number.to_le_bytes();
            let _ = nix::sys::socket::send(peer.as_raw_fd(), &bytes, flags);
        }
        talkers.push((peer, ours));
    }
    drop(talkers);
    assert_undisturbed(&service, viewer, count);
}

#[test]
fn so_many_viewers_are_let_in_and_so_many_of_one_address() {
    let service = Service::start(
        &[Room::Camera],
        &format!("{CARD} --max-viewers 4 --max-viewers-per-address 3"),
    );
    let mut inside: Vec<_> = (0..3)
        .map(|_| Viewer::watch(&service, Kind::Bare))
        .collect();
    inside.iter_mut().for_each(|viewer| viewer.keep_at_least(1));
    let ended = Viewer::watch(&service, Kind::Bare).wait_for_end();
    assert!(
        ended.error.contains("--max-viewers-per-address"),
        "{}",
        ended.error
    );
    assert_eq!(ended.exit_status, 70);
    // A user of this machine is another than an address.
    let mut local = Viewer::watch_locally(&service, Kind::Records);
    local.keep_at_least(1);
    let ended = Viewer::watch_locally(&service, Kind::Records).wait_for_end();
    assert!(ended.error.contains("(--max-viewers in"), "{}", ended.error);
    drop(inside.pop());
    let mut next = until("the place is free", 10, || {
        let viewer = Viewer::watch(&service, Kind::Bare);
        let heard = viewer.client.hear(Duration::from_millis(300));
        matches!(
            heard,
            Ok(picam_stream::serve::handed::client::Heard::Nothing)
        )
        .then_some(viewer)
    });
    next.read_at_least(1);
}

#[test]
fn a_viewer_that_has_gone_before_it_is_handed_over_is_no_failure_and_starts_no_camera() {
    let service = Service::start(&[Room::Camera], CARD);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let theirs =
        TcpStream::connect(listener.local_addr().expect("an address")).expect("it listens");
    let (ours, _) = listener.accept().expect("it has come");
    // With a RST, as who only looks whether the port is open.
    let at_once = linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&theirs, Linger, &at_once).expect("a socket");
    drop(theirs);
    until("the RST is there", 10, || {
        ours.peer_addr().is_err().then_some(())
    });
    let client = Viewer::connect(&service);
    let asked = client.ask(&Ask::Watch(watch(Kind::Bare)), Some(ours.as_fd()));
    asked.expect("it is taken");
    let Some(Say::Ended(ended)) = hear(&client) else {
        panic!("no answer");
    };
    assert_eq!(
        (ended.exit_status, &*ended.reason, &*ended.error),
        (0, "viewer left", "")
    );
    assert!(service.wait_for_exit(1).success());
    assert!(
        !service.log().contains("the camera is on"),
        "{}",
        service.log()
    );
}

#[test]
fn a_peer_cannot_write_lines_of_its_own_into_the_journal() {
    let service = Service::start(&[Room::Camera], CARD);
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let peer = peer(&service);
    let named = Watch {
        name: format!("me\n<3>systemd: all is lost\x1b[2J{}", "x".repeat(4000)),
        ..watch(Kind::Bare)
    };
    send(&peer, &Ask::Watch(named).encode(), &[theirs.as_fd()]);
    drop(theirs);
    service.wait_for_log("the camera is on");
    std::thread::sleep(Duration::from_millis(1200));
    drop(ours);
    service.wait_for_log("(raw): viewer left");
    let log = service.log();
    let line = log.lines().find(|line| line.contains("(raw)"));
    let line = line.expect("a line for it");
    assert!(line.contains("me\\n<3>systemd"), "{line}");
    assert!(line.len() < 400 && !line.contains('\x1b'), "{line}");
}
