//! From the moment at which the only viewer is killed to the moment at which the camera is free: its capture program, the
//! stand-in of the suite rpicam, is gone.

use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use picam_stream::serve::handed::message::Kind;
use test_support::connections::connection;
use test_support::service::{Room, Service};
use test_support::stand_in::StandIn;

use super::servers::hand_over;
use super::usage::median;

const TIMES: usize = 10;

/// A viewer in a process of its own, and what is kept as long as it is served.
type Viewer = (Child, Box<dyn std::any::Any>);

pub fn measure() -> Vec<String> {
    vec![
        line("on port 3333", Room::Camera, raw),
        line("HTTP", Room::Web, curl),
        line("RTSP over TCP", Room::Rtsp, ffmpeg),
    ]
}

fn line(name: &str, room: Room, come: fn(&Service) -> Viewer) -> String {
    let mut times: Vec<f64> = (0..TIMES).map(|_| killed_ms(room, come)).collect();
    let median = median(&mut times);
    let longest = times[TIMES - 1];
    format!(
        "viewer killed to camera free, {name}, --linger 0: {median:.0} ms, longest of {TIMES} {longest:.0} ms"
    )
}

fn killed_ms(room: Room, come: fn(&Service) -> Viewer) -> f64 {
    let stand_in = Arc::new(StandIn::new("1.13.0", "vc4").behaving("fps=25"));
    let found = Arc::clone(&stand_in);
    let service = Service::with(&[room], "--source rpicam -t 0 --linger 0", move |program| {
        found.set(program);
    });
    let (mut viewer, _kept) = come(&service);
    stand_in.wait_for_frames(30);
    // Somewhere between two pictures.
    thread::sleep(Duration::from_millis(13));
    let begun = Instant::now();
    viewer.kill().expect("it runs");
    stand_in.wait_until_gone();
    let taken = begun.elapsed();
    viewer.wait().expect("it has been killed");
    taken.as_secs_f64() * 1000.0
}

fn raw(service: &Service) -> Viewer {
    let (viewer, theirs) = connection();
    let client = hand_over(service, Kind::Bare, &theirs);
    let mut reader = Command::new("cat");
    reader.stdin(OwnedFd::from(viewer));
    (start(&mut reader), Box::new(client))
}

fn curl(service: &Service) -> Viewer {
    let url = format!("http://{}/stream.h264", service.web());
    let mut curl = Command::new("curl");
    curl.args(["-s", "-o", "/dev/null", &url])
        .stdin(Stdio::null());
    (start(&mut curl), Box::new(()))
}

fn ffmpeg(service: &Service) -> Viewer {
    let url = format!("rtsp://{}/", service.rtsp());
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .args(["-v", "quiet", "-rtsp_transport", "tcp", "-i", &url])
        .args(["-c", "copy", "-f", "null", "-"])
        .stdin(Stdio::null());
    (start(&mut ffmpeg), Box::new(()))
}

fn start(viewer: &mut Command) -> Child {
    let silent = viewer.stdout(Stdio::null()).stderr(Stdio::null());
    silent.spawn().expect("a tool of tests/setup.sh")
}
