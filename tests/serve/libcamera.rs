//! The cameras of libcamera behind the service: the capture program runs once for all, and is gone when it ought to be.

use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use picam_stream::serve::handed::message::Kind;
use test_support::program::LONG;
use test_support::service::{Room, Service};
use test_support::session::Session;

use test_support::handed_viewer::Viewer;
use test_support::stand_in::StandIn;

fn service(stand_in: &Arc<StandIn>, options: &str) -> Service {
    let theirs = stand_in.clone();
    let args = format!("--source rpicam {options}");
    Service::with(&[Room::Camera], &args, move |command| theirs.set(command))
}

fn instance(service: &Service) -> Session {
    Session::start(&format!(
        "--source shared:{} -o - -t 0",
        service.camera().display()
    ))
}

/// How often it was started to capture; what it can do is asked before.
fn captures(stand_in: &StandIn) -> usize {
    let starts = stand_in.starts();
    let asks = |start: &&Vec<String>| !start.iter().any(|word| word.contains("--help"));
    starts.iter().filter(asks).count()
}

#[test]
fn a_camera_that_is_busy_is_told_in_every_journal() {
    let stand_in = Arc::new(StandIn::new("1.13.0", "vc4").behaving("busy"));
    let service = service(&stand_in, "--linger 0");
    let mut instances: Vec<_> = (0..3).map(|_| instance(&service)).collect();
    for instance in &mut instances {
        assert!(instance.read_to_end().is_empty());
        assert_eq!(instance.wait(LONG).code(), Some(70), "{}", instance.log());
        let log = instance.log();
        assert!(log.contains("in use by another process"), "{log}");
        assert!(log.contains("stream ended: "), "{log}");
    }
    assert_eq!(service.wait_for_exit(1).code(), Some(70));
    stand_in.wait_until_gone();
}

#[test]
fn the_capture_program_runs_once_for_all_and_goes_though_every_viewer_is_killed() {
    let stand_in = Arc::new(StandIn::new("1.13.0", "vc4"));
    let service = service(&stand_in, "--linger 0.5");
    let mut instances: Vec<_> = (0..4).map(|_| instance(&service)).collect();
    for instance in &mut instances {
        instance.read_at_least(1);
    }
    assert_eq!(captures(&stand_in), 1, "{:?}", stand_in.starts());
    for instance in &instances {
        instance.signal(Signal::SIGKILL);
    }
    assert!(service.wait_for_exit(1).success(), "{}", service.log());
    stand_in.wait_until_gone();
}

#[test]
fn a_capture_program_that_dies_ends_every_viewer_and_the_next_one_starts_another() {
    let stand_in = Arc::new(StandIn::new("1.13.0", "vc4"));
    let service = service(&stand_in, "--linger 0");
    for round in 1..=2 {
        let mut viewers = [Kind::Bare, Kind::MpegTs].map(|kind| Viewer::watch(&service, kind));
        viewers
            .iter_mut()
            .for_each(|viewer| viewer.keep_at_least(1));
        let capturing = stand_in.process_ids();
        let last = capturing.last().expect("it was started");
        kill(Pid::from_raw(*last as i32), Signal::SIGKILL).expect("it runs");
        for viewer in &mut viewers {
            viewer.read_to_end();
            let ended = viewer.wait_for_end();
            assert_eq!(ended.exit_status, 75, "{ended:?}");
            assert!(ended.error.contains("rpicam-vid"), "{}", ended.error);
        }
        assert_eq!(service.wait_for_exit(round).code(), Some(75));
        assert_eq!(captures(&stand_in), round);
    }
    stand_in.wait_until_gone();
}

#[test]
fn a_service_that_is_killed_takes_the_capture_program_with_it() {
    let stand_in = Arc::new(StandIn::new("1.13.0", "vc4"));
    let service = service(&stand_in, "");
    let mut viewer = Viewer::watch(&service, Kind::Bare);
    viewer.read_at_least(1);
    service.signal(Signal::SIGKILL);
    service.wait_for_exit(1);
    stand_in.wait_until_gone();
}
