//! RTSP with the clients that people have: ffmpeg, GStreamer, PyAV, retina; with relays; and with what nobody should send.

mod access;
mod camera;
mod client;
mod hostile;
mod mixed;
mod players;
mod relays;
mod requests;
mod udp;
