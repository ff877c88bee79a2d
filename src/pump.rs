//! The loop that moves frames from a source to a sink. It owns what holds for every kind of both: a stream starts at a
//! key frame, a camera that gives nothing is reported, signals and `-t` end the session in good order.

use std::time::Duration;

use crate::error::Result;
use crate::frame::Frame;
use crate::log;
use crate::sink::{Sink, Want};
use crate::source::{Next, Source};
use crate::stall::Silence;
use crate::stop::Stop;
use crate::units::Micros;

/// The longest wait for a frame: how soon a signal or a leaving viewer is noticed when no frame flows.
const WAIT: Duration = Duration::from_millis(100);

/// The same while bytes wait for room.
const WAIT_WITH_REST: Duration = Duration::from_millis(10);

/// When a session ends by itself.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Counted from the first frame. With `-s` it is looked at where raspivid looks: as the wait for a signal begins, which
    /// is then the last.
    pub time: Option<Duration>,
    /// How long the camera may give nothing.
    pub stall: Duration,
    /// `-s`.
    pub pauses: Option<Pauses>,
}

/// `-s`: SIGUSR1 starts and pauses the capture.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// `-i pause`: nothing is captured before the first signal.
    pub begin_paused: bool,
}

/// Why a session ended in good order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// SIGINT, SIGTERM or SIGHUP.
    Stopped,
    /// `-t`.
    TimeOver,
    /// The source had no more.
    SourceEnded,
}

/// A session under way.
pub struct Pump<'a> {
    source: &'a mut dyn Source,
    sink: &'a mut dyn Sink,
    limits: Limits,
    stop: &'a Stop,
    frame: Frame,
    begun: Micros,
    first_frame: Option<Micros>,
    last_frame: Micros,
    waits_for_key: bool,
    paused: Option<Paused>,
    /// The next signal ends the session.
    is_last_wait: bool,
}

/// How the capture is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paused {
    /// The source gives nothing of what the camera sees now.
    InSource,
    /// The source goes on, and its frames are thrown away.
    Here,
}

impl<'a> Pump<'a> {
    pub fn new(
        source: &'a mut dyn Source,
        sink: &'a mut dyn Sink,
        limits: Limits,
        stop: &'a Stop,
    ) -> Self {
        let now = Micros::now();
        let frame = Frame::default();
        Self {
            source,
            sink,
            limits,
            stop,
            frame,
            begun: now,
            first_frame: None,
            last_frame: now,
            waits_for_key: true,
            paused: None,
            is_last_wait: limits.time == Some(Duration::ZERO),
        }
    }

    /// Moves frames until the session ends.
    pub fn run(&mut self) -> Result<Ending> {
        if let Some(pauses) = self.limits.pauses {
            // A signal before the capture says nothing about it.
            self.stop.take_switch();
            if pauses.begin_paused {
                self.pause("-i pause: the capture is paused until SIGUSR1")?;
            }
        }
        while !self.stop.requested() {
            if self.limits.pauses.is_some() && self.stop.take_switch() {
                if self.is_last_wait {
                    return Ok(Ending::TimeOver);
                }
                self.switch()?;
                self.is_last_wait = self.time_left(Micros::now()).is_zero();
            }
            let now = Micros::now();
            let time_left = match self.limits.pauses {
                Some(_) => Duration::MAX,
                None => self.time_left(now),
            };
            if time_left.is_zero() {
                return Ok(Ending::TimeOver);
            }
            self.check_stall(now)?;
            let wait = if self.sink.pending() {
                WAIT_WITH_REST
            } else {
                WAIT
            };
            let wait = wait.min(time_left);
            let want = match self.source.next(&mut self.frame, wait)? {
                Next::Frame => self.pass_on()?,
                Next::Idle => self.sink.idle()?,
                Next::End => return Ok(Ending::SourceEnded),
            };
            if want == Want::KeyFrame {
                self.source.request_key_frame();
            }
        }
        Ok(Ending::Stopped)
    }

    /// When the first frame was handed to the sink.
    pub fn first_frame(&self) -> Option<Micros> {
        self.first_frame
    }

    /// Starts or pauses the capture: what it does not do now.
    fn switch(&mut self) -> Result<()> {
        let Some(paused) = self.paused.take() else {
            return self.pause("SIGUSR1: the capture is paused");
        };
        self.source.set_capturing(true)?;
        // What was thrown away is missing in the frames up to the next key frame.
        self.waits_for_key |= paused == Paused::Here;
        self.last_frame = Micros::now();
        if self.first_frame.is_none() {
            self.begun = self.last_frame;
        }
        log::info!("SIGUSR1: the capture goes on");
        Ok(())
    }

    fn pause(&mut self, told: &str) -> Result<()> {
        let in_source = self.source.set_capturing(false)?;
        self.paused = Some(if in_source {
            Paused::InSource
        } else {
            Paused::Here
        });
        log::info!("{told}");
        Ok(())
    }

    /// Hands the frame to the sink, from a key frame on.
    fn pass_on(&mut self) -> Result<Want> {
        if self.paused == Some(Paused::Here) {
            return self.sink.idle();
        }
        if self.waits_for_key && !self.frame.key {
            self.source.request_key_frame();
            return self.sink.idle();
        }
        self.waits_for_key = false;
        let want = self.sink.put(&self.frame)?;
        self.last_frame = Micros::now();
        self.first_frame.get_or_insert(self.last_frame);
        Ok(want)
    }

    /// What `-t` leaves, counted from the first frame.
    fn time_left(&self, now: Micros) -> Duration {
        let since = match self.paused {
            // It may never come.
            Some(_) => Some(self.first_frame.unwrap_or(self.begun)),
            None => self.first_frame,
        };
        match (self.limits.time, since) {
            (Some(limit), Some(first)) => limit.saturating_sub(now.since(first)),
            _ => Duration::MAX,
        }
    }

    fn check_stall(&self, now: Micros) -> Result<()> {
        if self.paused.is_some() {
            return Ok(());
        }
        let last = self.first_frame.map(|_| self.last_frame);
        let silence = Silence::of(self.begun, last, self.limits.stall);
        silence.check(now, || self.source.broken().cloned())
    }
}
