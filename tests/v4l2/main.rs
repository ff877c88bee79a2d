//! The V4L2 source on real kernel drivers: Debian's own kernel in an emulated machine (qemu, without hardware help), with
//! `vivid`, the kernel's emulated camera, v4l2loopback for formats that vivid does not have, and the program in its initramfs.
//! What it streams is decoded outside, by ffmpeg.
//!
//! All tests share one machine, one after another. It ends with the test process, however that ends.

mod cameras;
mod feed;
mod formats;
mod initramfs;
mod kernel;
mod machine;
mod picture;
mod trouble;
