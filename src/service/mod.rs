//! What an instance of the service (`--service`) does beside streaming: it waits for its turn at the camera, and tells when
//! its options are not those that stand in the conffile.

pub mod conffile;
pub mod environment_file;
mod hand_over;
mod instance;
mod turn;

pub use hand_over::{HandedOver, hand_over, not_reached};
pub use instance::viewer_of;
pub use turn::{Turn, Wait};

/// Who listens for viewers.
pub const SOCKET_UNIT: &str = "raspivid.socket";

/// What is started for each viewer.
pub const TEMPLATE_UNIT: &str = "raspivid@.service";

/// The TCP port, as the socket unit of the package says it. A test compares every text that repeats it.
pub const PORT: u16 = number(value(
    include_str!("../../debian/raspivid.socket"),
    "\nListenStream=",
));

/// Where the camera is shared.
pub const CAMERA_SOCKET_UNIT: &str = "picam-camera.socket";

/// The camera in every browser.
pub const WEB_SOCKET_UNIT: &str = "picam-web.socket";

/// The camera for recorders and home automation.
pub const RTSP_SOCKET_UNIT: &str = "picam-rtsp.socket";

/// The TCP port of the page, as its unit in the package says it.
pub const WEB_PORT: u16 = number(value(
    include_str!("../../debian/picam-web.socket"),
    "\nListenStream=",
));

/// The process that has the camera then, for all viewers.
pub const CAMERA_UNIT: &str = "picam-camera.service";

/// The socket of the shared camera, as its unit in the package says it.
pub const CAMERA_SOCKET: &str = value(
    include_str!("../../debian/picam-camera.socket"),
    "\nListenSequentialPacket=",
);

/// What stands behind the key, up to the end of its line.
const fn value<'a>(unit: &'a str, key: &str) -> &'a str {
    let bytes = unit.as_bytes();
    let key = key.as_bytes();
    let mut at = 0;
    let mut matching = 0;
    while matching < key.len() {
        matching = if bytes[at] == key[matching] {
            matching + 1
        } else if bytes[at] == key[0] {
            1
        } else {
            0
        };
        at += 1;
    }
    let mut end = at;
    while bytes[end] != b'\n' {
        end += 1;
    }
    unit.split_at(end).0.split_at(at).1
}

const fn number(digits: &str) -> u16 {
    match u16::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("a unit has something else in place of a number"),
    }
}
