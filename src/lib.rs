//! picam-stream: the camera of a Raspberry Pi, streamed on demand.
//!
//! Every process is one source, one loop, one sink: `source` gives frames, `pump` moves them, `sink` takes them; `viewer` has
//! what holds for every viewer; `session` puts the three together for one viewer after another, and `service` is what
//! systemd's instances do beside that. Options come from `options`, everything that is printed
//! goes through `log`, and every early end is an `error`.

pub(crate) mod annotation_text;
pub mod cameras;
pub mod container;
pub mod doctor;
pub mod error;
pub mod frame;
pub(crate) mod gate;
pub mod h264;
pub mod jpeg;
pub mod log;
pub mod options;
pub mod pump;
pub mod serve;
pub mod service;
pub mod session;
pub mod sink;
pub mod source;
pub(crate) mod stall;
pub mod stop;
pub mod system;
pub mod units;
pub mod viewer;
pub(crate) mod zone;
