//! The V4L2 source on real kernel drivers: Debian's own kernel in an emulated machine (qemu, without hardware help), with
//! `vivid`, the kernel's emulated camera, v4l2loopback for formats that vivid does not have, and the program in its initramfs.
//! What it streams is decoded outside, by ffmpeg.
//!
//! All these tests share one machine, one after another. A second one is a Debian system with the package installed: there
//! the service runs in its sandbox, on the same drivers. Both end with the test process, however that ends.
//!
//! The second one needs root, and the package in `dist` (`make deb ARCH=amd64`).

mod cameras;
mod feed;
mod formats;
mod hardware;
mod initramfs;
mod installed;
mod kernel;
mod machine;
mod picture;
mod system;
mod trouble;
mod viewer;
