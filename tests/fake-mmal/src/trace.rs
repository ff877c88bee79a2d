//! What the library writes down: the calls that reach the firmware, and a report of everything else that a test may
//! want to know. Each line is one `write` to a file opened for appending, so that nothing is lost or mixed up when the
//! process is killed or several of its threads call.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::OnceLock;

use crate::abi::{SUCCESS, Status};
use crate::config::config;

/// Writes down a call and gives it its result: the one a test asked for, or else `status`.
pub fn call(line: &str, status: Status) -> Status {
    let status = config().failure_of(line).unwrap_or(status);
    match status {
        SUCCESS => write(trace_file(), line),
        status => write(trace_file(), &format!("{line} -> status {status}")),
    }
    status
}

/// A rule of MMAL was broken.
pub fn error(text: &str) {
    let line = format!("error: {text}");
    write(trace_file(), &line);
    write(report_file(), &line);
}

/// Something was left over at the end: not part of the trace, since raspivid itself leaves things over on signals.
pub fn leak(text: &str) {
    note("error", text);
}

/// A fact for the report.
pub fn note(kind: &str, text: &str) {
    write(report_file(), &format!("{kind}: {text}"));
}

/// A moment, for the file of times.
pub fn time(text: &str) {
    write(times_file(), text);
}

fn write(file: Option<&File>, line: &str) {
    if let Some(mut file) = file {
        // Nobody could be told of a failure: the test misses the line and says so.
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}

fn trace_file() -> Option<&'static File> {
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    FILE.get_or_init(|| open(config().trace.as_deref()))
        .as_ref()
}

fn report_file() -> Option<&'static File> {
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    FILE.get_or_init(|| open(config().report.as_deref()))
        .as_ref()
}

fn times_file() -> Option<&'static File> {
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    FILE.get_or_init(|| open(config().times.as_deref()))
        .as_ref()
}

fn open(path: Option<&str>) -> Option<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path?)
        .ok()
}
