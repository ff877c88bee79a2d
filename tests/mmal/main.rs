//! The MMAL source against an emulated libmmal: the program as it is built for the Raspberry Pi, under emulation.
//!
//! Not part of a plain `cargo test`: it wants the ARM program (`tests/packaging/cross.sh armhf`, or `PICAM_STREAM_ARM` for
//! another one), and root for a `/dev` of its own. `cargo test --test mmal` runs it; `tests/setup.sh test` installs
//! what it needs.

mod devices;
mod differences;
mod faults;
mod pauses;
mod shared;
mod streams;
mod trace;
mod traces;
mod viewers;
