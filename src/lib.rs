//! picam-stream: the camera of a Raspberry Pi, streamed on demand.
//!
//! There are two shapes of process. One viewer: a source, a loop and a sink; `source` gives frames, `pump` moves them, `sink` takes
//! them, `session` puts the three together for one viewer after another, and `service` is what systemd's instances do beside
//! that. Many viewers: `serve` has the camera, and a room for each kind of viewer. In both, `viewer` is what holds for every
//! viewer. Options come from `options`, everything that is printed goes through `log`, and every early end is an `error`.

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
