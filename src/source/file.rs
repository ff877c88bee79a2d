//! A recorded stream in place of a camera: an Annex B file, looped at `-fps`, picture by picture. A FIFO is taken as a live
//! camera: each picture when it has come, once through.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use nix::libc::O_NONBLOCK;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Next, Source};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::h264::access_unit::Splitter;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::options::{Codec, Options};
use crate::units::{Fps, Micros};

/// The long names of the options that act on a recording; all others of camera and encoder were decided when it was made.
pub const HONOURED: &[&str] = &["framerate", "inline", "codec"];

/// No picture of any level is larger (level 5.2: 36,864 macroblocks of at most 400 bytes).
const LARGEST_PICTURE_BYTES: usize = 16 << 20;

const CHUNK_BYTES: usize = 64 << 10;

/// Later than this, and the schedule begins anew instead of rushing to catch up.
const MOST_LATE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Recording {
    file: File,
    name: String,
    live: bool,
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
        let open = || -> io::Result<(File, bool)> {
            // A FIFO without a writer must not hold up the open; files do not mind.
            let file = OpenOptions::new()
                .read(true)
                .custom_flags(O_NONBLOCK)
                .open(path)?;
            let kind = file.metadata()?.file_type();
            Ok((
                file,
                kind.is_fifo() || kind.is_char_device() || kind.is_socket(),
            ))
        };
        let (file, live) = open().map_err(|error| {
            Error::Camera(format!("opening the recording {name} (--source file:) failed: {error}; give a file that this user may read"))
        })?;
        Ok(Self {
            file,
            name,
            live,
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

    /// Reads until a picture is ready (true), or nothing more can be had now (false).
    fn prepare(&mut self) -> Result<bool> {
        while self.ready.is_none() {
            if self.cut()? {
                continue;
            }
            match self.file.read(&mut self.chunk) {
                Ok(0) if self.live && !self.has_begun => return Ok(false),
                Ok(0) if self.at_end => return Ok(false),
                Ok(0) => self.end_of_pass()?,
                Ok(count) => {
                    self.has_begun = true;
                    self.splitter.push(&self.chunk[..count]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Error::Camera(format!(
                        "reading the recording {} failed: {error}",
                        self.name
                    )));
                }
            }
        }
        Ok(true)
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
        let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO);
        let _ = poll(&mut fds, timeout);
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
        if !self.prepare()? {
            if self.at_end {
                return Ok(Next::End);
            }
            self.wait_for_input(wait);
            if !self.prepare()? {
                return Ok(if self.at_end { Next::End } else { Next::Idle });
            }
        }
        let now = Micros::now();
        let due = self.due(now);
        let early = due.since(now);
        std::thread::sleep(early.min(wait));
        if early > wait {
            return Ok(Next::Idle);
        }
        std::mem::swap(&mut frame.data, &mut self.next_unit);
        frame.captured = due;
        frame.key = self.ready.take().unwrap_or(false);
        self.index += 1;
        Ok(Next::Frame)
    }
}
