//! The program with a connection on descriptors 0 and 1, as systemd starts it, and its viewer.

use std::fs;
use std::io::{ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::connections::connection;
use crate::folders::Scratch;
use crate::program::{LONG, Words, program};

/// The program with a viewer's connection, as an instance of the template unit has it.
pub struct Session {
    pub child: Child,
    /// The viewer's end.
    pub viewer: TcpStream,
    /// The copy of the server's end that PID 1 keeps until the instance has ended.
    pub kept: Option<TcpStream>,
    log: PathBuf,
    _scratch: Scratch,
}

impl Session {
    pub fn start(args: impl Words) -> Self {
        Self::with(args, |_| {}, |_| {})
    }

    /// As `start`; `before` does something to the viewer's socket before the program runs, `set` something to the command.
    pub fn with(
        args: impl Words,
        before: impl FnOnce(&TcpStream),
        set: impl FnOnce(&mut Command),
    ) -> Self {
        Self::of(program(), args, before, set)
    }

    /// As `with`, with another program than the one that cargo built.
    pub fn of(
        mut command: Command,
        args: impl Words,
        before: impl FnOnce(&TcpStream),
        set: impl FnOnce(&mut Command),
    ) -> Self {
        let (viewer, server) = connection();
        before(&viewer);
        let scratch = Scratch::new();
        let log = scratch.path("log");
        let copy =
            |socket: &TcpStream| Stdio::from(OwnedFd::from(socket.try_clone().expect("a copy")));
        command
            .args(args.words())
            .stdin(copy(&server))
            .stdout(copy(&server));
        command.stderr(fs::File::create(&log).expect("a log file"));
        set(&mut command);
        let child = command.spawn().expect("the program starts");
        Self {
            child,
            viewer,
            kept: Some(server),
            log,
            _scratch: scratch,
        }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log")
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("the program runs");
    }

    /// Waits for the program's end.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("waiting works") {
                return status;
            }
            assert!(
                begun.elapsed() < limit,
                "still running after {limit:?}; its log:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("waiting works").is_none()
    }

    /// Waits until the log has `text`.
    pub fn wait_for_log(&self, text: &str) {
        let begun = Instant::now();
        while !self.log().contains(text) {
            assert!(
                begun.elapsed() < LONG,
                "the log never said {text:?}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Reads until the viewer has at least `bytes` bytes.
    pub fn read_at_least(&mut self, bytes: usize) -> Vec<u8> {
        self.viewer.set_read_timeout(Some(LONG)).expect("a timeout");
        let mut stream = Vec::new();
        let mut chunk = [0; 65536];
        while stream.len() < bytes {
            match self.viewer.read(&mut chunk) {
                Ok(0) => panic!(
                    "the stream ended after {} bytes; log:\n{}",
                    stream.len(),
                    self.log()
                ),
                Ok(count) => stream.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("the stream goes on: {error}"),
            }
        }
        stream
    }

    /// Reads what is left of the stream, to its end.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        self.viewer.set_read_timeout(Some(LONG)).expect("a timeout");
        let mut stream = Vec::new();
        self.viewer
            .read_to_end(&mut stream)
            .unwrap_or_else(|error| panic!("{error}; log:\n{}", self.log()));
        stream
    }

    /// The viewer closes its end of the connection altogether.
    pub fn close_viewer(&mut self) {
        let (other, _) = connection();
        drop(std::mem::replace(&mut self.viewer, other));
    }

    /// The viewer says that it will send nothing more, and goes on reading.
    pub fn half_close(&self) {
        self.viewer
            .shutdown(Shutdown::Write)
            .expect("shutdown works");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
