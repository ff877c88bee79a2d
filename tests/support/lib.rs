//! What two or more of the suites share. What only one of them needs lies with it.
//!
//! Of the program itself: `program` runs it, `session` gives it a viewer, `service` its listening sockets, `handed_viewer` hands
//! a viewer over. Cameras: libcamera's program (`stand_in`), the legacy stack (`mmal`), one on USB
//! (`usb_camera`). Around it: `connections`, `folders`,
//! `commands` of this machine, a network `namespace`, `lines` between two of them, `packages` that were built, `roots` of Debian
//! systems. Of video: `decoding` by ffmpeg, the `pictures` of a stream, the test card read back (`card`), and H.264 as bytes
//! (`samples`, `made_h264`, `real_sps`).

pub mod card;
pub mod commands;
pub mod connections;
pub mod decoding;
pub mod folders;
pub mod handed_viewer;
pub mod lines;
pub mod made_h264;
pub mod mmal;
pub mod namespace;
pub mod packages;
pub mod pictures;
pub mod preload;
pub mod program;
pub mod real_sps;
pub mod roots;
pub mod samples;
pub mod service;
pub mod session;
pub mod stand_in;
mod sys;
pub mod usb_camera;
