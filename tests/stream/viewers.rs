//! Viewers as they come: leaving in every way there is, talking back, coming by the hundred.

use std::io::Write;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt};

use test_support::decoding::{assert_begins_decodable, decode, nal_types};
use test_support::folders::Scratch;
use test_support::program::{LONG, RECORDING, recording};
use test_support::session::Session;

/// The rule is one second; the rest is for a machine that is busy with other things.
const SOON: Duration = Duration::from_secs(5);

/// The recording for a viewer who stays.
fn recorded() -> Session {
    Session::start(&format!("{} -fps 25 -t 0 -o -", recording()))
}

/// A camera that gives nothing: a FIFO that nobody writes to.
fn silent(scratch: &Scratch, extra: &[&str]) -> Session {
    let source = format!("file:{}", scratch.fifo("camera").display());
    let args = [&["--source", &source, "-t", "0", "-o", "-"][..], extra].concat();
    Session::start(&args)
}

fn reset_on_close(viewer: &TcpStream) {
    let linger = nix::libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&viewer.as_fd(), sockopt::Linger, &linger).expect("an option");
}

/// The process ends soon, with success, and says why.
fn assert_left(session: &mut Session) {
    let status = session.wait(SOON);
    assert!(status.success(), "{status}: {}", session.log());
    assert!(session.log().contains("viewer left"), "{}", session.log());
}

#[test]
fn the_first_byte_belongs_to_an_sps_and_then_come_pps_and_a_key_frame() {
    let mut session = recorded();
    let stream = session.read_at_least(100_000);
    assert_begins_decodable(&stream);
}

#[test]
fn a_viewer_that_closes_frees_the_camera() {
    let mut session = recorded();
    session.read_at_least(50_000);
    session.close_viewer();
    assert_left(&mut session);
}

#[test]
fn a_viewer_that_resets_the_connection_frees_the_camera() {
    let mut session = recorded();
    session.read_at_least(50_000);
    reset_on_close(&session.viewer);
    session.close_viewer();
    assert_left(&mut session);
}

#[test]
fn a_viewer_that_is_killed_frees_the_camera() {
    let mut session = recorded();
    let mut player = Command::new("cat")
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(
            session.viewer.try_clone().unwrap(),
        )))
        .stdout(Stdio::null())
        .spawn()
        .expect("cat");
    session.close_viewer();
    session.wait_for_log("viewer");
    std::thread::sleep(Duration::from_millis(500));
    assert!(session.is_running(), "{}", session.log());
    player.kill().expect("kill -9");
    player.wait().expect("its end");
    assert_left(&mut session);
}

#[test]
fn a_viewer_that_closes_at_once_starts_no_stream() {
    for _ in 0..20 {
        let mut session = recorded();
        session.close_viewer();
        assert_left(&mut session);
    }
}

#[test]
fn a_viewer_that_leaves_a_silent_camera_is_noticed() {
    let scratch = Scratch::new();
    let mut session = silent(&scratch, &[]);
    session.wait_for_log("viewer");
    std::thread::sleep(Duration::from_millis(300));
    session.close_viewer();
    assert_left(&mut session);
}

#[test]
fn a_viewer_that_leaves_a_stalled_camera_is_noticed() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("camera");
    let source = format!("file:{}", fifo.display());
    let mut session = Session::start(&format!(
        "--source {source} -t 0 --stall-timeout 60000 -o -"
    ));
    let mut camera = std::fs::OpenOptions::new()
        .write(true)
        .open(&fifo)
        .expect("a writer");
    let recording = std::fs::read(RECORDING).expect("the recording");
    camera
        .write_all(&recording[..60_000])
        .expect("some pictures");
    session.read_at_least(20_000);
    session.close_viewer();
    assert_left(&mut session);
    drop(camera);
}

#[test]
fn a_viewer_that_only_closes_its_sending_half_keeps_its_stream() {
    let mut session = recorded();
    session.half_close();
    let stream = session.read_at_least(250_000);
    assert_begins_decodable(&stream);
    assert!(session.is_running());
    session.close_viewer();
    assert_left(&mut session);
}

#[test]
fn a_half_closed_viewer_waits_for_a_camera_that_is_slow_to_start() {
    for format in ["h264", "mpegts"] {
        let scratch = Scratch::new();
        let fifo = scratch.fifo("camera");
        let source = format!("file:{}", fifo.display());
        let mut session = Session::start(&[
            "--source", &source, "-t", "0", "--format", format, "-o", "-",
        ]);
        session.half_close();
        std::thread::sleep(Duration::from_secs(3));
        assert!(session.is_running(), "{}", session.log());
        let recording = std::fs::read(RECORDING).expect("the recording");
        let mut camera = std::fs::OpenOptions::new()
            .write(true)
            .open(&fifo)
            .expect("a writer");
        camera.write_all(&recording).expect("the pictures");
        drop(camera);
        let stream = session.read_to_end();
        // Filler bytes came before the camera did, and a decoder does not mind them.
        assert!(decode(&stream, format) > 90, "{}", session.log());
        assert!(session.wait(SOON).success());
    }
}

#[test]
fn a_viewer_that_leaves_while_the_camera_is_slow_to_start_is_noticed_in_every_format() {
    for format in ["h264", "mpegts"] {
        let scratch = Scratch::new();
        let mut session = silent(&scratch, &["--format", format]);
        session.wait_for_log("viewer");
        std::thread::sleep(Duration::from_millis(1200));
        session.close_viewer();
        assert_left(&mut session);
    }
}

#[test]
fn a_viewer_that_talks_gets_its_whole_stream() {
    let source = recording();
    let mut session = Session::start(&format!("{source} -fps 25 -t 4000 -o -"));
    let mut talker = session.viewer.try_clone().unwrap();
    let talking = std::thread::spawn(move || {
        let garbage = vec![0x55; 1 << 16];
        let mut sent = 0;
        while sent < 16 << 20 && talker.write_all(&garbage).is_ok() {
            sent += garbage.len();
        }
        sent
    });
    let stream = session.read_to_end();
    assert!(session.wait(SOON).success(), "{}", session.log());
    assert!(
        talking.join().unwrap() >= 16 << 20,
        "the viewer could not say all it had to say"
    );
    assert!(session.log().contains("time over"), "{}", session.log());
    let said = bytes_in_closing_line(&session.log());
    assert_eq!(
        stream.len() as u64,
        said,
        "every byte that was sent arrives"
    );
    assert!(decode(&stream, "h264") >= 95);
}

#[test]
fn what_was_sent_last_arrives_although_the_viewer_talks_to_the_end() {
    let source = recording();
    let mut session = Session::start(&format!("{source} -w 640 -h 480 -fps 100 -t 1500 -o -"));
    let mut talker = session.viewer.try_clone().unwrap();
    let talking = std::thread::spawn(move || while talker.write_all(&[0x55; 4096]).is_ok() {});
    let stream = session.read_to_end();
    session.viewer.shutdown(std::net::Shutdown::Both).ok();
    talking.join().unwrap();
    assert!(session.wait(SOON).success());
    assert_eq!(stream.len() as u64, bytes_in_closing_line(&session.log()));
}

fn bytes_in_closing_line(log: &str) -> u64 {
    let end = log
        .find(" bytes,")
        .unwrap_or_else(|| panic!("no closing line in {log}"));
    log[..end].rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn five_hundred_viewers_in_a_row_leave_nothing_behind() {
    let port = test_support::connections::free_port();
    let source = recording();
    let output = format!("tcp://127.0.0.1:{port}");
    let mut session = Session::start(&format!(
        "{source} -w 640 -h 480 -fps 100 -t 0 -l -o {output}"
    ));
    session.wait_for_log("waiting for a viewer");
    let pid = session.child.id();
    let mut first = None;
    for viewer in 0..500 {
        let mut connection = test_support::connections::connect(([127, 0, 0, 1], port).into());
        if viewer % 10 == 0 {
            wait_for_bytes(&mut connection);
        }
        drop(connection);
        if viewer == 50 {
            first = Some(open_descriptors(pid));
        }
    }
    let begun = Instant::now();
    while open_descriptors(pid) > first.unwrap() && begun.elapsed() < LONG {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(
        open_descriptors(pid) <= first.unwrap(),
        "descriptors pile up"
    );
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    assert_eq!(children.trim(), "", "no process is left");
    // And the next one is served.
    let begun = Instant::now();
    loop {
        let mut connection = test_support::connections::connect(([127, 0, 0, 1], port).into());
        if wait_for_bytes(&mut connection) {
            break;
        }
        assert!(begun.elapsed() < LONG);
    }
    session.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(session.wait(SOON).success(), "{}", session.log());
}

/// Whether the stream came; a viewer that was turned away gets none.
fn wait_for_bytes(connection: &mut TcpStream) -> bool {
    use std::io::Read;
    connection.set_read_timeout(Some(LONG)).unwrap();
    matches!(connection.read(&mut [0; 1000]), Ok(1..))
}

fn open_descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("it runs")
        .count()
}

#[test]
fn a_stream_can_be_joined_at_every_key_frame() {
    let mut session = recorded();
    let stream = session.read_at_least(350_000);
    let types = nal_types(&stream);
    let keys = types
        .iter()
        .enumerate()
        .filter(|&(_, &kind)| kind == 5)
        .map(|(index, _)| index);
    let mut pictures = 0;
    for key in keys {
        // A picture may have several slices, and SEI before the first.
        let before: Vec<u8> = types[..key]
            .iter()
            .rev()
            .copied()
            .filter(|&kind| kind != 6)
            .take_while(|&kind| kind != 1)
            .collect();
        assert!(
            before.ends_with(&[8, 7]) || before.first() == Some(&5) || before.contains(&7),
            "{before:?}"
        );
        pictures += 1;
    }
    assert!(pictures >= 2);
}
