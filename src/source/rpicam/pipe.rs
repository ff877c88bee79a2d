//! The pipes from the capture program. Ours is the reading end, and reading it never waits.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, read};

/// Room in each pipe: what any user may ask for (proc(5), /proc/sys/fs/pipe-max-size). More cannot lie in it at any time.
pub const ROOM_BYTES: usize = 1 << 20;

/// Our end of a pipe. Reading it never waits.
pub struct Pipe {
    end: OwnedFd,
    ended: bool,
}

impl Pipe {
    /// A pipe, and the program's end of it.
    pub fn new() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
        // Each end of a pipe is an open file of its own: the program's stays one that waits.
        fcntl(&ours, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        if let Err(error) = fcntl(&ours, FcntlArg::F_SETPIPE_SZ(ROOM_BYTES as i32)) {
            log::debug!("a pipe stays at its usual size: {error}");
        }
        Ok((
            Self {
                end: ours,
                ended: false,
            },
            theirs,
        ))
    }

    /// Reads what is there; 0 when nothing is, or when the program has closed its end.
    pub fn read(&mut self, bytes: &mut [u8]) -> usize {
        if self.ended {
            return 0;
        }
        loop {
            match read(&self.end, bytes) {
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return 0,
                Ok(0) | Err(_) => {
                    self.ended = true;
                    return 0;
                }
                Ok(count) => return count,
            }
        }
    }

    /// Hands what is there to `take`, in pieces as large as `room`, and stops behind `most_bytes`: a program that writes
    /// without end must not keep us here.
    pub fn read_some(&mut self, room: &mut [u8], most_bytes: usize, mut take: impl FnMut(&[u8])) {
        let mut left = most_bytes;
        while left > 0 {
            let count = self.read(room);
            if count == 0 {
                return;
            }
            take(&room[..count]);
            left = left.saturating_sub(count);
        }
    }

    /// Whether the program has closed its end, and everything was read.
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}

impl AsFd for Pipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}
