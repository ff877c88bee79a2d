//! picam-stream: the camera of a Raspberry Pi, streamed on demand.
//!
//! Every process is one source, one loop, one sink: `source` gives frames, `pump` moves them, `sink`
//! takes them. Options come from `options`, everything that is printed goes through `log`.

pub mod annotation;
pub mod error;
pub mod frame;
pub mod h264;
pub mod options;
pub mod sink;
pub mod source;
pub mod units;
