//! picam-stream: see `lib.rs`.

fn main() {}
