//! Where `-o` can lead: files, pipes, FIFOs, TCP, UDP, a port of our own; and where it must not.

use std::fs::{self, File};
use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use test_support::connections::{connect, free_port};
use test_support::decoding::{assert_begins_decodable, decode};
use test_support::folders::Scratch;
use test_support::program::{LONG, RECORDING, assert_ended, program, recording, run, stderr};
use test_support::session::Session;

fn source() -> String {
    format!("file:{RECORDING}")
}

#[test]
fn a_file_gets_the_whole_stream() {
    let scratch = Scratch::new();
    let path = scratch.path("clip.h264");
    let output = run(&format!(
        "{} -fps 50 -t 1000 -o {}",
        recording(),
        path.display()
    ));
    assert!(output.status.success(), "{}", stderr(&output));
    let pictures = decode(&fs::read(&path).unwrap(), "h264");
    assert!((45..=55).contains(&pictures), "{pictures}");
}

#[test]
fn a_full_disk_is_an_output_error() {
    let output = run(&format!("{} -t 5000 -o /dev/full", recording()));
    assert_ended(&output, 74, &["/dev/full", "No space left"]);
}

#[test]
fn a_place_that_cannot_be_written_is_an_output_error() {
    let output = run(&format!("{} -o /nowhere/at/all", recording()));
    assert_ended(&output, 74, &["/nowhere/at/all"]);
}

#[test]
fn a_pipe_gets_the_stream_and_its_reader_may_leave() {
    let mut child = program()
        .args(["--source", &source(), "-fps", "25", "-t", "0", "-o", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = vec![0; 100_000];
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut stream).unwrap();
    assert_begins_decodable(&stream);
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("viewer left"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_pipe_whose_reader_is_slow_is_skipped_forward_in_whole_frames() {
    let mut child = program()
        .args([
            "--source",
            &source(),
            "-w",
            "640",
            "-h",
            "480",
            "-fps",
            "100",
            "-t",
            "8000",
            "-o",
            "-",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let mut stream = Vec::new();
    let mut chunk = vec![0; 10_000];
    let begun = Instant::now();
    loop {
        let count = pipe.read(&mut chunk).unwrap();
        if count == 0 {
            break;
        }
        stream.extend_from_slice(&chunk[..count]);
        // Not at the end: the picture that was begun has a second after -t.
        if begun.elapsed() < Duration::from_secs(6) {
            std::thread::sleep(Duration::from_millis(70));
        }
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("skipped forward"),
        "{}",
        stderr(&output)
    );
    assert!(decode(&stream, "h264") > 100);
}

#[test]
fn a_fifo_waits_for_its_reader_and_a_signal_ends_the_wait() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("stream");
    let args = [
        "--source",
        &source(),
        "-fps",
        "25",
        "-t",
        "500",
        "-o",
        fifo.to_str().unwrap(),
    ];
    let child = program()
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = Vec::new();
    File::open(&fifo).unwrap().read_to_end(&mut stream).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert!(decode(&stream, "h264") >= 10);

    let mut session = Session::start(&args);
    std::thread::sleep(Duration::from_millis(300));
    session.signal(Signal::SIGTERM);
    assert!(session.wait(LONG).success(), "{}", session.log());
}

#[test]
fn a_fifo_without_a_reader_is_waited_for_with_a_word() {
    let scratch = Scratch::new();
    let fifo = scratch.fifo("stream");
    let mut session = Session::start(&format!("{} -o {}", recording(), fifo.display()));
    session.wait_for_log("waiting for a reader of the FIFO");
    std::thread::sleep(Duration::from_millis(200));
    session.signal(Signal::SIGTERM);
    assert!(session.wait(LONG).success(), "{}", session.log());
    assert_eq!(session.log().matches("waiting for a reader").count(), 1);
}

#[test]
fn standard_output_that_is_closed_is_an_error_and_dev_null_is_none() {
    let run = |redirection: &str| {
        let line = format!(
            "exec \"$@\" --source {} -t 200 -o - {redirection}",
            source()
        );
        let mut command = Command::new("sh");
        command
            .args(["-c", &line, "sh", env!("CARGO_BIN_EXE_picam-stream")])
            .stdin(Stdio::null());
        command.output().unwrap()
    };
    let closed = run(">&-");
    assert_ended(&closed, 74, &["descriptor 1) is closed"]);
    let null = run(">/dev/null");
    assert!(null.status.success(), "{}", stderr(&null));
}

#[test]
fn a_socket_or_a_terminal_in_place_of_a_file_is_an_error_at_once() {
    let scratch = Scratch::new();
    let socket = scratch.path("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let terminal = nix::pty::openpty(None, None).expect("a terminal");
    let name = nix::unistd::ttyname(&terminal.slave).unwrap();
    for (path, word) in [(&socket, "is a socket"), (&name, "is a terminal")] {
        let output = run(&format!("{} -o {}", recording(), path.display()));
        assert_ended(&output, 74, &[word]);
    }
}

#[test]
fn a_file_at_the_limit_of_its_size_is_an_output_error() {
    let scratch = Scratch::new();
    let path = scratch.path("clip.h264");
    let line = "ulimit -f 64; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", line, "sh", env!("CARGO_BIN_EXE_picam-stream")])
        .args([
            "--source",
            &source(),
            "-t",
            "20000",
            "-o",
            path.to_str().unwrap(),
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_ended(&output, 74, &["File too large"]);
}

#[test]
fn a_terminal_is_refused_with_a_hint() {
    let terminal = nix::pty::openpty(None, None).expect("a terminal");
    let output = program()
        .args(["--source", &source(), "-o", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::from(terminal.slave))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_ended(&output, 64, &["terminal", "-o FILE"]);
    drop(terminal.master);
}

#[test]
fn the_connection_on_descriptor_0_is_used_when_standard_output_is_the_journal_or_a_terminal() {
    use std::os::unix::fs::MetadataExt;
    let scratch = Scratch::new();
    // Any file can play the journal: what counts is that JOURNAL_STREAM names its device and inode.
    let journal = File::create(scratch.path("journal")).unwrap();
    let metadata = journal.metadata().unwrap();
    let stream_name = format!("{}:{}", metadata.dev(), metadata.ino());
    let copy = journal.try_clone().unwrap();
    let mut session = Session::with(
        &format!("{} -fps 25 -t 0 -o -", recording()),
        |_| {},
        |command| {
            command.env("JOURNAL_STREAM", stream_name).stdout(copy);
        },
    );
    assert_begins_decodable(&session.read_at_least(30_000));
    assert_eq!(
        journal.metadata().unwrap().len(),
        0,
        "no video in the journal"
    );

    let terminal = nix::pty::openpty(None, None).expect("a terminal");
    let mut session = Session::with(
        &format!("{} -fps 25 -t 0 -o -", recording()),
        |_| {},
        |command| {
            command.stdout(Stdio::from(terminal.slave));
        },
    );
    assert_begins_decodable(&session.read_at_least(30_000));
}

#[test]
fn the_flags_of_the_connection_stay_as_they_were() {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let mut session = Session::start(&format!("{} -fps 25 -t 0 -o -", recording()));
    session.read_at_least(50_000);
    let flags = fcntl(session.kept.as_ref().unwrap(), FcntlArg::F_GETFL).unwrap();
    assert!(
        !OFlag::from_bits_retain(flags).contains(OFlag::O_NONBLOCK),
        "O_NONBLOCK would be shared with PID 1"
    );
}

#[test]
fn a_tcp_output_connects_by_address_and_by_name() {
    for (bind, host) in [
        ("127.0.0.1:0", "127.0.0.1"),
        ("127.0.0.1:0", "localhost"),
        ("[::1]:0", "[::1]"),
    ] {
        let listener = TcpListener::bind(bind).unwrap();
        let target = format!("tcp://{host}:{}", listener.local_addr().unwrap().port());
        let args = [
            "--source",
            &source(),
            "-fps",
            "25",
            "-t",
            "500",
            "-o",
            &target,
        ];
        let child = program()
            .args(args)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stream = Vec::new();
        listener
            .accept()
            .unwrap()
            .0
            .read_to_end(&mut stream)
            .unwrap();
        assert!(child.wait_with_output().unwrap().status.success());
        assert!(decode(&stream, "h264") >= 10, "{target}");
    }
}

#[test]
fn a_tcp_output_that_nobody_answers_is_an_output_error() {
    let target = format!("tcp://127.0.0.1:{}", free_port());
    let output = run(&format!("{} -o {target}", recording()));
    assert_ended(&output, 74, &[&target, "refused"]);
}

#[test]
fn udp_datagrams_are_small_enough_and_make_up_the_stream() {
    for (format, most) in [("h264", 1400), ("mpegts", 1316)] {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        nix::sys::socket::setsockopt(&receiver, nix::sys::socket::sockopt::RcvBuf, &(4 << 20))
            .unwrap();
        receiver
            .set_read_timeout(Some(Duration::from_secs(3)))
            .unwrap();
        let target = format!("udp://{}", receiver.local_addr().unwrap());
        let args = [
            "--source",
            &source(),
            "-fps",
            "25",
            "-t",
            "2000",
            "--format",
            format,
            "-o",
            &target,
        ];
        let child = program()
            .args(args)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stream, mut datagram) = (Vec::new(), vec![0; 65536]);
        while let Ok(length) = receiver.recv(&mut datagram) {
            assert!(length <= most, "a datagram of {length} bytes");
            assert!(format == "h264" || length % 188 == 0);
            stream.extend_from_slice(&datagram[..length]);
        }
        assert!(child.wait_with_output().unwrap().status.success());
        assert!(decode(&stream, format) >= 45, "{format}");
    }
}

#[test]
fn a_refused_datagram_is_said_once_and_the_stream_goes_on() {
    let port = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let target = format!("udp://127.0.0.1:{port}");
    let output = run(&format!("{} -fps 50 -t 1000 -o {target}", recording()));
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        stderr(&output).matches(&target).count(),
        1,
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("time over"), "{}", stderr(&output));
}

#[test]
fn a_port_of_our_own_serves_one_viewer_after_another_and_turns_others_away() {
    let port = free_port();
    let target = format!("tcp://0.0.0.0:{port}");
    let mut session = Session::start(&format!("{} -fps 25 -t 0 -l -o {target}", recording()));
    for _ in 0..3 {
        let begun = Instant::now();
        loop {
            let mut viewer = connect(([127, 0, 0, 1], port).into());
            let mut stream = vec![0; 60_000];
            if viewer.read_exact(&mut stream).is_ok() {
                assert_begins_decodable(&stream);
                let mut second = connect(([127, 0, 0, 1], port).into());
                second.set_read_timeout(Some(LONG)).unwrap();
                assert_eq!(
                    second.read(&mut [0; 10]).unwrap_or(0),
                    0,
                    "the second viewer gets no byte"
                );
                break;
            }
            assert!(begun.elapsed() < LONG, "{}", session.log());
        }
    }
    session.signal(Signal::SIGTERM);
    assert!(session.wait(LONG).success(), "{}", session.log());
    assert!(session.log().contains("was turned away"));
}

#[test]
fn a_time_limit_counts_for_each_viewer_of_a_port_of_our_own() {
    let port = free_port();
    let target = format!("tcp://127.0.0.1:{port}");
    let mut session = Session::start(&format!("{} -fps 25 -t 500 -l -o {target}", recording()));
    for _ in 0..2 {
        let mut stream = Vec::new();
        connect(([127, 0, 0, 1], port).into())
            .read_to_end(&mut stream)
            .unwrap();
        assert!(decode(&stream, "h264") >= 10, "{}", session.log());
    }
    session.signal(Signal::SIGINT);
    assert!(session.wait(LONG).success());
}

#[test]
fn a_port_that_is_taken_is_an_output_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", taken.local_addr().unwrap());
    let output = run(&format!("{} -l -o {target}", recording()));
    assert_ended(&output, 74, &[&target]);
}

#[test]
fn timecodes_are_written_for_every_picture() {
    let scratch = Scratch::new();
    let (clip, times) = (scratch.path("clip"), scratch.path("times"));
    let args = ["--source", &source(), "-fps", "25", "-t", "1000"];
    let output = run(&[
        &args[..],
        &[
            "-pts",
            times.to_str().unwrap(),
            "-o",
            clip.to_str().unwrap(),
        ],
    ]
    .concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let times = fs::read_to_string(times).unwrap();
    let (head, lines) = times.split_once('\n').unwrap();
    assert_eq!(head, "# timecode format v2");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[..3], ["0.000", "40.000", "80.000"]);
    assert_eq!(lines.len() as u64, decode(&fs::read(clip).unwrap(), "h264"));
}

#[test]
fn timecodes_that_cannot_be_written_cost_no_picture() {
    let scratch = Scratch::new();
    let (clip, fifo) = (scratch.path("clip"), scratch.fifo("fifo"));
    let nowhere = scratch.path("no/such/folder");
    // A FIFO that nobody reads would be waited for, deaf to signals.
    for place in [nowhere.as_path(), fifo.as_path(), "/dev/full".as_ref()] {
        let (place, clip) = (place.display().to_string(), clip.as_path());
        let output = run(&format!(
            "{} -fps 25 -t 200 -pts {place} -o {}",
            recording(),
            clip.display()
        ));
        let told = stderr(&output);
        assert!(output.status.success(), "{told}");
        assert!(
            told.contains(&place) && told.contains("goes on without it"),
            "{told}"
        );
        assert!(decode(&fs::read(clip).unwrap(), "h264") >= 5);
    }
}

#[test]
fn timecodes_go_to_standard_output_without_a_first_line() {
    let scratch = Scratch::new();
    let clip = scratch.path("clip");
    let line = format!(
        "{} -fps 25 -t 200 -pts - -o {}",
        recording(),
        clip.display()
    );
    let output = run(&line);
    assert!(output.status.success(), "{}", stderr(&output));
    let times = String::from_utf8(output.stdout).unwrap();
    assert!(times.starts_with("0.000\n40.000\n80.000\n"), "{times}");
}

#[test]
fn without_an_output_the_camera_runs_and_nothing_is_kept() {
    let output = run(&format!("{} -fps 25 -t 500", recording()));
    assert!(output.status.success());
    assert!(
        stderr(&output).contains("no -o is given") && stderr(&output).contains("time over"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_viewer_is_named_as_systemd_names_it_or_as_the_socket_does() {
    let mut session = Session::start(&format!("{} -t 0 -o -", recording()));
    let address = session.viewer.local_addr().unwrap();
    session.wait_for_log(&format!("viewer {address}"));
    session.close_viewer();
    for (host, shown) in [
        ("192.168.0.4", "192.168.0.4:41722"),
        ("2001:db8::4", "[2001:db8::4]:41722"),
    ] {
        let session = Session::with(
            &format!("{} -t 0 -o -", recording()),
            |_| {},
            |command| {
                command.env("REMOTE_ADDR", host).env("REMOTE_PORT", "41722");
            },
        );
        session.wait_for_log(&format!("viewer {shown}"));
    }
}

#[test]
fn a_unix_socket_on_descriptor_1_works_too() {
    let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let args = ["--source", &source(), "-fps", "25", "-t", "500", "-o", "-"];
    let child = program()
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = Vec::new();
    ours.read_to_end(&mut stream).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(decode(&stream, "h264") >= 10);
}
