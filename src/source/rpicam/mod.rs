//! The libcamera cameras, through the system's own capture program (rpicam-vid, before 1.4 libcamera-vid) as a child.
//!
//! libcamera itself is never linked: its soname changes within a release. What the program says is read here and
//! nothing waits for it: one `poll` on its pipes, in `next`. `program` finds it and knows what it takes, `capture_command`
//! and `argument_table` have its options, `child` starts and stops it, `frames` cuts its output, `messages` and `program_failure`
//! make its words ours.
//!
//! It cannot be asked for a key frame while it runs, so one a second is asked for unless `-g` says otherwise.

use std::time::{Duration, Instant};

use self::capture_command::CommandLine;
use self::child::Child;
use self::frames::Frames;
pub use self::program::NAMES as PROGRAMS;
use self::program::{Offer, Program};
use super::{Broken, Next, Source, report, warn_unhonoured};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::options::Options;
use crate::system::System;

pub(super) mod argument_table;
mod capture_command;
mod child;
pub mod frames;
pub mod messages;
mod numbers;
mod passed_on;
pub mod pipe;
pub mod program;
mod program_failure;
pub mod program_probe;
mod software;
mod spare;
mod stream_pictures;
mod sys;
mod text_stage;
mod times;

/// How long the program may take to tell its options: it loads libcamera from an SD card first.
const HELP_LIMIT: Duration = Duration::from_secs(10);

/// Help beyond this is none.
const HELP_LIMIT_BYTES: usize = 256 * 1024;

/// What rpicam-apps 1.7 says on a Pi 5 to `--save-pts`, before it gives up.
const REFUSES_TIMES: &str = "incompatible options";

/// How long a program whose output has ended may take to end, too.
const END_GRACE: Duration = Duration::from_secs(1);

/// A libcamera camera.
pub struct Rpicam {
    program: Program,
    options: Options,
    phase: Phase,
    child: Child,
    frames: Frames,
    given_out: u64,
}

/// Refuses words behind `--` with which no stream would come.
///
/// # Errors
/// `Error::Usage`, with the option and the reason.
pub fn check(options: &Options) -> Result<()> {
    passed_on::check(options)
}

enum Phase {
    Asking { help: Vec<u8>, deadline: Instant },
    Streaming { offer: Offer },
}

impl Source for Rpicam {
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next> {
        let deadline = Instant::now() + wait;
        loop {
            if self.frames.next(frame) {
                self.given_out += 1;
                return Ok(Next::Frame);
            }
            if let Some(end) = self.collect()? {
                return Ok(end);
            }
            let now = Instant::now();
            self.frames.end_by_quiet(now);
            if self.frames.is_ready() {
                continue;
            }
            let left = deadline.saturating_duration_since(now);
            if left.is_zero() {
                return Ok(Next::Idle);
            }
            if self.frames.is_unfinished() {
                continue;
            }
            self.child.wait_for_output(
                self.frames
                    .quiet_left(now)
                    .map_or(left, |quiet| quiet.min(left)),
            )?;
        }
    }

    /// The firmware's encoder makes no B pictures, and x264, which does where words behind `--` ask for them, tells decoders
    /// itself.
    fn shows_as_decoded(&self) -> bool {
        true
    }

    fn dropped(&self) -> u64 {
        self.frames.dropped()
    }

    fn broken(&self) -> Option<&Broken> {
        Some(self.frames.broken())
    }
}

impl Rpicam {
    /// Opens the source: finds the program. It is asked for its options and started in `next`, so that a viewer who
    /// leaves meanwhile is seen.
    ///
    /// # Errors
    /// `Error::Camera` when there is no such program or it cannot be started, `Error::Usage` when an option behind `--`
    /// would take the stream away from us.
    pub fn open(options: &Options) -> Result<Self> {
        check(options)?;
        let program = Program::find()?;
        report(options, &format!("libcamera through {program}"));
        let child = start(&program, &CommandLine::help())?;
        Ok(Self {
            program,
            options: options.clone(),
            phase: Phase::Asking {
                help: Vec::new(),
                deadline: Instant::now() + HELP_LIMIT,
            },
            child,
            frames: Frames::new(options.video.codec),
            given_out: 0,
        })
    }

    /// Takes what the pipes have, and goes on to the next phase when this one is over.
    fn collect(&mut self) -> Result<Option<Next>> {
        self.child.messages.collect();
        match self.phase {
            Phase::Asking { .. } => self.listen_to_help().map(|()| None),
            Phase::Streaming { .. } => {
                self.frames
                    .collect(&mut self.child.data, self.child.times.as_mut());
                if self.child.data.has_ended() && !self.frames.is_unfinished() {
                    self.ended()
                } else {
                    Ok(None)
                }
            }
        }
    }

    fn listen_to_help(&mut self) -> Result<()> {
        let Phase::Asking { help, deadline } = &mut self.phase else {
            return Ok(());
        };
        let program = self.program.path.display();
        let mut room = [0; 4096];
        self.child
            .data
            .read_some(&mut room, HELP_LIMIT_BYTES, |bytes| {
                help.extend_from_slice(bytes);
            });
        if help.len() > HELP_LIMIT_BYTES {
            return Err(Error::Camera(format!(
                "cannot use {program}: its answer to --help is longer than {} KiB; try that by hand",
                HELP_LIMIT_BYTES >> 10
            )));
        }
        if self.child.data.has_ended() {
            let help = std::mem::take(help);
            return self.begin(&help);
        }
        if Instant::now() < *deadline {
            return Ok(());
        }
        Err(Error::Camera(format!(
            "cannot use {program}: it does not answer --help; try that by hand"
        )))
    }

    /// The program has told its options: starts it for the stream.
    fn begin(&mut self, help: &[u8]) -> Result<()> {
        let ended = self.child.end(END_GRACE);
        let offer = Offer::from_help(&String::from_utf8_lossy(help))
            .ok_or_else(|| program_failure::no_help(&self.program, &ended, &self.child.messages))?
            .on(&System::here());
        let command = CommandLine::stream(&self.options, &offer, true);
        warn_unhonoured(&self.options, &command.honoured);
        self.child = start(&self.program, &command)?;
        self.phase = Phase::Streaming { offer };
        Ok(())
    }

    /// The program's output has ended.
    fn ended(&mut self) -> Result<Option<Next>> {
        self.frames.end_of_stream();
        if self.frames.is_ready() {
            return Ok(None);
        }
        let had_times = self.child.times.is_some();
        let ended = self.child.end(END_GRACE);
        let refused =
            had_times && self.given_out == 0 && self.child.messages.mention(REFUSES_TIMES);
        if let (Phase::Streaming { offer }, true) = (&self.phase, refused) {
            log::info!(
                "this version of {} gives no times with its software encoder: starting it without",
                self.program
            );
            self.child = start(
                &self.program,
                &CommandLine::stream(&self.options, offer, false),
            )?;
            return Ok(None);
        }
        // One that gave pictures may end in good order: it was asked for so many, or so long.
        if ended.status.success() && self.given_out > 0 {
            log::info!("{} has ended by itself", self.program);
            return Ok(Some(Next::End));
        }
        Err(program_failure::ended(
            &self.program,
            &ended,
            &self.child.messages,
            self.given_out,
        ))
    }
}

fn start(program: &Program, command: &CommandLine) -> Result<Child> {
    let words: Vec<_> = command
        .arguments
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    log::debug!("starting {} {}", program.path.display(), words.join(" "));
    Child::start(&program.path, command)
        .map_err(|error| Error::Camera(format!("cannot start {}: {error}", program.path.display())))
}
