//! Numbers that nobody can guess: of sessions, sources and first packets.

use std::fs::File;
use std::io::{self, Read};

/// From the kernel, which has them ready since long before a camera was there.
pub fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}
