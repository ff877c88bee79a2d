//! However a session ends, nothing of the capture program is left.

use std::io::Read;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use test_support::connections::{connect, free_port};
use test_support::program::LONG;
use test_support::stand_in::StandIn;

const BOARDS: [(&str, &str); 3] = [("1.1.2", "vc4"), ("1.13.0", "vc4"), ("1.13.0", "pi5")];

#[test]
fn a_viewer_that_leaves_frees_the_camera() {
    for (version, board) in BOARDS {
        let stand_in = StandIn::new(version, board);
        let mut session = stand_in.session(&[]);
        session.read_at_least(200_000);
        session.close_viewer();
        assert!(session.wait(LONG).success(), "{}", session.log());
        assert_eq!(stand_in.signals(), 1, "it was asked by SIGINT, once");
        stand_in.wait_until_gone();
    }
}

#[test]
fn sigterm_and_sigint_end_it_in_good_order() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let stand_in = StandIn::new("1.13.0", "vc4");
        let mut session = stand_in.session(&[]);
        session.read_at_least(200_000);
        session.signal(signal);
        assert!(session.wait(LONG).success(), "{}", session.log());
        assert_eq!(stand_in.signals(), 1);
        stand_in.wait_until_gone();
    }
}

#[test]
fn it_dies_with_us() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("deaf");
    let mut session = stand_in.session(&[]);
    session.read_at_least(200_000);
    session.signal(Signal::SIGKILL);
    session.wait(LONG);
    stand_in.wait_until_gone();
}

#[test]
fn a_program_that_is_deaf_to_sigint_is_killed_after_two_seconds() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("deaf");
    let mut session = stand_in.session(&[]);
    session.read_at_least(200_000);
    let begun = Instant::now();
    session.signal(Signal::SIGTERM);
    assert!(session.wait(LONG).success(), "{}", session.log());
    assert!(
        begun.elapsed() >= Duration::from_secs(2),
        "it had its two seconds"
    );
    assert!(
        session.log().contains("does not stop on SIGINT"),
        "{}",
        session.log()
    );
    stand_in.wait_until_gone();
}

#[test]
fn what_the_program_has_started_ends_too() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("family");
    let mut session = stand_in.session(&[]);
    session.read_at_least(200_000);
    assert_eq!(
        stand_in.process_ids().len(),
        3,
        "the one asked for help, the one that streams, its child"
    );
    session.close_viewer();
    session.wait(LONG);
    stand_in.wait_until_gone();
}

#[test]
fn a_program_that_gives_nothing_is_a_stall() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("hang=10");
    let mut session = stand_in.session("--stall-timeout 3000");
    session.read_to_end();
    assert_eq!(session.wait(LONG).code(), Some(75), "{}", session.log());
    assert!(
        session.log().contains("Device timeout"),
        "what it said is in the log:\n{}",
        session.log()
    );
    stand_in.wait_until_gone();
}

#[test]
fn a_viewer_that_leaves_before_the_first_frame_is_noticed() {
    for behaviour in ["mutehelp", "hang"] {
        let stand_in = StandIn::new("1.13.0", "vc4").behaving(behaviour);
        let mut session = stand_in.session(&[]);
        stand_in.wait_for_starts(if behaviour == "mutehelp" { 1 } else { 2 });
        session.close_viewer();
        assert!(
            session.wait(LONG).success(),
            "{behaviour}: {}",
            session.log()
        );
        stand_in.wait_until_gone();
    }
}

/// JPEG knows no bytes that mean nothing, so such a viewer cannot be asked whether it is still there.
#[test]
fn a_viewer_of_jpegs_that_closed_its_sending_half_is_believed_in_for_some_seconds_only() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("hang");
    let mut session = stand_in.session("-cd MJPEG --stall-timeout 60000");
    stand_in.wait_for_starts(2);
    session.half_close();
    std::thread::sleep(Duration::from_secs(4));
    assert!(session.is_running(), "{}", session.log());
    assert!(session.wait(LONG).success(), "{}", session.log());
    assert!(session.log().contains("viewer left"), "{}", session.log());
    stand_in.wait_until_gone();
}

#[test]
fn sigterm_before_the_first_frame_is_obeyed() {
    for behaviour in ["mutehelp", "late=30"] {
        let stand_in = StandIn::new("1.13.0", "vc4").behaving(behaviour);
        let mut session = stand_in.session(&[]);
        stand_in.wait_for_starts(if behaviour == "mutehelp" { 1 } else { 2 });
        session.signal(Signal::SIGTERM);
        assert!(
            session.wait(LONG).success(),
            "{behaviour}: {}",
            session.log()
        );
        stand_in.wait_until_gone();
    }
}

#[test]
fn a_program_that_ends_in_good_order_ends_the_stream_so() {
    let stand_in = StandIn::new("1.13.0", "vc4").behaving("stop=20");
    let mut session = stand_in.session(&[]);
    session.read_to_end();
    assert!(session.wait(LONG).success(), "{}", session.log());
    assert!(session.log().contains(" 20 frames,"), "{}", session.log());
    assert_eq!(stand_in.signals(), 0, "it was not hurried");
    stand_in.wait_until_gone();
}

#[test]
fn a_listening_server_closes_the_camera_between_its_viewers() {
    let stand_in = StandIn::new("1.13.0", "vc4");
    let port = free_port();
    let mut server = stand_in.spawn(&["-t", "0", "-l", "-o", &format!("tcp://127.0.0.1:{port}")]);
    for _ in 0..2 {
        let mut viewer = connect(([127, 0, 0, 1], port).into());
        viewer.set_read_timeout(Some(LONG)).expect("a time limit");
        viewer.read_exact(&mut vec![0; 200_000]).expect("a stream");
        drop(viewer);
        stand_in.wait_until_gone();
    }
    kill(Pid::from_raw(server.id().cast_signed()), Signal::SIGTERM).expect("it runs");
    assert!(server.wait().expect("waiting works").success());
    assert_eq!(stand_in.signals(), 2);
}

#[test]
fn no_descriptor_of_ours_goes_to_the_program() {
    let stand_in = StandIn::new("1.13.0", "vc4");
    let mut session = stand_in.session(&[]);
    session.read_at_least(100_000);
    let process = stand_in.process_ids().pop().expect("it runs");
    let mut open: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .expect("its descriptors")
        .filter_map(|entry| std::fs::read_link(entry.expect("an entry").path()).ok())
        .map(|target| target.display().to_string())
        .filter(|target| target.starts_with("socket:"))
        .collect();
    open.dedup();
    assert!(
        open.is_empty(),
        "the viewer's connection is not the program's: {open:?}"
    );
}
