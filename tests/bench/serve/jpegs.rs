//! JPEGs of a camera, passed through as they are: ours and ustreamer, both on the stand-in of a USB camera.

use std::net::SocketAddr;
use std::process::Command;

use test_support::connections::free_port;
use test_support::service::{Room, Service};
use test_support::usb_camera::{DEVICE, Format};

use super::servers::{LIMITS, Peer};
use super::stream::Recorded;
use super::web::Web;

const CAMERA: Format<'_> = Format {
    name: "MJPG",
    size: (1280, 720),
    stride: 0,
};

pub fn ours(recorded: &Recorded) -> Web {
    let options = format!("--source v4l2:{DEVICE} -w 1280 -h 720 -fps 25 -cd MJPEG -t 0 {LIMITS}");
    let recording = recorded.jpegs.clone();
    let service = Service::with(&[Room::Web], &options, move |program| {
        CAMERA.plug_into(program, &recording);
    });
    Web::of(service, "/stream.mjpg")
}

pub fn ustreamer(recorded: &Recorded) -> Peer {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut command = Command::new("ustreamer");
    command
        .args(["--device", DEVICE, "--format", "MJPEG", "--encoder", "HW"])
        .args(["--resolution", "1280x720", "--desired-fps", "25"])
        .args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
    CAMERA.plug_into(&mut command, &recorded.jpegs);
    Peer::start(
        &mut command,
        address,
        b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    )
}
