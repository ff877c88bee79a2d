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
mod process;
mod recorders;
mod starting;
