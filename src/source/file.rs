//! A recorded stream in place of a camera: an Annex B file, looped at `-fps`, picture by picture. A FIFO is taken as a live
//! camera: each picture when it has come, once through.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use nix::libc::O_NONBLOCK;
use nix::poll::{PollFd, PollFlags, poll};

use super::{Next, Source};
use crate::error::{Error, Result};
use crate::frame::{Frame, LARGEST_PICTURE_BYTES};
use crate::h264::access_unit::Splitter;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::options::{Codec, Options};
use crate::units::{Fps, Micros, poll_timeout};

/// The long names of the options that act on a recording; all others of camera and encoder were decided when it was made.
pub const HONOURED: &[&str] = &["framerate", "inline", "codec"];

const CHUNK_BYTES: usize = 64 << 10;

/// So much is read in one go: a file of gigabytes without a picture must not keep signals waiting.
const READ_AT_ONCE_BYTES: usize = 2 << 20;

/// Later than this, and the schedule begins anew instead of rushing to catch up.
const MOST_LATE: Duration = Duration::from_secs(1);

/// How far the next picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prepared {
    Picture,
    /// More was read than one call may read, and there is more.
    Unfinished,
    /// Nothing more can be had now.
    Nothing,
}

#[derive(Debug)]
pub struct Recording {
    file: File,
    name: String,
    live: bool,
    /// A FIFO is empty, not over, until its first writer comes.
    fifo: bool,
    fps: Fps,
    splitter: Splitter,
    sets: ParameterSets,
    chunk: Vec<u8>,
    /// The end of the file or FIFO was reached.
    at_end: bool,
    /// Whether any byte has come.
    has_begun: bool,
    /// Whether a key frame has been seen on this pass.
    has_key: bool,
    /// A picture that is ready before its time.
    ready: Option<bool>,
    next_unit: Vec<u8>,
    start: Option<Micros>,
    index: u64,
}

impl Recording {
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        let name = path.display().to_string();
        if options.video.codec == Codec::Mjpeg {
            return Err(Error::Usage(format!(
                "-cd MJPEG: --source file:{name} plays H.264 only; leave -cd out"
            )));
        }
        let open = || -> io::Result<(File, FileType)> {
            // A FIFO without a writer must not hold up the open; files do not mind.
            let file = OpenOptions::new()
                .read(true)
                .custom_flags(O_NONBLOCK)
                .open(path)?;
            let kind = file.metadata()?.file_type();
            Ok((file, kind))
        };
        let (file, kind) = open().map_err(|error| {
            Error::Camera(format!("opening the recording {name} (--source file:) failed: {error}; give a file that this user may read"))
        })?;
        Ok(Self {
            file,
            name,
            live: kind.is_fifo() || kind.is_char_device() || kind.is_socket(),
            fifo: kind.is_fifo(),
            fps: options.video.fps,
            splitter: Splitter::default(),
            sets: ParameterSets::default(),
            chunk: vec![0; CHUNK_BYTES],
            at_end: false,
            has_begun: false,
            has_key: false,
            ready: None,
            next_unit: Vec::new(),
            start: None,
            index: 0,
        })
    }

    /// Reads until a picture is ready, or nothing more can be had now.
    fn prepare(&mut self) -> Result<Prepared> {
        let mut left = READ_AT_ONCE_BYTES;
        while self.ready.is_none() {
            if self.cut()? {
                continue;
            }
            if left == 0 {
                return Ok(Prepared::Unfinished);
            }
            match self.file.read(&mut self.chunk) {
                Ok(0) if self.fifo && !self.has_begun => return Ok(Prepared::Nothing),
                Ok(0) if self.at_end => return Ok(Prepared::Nothing),
                Ok(0) => self.end_of_pass()?,
                Ok(count) => {
                    self.has_begun = true;
                    self.splitter.push(&self.chunk[..count]);
                    left = left.saturating_sub(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Prepared::Nothing);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Error::Camera(format!(
                        "reading the recording {} failed: {error}",
                        self.name
                    )));
                }
            }
        }
        Ok(Prepared::Picture)
    }

    /// Takes the next picture out of what was read; true when there was a unit.
    fn cut(&mut self) -> Result<bool> {
        if self.splitter.next_unit(&mut self.next_unit) {
            self.take_unit();
            return Ok(true);
        }
        if self.splitter.buffered() > LARGEST_PICTURE_BYTES {
            return Err(self.not_h264());
        }
        Ok(false)
    }

    fn take_unit(&mut self) {
        let picture = self.sets.lead(&mut self.next_unit);
        let key = picture == Picture::Key;
        self.has_key |= key;
        if picture != Picture::None && self.has_key {
            self.ready = Some(key);
        }
    }

    /// At the end of the input: the last picture, and back to the start of a file.
    fn end_of_pass(&mut self) -> Result<()> {
        if self.splitter.finish(&mut self.next_unit) {
            self.take_unit();
        }
        if !self.has_key {
            return Err(self.not_h264());
        }
        if self.live {
            self.at_end = true;
            return Ok(());
        }
        self.has_key = false;
        self.file.seek(SeekFrom::Start(0)).map_err(|error| {
            Error::Camera(format!(
                "starting the recording {} again failed: {error}",
                self.name
            ))
        })?;
        Ok(())
    }

    fn not_h264(&self) -> Error {
        Error::Camera(format!(
            "the recording {} (--source file:) has no H.264 key frame with its parameter sets; give an Annex B stream, \
             as `ffmpeg -i clip.mp4 -c copy -bsf:v h264_mp4toannexb -f h264 clip.h264` makes one",
            self.name
        ))
    }

    /// When the picture that is ready is due.
    fn due(&mut self, now: Micros) -> Micros {
        if self.live {
            return now;
        }
        let start = *self.start.get_or_insert(now);
        let due = start.after(self.fps.due(self.index));
        if now.since(due) > MOST_LATE {
            self.start = Some(now);
            self.index = 0;
            return now;
        }
        due
    }

    fn wait_for_input(&self, wait: Duration) {
        let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, poll_timeout(wait));
        let hung_up = fds[0]
            .revents()
            .is_some_and(|events| events == PollFlags::POLLHUP);
        if hung_up && !self.has_begun {
            // Level-triggered until the next writer comes.
            std::thread::sleep(wait);
        }
    }
}

impl Source for Recording {
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next> {
        let mut prepared = self.prepare()?;
        if prepared == Prepared::Nothing && !self.at_end {
            self.wait_for_input(wait);
            prepared = self.prepare()?;
        }
        match prepared {
            Prepared::Picture => {}
            Prepared::Nothing if self.at_end => return Ok(Next::End),
            Prepared::Nothing | Prepared::Unfinished => return Ok(Next::Idle),
        }
        let now = Micros::now();
        let due = self.due(now);
        let early = due.since(now);
        std::thread::sleep(early.min(wait));
        if early > wait {
            return Ok(Next::Idle);
        }
        std::mem::swap(&mut frame.data, &mut self.next_unit);
        frame.taken_at(due);
        frame.key = self.ready.take().unwrap_or(false);
        self.index += 1;
        Ok(Next::Frame)
    }
}
