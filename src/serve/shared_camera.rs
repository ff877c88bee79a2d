//! The one camera of the service: it runs while somebody needs pictures and for the linger after that, and what became of
//! it last is remembered.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use super::camera::{Camera, Word};
use super::clock::StreamClock;
use super::gop::Gop;
use super::guest::Failure;
use super::picture::{Memory, Numbering, Picture};
use super::rate::Rate;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::log;
use crate::options::Options;
use crate::stall::{self, Silence};
use crate::units::Micros;

/// A camera that failed is not tried again sooner.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A thread that was told to stop and has not done so hangs in the camera's library: only the end of the process frees it.
/// A capture program has four seconds to end.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

/// The camera of all viewers.
#[derive(Debug)]
pub struct SharedCamera {
    options: Options,
    /// Whether the journal of the service has the `-v` report, too.
    prints_report: bool,
    memory: Memory,
    gop: Gop,
    run: Option<Run>,
    failed: Option<(Failure, Micros)>,
    unneeded_since: Option<Micros>,
    linger: Duration,
    /// How long it may give nothing.
    stall_limit: Duration,
    has_run: bool,
}

/// One run, from its start to its end.
#[derive(Debug)]
struct Run {
    camera: Camera,
    numbering: Numbering,
    words: Vec<Word>,
    pictures: u64,
    bytes: u64,
    first: Option<Micros>,
    last: Option<Micros>,
    clock: StreamClock,
    rate: Rate,
}

/// What a run of the camera is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Off,
    Starting,
    On,
    Stopping,
}

/// What came of looking after the camera.
#[derive(Debug, Default)]
pub struct News {
    pub pictures: Vec<Arc<Picture>>,
    /// How the run has ended, if it has: of itself, or by a failure.
    pub end: Option<std::result::Result<(), Failure>>,
    /// Words of the source, or another state.
    pub changed: bool,
    /// The camera is off.
    pub is_off: bool,
    /// The thread hangs in the camera's library and does not end.
    pub hangs: bool,
}

impl SharedCamera {
    pub fn new(options: &Options, linger: Duration) -> Self {
        Self {
            // The report of -v is for the instances that ask for it, and what is said is for their journals.
            options: Options {
                verbose: true,
                service: true,
                ..options.clone()
            },
            prints_report: options.verbose,
            memory: Memory::default(),
            gop: Gop::default(),
            run: None,
            failed: None,
            unneeded_since: None,
            linger,
            stall_limit: stall::limit(options),
            has_run: false,
        }
    }

    /// Whether it was ever started.
    pub fn has_run(&self) -> bool {
        self.has_run
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    pub fn state(&self) -> State {
        match &self.run {
            None => State::Off,
            Some(run) if run.camera.stopped().is_some() => State::Stopping,
            Some(run) if run.first.is_none() => State::Starting,
            Some(_) => State::On,
        }
    }

    /// The pictures that a viewer may begin with.
    pub fn gop(&self) -> &Gop {
        &self.gop
    }

    /// What the source has said since it was opened.
    pub fn words(&self) -> &[Word] {
        match &self.run {
            Some(run) if run.camera.stopped().is_none() => &run.words,
            _ => &[],
        }
    }

    /// The last failure, if the camera has not run since.
    pub fn failure(&self) -> Option<&Failure> {
        self.failed.as_ref().map(|(failure, _)| failure)
    }

    /// Pictures that it has given, in this run.
    pub fn pictures(&self) -> u64 {
        self.run.as_ref().map_or(0, |run| run.pictures)
    }

    pub fn rate(&self) -> Rate {
        self.run.as_ref().map(|run| run.rate).unwrap_or_default()
    }

    /// When the camera was started, where it runs.
    pub fn started(&self) -> Option<Micros> {
        self.run.as_ref().map(|run| run.camera.started())
    }

    /// When the first picture came, where one has.
    pub fn first_picture(&self) -> Option<Micros> {
        self.run.as_ref().and_then(|run| run.first)
    }

    /// Where the time line of the pictures (`Frame::pts`) stands.
    pub fn clock(&self) -> StreamClock {
        self.run.as_ref().map(|run| run.clock).unwrap_or_default()
    }

    /// Pictures that were lost before they could be shared.
    pub fn dropped(&self) -> u64 {
        self.run.as_ref().map_or(0, |run| run.camera.dropped())
    }

    /// Nobody begins with what has been: the memory is needed.
    pub fn forget_pictures(&mut self) {
        self.gop.clear();
    }

    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Written to, and never read, when the camera has something.
    pub fn wake(&self) -> Option<BorrowedFd<'_>> {
        self.run.as_ref().map(|run| run.camera.wake())
    }

    /// Whether the camera runs though nobody needs it.
    pub fn is_lingering(&self) -> bool {
        self.run.is_some() && self.unneeded_since.is_some()
    }

    pub fn want_key_frame(&mut self, now: Micros) {
        if let Some(run) = self.run.as_mut().filter(|run| run.first.is_some()) {
            run.camera.want_key_frame(now);
        }
    }

    /// By when this wants to be looked after though nothing happens.
    pub fn call_by(&self) -> Option<Micros> {
        let linger = match &self.run {
            Some(run) if run.camera.stopped().is_some() => {
                return run.camera.stopped().map(|at| at.after(STOPS_WITHIN));
            }
            Some(_) => self.unneeded_since.map(|since| since.after(self.linger)),
            None if self.unneeded_since.is_some() => None,
            None => self.failed.as_ref().map(|(_, at)| at.after(RETRY_AFTER)),
        };
        let stall = self.silence().map(Silence::ends_at);
        linger.into_iter().chain(stall).min()
    }

    /// Starts and stops the camera as it is needed, and takes what it has.
    pub fn look_after(&mut self, is_needed: bool, now: Micros) -> News {
        let mut news = News::default();
        if let Some(run) = &mut self.run {
            let delivery = run.camera.fetch();
            news.changed = !delivery.words.is_empty();
            if self.prints_report {
                print_report(&delivery.words);
            }
            run.words.extend(delivery.words);
            run.numbering.shows_as_decoded = delivery.shows_as_decoded;
            for frame in delivery.frames {
                news.changed |= run.first.is_none();
                self.failed = None;
                news.pictures.push(run.note(frame, now));
            }
            news.pictures.iter().for_each(|it| self.gop.push(it, now));
            if let Some(end) = delivery.end {
                news.end = self.end_run(end, now);
                news.changed = true;
                news.is_off = true;
            }
        }
        if let Err(error) = self.check_silence(now) {
            let words = self.words().to_vec();
            news.end = Some(Err(self.fail(&error, words, now)));
            news.changed = true;
        }
        self.keep_or_stop(is_needed, now, &mut news);
        news.hangs = self
            .run
            .as_ref()
            .and_then(|run| run.camera.stopped())
            .is_some_and(|stopped| now.since(stopped) >= STOPS_WITHIN);
        news
    }

    /// Sets the camera free.
    pub fn stop(&mut self, now: Micros) {
        if let Some(run) = &mut self.run {
            run.camera.stop(now);
            self.gop.clear();
        }
    }

    /// Takes it that the thread hangs, and says so: what the process ends with.
    pub fn hang(&mut self, now: Micros) -> Failure {
        let error = Error::Stalled(
            "the camera's library hangs and does not set the camera free: the service ends, which does; the next viewer \
             starts it anew. If it hangs again, restart the machine, and check the camera's cable and the power supply"
                .into(),
        );
        self.fail(&error, Vec::new(), now)
    }

    fn keep_or_stop(&mut self, is_needed: bool, now: Micros, news: &mut News) {
        if is_needed {
            self.unneeded_since = None;
            if self.run.is_none() && self.may_start(now) {
                news.changed = true;
                self.start(now, news);
            }
            return;
        }
        let since = *self.unneeded_since.get_or_insert(now);
        if now.since(since) >= self.linger {
            self.stop(now);
        }
    }

    fn may_start(&self, now: Micros) -> bool {
        let is_over = |at| now.since(at) >= RETRY_AFTER;
        self.failed.as_ref().is_none_or(|&(_, at)| is_over(at))
    }

    fn start(&mut self, now: Micros, news: &mut News) {
        self.has_run = true;
        match Camera::start(&self.options) {
            Ok(camera) => {
                self.run = Some(Run {
                    camera,
                    numbering: Numbering::expecting(
                        self.options.effective_fps().due(1),
                        self.memory.clone(),
                    ),
                    words: Vec::new(),
                    pictures: 0,
                    bytes: 0,
                    first: None,
                    last: None,
                    clock: StreamClock::default(),
                    rate: Rate::since(now),
                });
            }
            Err(error) => news.end = Some(Err(self.fail(&error, Vec::new(), now))),
        }
    }

    /// The thread has said that it ends. Nothing is told of an end that was asked for.
    fn end_run(
        &mut self,
        end: Result<()>,
        now: Micros,
    ) -> Option<std::result::Result<(), Failure>> {
        let mut run = self.run.take()?;
        run.camera.join();
        self.gop.clear();
        let was_asked_for = run.camera.stopped().is_some();
        log::info!("{}", run.closing_line(now));
        match end {
            Ok(()) => (!was_asked_for).then_some(Ok(())),
            Err(_) if was_asked_for => None,
            Err(error) => Some(Err(self.fail(&error, run.words, now))),
        }
    }

    /// How long the camera gives nothing, where it is to give something.
    fn silence(&self) -> Option<Silence> {
        let run = self.run.as_ref()?;
        let is_to_give = run.camera.stopped().is_none();
        is_to_give.then(|| Silence::of(run.camera.started(), run.last, self.stall_limit))
    }

    fn check_silence(&self, now: Micros) -> Result<()> {
        let broken = || self.run.as_ref().and_then(|run| run.camera.broken());
        self.silence()
            .map_or(Ok(()), |silence| silence.check(now, broken))
    }

    fn fail(&mut self, error: &Error, words: Vec<Word>, now: Micros) -> Failure {
        log::error!("{error}");
        self.stop(now);
        let failure = Failure {
            exit_status: error.exit_status(),
            text: error.to_string(),
            reason: error.reason(),
            words: words.into(),
        };
        self.failed = Some((failure.clone(), now));
        failure
    }
}

impl Run {
    fn note(&mut self, frame: Frame, now: Micros) -> Arc<Picture> {
        if self.first.is_none() {
            let took = now.since(self.camera.started()).as_millis();
            log::info!("the camera is on: first frame after {took} ms");
            self.first = Some(now);
        }
        self.last = Some(now);
        self.clock.note(&frame);
        self.pictures += u64::from(!frame.continues);
        self.bytes += frame.data.len() as u64;
        self.rate.note(frame.continues, frame.data.len(), now);
        self.numbering.next(frame)
    }

    fn closing_line(&self, now: Micros) -> String {
        format!(
            "the camera is off: it ran for {:.1} s and gave {} frames, {} bytes; {} frames dropped by the source",
            now.since(self.camera.started()).as_secs_f32(),
            self.pictures,
            self.bytes,
            self.camera.dropped(),
        )
    }
}

/// The lines of `-v` among the words of a source; it has said the others itself.
fn print_report(words: &[Word]) {
    let lines = words.iter().filter(|word| word.level.is_none());
    let lines: Vec<String> = lines.map(|word| word.text.clone()).collect();
    log::report(&lines);
}
