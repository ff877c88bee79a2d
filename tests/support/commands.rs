//! Commands of this machine, with a time limit, and waiting for a state instead of sleeping. A tool that is missing fails
//! the test with the way to get it.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::Words;

/// No single command of a test takes longer, however busy the machine is.
const LIMIT_SECONDS: &str = "600";

/// Where a missing program comes from.
const HINT: &str = "(tests/setup.sh test deb installs what the tests need)";

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

/// A command that is killed after ten minutes, speaks English, and finds the programs of system administration.
pub fn command(program: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", LIMIT_SECONDS, program])
        .env("LC_ALL", "C.UTF-8")
        .env("PATH", path + ":/usr/sbin:/sbin");
    command
}

/// Runs it to its end, without standard input.
///
/// # Panics
/// If it cannot be started.
pub fn run(command: &mut Command) -> Done {
    command.stdin(Stdio::null());
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?} does not start: {e} {HINT}"));
    done(output)
}

/// What a command that must succeed prints.
#[track_caller]
pub fn printed<A: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = A>) -> String {
    run(command(program).args(args)).good()
}

/// Runs a tool of the test's machine to its end, with `input` on its standard input.
pub fn tool(name: &str, args: impl Words, input: &[u8]) -> Output {
    let mut child = Command::new(name)
        .args(args.words())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error} {HINT}"));
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let feeder = thread::spawn(move || {
        // A tool that has seen enough closes its end.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("waiting works");
    feeder.join().expect("feeding does not panic");
    output
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
