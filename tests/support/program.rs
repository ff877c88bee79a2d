//! The program as cargo built it for the tests, and what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// These machines are shared: a limit that only a program that hangs reaches.
pub const LONG: Duration = Duration::from_secs(60);

pub const RECORDING: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../data/card_1280x720_main_g25.h264"
);

/// The options that play the recording: by the folder that cargo runs tests in, as the whole path may have blanks.
pub fn recording() -> &'static str {
    "--source file:tests/data/card_1280x720_main_g25.h264"
}

/// The words of a command line: one string, split at blanks, or a list where a word may have blanks in it.
pub trait Words {
    fn words(&self) -> Vec<&str>;
}

impl Words for &str {
    fn words(&self) -> Vec<&str> {
        self.split_whitespace().collect()
    }
}

impl Words for &String {
    fn words(&self) -> Vec<&str> {
        self.split_whitespace().collect()
    }
}

impl Words for &[&str] {
    fn words(&self) -> Vec<&str> {
        self.to_vec()
    }
}

impl<const COUNT: usize> Words for &[&str; COUNT] {
    fn words(&self) -> Vec<&str> {
        self.to_vec()
    }
}

impl Words for &Vec<&str> {
    fn words(&self) -> Vec<&str> {
        self.to_vec()
    }
}

/// Where cargo puts the program: beside the folder of the test that runs.
pub fn program_path() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    let built = test.parent().and_then(Path::parent);
    built.expect("a folder above deps").join("picam-stream")
}

/// The program, with nothing of this machine's settings in its environment.
pub fn program() -> Command {
    let mut command = Command::new(program_path());
    command
        .env_remove("RUST_LOG")
        .env_remove("RASPIVID_OPTIONS")
        .env_remove("JOURNAL_STREAM");
    command
}

/// Runs the program to its end.
pub fn run(args: impl Words) -> Output {
    program()
        .args(args.words())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// What was printed to standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// What was printed to standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// It ended with this exit status, and said each of these texts.
#[track_caller]
pub fn assert_ended(output: &Output, status: i32, texts: &[&str]) {
    let log = stderr(output);
    assert_eq!(output.status.code(), Some(status), "{log}");
    for text in texts {
        assert!(log.contains(text), "{text:?} is not said: {log}");
    }
}
