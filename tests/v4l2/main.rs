//! The V4L2 source on real kernel drivers: Debian's own kernel in an emulated machine (qemu, without hardware help), with
//! `vivid`, the kernel's emulated camera, v4l2loopback for formats that vivid does not have, and the program in its initramfs.
//! What it streams is decoded outside, by ffmpeg.
//!
//! All tests of the program share one machine, one after another, and those of the installed package (`service`) another,
//! which is a Debian with systemd. They end with the test process, however that ends.

mod cameras;
mod feed;
mod formats;
mod hardware;
mod initramfs;
mod installed;
mod kernel;
mod machine;
mod picture;
#[allow(dead_code)]
#[path = "../support/root.rs"]
mod root;
#[allow(dead_code)]
#[path = "../support/run.rs"]
mod run;
mod service;
mod trouble;
