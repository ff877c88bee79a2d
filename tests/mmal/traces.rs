//! The same calls as raspivid's for the same options: all recorded command lines, on the emulated Pi.

use std::fs;
use std::sync::Mutex;
use std::thread;

use nix::sys::signal::Signal;

use crate::differences::Differences;
use crate::trace::{Recording, edits, lines, shown};
use test_support::mmal::equipment::Pi;
use test_support::packages::project;

/// Runs at once: most of the time of each is spent waiting for its `-t`.
const AT_ONCE: usize = 4;

#[test]
fn the_calls_are_those_of_raspivid_but_for_the_differences_that_are_meant() {
    let differences = fs::read_to_string(project().join("tests/mmal/differences.tsv"))
        .expect("the table of differences");
    let mut differences =
        Differences::parse(&differences).unwrap_or_else(|error| panic!("{error}"));
    let runs = run_all(recordings());
    let mut complaints = vec![];
    for (recording, ours, mistakes) in &runs {
        let left = differences.unexplained(&recording.name, &edits(&recording.lines(), ours));
        if !left.is_empty() || !mistakes.is_empty() {
            complaints.push(format!(
                "trace {}:\n{}{}",
                recording.name,
                shown(&left),
                mistakes.join("\n")
            ));
        }
    }
    complaints.extend(
        differences
            .unused()
            .iter()
            .map(|row| format!("differences.tsv: nothing needs {row}")),
    );
    assert!(
        complaints.is_empty(),
        "{} of {} traces:\n{}",
        complaints.len(),
        runs.len(),
        complaints.join("\n")
    );
}

fn recordings() -> Vec<Recording> {
    let folder = project().join("tests/data/mmal-traces");
    let files = fs::read_dir(folder)
        .expect("the recorded traces")
        .map(|entry| entry.expect("a trace").path());
    let mut recordings: Vec<_> = files
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            Recording::parse(&name, &fs::read_to_string(&path).expect("a trace"))
        })
        .collect();
    recordings.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(recordings.len(), 122, "recorded traces");
    recordings
}

/// Each recording with our lines and the mistakes that the emulator saw.
fn run_all(recordings: Vec<Recording>) -> Vec<(Recording, Vec<String>, Vec<String>)> {
    let waiting = Mutex::new(recordings.into_iter());
    let done = Mutex::new(vec![]);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(recording) = waiting.lock().expect("not poisoned").next() else {
                        return;
                    };
                    let (ours, mistakes) = run(&recording);
                    done.lock()
                        .expect("not poisoned")
                        .push((recording, ours, mistakes));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("not poisoned");
    done.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    done
}

fn run(recording: &Recording) -> (Vec<String>, Vec<String>) {
    let pi = Pi::with_a_camera().with_faults(&recording.injected);
    // Without any word the program shows its help; every other line says which camera it means.
    let camera: &[&str] = if recording.arguments.is_empty() {
        &[]
    } else {
        &["--source", "mmal"]
    };
    let arguments: Vec<_> = camera
        .iter()
        .copied()
        .chain(recording.arguments.iter().map(String::as_str))
        .collect();
    let running = pi.start(&arguments);
    // The two endless ones were ended by a signal.
    if let Some(signal) = signal_of(recording) {
        running.wait_for_call("set vc.ril.camera out:1 CAPTURE");
        running.wait_for_output(1);
        running.signal(signal);
    }
    let status = running.end();
    (lines(&pi.calls(), status), pi.mistakes())
}

fn signal_of(recording: &Recording) -> Option<Signal> {
    match recording.status {
        130 => Some(Signal::SIGINT),
        -15 => Some(Signal::SIGTERM),
        _ => None,
    }
}
