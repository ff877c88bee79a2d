//! What guests may ask of the service that they are in.

use std::time::Duration;

use super::door::Door;
use super::guest::{About, Ending};
use super::shared_camera::{SharedCamera, State};
use crate::log;
use crate::options::ServeOptions;
use crate::units::Micros;
use crate::viewer::Tally;

/// The one camera, the limits, and what the journal is told.
#[derive(Debug)]
pub struct House {
    pub options: ServeOptions,
    pub camera: SharedCamera,
    pub door: Door,
    pub journal: Journal,
    pub started: Micros,
    /// What guests tell of themselves, as of the last look.
    pub present: Vec<About>,
    camera_hash: u64,
    ends: bool,
    is_closed: bool,
}

impl House {
    pub fn new(options: &ServeOptions, now: Micros) -> Self {
        Self {
            camera: SharedCamera::new(&options.stream, options.linger),
            door: Door::new(options.max_viewers, options.max_viewers_per_address),
            options: options.clone(),
            journal: Journal::default(),
            started: now,
            present: Vec::new(),
            camera_hash: options.stream.camera_hash(),
            ends: false,
            is_closed: false,
        }
    }

    /// What the options of the service ask of the camera, in one number.
    pub fn camera_hash(&self) -> u64 {
        self.camera_hash
    }

    /// Somebody wants a camera with other options, and nobody watches this one.
    pub fn end_for_other_options(&mut self) {
        self.ends = true;
    }

    pub fn is_to_end(&self) -> bool {
        self.ends
    }

    /// The service ends: who comes now is for the next.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// How the service is, for `doctor`.
    pub fn status_json(&self, _now: Micros) -> String {
        self.status_line()
    }

    /// One line for `systemctl status`.
    pub fn status_line(&self) -> String {
        let rate = self.camera.rate();
        let camera = match self.camera.state() {
            State::Off => match self.camera.failure() {
                Some(failure) => format!("camera off: {}", first_sentence(&failure.text)),
                None => "camera off".into(),
            },
            State::Starting => "camera starting".into(),
            State::Stopping => "camera stopping".into(),
            State::On if self.camera.is_lingering() => "camera lingering".into(),
            State::On => "camera on".into(),
        };
        let viewers = match self.present.len() {
            0 => "no viewers".into(),
            1 => "1 viewer".into(),
            many => format!("{many} viewers"),
        };
        let flow = if self.camera.state() == State::On && rate.pictures_a_second > 0.0 {
            format!(
                ", {:.0} frames/s, {:.1} Mbit/s",
                rate.pictures_a_second,
                rate.bits_a_second / 1e6
            )
        } else {
            String::new()
        };
        format!("{viewers}{flow}, {camera}")
    }
}

fn first_sentence(text: &str) -> &str {
    text.split(['\n', ';']).next().unwrap_or(text)
}

/// A viewer that stayed for less is only counted.
const WORTH_A_LINE: Duration = Duration::from_secs(1);

/// What the journal of the service says of its viewers: a line for each that stayed, and how many did not.
#[derive(Debug, Default)]
pub struct Journal {
    short: u64,
    refused: u64,
    asked: u64,
}

/// A viewer that has gone.
#[derive(Debug)]
pub struct Visit<'a> {
    pub name: &'a str,
    pub kind: &'a str,
    pub since: Micros,
    pub tally: Tally,
    pub ending: &'a Ending,
}

impl Journal {
    pub fn visit(&mut self, visit: &Visit<'_>, now: Micros) {
        let lasted = now.since(visit.since);
        if lasted < WORTH_A_LINE {
            self.short += 1;
            return;
        }
        log::info!(
            "{} ({}): {}; {:.1} s, {} frames, {} bytes, {} frames skipped for the viewer",
            visit.name,
            visit.kind,
            visit.ending.reason(),
            lasted.as_secs_f32(),
            visit.tally.frames,
            visit.tally.bytes,
            visit.tally.skipped,
        );
    }

    /// Somebody was not let in, or asked for what is not there.
    pub fn refuse(&mut self, why: &str) {
        log::debug!("{why}");
        self.refused += 1;
    }

    /// A picture or a page was asked for, and given.
    pub fn answer(&mut self) {
        self.asked += 1;
    }

    /// Tells what was only counted, and counts anew.
    pub fn sum_up(&mut self) {
        let Self {
            short,
            refused,
            asked,
        } = std::mem::take(self);
        if short + refused + asked > 0 {
            log::info!(
                "meanwhile: {short} viewers that stayed for less than a second, {asked} requests answered, {refused} refused"
            );
        }
    }
}
