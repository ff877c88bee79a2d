//! Thirty viewers at once, in every form, some of them stopped and some slow: who keeps up has every picture.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{setsockopt, sockopt::RcvBuf};
use nix::unistd::Pid;
use picam_stream::serve::handed::message::Kind;
use test_support::folders::Scratch;
use test_support::program::{LONG, program, recording};
use test_support::service::{Room, Service};
use test_support::session::Session;

use crate::process::{memory_kib, threads};
use test_support::pictures::{annex_b, assert_piece_of, assert_whole, slices};

/// How long it goes on once all are there.
const LASTS: Duration = Duration::from_secs(5);

/// More than all that may wait for viewers at this rate, 2.7 Mbit/s: shared pictures of two seconds, and what is made of each.
const MOST_GROWTH_KIB: u64 = 16 << 10;

/// A viewer with an instance of its own, by which its connection was handed over.
fn viewer(service: &Service, format: &str) -> Session {
    let args = format!(
        "--source shared:{} -o - -t 0 --format {format}",
        service.camera().display()
    );
    Session::with(
        &args,
        // Little room, so that a viewer that is slow is so at once.
        |socket| setsockopt(socket, RcvBuf, &(32 << 10)).expect("SO_RCVBUF"),
        |_| {},
    )
}

fn kind(format: &str) -> Kind {
    match format {
        "h264" => Kind::Bare,
        _ => Kind::MpegTs,
    }
}

/// Reads all that a viewer is given; at half the stream's rate where it `is_slow`, until `hurries` is set.
fn read(session: &Session, is_slow: bool, hurries: &Arc<AtomicBool>) -> JoinHandle<Vec<u8>> {
    let mut stream = session.viewer.try_clone().expect("a copy");
    let hurries = hurries.clone();
    thread::spawn(move || {
        stream.set_read_timeout(Some(LONG)).expect("a timeout");
        let mut bytes = Vec::new();
        let mut chunk = [0; 8 << 10];
        while let Ok(count @ 1..) = stream.read(&mut chunk) {
            bytes.extend_from_slice(&chunk[..count]);
            if is_slow && !hurries.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(50));
            }
        }
        bytes
    })
}

/// A viewer that is another process: it reads nothing while it is stopped.
fn stopped(session: &Session) -> Child {
    let socket = session.viewer.try_clone().expect("a copy");
    let cat = Command::new("cat")
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(socket)))
        .stdout(Stdio::null())
        .spawn()
        .expect("cat");
    kill(Pid::from_raw(cat.id() as i32), Signal::SIGSTOP).expect("it runs");
    cat
}

/// The number before these words in the closing line.
fn figure(log: &str, words: &str) -> u64 {
    let line = log
        .lines()
        .find(|line| line.contains("stream ended: "))
        .expect("a closing line");
    let before = line.split(words).next().expect("a part");
    let digits = before.trim_end().rsplit(' ').next().expect("a word");
    digits.parse().unwrap_or_else(|_| panic!("{words}: {line}"))
}

#[test]
fn thirty_viewers_have_the_same_pictures_and_the_stopped_and_slow_ones_cost_nobody_any() {
    let options = "--max-viewers-per-address 40 -fps 90 --linger 0";
    let service = Service::start(&[Room::Camera], &format!("{} {options}", recording()));
    let scratch = Scratch::new();
    let mut sessions: Vec<_> = (0..24)
        .map(|number| {
            let format = ["h264", "mpegts"][number % 2];
            (format, viewer(&service, format))
        })
        .collect();
    let mut recorders: Vec<_> = (0..6)
        .map(|number| {
            let path = scratch.path(&number.to_string());
            let args = [
                "--source",
                &format!("shared:{}", service.camera().display()),
                "-t",
                "0",
                "-o",
            ];
            let child = program()
                .args(args)
                .arg(&path)
                .stderr(Stdio::null())
                .spawn();
            (path, child.expect("the program starts"))
        })
        .collect();
    let hurries = Arc::new(AtomicBool::new(false));
    // Of the first ten five are stopped and five slow.
    let mut cats: Vec<_> = sessions[..5]
        .iter()
        .map(|(_, session)| stopped(session))
        .collect();
    let readers: Vec<_> = sessions[5..]
        .iter()
        .enumerate()
        .map(|(number, (_, session))| read(session, number < 5, &hurries))
        .collect();
    service.wait_for_notice("all are there", |line| {
        line.starts_with("STATUS=30 viewers")
    });
    let pid = service.pid().expect("it runs");
    let memory_before = memory_kib(pid);
    thread::sleep(LASTS);
    let grown = memory_kib(pid).saturating_sub(memory_before);
    assert!(grown < MOST_GROWTH_KIB, "{grown} KiB more");
    assert_eq!(threads(pid), 2, "no thread a viewer");
    hurries.store(true, Ordering::Relaxed);
    service.signal(Signal::SIGTERM);
    for cat in &cats {
        kill(Pid::from_raw(cat.id() as i32), Signal::SIGCONT).expect("it runs");
    }
    assert!(service.wait_for_exit(1).success(), "{}", service.log());
    cats.iter_mut().for_each(|cat| {
        cat.wait().expect("it ends");
    });
    let mut streams: Vec<_> = readers
        .into_iter()
        .map(|reader| reader.join().expect("it reads"))
        .collect();
    let mut complete = Vec::new();
    for (number, (format, session)) in sessions.iter_mut().enumerate() {
        assert!(session.wait(LONG).success(), "{}", session.log());
        let (log, skipped) = (session.log(), figure(&session.log(), "frames skipped"));
        if number < 10 {
            assert!(skipped > 0, "{number}: {log}");
        } else {
            let stream = std::mem::take(&mut streams[number - 5]);
            assert_eq!(skipped, 0, "{number}: {log}");
            let pictures = slices(&annex_b(kind(format), &stream));
            assert_eq!(pictures.len() as u64, figure(&log, "frames, "), "{log}");
            if number < 13 {
                assert_whole(kind(format), &stream);
            }
            complete.push(pictures);
        }
    }
    // What a slow one was given can be decoded, too.
    assert_whole(kind(sessions[5].0), &streams[0]);
    for (path, child) in &mut recorders {
        assert!(child.wait().expect("it ends").success());
        complete.push(slices(&std::fs::read(path).expect("the recording")));
    }
    let longest = complete.iter().max_by_key(|it| it.len()).expect("some");
    for (number, pictures) in complete.iter().enumerate() {
        assert_piece_of(longest, pictures, &format!("viewer {number}"));
        assert_eq!(
            pictures.last(),
            longest.last(),
            "viewer {number} stayed to the end"
        );
    }
    assert_eq!(service.starts(), 1);
    assert_eq!(service.log().matches("the camera is on").count(), 1);
}
