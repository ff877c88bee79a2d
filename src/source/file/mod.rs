//! A recorded stream in place of a camera: an Annex B file, looped at `-fps`, picture by picture. A FIFO is taken as a live
//! camera: each picture when it has come (`quiet`), once through.

mod ahead;
mod foreign;

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::libc::O_NONBLOCK;
use nix::poll::{PollFd, PollFlags, poll};

use self::ahead::Ahead;
use super::quiet::{self, QUIET};
use super::{Next, Source};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::gate::KeyGate;
use crate::h264::access_unit::AccessUnitSplitter;
use crate::h264::order::PictureOrder;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::options::{Codec, Format, Options};
use crate::units::{Fps, Micros, Pts, poll_timeout};

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
    path: PathBuf,
    live: bool,
    /// A FIFO is empty, not over, until its first writer comes.
    fifo: bool,
    fps: Fps,
    splitter: AccessUnitSplitter,
    sets: ParameterSets,
    /// Where each picture is shown, where the output has to tell it.
    order: Option<PictureOrder>,
    ahead: Ahead,
    gate: KeyGate,
    chunk: Vec<u8>,
    /// The end of the file or FIFO was reached.
    at_end: bool,
    /// Whether any byte has come.
    has_begun: bool,
    /// When bytes last came of a picture that was not given out.
    last_bytes: Option<Instant>,
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
            path: path.to_owned(),
            live: kind.is_fifo() || kind.is_char_device() || kind.is_socket(),
            fifo: kind.is_fifo(),
            fps: options.video.fps,
            splitter: AccessUnitSplitter::default(),
            sets: ParameterSets::default(),
            order: (options.format == Format::MpegTs).then(PictureOrder::default),
            ahead: Ahead::default(),
            gate: KeyGate::closed(),
            chunk: vec![0; CHUNK_BYTES],
            at_end: false,
            has_begun: false,
            last_bytes: None,
            start: None,
            index: 0,
        })
    }

    /// Reads until a picture is ready, or nothing more can be had now.
    fn prepare(&mut self) -> Result<Prepared> {
        let mut left = READ_AT_ONCE_BYTES;
        while !self.is_ready() {
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
                    self.take_in(count)?;
                    left = left.saturating_sub(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !self.end_by_quiet()? {
                        return Ok(Prepared::Nothing);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Error::Camera(format!(
                        "reading the recording {} failed: {error}",
                        self.path.display()
                    )));
                }
            }
        }
        Ok(Prepared::Picture)
    }

    /// Whether a picture can be handed out; a live one waits for no other.
    fn is_ready(&self) -> bool {
        self.ahead.is_enough() || ((self.live || self.at_end) && !self.ahead.is_empty())
    }

    fn take_in(&mut self, count: usize) -> Result<()> {
        let bytes = &self.chunk[..count];
        if !std::mem::replace(&mut self.has_begun, true)
            && let Some(container) = foreign::container(bytes)
        {
            return Err(self.is_container(container));
        }
        self.splitter.push(bytes);
        self.last_bytes = Some(Instant::now());
        Ok(())
    }

    /// Takes the next picture out of what was read; true when there was a unit.
    fn cut(&mut self) -> Result<bool> {
        let mut picture = self.ahead.room();
        let found = self.splitter.next_unit(&mut picture.data);
        if self.splitter.take_too_large() > 0 {
            return Err(self.not_h264());
        }
        self.take_unit(picture, found)?;
        Ok(found)
    }

    /// Takes what has come of a picture for all of it when nothing more comes; true when there was something.
    fn end_by_quiet(&mut self) -> Result<bool> {
        if self.quiet_left().is_none_or(|left| !left.is_zero()) {
            return Ok(false);
        }
        self.last_bytes = None;
        let mut picture = self.ahead.room();
        let found = self.splitter.flush(&mut picture.data);
        self.take_unit(picture, found)?;
        Ok(found)
    }

    fn quiet_left(&self) -> Option<Duration> {
        Some(quiet::left(QUIET, self.last_bytes?, Instant::now()))
    }

    /// Puts a unit to those that are read, if it is one and can be decoded.
    fn take_unit(&mut self, mut picture: ahead::PictureAhead, found: bool) -> Result<()> {
        picture.continues = self.splitter.carries_on();
        let kind = if !found {
            Picture::None
        } else if picture.continues {
            Picture::Dependent
        } else {
            self.sets.lead(&mut picture.data)
        };
        picture.key = kind == Picture::Key;
        if kind == Picture::None || !self.gate.lets_through(picture.key) {
            self.ahead.recycle(picture);
            return Ok(());
        }
        picture.place = None;
        if let (Some(order), false) = (&mut self.order, picture.continues) {
            picture.place = order.place(&picture.data);
            let is_unknown = picture.place.is_none();
            if is_unknown || (self.live && self.ahead.is_reordered(&picture)) {
                return Err(self.no_times());
            }
        }
        self.ahead.push(picture);
        Ok(())
    }

    /// At the end of the input: the last picture, and back to the start of a file.
    fn end_of_pass(&mut self) -> Result<()> {
        let mut picture = self.ahead.room();
        let found = self.splitter.finish(&mut picture.data);
        self.take_unit(picture, found)?;
        if self.gate.is_closed() {
            return Err(self.not_h264());
        }
        if self.live {
            self.at_end = true;
            return Ok(());
        }
        self.gate.close();
        self.file.seek(SeekFrom::Start(0)).map_err(|error| {
            Error::Camera(format!(
                "starting the recording {} again failed: {error}",
                self.path.display()
            ))
        })?;
        Ok(())
    }

    fn not_h264(&self) -> Error {
        Error::Camera(format!(
            "the recording {} (--source file:) has no H.264 key frame with its parameter sets; give an Annex B stream, \
             as `ffmpeg -i clip.mp4 -c copy -bsf:v h264_mp4toannexb -f h264 clip.h264` makes one",
            self.path.display()
        ))
    }

    fn is_container(&self, container: &str) -> Error {
        Error::Camera(format!(
            "the recording {} (--source file:) is {container}, and only a bare H.264 stream can be played; `{}` takes it out",
            self.path.display(),
            foreign::command(&self.path)
        ))
    }

    fn no_times(&self) -> Error {
        Error::Camera(format!(
            "the pictures of {} (--source file:) are not in the order in which they are shown, and when each is shown cannot \
             be known here, which --format mpegts has to say; leave --format away, or give a stream without B pictures, as \
             `ffmpeg -i IN -c:v libx264 -bf 0 -f h264 OUT` makes one",
            self.path.display()
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

    /// How long after its turn the picture that is ready is shown.
    fn shown_after(&mut self) -> Duration {
        let periods = self.ahead.shown_after() as u64;
        self.fps.due(self.index + periods) - self.fps.due(self.index)
    }

    fn wait_for_input(&self, wait: Duration) {
        let wait = self.quiet_left().map_or(wait, |quiet| quiet.min(wait));
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
        let shown_after = self.shown_after();
        if let Some(mut picture) = self.ahead.pop() {
            std::mem::swap(&mut frame.data, &mut picture.data);
            frame.taken_at(due);
            frame.pts = Pts(due.after(shown_after).0);
            frame.shown_after = shown_after;
            frame.key = picture.key;
            frame.continues = picture.continues;
            self.index += u64::from(!picture.continues);
            self.ahead.recycle(picture);
        }
        Ok(Next::Frame)
    }
}

#[cfg(test)]
mod tests;
