//! What guests may ask of the service that they are in.

use std::sync::Arc;
use std::time::Duration;

use super::door::Door;
use super::guest::About;
use super::http::hosts::Hosts;
use super::journal::Journal;
use super::jpegs::Jpegs;
use super::picture::Picture;
use super::shared_camera::{SharedCamera, State};
use super::users::Users;
use crate::error::Result;
use crate::options::ServeOptions;
use crate::units::Micros;

/// An address may have so many connections that ask for a page or a snapshot beside those of its viewers.
const CALLERS_BESIDE_VIEWERS: usize = 32;

/// Whom the service was started for asks within this time.
const JUST_BEGUN: Duration = Duration::from_secs(2);

/// The one camera, the limits, and what the journal is told.
#[derive(Debug)]
pub struct House {
    pub options: ServeOptions,
    pub camera: SharedCamera,
    pub door: Door,
    /// Connections of all who speak HTTP, viewers or not.
    pub callers: Door,
    /// The names that this machine is called by.
    pub hosts: Hosts,
    /// Who may watch over HTTP and RTSP; nothing where everybody may.
    pub users: Option<Users>,
    pub jpegs: Jpegs,
    pub journal: Journal,
    pub started: Micros,
    /// What guests tell of themselves, as of the last look.
    pub present: Vec<About>,
    camera_hash: u64,
    ends: bool,
    is_closed: bool,
}

impl House {
    /// # Errors
    /// `Usage`: the file of users is of no use.
    pub fn new(options: &ServeOptions, now: Micros) -> Result<Self> {
        let camera = SharedCamera::new(&options.stream, options.linger);
        let memory = camera.memory().clone();
        let most_callers = options.max_viewers_per_address + CALLERS_BESIDE_VIEWERS;
        Ok(Self {
            camera,
            door: Door::new(options.max_viewers, options.max_viewers_per_address),
            callers: Door::new(usize::MAX, most_callers),
            hosts: Hosts::new(&options.hosts),
            users: options.users.as_deref().map(Users::open).transpose()?,
            jpegs: Jpegs::new(options.mjpeg_fps, memory),
            options: options.clone(),
            journal: Journal::default(),
            started: now,
            present: Vec::new(),
            camera_hash: options.stream.camera_hash(),
            ends: false,
            is_closed: false,
        })
    }

    /// A viewer of JPEGs that are made of H.264 has got the next picture of the camera.
    pub fn feed_jpegs(&mut self, picture: &Arc<Picture>, now: Micros) {
        if self.jpegs.feed(picture, now) {
            self.camera.want_key_frame(now);
        }
    }

    /// What the options of the service ask of the camera, in one number.
    pub fn camera_hash(&self) -> u64 {
        self.camera_hash
    }

    /// Whether the options are those of now: whoever has others all the same would have the next service no nearer to them.
    pub fn is_just_begun(&self, now: Micros) -> bool {
        !self.camera.has_run() && now.since(self.started) < JUST_BEGUN
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
