//! The camera's own thread: it opens the source, takes frames from it and does nothing else, so that a camera library or
//! driver that hangs holds up no viewer, no page and no signal. What it has to say is left for the loop, which is woken by an
//! eventfd; it never waits for the loop.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::gate::KeyGate;
use crate::log::{self, Level};
use crate::options::Options;
use crate::source::{self, Broken, Next};
use crate::units::Micros;

/// How soon a wish of the loop is seen while no frame comes.
const WAIT: Duration = Duration::from_millis(50);

/// The loop fetches frames at once; what it leaves for longer than this many bytes take is lost.
const MOST_WAITING_BYTES: usize = 8 << 20;

/// A key frame is forced at most so often, however many viewers come: each costs all of them bits.
const KEY_FRAME_EVERY: Duration = Duration::from_secs(1);

/// What a source that is being opened says may be so much; who repeats itself for ever is cut short.
const MOST_WORDS: usize = 200;

/// Something that the source said, for the journal of everybody who watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Nothing for a line of the `-v` report.
    pub level: Option<Level>,
    pub text: String,
}

/// What the thread has for the loop.
#[derive(Debug, Default)]
pub struct Delivery {
    pub frames: Vec<Frame>,
    pub words: Vec<Word>,
    /// Whether its pictures are shown in the order in which they come.
    pub shows_as_decoded: bool,
    /// How the camera has ended, once it has.
    pub end: Option<Result<()>>,
}

/// A camera that was started.
#[derive(Debug)]
pub struct Camera {
    link: Arc<Link>,
    thread: Option<JoinHandle<()>>,
    started: Micros,
    last_key_wish: Option<Micros>,
    stopped: Option<Micros>,
}

#[derive(Debug)]
struct Link {
    wake: EventFd,
    shared: Mutex<Shared>,
}

/// What the two threads have in common.
#[derive(Debug, Default)]
struct Shared {
    frames: VecDeque<Frame>,
    bytes: usize,
    gate: Option<KeyGate>,
    words: Vec<Word>,
    shows_as_decoded: bool,
    end: Option<Result<()>>,
    broken: Option<Broken>,
    dropped_here: u64,
    dropped_by_source: u64,
    is_key_wanted: bool,
    is_stop_wanted: bool,
}

impl Camera {
    /// Starts the thread, which opens the source.
    pub fn start(options: &Options) -> Result<Self> {
        let fail = |error: &dyn std::fmt::Display| {
            Error::Camera(format!(
                "starting the camera's thread failed: {error}; is the machine out of memory?"
            ))
        };
        let wake = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
            .map_err(|error| fail(&error))?;
        let link = Arc::new(Link {
            wake,
            shared: Mutex::default(),
        });
        let (theirs, options) = (link.clone(), options.clone());
        let thread = thread::Builder::new()
            .name("camera".into())
            .spawn(move || theirs.run(&options))
            .map_err(|error| fail(&error))?;
        Ok(Self {
            link,
            thread: Some(thread),
            started: Micros::now(),
            last_key_wish: None,
            stopped: None,
        })
    }

    /// Written to, and never read, when the thread has something to deliver.
    pub fn wake(&self) -> BorrowedFd<'_> {
        self.link.wake.as_fd()
    }

    pub fn started(&self) -> Micros {
        self.started
    }

    /// When it was told to stop.
    pub fn stopped(&self) -> Option<Micros> {
        self.stopped
    }

    /// Everything that the thread has left since this was called last.
    pub fn fetch(&mut self) -> Delivery {
        let mut shared = self.link.lock();
        shared.bytes = 0;
        Delivery {
            frames: shared.frames.drain(..).collect(),
            words: std::mem::take(&mut shared.words),
            shows_as_decoded: shared.shows_as_decoded,
            end: shared.end.take(),
        }
    }

    /// Asks the encoder for a key frame, if that was not done just now.
    pub fn want_key_frame(&mut self, now: Micros) {
        let is_due = |last| now.since(last) >= KEY_FRAME_EVERY;
        if self.last_key_wish.is_none_or(is_due) {
            self.last_key_wish = Some(now);
            self.link.lock().is_key_wanted = true;
        }
    }

    /// Tells the thread to set the camera free and end.
    pub fn stop(&mut self, now: Micros) {
        if self.stopped.is_none() {
            self.stopped = Some(now);
            self.link.lock().is_stop_wanted = true;
        }
    }

    /// Waits for the thread, which has said that it ends.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked where a panic ends the process.
            let _ = thread.join();
        }
    }

    /// Frames that were lost before they were shared.
    pub fn dropped(&self) -> u64 {
        let shared = self.link.lock();
        shared.dropped_here + shared.dropped_by_source
    }

    /// What came in place of frames.
    pub fn broken(&self) -> Option<Broken> {
        self.link.lock().broken.clone()
    }
}

impl Link {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Nothing panics while it holds the lock.
        self.shared
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wake(&self) {
        // It counts to 2^64.
        let _ = self.wake.write(1);
    }

    /// The thread.
    fn run(self: Arc<Self>, options: &Options) {
        let heard_by = self.clone();
        log::listen(Box::new(move |level, text| {
            let mut shared = heard_by.lock();
            if shared.words.len() < MOST_WORDS {
                shared.words.push(Word {
                    level,
                    text: text.to_owned(),
                });
            }
        }));
        let end = self.stream(options);
        self.lock().end = Some(end);
        self.wake();
    }

    fn stream(&self, options: &Options) -> Result<()> {
        let mut source = source::open(options)?;
        self.lock().shows_as_decoded = source.shows_as_decoded();
        self.wake();
        loop {
            let (is_stop_wanted, is_key_wanted) = self.wishes();
            if is_stop_wanted {
                return Ok(());
            }
            if is_key_wanted {
                source.request_key_frame();
            }
            let mut frame = Frame::default();
            let next = source.next(&mut frame, WAIT)?;
            let mut shared = self.lock();
            shared.dropped_by_source = source.dropped();
            shared.broken = source.broken().cloned();
            match next {
                Next::Frame => shared.put(frame),
                Next::Idle => continue,
                Next::End => return Ok(()),
            }
            drop(shared);
            self.wake();
        }
    }

    fn wishes(&self) -> (bool, bool) {
        let mut shared = self.lock();
        let is_key_wanted = std::mem::replace(&mut shared.is_key_wanted, false);
        (shared.is_stop_wanted, is_key_wanted)
    }
}

impl Shared {
    /// Leaves a frame for the loop. A stream begins with a key frame, and goes on with one where frames were lost.
    fn put(&mut self, frame: Frame) {
        let gate = self.gate.get_or_insert_with(KeyGate::closed);
        if self.bytes + frame.data.len() > MOST_WAITING_BYTES {
            gate.close();
            self.dropped_here += self.frames.len() as u64;
            self.frames.clear();
            self.bytes = 0;
        }
        if gate.lets_through(frame.key) {
            self.bytes += frame.data.len();
            self.frames.push_back(frame);
        } else {
            self.is_key_wanted = true;
            self.dropped_here += 1;
        }
    }
}
