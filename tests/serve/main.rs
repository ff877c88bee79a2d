//! One camera and all its viewers through the real program, started as systemd starts it, by whoever comes. Where many
//! viewers are needed, the tests speak the protocol of `camera.sock` themselves.

mod beginnings;
mod coming_and_going;
mod crowd;
mod endings;
mod hanging;
mod hostile;
mod libcamera;
mod options;
mod pictures;
mod process;
mod recorders;
#[path = "../rpicam/stand_in.rs"]
// Most of it is for its own suite.
#[allow(dead_code)]
mod stand_in;
mod starting;
mod viewer;
