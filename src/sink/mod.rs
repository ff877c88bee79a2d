//! Where frames go. `Outlet` is the only place that knows all kinds.

mod connect;
mod discard;
mod listener;
mod stream;
mod target;

use std::os::fd::BorrowedFd;

use self::discard::Discard;
use self::listener::Door;
use self::stream::{Setup, Stream, Timecodes};
use crate::error::Result;
use crate::frame::Frame;
use crate::options::{Format, Options, Output};
use crate::stop::Stop;
use crate::viewer::channel::Channel;
use crate::viewer::limits::{DATAGRAM_BYTES, TS_DATAGRAM_BYTES};
use crate::viewer::peer_name;
pub use crate::viewer::{Tally, Want};

/// A taker of frames. A viewer that leaves is the error `Error::Viewer`.
pub trait Sink {
    /// Takes one frame.
    fn put(&mut self, frame: &Frame) -> Result<Want>;

    /// Called when no frame came in time, so that a gone peer is seen without traffic.
    fn idle(&mut self) -> Result<Want>;

    /// Whether bytes are left that did not fit: then `idle` wants to be called again soon.
    fn pending(&self) -> bool {
        false
    }

    /// The session ends in good order: what was begun is brought to its end within a bounded time, and the viewer sees the end.
    fn finish(&mut self) {}

    /// The viewer's connection, where there is one that somebody else could write to.
    fn connection(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// What went through so far.
    fn tally(&self) -> Tally;
}

/// Gives a sink for every viewer: one after another with `-l`, else one.
pub struct Outlet<'a> {
    options: &'a Options,
    door: Option<Door>,
}

impl<'a> Outlet<'a> {
    /// Opens the listener of `-l`; everything else is opened for its viewer.
    pub fn new(options: &'a Options, stop: &Stop) -> Result<Self> {
        let door = match &options.output {
            Output::Tcp { host, port } if options.listen => Door::open(host, *port, stop)?,
            _ => None,
        };
        Ok(Self { options, door })
    }

    /// Whether another viewer can come after this one.
    pub fn serves_again(&self) -> bool {
        self.door.is_some()
    }

    /// The sink for the next viewer; `None` when it is time to stop before one comes.
    pub fn next_sink(&self, stop: &Stop) -> Result<Option<Box<dyn Sink>>> {
        let channel = match &self.options.output {
            Output::Discard => {
                log::warn!(
                    "no -o is given: the camera runs and nothing is kept; -o - writes to standard output"
                );
                return Ok(Some(Box::new(Discard::default())));
            }
            Output::Stdout => Some(target::standard()?),
            Output::File(path) => target::file(path, stop)?,
            Output::Tcp { host, port } => self.tcp(host, *port, stop)?,
            Output::Udp { host, port } => target::udp(host, *port, self.datagram_bytes(), stop)?,
        };
        let Some(channel) = channel else {
            return Ok(None);
        };
        if let Some(viewer) = channel.socket().and_then(peer_name::of) {
            // systemd has said it when it started the instance.
            let level = if self.options.service {
                log::Level::Debug
            } else {
                log::Level::Info
            };
            log::log!(level, "viewer {viewer}");
        }
        Ok(Some(Box::new(Stream::new(channel, self.setup()))))
    }

    fn tcp(&self, host: &str, port: u16, stop: &Stop) -> Result<Option<Channel>> {
        match &self.door {
            Some(door) => Ok(door
                .next_viewer(stop)?
                .map(|viewer| Channel::Socket(viewer.into()))),
            None => target::tcp(host, port, stop),
        }
    }

    fn datagram_bytes(&self) -> usize {
        match self.options.format {
            Format::H264 => DATAGRAM_BYTES,
            Format::MpegTs => TS_DATAGRAM_BYTES,
        }
    }

    fn setup(&self) -> Setup {
        let timecodes = match &self.options.pts_file {
            Some(_) if self.options.pts_on_stdout() => Timecodes::stdout(),
            Some(path) => Timecodes::file(path),
            None => None,
        };
        Setup {
            name: name(&self.options.output),
            format: self.options.format,
            codec: self.options.video.codec,
            door: self.door.clone(),
            timecodes,
        }
    }
}

fn name(output: &Output) -> String {
    match output {
        Output::Discard => "nothing".into(),
        Output::Stdout => "standard output".into(),
        Output::File(path) => path.display().to_string(),
        Output::Tcp { host, port } => format!("tcp://{host}:{port}"),
        Output::Udp { host, port } => format!("udp://{host}:{port}"),
    }
}
