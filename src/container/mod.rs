//! Containers: pure functions from frames to the bytes of a form that players know. No sockets, no clocks.

pub mod fmp4;
pub mod mpegts;
pub mod multipart;
pub mod rtp;
