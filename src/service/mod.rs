//! What an instance of the service (`--service`) does beside streaming: it waits for its turn at the camera, and tells when
//! its options are not those that stand in the conffile.

pub mod conffile;
pub mod environment_file;
mod instance;
mod turn;

pub use turn::{Turn, Wait};

/// Who listens for viewers.
pub const SOCKET_UNIT: &str = "raspivid.socket";

/// What is started for each viewer.
pub const TEMPLATE_UNIT: &str = "raspivid@.service";

/// The TCP port, as the socket unit of the package says it. A test compares every text that repeats it.
pub const PORT: u16 = port(include_str!("../../debian/raspivid.socket"));

/// The number behind `ListenStream=`.
const fn port(unit: &str) -> u16 {
    const KEY: &[u8] = b"\nListenStream=";
    let bytes = unit.as_bytes();
    let mut at = 0;
    let mut matching = 0;
    while matching < KEY.len() {
        matching = if bytes[at] == KEY[matching] {
            matching + 1
        } else if bytes[at] == KEY[0] {
            1
        } else {
            0
        };
        at += 1;
    }
    let mut port = 0;
    while bytes[at].is_ascii_digit() {
        port = port * 10 + (bytes[at] - b'0') as u16;
        at += 1;
    }
    port
}
