//! The `-pts` file: when each picture of the stream was taken, in mkvmerge's "timecode format v2", as raspivid writes it.

use std::fs::File;
use std::io::{self, LineWriter, Write};
use std::os::fd::AsFd;
use std::path::Path;

use crate::log;
use crate::sink::target::open_for_writing;
use crate::units::Pts;

#[derive(Debug)]
pub struct Timecodes {
    file: LineWriter<File>,
    name: String,
    first: Option<Pts>,
    failed: bool,
}

impl Timecodes {
    /// A file; nothing where it cannot be opened, which is told: that costs the timecodes, not the stream.
    pub fn file(path: &Path) -> Option<Self> {
        let create = || -> io::Result<_> {
            let mut file = LineWriter::new(open_for_writing(path)?);
            writeln!(file, "# timecode format v2")?;
            Ok(file)
        };
        Self::of(create(), path.display().to_string())
    }

    /// Standard output, where raspivid leaves out the first line.
    pub fn stdout() -> Option<Self> {
        let output = io::stdout().as_fd().try_clone_to_owned();
        let file = output.map(|output| LineWriter::new(File::from(output)));
        Self::of(file, "standard output".to_owned())
    }

    fn of(opened: io::Result<LineWriter<File>>, name: String) -> Option<Self> {
        match opened {
            Ok(file) => Some(Self {
                file,
                name,
                first: None,
                failed: false,
            }),
            Err(error) => {
                log::warn!(
                    "opening the timecode file {name} (-pts) failed: {error}; the stream goes on without it: choose a place \
                     that this user may write"
                );
                None
            }
        }
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
