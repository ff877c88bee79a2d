//! `doctor`, `cameras` and `--source auto` through the real program, on folders that stand for machines
//! (PICAM_STREAM_ROOT), and on this machine.

mod auto;
mod page;
mod systems;
mod tree;
