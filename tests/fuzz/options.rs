//! Fuzz target: any command line goes through the option parser, and what it says goes through the
//! report. A line of the input is a word; a line of one byte from 0x80 on stands for an option's
//! name, so that names need not be guessed.

#![no_main]

mod bounded;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::error::Error;
use picam_stream::options::{Command, parse, rows, settings, unhonoured};

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| rows().map(|row| row.name()).collect());

fn word(line: &[u8]) -> OsString {
    match line {
        [byte] if *byte >= 0x80 => NAMES[usize::from(byte - 0x80) % NAMES.len()].clone().into(),
        _ => OsString::from_vec(line.to_vec()),
    }
}

/// So long is an error at most, whatever was given.
const MOST_LETTERS: usize = 2000;

fuzz_target!(|data: &[u8]| {
    bounded::run(data, Duration::from_millis(200), read);
});

fn read(data: &[u8]) {
    match parse(data.split(|byte| *byte == b'\n').map(word)) {
        Ok(Command::Stream(options)) => {
            let report = settings(&options, "imx219");
            assert!(report.len() >= 30);
            assert!(options.video.bitrate.0 <= 62_500_000 && options.video.slices >= 1);
            let unhonoured = unhonoured(&options, &[]);
            for text in [unhonoured.warning, unhonoured.note].into_iter().flatten() {
                assert!(!text.contains('\n'));
            }
        }
        Ok(_) => {}
        Err(Error::Usage(text)) => {
            assert!(!text.is_empty() && !text.contains('\n'), "{text}");
            assert!(text.len() < MOST_LETTERS, "{} letters", text.len());
        }
        Err(other) => panic!("another error than usage: {other}"),
    }
}
