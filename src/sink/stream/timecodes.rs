//! The `-pts` file: when each picture of the stream was taken, in mkvmerge's "timecode format v2", as raspivid writes it.

use std::fs::File;
use std::io::{LineWriter, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::units::Pts;

#[derive(Debug)]
pub struct Timecodes {
    file: LineWriter<File>,
    name: String,
    first: Option<Pts>,
    failed: bool,
}

impl Timecodes {
    pub fn create(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let create = || -> std::io::Result<_> {
            let mut file = LineWriter::new(File::create(path)?);
            writeln!(file, "# timecode format v2")?;
            Ok(file)
        };
        let file = create().map_err(|error| {
            Error::Output(format!("opening the timecode file {name} (-pts) failed: {error}; choose a place that this user may write"))
        })?;
        Ok(Self {
            file,
            name,
            first: None,
            failed: false,
        })
    }

    /// Writes one line: milliseconds since the first picture, with three decimals. A full disk costs the timecodes,
    /// not the stream.
    pub fn note(&mut self, pts: Pts) {
        let since_first = pts.since(*self.first.get_or_insert(pts)).as_micros();
        let line = writeln!(
            self.file,
            "{}.{:03}",
            since_first / 1000,
            since_first % 1000
        );
        if let (Err(error), false) = (line, self.failed) {
            self.failed = true;
            log::warn!(
                "writing the timecode file {} failed: {error}; the stream goes on without it",
                self.name
            );
        }
    }
}
