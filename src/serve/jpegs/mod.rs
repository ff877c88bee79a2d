//! JPEGs of an H.264 camera: snapshots, and moving pictures for those who know nothing else. One thread decodes and encodes
//! them, once for all who want them, and only while somebody does. It stands behind everything else: at nice 19, and what
//! it cannot keep up with is left out, up to key frames alone.

mod colours;
mod decode;
mod maker;
mod pace;
mod sys;

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use self::maker::{Job, Maker};
use self::pace::{Choice, Pace, Progress};
use super::picture::{Memory, Numbering, Picture};
use crate::log;
use crate::units::Micros;

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
    pace: Pace,
    /// When moving pictures were wanted last.
    last_fed: Option<Micros>,
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
            pace: Pace::new(wanted_fps),
            last_fed: None,
        }
    }

    /// Written to, and never read, when one was made.
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
        self.pace.is_key_frames_only()
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
                    self.pace.begin_anew();
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
            self.pace.want_key_frame();
            return;
        }
        let job = Job {
            picture: key.clone(),
            encode: true,
        };
        if let Some(maker) = self.maker() {
            maker.replace_all(job);
        }
        self.pace.begin_anew();
    }

    /// Moving pictures are wanted, and this is the next of the camera. Whoever else feeds it the same changes nothing. True
    /// when only a key frame helps on.
    pub fn feed(&mut self, picture: &Arc<Picture>, now: Micros) -> bool {
        let is_known = self.last_fed.is_some() && self.pace.knows(picture);
        self.last_fed = Some(now);
        if is_known {
            return false;
        }
        let progress = self.progress(picture);
        let choice = self.pace.choose(picture, progress, now);
        let job = |encode| Job {
            picture: picture.clone(),
            encode,
        };
        let Some(maker) = self.maker() else {
            return false;
        };
        match choice {
            Choice::Leave { wants_key_frame } => return wants_key_frame,
            Choice::Follow { encode } => maker.push(job(encode)),
            Choice::Replace { encode } => maker.replace_all(job(encode)),
        }
        false
    }

    fn progress(&self, picture: &Picture) -> Progress {
        let camera_fps = 1.0 / picture.interval.as_secs_f64().max(0.001);
        self.maker
            .as_ref()
            .map_or(Progress::default(), |maker| Progress {
                oldest: maker.oldest(),
                load: maker.load(camera_fps, f64::from(self.wanted_fps)),
            })
    }

    /// The camera was started anew, or is off: its pictures have new numbers.
    pub fn camera_is_off(&mut self) {
        self.pace.begin_anew();
        self.newest = None;
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
