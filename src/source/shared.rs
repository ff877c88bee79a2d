//! `--source shared`: the camera that picam-camera.service shares, for who writes the pictures himself (a file, a pipe): they
//! come with their times through a socket of our own, of which the service has the other end.

use std::io::Read;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};

use super::{Next, Source, warn_unhonoured};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::jpeg;
use crate::options::{Format, Options};
use crate::serve::handed::client::{Client, Heard, error_of, gone};
use crate::serve::handed::message::{Ask, CANNOT_HOLD_JPEG, Kind, Say, Watch};
use crate::serve::handed::record::{HEAD_BYTES, announced};
use crate::service::{CAMERA_SOCKET, not_reached};
use crate::units::poll_timeout;

/// A viewer of the shared camera that has the pictures for itself.
#[derive(Debug)]
pub struct Shared {
    client: Client,
    pictures: UnixStream,
    head: [u8; HEAD_BYTES],
    head_bytes: usize,
    /// The frame that comes, and how many of its bytes are there.
    coming: Option<(Frame, usize)>,
    takes_jpeg: bool,
    /// No more pictures come; the service says why.
    is_over: bool,
}

/// Asks the service at `path`, or where the package has it.
pub fn open(path: Option<&Path>, options: &Options) -> Result<Shared> {
    let path = path.unwrap_or(Path::new(CAMERA_SOCKET));
    let fail = |error: std::io::Error| Error::Camera(not_reached(path, &error));
    let client = Client::connect(path, options.verbose).map_err(fail)?;
    let (pictures, theirs) = UnixStream::pair().map_err(fail)?;
    pictures.set_nonblocking(true).map_err(fail)?;
    let ask = Ask::Watch(Watch {
        kind: Kind::Records,
        camera_hash: None,
        time_limit: None,
        name: format!("process {}", std::process::id()),
    });
    client.ask(&ask, Some(theirs.as_fd())).map_err(|_| gone())?;
    // What the camera does is said in the options of its service.
    warn_unhonoured(options, &[]);
    Ok(Shared {
        client,
        pictures,
        head: [0; HEAD_BYTES],
        head_bytes: 0,
        coming: None,
        takes_jpeg: options.format != Format::MpegTs,
        is_over: false,
    })
}

impl Source for Shared {
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next> {
        if self.read(frame)? {
            return Ok(Next::Frame);
        }
        let mut fds = [
            PollFd::new(self.client.descriptor(), PollFlags::POLLIN),
            PollFd::new(self.pictures.as_fd(), PollFlags::POLLIN),
        ];
        let watched = if self.is_over { 1 } else { 2 };
        let _ = poll(&mut fds[..watched], poll_timeout(wait));
        // Pictures first: what was sent before the end is not lost.
        if self.read(frame)? {
            return Ok(Next::Frame);
        }
        match self.client.hear(Duration::ZERO)? {
            Heard::Said(Say::Ended(ended)) => match error_of(&ended) {
                Some(error) => Err(error),
                None => Ok(Next::End),
            },
            Heard::Said(Say::AskAgain) => Err(Error::Busy(
                "the shared camera begins anew with other options; start again".into(),
            )),
            Heard::Said(_) | Heard::Nothing => Ok(Next::Idle),
            Heard::Gone => Err(gone()),
        }
    }
}

impl Shared {
    /// Reads what is there; true when a frame is whole.
    fn read(&mut self, frame: &mut Frame) -> Result<bool> {
        loop {
            let Some((coming, done)) = &mut self.coming else {
                if !self.read_head()? {
                    return Ok(false);
                }
                continue;
            };
            let whole = *done == coming.data.len();
            if whole {
                if !self.takes_jpeg && jpeg::begins(&coming.data) {
                    return Err(Error::Usage(CANNOT_HOLD_JPEG.into()));
                }
                std::mem::swap(frame, coming);
                self.coming = None;
                return Ok(true);
            }
            match self.pictures.read(&mut coming.data[*done..]) {
                Ok(count @ 1..) => *done += count,
                Ok(_) => {
                    self.end_pictures();
                    return Ok(false);
                }
                Err(_) => return Ok(false),
            }
        }
    }

    /// The service waits for that before it says how it ended.
    fn end_pictures(&mut self) {
        self.is_over = true;
        let _ = self.pictures.shutdown(Shutdown::Both);
    }

    fn read_head(&mut self) -> Result<bool> {
        match self.pictures.read(&mut self.head[self.head_bytes..]) {
            Ok(count @ 1..) => self.head_bytes += count,
            Ok(_) => {
                self.end_pictures();
                return Ok(false);
            }
            Err(_) => return Ok(false),
        }
        if self.head_bytes < HEAD_BYTES {
            return Ok(false);
        }
        let (mut frame, length) = announced(&self.head).map_err(|length| {
            Error::Camera(format!(
                "the shared camera announces a picture of {length} bytes, which no camera gives: is its service of another \
                 version? systemctl restart picam-camera"
            ))
        })?;
        frame.data.resize(length, 0);
        self.head_bytes = 0;
        self.coming = Some((frame, 0));
        Ok(true)
    }
}
