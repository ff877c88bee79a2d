//! The capture program as a value: started in a process group of its own with its pipes, asked to stop, stopped if
//! it does not, and always reaped. What comes out of the pipes is for others to understand.

use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, pipe2, write};

use super::capture_command::CommandLine;
use super::messages::Messages;
use super::numbers::Reserved;
use super::pipe::{Pipe, ROOM_BYTES};
use super::sys;
use crate::error::{Error, Result};
use crate::units::poll_timeout;

/// The program's descriptor for the stream where it wants a file name. It has to end in "264": see `argument_table`.
pub const DATA_FD: RawFd = 264;

/// The program's descriptor for the times of the frames.
pub const TIMES_FD: RawFd = 265;

/// The program's descriptor for what it reads about the text on the pictures.
pub const STAGES_FD: RawFd = 266;

/// The first number behind those that the program's pipes get.
const FIRST_FREE_FD: RawFd = STAGES_FD + 1;

/// How long the program has to stop after SIGINT, beside its last two frames: it looks at signals between them.
/// With `KILL_LIMIT` it is less than `TimeoutStopSec=` of the service, after which systemd ends us with the program.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// How long a killed program may take to be gone. One that hangs in a driver stays for ever, deaf to SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(2);

/// How often a stopping program is looked at.
const STOP_STEP: Duration = Duration::from_millis(5);

/// Where the program writes the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPipe {
    Stdout,
    /// Descriptor [`DATA_FD`], which the program opens as a file.
    Numbered,
}

/// How the program ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// Whether we had to ask it to, so that the status is our own doing.
    pub by_us: bool,
}

/// A running program, or one that has ended and been reaped.
pub struct Child {
    process: std::process::Child,
    ended: Option<Ended>,
    stop_limit: Duration,
    pub data: Pipe,
    pub times: Option<Pipe>,
    pub messages: Messages,
}

impl Child {
    /// Starts `program`. Its standard input is empty.
    pub fn start(program: &Path, line: &CommandLine) -> io::Result<Self> {
        let reserved = Reserved::below(FIRST_FREE_FD)?;
        let (data_pipe, data_end) = Pipe::new()?;
        let (messages, messages_end) = Pipe::new()?;
        let mut command = Command::new(program);
        command
            .args(&line.arguments)
            .stdin(Stdio::null())
            .stderr(messages_end)
            .process_group(0);
        // libcamera colours its messages for pipes, too.
        command.env("LIBCAMERA_LOG_NO_COLOR", "1");
        let mut numbered = Vec::new();
        match line.data {
            DataPipe::Stdout => command.stdout(data_end),
            DataPipe::Numbered => {
                numbered.push((data_end, DATA_FD));
                command.stdout(Stdio::null())
            }
        };
        let times = if line.times {
            let (pipe, end) = Pipe::new()?;
            numbered.push((end, TIMES_FD));
            Some(pipe)
        } else {
            None
        };
        if let Some(stages) = &line.stages {
            numbered.push((filled(stages)?, STAGES_FD));
        }
        sys::prepare(&mut command, numbered);
        // The command owns the program's ends of the pipes. It goes at the end of this function, so that the
        // program's own end of a pipe is the only one.
        let process = command.spawn()?;
        drop(reserved);
        Ok(Self {
            process,
            ended: None,
            stop_limit: STOP_LIMIT + 2 * line.frame_time,
            data: data_pipe,
            times,
            messages: Messages::new(messages),
        })
    }

    /// Waits until one of the pipes has something, at most for `wait`.
    pub fn wait_for_output(&self, wait: Duration) -> Result<()> {
        let mut open = [&self.data; 3];
        let pipes = [
            Some(&self.data),
            self.times.as_ref(),
            Some(self.messages.pipe()),
        ];
        let mut count = 0;
        for pipe in pipes.into_iter().flatten().filter(|pipe| !pipe.has_ended()) {
            open[count] = pipe;
            count += 1;
        }
        let mut polled = open.map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN));
        match poll(&mut polled[..count], poll_timeout(wait)) {
            // A signal: the caller looks at what it meant.
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(Error::Camera(format!(
                "cannot wait for the capture program's output: {error}"
            ))),
        }
    }

    /// Lets the program end by itself within `grace`, then asks it to with SIGINT, then kills it. Its stream is
    /// thrown away meanwhile: a program that waits for room in a pipe cannot obey.
    ///
    /// SIGINT is the one signal on which rpicam-vid closes the camera in good order, and only while frames come.
    pub fn end(&mut self, grace: Duration) -> Ended {
        if let Some(ended) = self.ended {
            return ended;
        }
        let by_us = !self.has_ended_within(grace);
        if by_us {
            self.signal(Signal::SIGINT);
            if !self.has_ended_within(self.stop_limit) {
                log::warn!("the capture program does not stop on SIGINT: it is killed");
            }
        }
        // Its group is killed before it is reaped: until then nobody else can have got the group's number.
        self.signal(Signal::SIGKILL);
        let status = self.reap();
        // Its last words.
        self.messages.collect();
        let ended = Ended { status, by_us };
        self.ended = Some(ended);
        ended
    }

    /// Waits for the end of the killed program, not for ever.
    fn reap(&mut self) -> ExitStatus {
        if self.has_ended_within(KILL_LIMIT)
            && let Ok(Some(status)) = self.process.try_wait()
        {
            return status;
        }
        log::warn!(
            "the capture program (process {}) does not end although it was killed: it hangs in a driver, and the camera may \
             stay taken until a reboot",
            self.pid()
        );
        ExitStatus::from_raw(Signal::SIGKILL as i32)
    }

    fn has_ended_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            self.drain();
            if self.has_ended() {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(left.min(STOP_STEP));
        }
    }

    /// Whether the program has ended; it is not reaped.
    fn has_ended(&self) -> bool {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(
            waitid(Id::Pid(self.pid()), flags),
            Ok(WaitStatus::StillAlive) | Err(Errno::EINTR)
        )
    }

    fn drain(&mut self) {
        let mut room = [0; 16 * 1024];
        for pipe in [Some(&mut self.data), self.times.as_mut()]
            .into_iter()
            .flatten()
        {
            pipe.read_some(&mut room, ROOM_BYTES, |_| {});
        }
        self.messages.collect();
    }

    fn signal(&self, signal: Signal) {
        // It fails only when no process of the group is left, and then there is nothing to do.
        if let Err(error) = killpg(self.pid(), signal) {
            log::debug!("{signal} to the capture program: {error}");
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id().cast_signed())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

/// A pipe that gives `text_stage` and then ends. It is far shorter than what any pipe takes (pipe(7), PIPE_BUF).
fn filled(text: &str) -> io::Result<OwnedFd> {
    let (theirs, ours) = pipe2(OFlag::O_CLOEXEC)?;
    write(&ours, text.as_bytes())?;
    Ok(theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_ended_before_systemd_ends_the_service() {
        let unit = include_str!("../../../debian/raspivid@.service");
        let seconds = unit
            .lines()
            .find_map(|line| line.strip_prefix("TimeoutStopSec="))
            .expect("the unit has a TimeoutStopSec=");
        let timeout = Duration::from_secs(seconds.parse().expect("it is a number of seconds"));
        assert!(STOP_LIMIT + KILL_LIMIT < timeout);
    }
}
