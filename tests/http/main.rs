//! The shared camera over HTTP: every URL, as curl, ffmpeg and the programs that know mjpg-streamer ask for it, and those who
//! ask for what they should not.

mod client;
mod kinds;
mod pictures;
mod printers;
mod refused;
mod users;
mod viewers;
mod websocket;
