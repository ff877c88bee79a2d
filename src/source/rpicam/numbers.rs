//! Keeps descriptor numbers out of use that the capture program gets its pipes on.
//!
//! Between fork and exec a pipe is put on such a number with dup2(2), and whatever has it in the child goes. So nothing
//! that is needed until exec may have it: not another pipe, and not the one by which `Command` learns that exec has failed.
//! All of them take the lowest free number, and whoever started us may have left us hundreds of open ones.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};

/// Numbers that were free; given back when it is dropped.
pub struct Reserved {
    _fillers: Vec<File>,
}

impl Reserved {
    /// Takes every free number below `first_free`. What is opened after this has a higher one.
    pub fn below(first_free: i32) -> io::Result<Self> {
        let mut fillers = vec![File::open("/dev/null")?];
        loop {
            let filler = fillers[0]
                .try_clone()
                .map_err(|error| explain(error, first_free))?;
            if filler.as_raw_fd() >= first_free {
                return Ok(Self { _fillers: fillers });
            }
            fillers.push(filler);
        }
    }
}

fn explain(error: io::Error, first_free: i32) -> io::Error {
    if error.raw_os_error() != Some(Errno::EMFILE as i32) {
        return error;
    }
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft);
    let needed = first_free + 16;
    io::Error::other(format!(
        "only {limit} files may be open (ulimit -n, LimitNOFILE=), its pipes need {needed}: ulimit -n 1024"
    ))
}
