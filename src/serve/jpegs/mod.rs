//! JPEGs of an H.264 camera: snapshots, and moving pictures for those who know nothing else. One thread decodes and encodes
//! them, once for all who want them, and only while somebody does. It stands behind everything else: at nice 19, and what
//! it cannot keep up with is left out, up to key frames alone.

mod colours;
mod decode;
mod maker;
mod sys;

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use self::maker::{Job, Maker};
use super::picture::{Memory, Numbering, Picture};
use crate::log;
use crate::units::Micros;

/// Pictures wait no longer to be decoded: then the thread does not keep up.
const MOST_WAIT: Duration = Duration::from_secs(1);

/// So much of the time may go into it before it is key frames alone.
const MOST_LOAD: f64 = 0.8;

/// For so long it is key frames alone before all pictures are tried again.
const KEY_FRAMES_FOR: Duration = Duration::from_secs(10);

/// Over how long the rate is counted.
const RATE_OVER: Duration = Duration::from_secs(4);

/// Without a wish for so long nobody wants moving pictures any more.
const WANTED_FOR: Duration = Duration::from_secs(2);

/// The pictures that are made, and what is wanted next.
#[derive(Debug)]
pub struct Jpegs {
    maker: Option<Maker>,
    wanted_fps: u32,
    numbering: Numbering,
    newest: Option<Arc<Picture>>,
    /// When the last ones were made.
    made: VecDeque<Micros>,
    failure: Option<(String, Micros)>,
    /// The picture that was handed over last, and can be followed by the next.
    last: Option<u64>,
    /// When the last one was to be encoded was taken.
    last_encoded: Option<Micros>,
    /// Encode the next key frame, whatever is due.
    is_wanted_soon: bool,
    last_fed: Option<Micros>,
    key_frames_until: Option<Micros>,
}

impl Jpegs {
    pub fn new(wanted_fps: u32, memory: Memory) -> Self {
        Self {
            maker: None,
            wanted_fps,
            numbering: Numbering::new(memory),
            newest: None,
            made: VecDeque::new(),
            failure: None,
            last: None,
            last_encoded: None,
            is_wanted_soon: false,
            last_fed: None,
            key_frames_until: None,
        }
    }

    /// Readable when one was made.
    pub fn wake(&self) -> Option<BorrowedFd<'_>> {
        self.maker.as_ref().map(Maker::wake)
    }

    pub fn newest(&self) -> Option<&Arc<Picture>> {
        self.newest.as_ref()
    }

    /// Why none could be made, if that was found out since then.
    pub fn failure_since(&self, since: Micros) -> Option<&str> {
        let (failure, at) = self.failure.as_ref()?;
        (*at >= since).then_some(failure.as_str())
    }

    /// A picture a second, as of late.
    pub fn fps(&self, now: Micros) -> f64 {
        let of_late = self.made.iter().filter(|at| now.since(**at) < RATE_OVER);
        of_late.count() as f64 / RATE_OVER.as_secs_f64()
    }

    pub fn is_key_frames_only(&self) -> bool {
        self.key_frames_until.is_some()
    }

    /// Takes what was made. True when that is anything.
    pub fn collect(&mut self, now: Micros) -> bool {
        let Some(maker) = &self.maker else {
            return false;
        };
        let outcomes = maker.fetch();
        let has_news = !outcomes.is_empty();
        for outcome in outcomes {
            match outcome {
                Ok(frame) => {
                    self.failure = None;
                    self.newest = Some(self.numbering.next(frame));
                    self.made.push_back(now);
                }
                Err(failure) => {
                    if self.failure.is_none() {
                        log::warn!("{failure}");
                    }
                    self.failure = Some((failure, now));
                    self.last = None;
                }
            }
        }
        while self
            .made
            .front()
            .is_some_and(|at| now.since(*at) >= RATE_OVER)
        {
            self.made.pop_front();
        }
        has_news
    }

    /// A snapshot of this key frame is wanted.
    pub fn want(&mut self, key: &Arc<Picture>, now: Micros) {
        let is_moving = self.last_fed.is_some_and(|fed| now.since(fed) < WANTED_FOR);
        if is_moving {
            // Decoding goes on with what follows: the next key frame is as good.
            self.is_wanted_soon = true;
            return;
        }
        let job = Job {
            picture: key.clone(),
            encode: true,
        };
        if let Some(maker) = self.maker() {
            maker.replace_all(job);
        }
        self.last = None;
    }

    /// Moving pictures are wanted, and this is the next of the camera. Whoever else feeds it the same changes nothing. True
    /// when only a key frame helps on.
    pub fn feed(&mut self, picture: &Arc<Picture>, now: Micros) -> bool {
        let is_known = self.last_fed.is_some() && self.last == Some(picture.number);
        self.last_fed = Some(now);
        if is_known {
            return false;
        }
        let frame = &picture.frame;
        if !frame.key && (self.is_key_frames_only() || !self.follows(picture)) {
            return !self.is_key_frames_only();
        }
        if frame.key {
            self.decide(picture, now);
        }
        let is_late = self
            .maker()
            .and_then(|maker| maker.oldest())
            .is_some_and(|oldest| now.since(oldest) > MOST_WAIT);
        if is_late {
            self.fall_back(now);
            if !frame.key {
                return true;
            }
        }
        let encode = self.is_due(picture);
        let replaces = is_late || self.is_key_frames_only();
        let job = Job {
            picture: picture.clone(),
            encode,
        };
        if let Some(maker) = self.maker() {
            if replaces {
                maker.replace_all(job);
            } else {
                maker.push(job);
            }
        }
        self.last = Some(picture.number);
        false
    }

    /// The camera was started anew, or is off: its pictures have new numbers.
    pub fn camera_is_off(&mut self) {
        self.last = None;
        self.newest = None;
    }

    fn follows(&self, picture: &Picture) -> bool {
        self.last.is_some_and(|last| picture.number == last + 1)
    }

    /// Whether it is time for the next one to be encoded: of a camera at 30, every sixth for 5 a second.
    fn is_due(&mut self, picture: &Picture) -> bool {
        let frame = &picture.frame;
        let every = Duration::from_secs(1) / self.wanted_fps.max(1);
        let is_due = match self.last_encoded {
            _ if frame.continues => false,
            _ if frame.key && self.is_wanted_soon => true,
            None => true,
            Some(last) => {
                frame.captured < last || frame.captured.since(last) + picture.interval / 2 >= every
            }
        };
        if is_due {
            self.last_encoded = Some(frame.captured);
            self.is_wanted_soon &= !frame.key;
        }
        is_due
    }

    /// With each key frame it is decided whether those that depend on it are decoded, too.
    fn decide(&mut self, picture: &Picture, now: Micros) {
        let load = self.maker.as_ref().map_or(0.0, |maker| {
            let camera_fps = 1.0 / picture.interval.as_secs_f64().max(0.001);
            maker.load(camera_fps, f64::from(self.wanted_fps))
        });
        match self.key_frames_until {
            Some(until) if now >= until && load < MOST_LOAD => {
                self.key_frames_until = None;
                log::info!("JPEGs are made of all pictures again");
            }
            None if load > 1.0 => self.fall_back(now),
            _ => {}
        }
    }

    fn fall_back(&mut self, now: Micros) {
        if self.key_frames_until.is_none() {
            log::info!(
                "this machine does not keep up with making JPEGs of H.264: they are made of key frames alone"
            );
        }
        self.key_frames_until = Some(now.after(KEY_FRAMES_FOR));
        if let Some(maker) = &self.maker {
            maker.forget_all();
        }
        self.last = None;
    }

    /// The thread, which ends when nobody wants anything for a while.
    fn maker(&mut self) -> Option<&Maker> {
        if self.maker.is_none() {
            match Maker::new() {
                Ok(maker) => self.maker = Some(maker),
                Err(failure) => self.failure = Some((failure, Micros::now())),
            }
        }
        self.maker.as_ref()
    }
}
