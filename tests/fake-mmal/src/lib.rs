//! An emulated libmmal. It exports the C ABI of the real libraries (libmmal_core, libmmal_util, libmmal_vc_client,
//! libbcm_host, libvcos), keeps MMAL's own rules, and plays the firmware: a camera, an encoder that plays a recorded
//! stream, and whatever fault a test asks for. The calls that would reach the firmware are written down line by line,
//! in the form of `tests/data/mmal-traces/`, so that a program's calls can be compared with those of raspivid.
//!
//! It does not encode or show pictures, carries data between components only through tunnels, and knows nothing of the
//! program under test: they meet at the C ABI.
//!
//! # How to run a program on it
//! Built for 32-bit ARM like the program itself, it is put where the program looks for libmmal:
//!
//! ```sh
//! mkdir -p /tmp/mmal
//! cp "$(tests/fake-mmal/build.sh)" /tmp/mmal/libmmal.so
//! ln -s libmmal.so /tmp/mmal/libbcm_host.so
//! FAKE_MMAL_TRACE=/tmp/trace FAKE_MMAL_REPORT=/tmp/report LD_LIBRARY_PATH=/tmp/mmal \
//!     qemu-arm-static -L /usr/arm-linux-gnueabihf PROGRAM …
//! ```
//!
//! A program that loads the separate libraries (libmmal_core, libmmal_util, libmmal_vc_client, libvcos, libbcm_host)
//! gets them as links to the same file: the loader then takes them for one, with one state.
//!
//! # What it listens to
//! Environment variables, read when the first of its functions is called:
//!
//! | variable | meaning |
//! | --- | --- |
//! | `FAKE_MMAL_TRACE` | file to which the calls are appended |
//! | `FAKE_MMAL_REPORT` | file for all else: `error: …` for each broken rule and each leak at exit, `device: …` for each device asked for, `gencmd: …`, and counts at the end. Broken rules are in the trace, too |
//! | `FAKE_MMAL_TIMES` | file that gets the monotonic time in µs of `capture` and of each `frame` (number, time, presentation time), at the moment before the callback |
//! | `FAKE_MMAL_STREAM` | recorded H.264 (Annex B) to play instead of the built-in one; `FAKE_MMAL_JPEGS` the same for MJPEG: whole JPEGs, one after another |
//! | `FAKE_MMAL_LOOP` | 0: stop giving frames when the recording is over, instead of beginning again |
//! | `FAKE_MMAL_FPS` | frames per second, instead of what the port's format asks for; `max`: as fast as buffers come |
//! | `FAKE_MMAL_BUFFER_SIZE` | recommended bytes of a buffer of the encoder (65536); also the least, if that is lower than 2048. `FAKE_MMAL_BUFFER_NUM`: recommended number (3) |
//! | `FAKE_MMAL_CHUNK` | most bytes put into one buffer, however large it is |
//! | `FAKE_MMAL_OFFSET` | bytes left free at the start of each buffer |
//! | `FAKE_MMAL_STC_OFFSET_US` | system time of the VideoCore minus the monotonic clock (-7654321) |
//! | `FAKE_MMAL_CAMERAS` | cameras as `NAME:WIDTHxHEIGHT,…` (`imx219:3280x2464`) |
//! | `FAKE_MMAL_ROOT` | folder in which the devices (`/dev/vchiq`, `/dev/vcsm-cma`, …) are opened; without it they are only noted |
//! | `FAKE_MMAL_INJECT` | faults, apart by spaces, as in the head of a trace; see below |
//! | `FAKE_MMAL_FAIL` | `CALL=STATUS;…`: each call whose trace line begins with CALL (a `gencmd …` too) gets this status, as in `set vc.ril.camera control:0 ISO=3;port_enable vc.ril.video_encode out:0=2` |
//!
//! | fault | meaning |
//! | --- | --- |
//! | `NOCAMERA=1` | no camera is detected: creating it gives ENOMEM |
//! | `NO_ENCODER=1` | creating the encoder gives ENOMEM |
//! | `BUSY=1` | another process has the camera: enabling it gives ENOSPC |
//! | `UNSUPPORTED=1` | `get_camera` says `supported=0 detected=0` (no `start_x=1`), creating the camera gives ENOMEM |
//! | `LIBCAMERA=n` | `get_camera` tells of n cameras that libcamera has |
//! | `GPU_MEM=n` | megabytes that `get_mem gpu` tells (128) |
//! | `OLD_FIRMWARE=1` | no camera names, no annotation newer than version 2 |
//! | `STALL_AFTER=n` | no more frames after n of them (0: not even one); with `STALL_ERROR=1` the camera also sends the error event |
//! | `EOS_AFTER=n` | after n frames one empty buffer with the end-of-stream flag, then nothing |
//! | `EVENT_AFTER=n` | after n frames one buffer with an event on the encoder's port |
//! | `START_DELAY_MS=n` | from the start of capture to the first frame; `CREATE_DELAY_MS`, `ENABLE_DELAY_MS`, `DISABLE_DELAY_MS`: how long creating a component, enabling one, disabling a port takes |
//! | `LOSE_FRAME_END=n` | every n-th frame ends without its flag; `UNKNOWN_PTS=n`: every n-th frame has no time |
//! | `KEYFRAME_FLAG=w` | which buffers of a key frame say so: `all`, `last` (the default), `first`, `none` |
//! | `SPLIT_CONFIG=1` | the parameter sets come in two buffers; `BARE_CONFIG=1`: without the frame-end flag |
//! | `NO_IDR_ON_REQUEST=1` | a wish for a key frame is not granted |

pub mod abi;
mod config;
mod devices;
mod firmware;
pub mod parameters;
mod player;
mod recording;
mod state;
mod trace;

mod clock {
    pub mod sys;
}
pub mod buffer {
    pub mod sys;
}
pub mod commit {
    pub mod sys;
}
pub mod component {
    pub mod sys;
}
pub mod connection {
    pub mod sys;
}
mod encoder {
    pub mod sys;
}
pub mod format {
    pub mod sys;
}
pub mod host {
    pub mod sys;
}
pub mod pool {
    pub mod sys;
}
pub mod port {
    pub mod sys;
}
pub mod tunnel {
    pub mod sys;
}
pub mod util {
    pub mod sys;
}
