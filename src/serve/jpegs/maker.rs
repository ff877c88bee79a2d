//! The thread that makes JPEGs. It is started for the first job, and ends when there was none for a while; it never waits
//! for anybody else.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::eventfd::{EfdFlags, EventFd};

use super::super::picture::Picture;
use super::decode::Decoder;
use super::sys;
use crate::frame::Frame;
use crate::units::Micros;

/// Without a job for so long the thread ends, and with it the decoder's memory is free.
const ENDS_AFTER: Duration = Duration::from_secs(5);

/// One picture to be decoded.
#[derive(Debug)]
pub struct Job {
    pub picture: Arc<Picture>,
    /// A JPEG is wanted of it.
    pub encode: bool,
}

/// What the loop knows of the thread.
#[derive(Debug)]
pub struct Maker {
    bench: Arc<Bench>,
}

/// What the two threads have in common.
#[derive(Debug)]
struct Bench {
    wake: EventFd,
    shared: Mutex<Shared>,
    has_jobs: Condvar,
}

#[derive(Debug, Default)]
struct Shared {
    jobs: VecDeque<Job>,
    made: Vec<Result<Frame, String>>,
    is_running: bool,
    decoding: Smoothed,
    encoding: Smoothed,
}

/// How long something takes, by the clock on the wall: what others take of the processor counts, too.
#[derive(Clone, Copy, Debug, Default)]
struct Smoothed(Option<Duration>);

impl Smoothed {
    fn note(&mut self, took: Duration) {
        self.0 = Some(self.0.map_or(took, |before| (before * 7 + took) / 8));
    }

    fn seconds(self) -> f64 {
        self.0.unwrap_or_default().as_secs_f64()
    }
}

impl Maker {
    pub fn new() -> Result<Self, String> {
        let wake = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
            .map_err(|error| format!("no JPEGs can be made of H.264: eventfd: {error}"))?;
        Ok(Self {
            bench: Arc::new(Bench {
                wake,
                shared: Mutex::default(),
                has_jobs: Condvar::new(),
            }),
        })
    }

    /// Written to, and never read, when something was made.
    pub fn wake(&self) -> BorrowedFd<'_> {
        self.bench.wake.as_fd()
    }

    /// All that was made since this was called last.
    pub fn fetch(&self) -> Vec<Result<Frame, String>> {
        std::mem::take(&mut self.bench.lock().made)
    }

    pub fn push(&self, job: Job) {
        self.bench.clone().put(job, false);
    }

    /// What waits is out of date.
    pub fn replace_all(&self, job: Job) {
        self.bench.clone().put(job, true);
    }

    pub fn forget_all(&self) {
        self.bench.lock().jobs.clear();
    }

    /// When the picture was taken that waits longest.
    pub fn oldest(&self) -> Option<Micros> {
        let shared = self.bench.lock();
        shared.jobs.front().map(|job| job.picture.frame.captured)
    }

    /// How much of one processor it takes to decode and encode so many a second.
    pub fn load(&self, decoded: f64, encoded: f64) -> f64 {
        let shared = self.bench.lock();
        decoded * shared.decoding.seconds() + encoded * shared.encoding.seconds()
    }
}

impl Drop for Maker {
    fn drop(&mut self) {
        self.forget_all();
    }
}

impl Bench {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Nothing panics while it holds the lock.
        self.shared
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn put(self: Arc<Self>, job: Job, replaces: bool) {
        let mut shared = self.lock();
        if replaces {
            shared.jobs.clear();
        }
        shared.jobs.push_back(job);
        if shared.is_running {
            self.has_jobs.notify_one();
            return;
        }
        let theirs = self.clone();
        let started = thread::Builder::new()
            .name("jpegs".into())
            .spawn(move || theirs.run());
        match started {
            Ok(_) => shared.is_running = true,
            Err(error) => {
                shared.jobs.clear();
                let failure = format!("no JPEGs can be made of H.264: starting a thread: {error}");
                shared.made.push(Err(failure));
                self.ring();
            }
        }
    }

    fn ring(&self) {
        // It counts to 2^64.
        let _ = self.wake.write(1);
    }

    /// The thread.
    fn run(&self) {
        sys::step_back();
        let mut decoder = None;
        while let Some(job) = self.next_job() {
            self.work(&job, &mut decoder);
        }
    }

    fn next_job(&self) -> Option<Job> {
        let mut shared = self.lock();
        loop {
            if let Some(job) = shared.jobs.pop_front() {
                return Some(job);
            }
            let (again, wait) = self
                .has_jobs
                .wait_timeout(shared, ENDS_AFTER)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            shared = again;
            if wait.timed_out() && shared.jobs.is_empty() {
                shared.is_running = false;
                return None;
            }
        }
    }

    fn work(&self, job: &Job, decoder: &mut Option<Decoder>) {
        let made = match decoder.take().map_or_else(Decoder::new, Ok) {
            Ok(ready) => make(decoder.insert(ready), job, |decoding, encoding| {
                let mut shared = self.lock();
                shared.decoding.note(decoding);
                if let Some(encoding) = encoding {
                    shared.encoding.note(encoding);
                }
            }),
            Err(failure) => Some(Err(failure)),
        };
        if let Some(made) = made {
            if made.is_err() {
                // It may have kept something of what it did not understand.
                *decoder = None;
            }
            let mut shared = self.lock();
            // Only the newest is of use to anyone.
            shared.made.clear();
            shared.made.push(made);
            drop(shared);
            self.ring();
        }
    }
}

/// Decodes, and encodes where that is wanted. Tells how long both took.
fn make(
    decoder: &mut Decoder,
    job: &Job,
    tell: impl FnOnce(Duration, Option<Duration>),
) -> Option<Result<Frame, String>> {
    let frame = &job.picture.frame;
    let begun = Instant::now();
    let decoded = match decoder.decode(&frame.data) {
        Ok(decoded) => decoded,
        Err(failure) => return Some(Err(failure)),
    };
    let decoding = begun.elapsed();
    if !job.encode {
        tell(decoding, None);
        return None;
    }
    let begun = Instant::now();
    let jpeg = decoded.and_then(|picture| picture.to_jpeg());
    tell(decoding, Some(begun.elapsed()));
    let data = match jpeg? {
        Ok(data) => data,
        Err(failure) => return Some(Err(failure)),
    };
    Some(Ok(Frame {
        data,
        pts: frame.pts,
        captured: frame.captured,
        key: true,
        ..Frame::default()
    }))
}
