//! Commands of this machine, with a time limit, and waiting for a state instead of sleeping.
//!
//! It knows nothing of containers.

use std::fmt;
use std::io::Write;
use std::process::{Command, ExitStatus, Output};
use std::thread;
use std::time::{Duration, Instant};

/// No single command of a test takes longer, however busy the machine is.
const LIMIT_SECONDS: &str = "600";

/// What a command that ended has left behind.
pub struct Done {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

impl Done {
    /// What was printed, if the command succeeded.
    ///
    /// # Panics
    /// With all that it printed, if it failed.
    #[track_caller]
    pub fn good(self) -> String {
        assert!(self.status.success(), "{self}");
        self.out
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n--- stdout\n{}\n--- stderr\n{}",
            self.status, self.out, self.err
        )
    }
}

/// A command that is killed after ten minutes.
pub fn command(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LIMIT_SECONDS, program]);
    command
}

/// Runs it to its end, without standard input.
///
/// # Panics
/// If it cannot be started.
pub fn run(command: &mut Command) -> Done {
    command.stdin(std::process::Stdio::null());
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?} does not start: {e}"));
    done(output)
}

/// Asks every 10 ms until there is an answer.
///
/// # Panics
/// After `seconds`, naming what did not happen.
#[track_caller]
pub fn until<T>(what: &str, seconds: u64, mut probe: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        let waited = begun.elapsed();
        assert!(
            waited < Duration::from_secs(seconds),
            "not within {seconds} s: {what}"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// A line for whoever watches the tests; libtest shows it also when the test passes.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn done(output: Output) -> Done {
    Done {
        status: output.status,
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
