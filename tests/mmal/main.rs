//! The MMAL source against an emulated libmmal: the program as it is built for the Raspberry Pi, under emulation.
//!
//! Not part of a plain `cargo test`: it wants the ARM program (`tests/packaging/cross.sh armhf`, or `PICAM_STREAM_ARM` for
//! another one), and root for a `/dev` of its own. `cargo test --test mmal` runs it; `tests/setup.sh test` installs
//! what it needs.

mod arm;
mod devices;
mod differences;
mod equipment;
mod faults;
mod pauses;
#[path = "../serve/pictures.rs"]
// What the suite of the shared camera has for its own.
#[allow(dead_code)]
mod pictures;
mod shared;
mod streams;
mod trace;
mod traces;
#[path = "../serve/viewer.rs"]
// As above.
#[allow(dead_code)]
mod viewer;
mod viewers;
