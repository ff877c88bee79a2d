//! How the service is, as figures, gathered from those who know them.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::house::House;
use super::http::status::{CameraState, Kind, Mjpeg, Status};
use super::shared_camera::State;
use crate::options::Codec;
use crate::units::{Micros, Pts};

/// What stands before the name of the camera in the report.
const CAMERA_NAME: &str = "Camera Name";

impl House {
    /// All of them, now.
    pub fn status(&self, now: Micros) -> Status {
        let camera = &self.camera;
        let report = self.report();
        let rate = camera.rate();
        let init = camera.gop().key_frame().and_then(|key| key.init_segment());
        let asked_size = camera.options().video.size;
        Status {
            clock: camera.clock().at(now).unwrap_or(Pts(now.0)),
            since_epoch: SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default(),
            uptime: now.since(self.started),
            camera: self.camera_state(),
            camera_name: report
                .iter()
                .find_map(|line| line.strip_prefix(CAMERA_NAME))
                .map(|name| name.trim().to_owned()),
            camera_for: camera
                .started()
                .map_or(Duration::ZERO, |started| now.since(started)),
            last_error: camera.failure().map(|failure| failure.text.clone()),
            coding: match camera.options().video.codec {
                Codec::H264 => "H264",
                Codec::Mjpeg => "MJPEG",
            },
            codecs: init.map(|init| init.codec.clone()),
            size: init
                .map(|init| init.size)
                .or_else(|| (asked_size.width > 0).then_some(asked_size)),
            options: report,
            fps: rate.pictures_a_second,
            bits_a_second: rate.bits_a_second as u64,
            pictures: camera.pictures(),
            dropped: camera.dropped(),
            viewers: self.kinds(),
            most_viewers: self.options.max_viewers,
            mjpeg: Mjpeg {
                wanted_fps: self.options.mjpeg_fps,
                fps: self.jpegs.fps(now),
                key_frames_only: self.jpegs.is_key_frames_only(),
            },
            asked: self.journal.asked(),
        }
    }

    /// The report of `-v`, as the source has made it when it was opened.
    fn report(&self) -> Vec<String> {
        let lines = self.camera.words().iter();
        lines
            .filter(|word| word.level.is_none() && !word.text.trim().is_empty())
            .map(|word| word.text.trim().to_owned())
            .collect()
    }

    fn camera_state(&self) -> CameraState {
        match self.camera.state() {
            State::Off if self.camera.failure().is_some() => CameraState::Failed,
            State::Off | State::Stopping => CameraState::Off,
            State::Starting => CameraState::Starting,
            State::On => CameraState::On,
        }
    }

    /// The viewers that are there and those that have gone, by kind.
    fn kinds(&self) -> Vec<Kind> {
        let mut kinds: BTreeMap<&'static str, Kind> = BTreeMap::new();
        for (name, gone) in self.journal.gone() {
            let kind = kinds.entry(name).or_default();
            kind.ever += gone.viewers;
            kind.skipped += gone.skipped;
        }
        for about in &self.present {
            let kind = kinds.entry(about.kind).or_default();
            kind.now += 1;
            kind.ever += 1;
            kind.skipped += about.skipped;
            kind.lag = kind.lag.max(about.lag);
        }
        let named = kinds.into_iter().map(|(name, kind)| Kind { name, ..kind });
        named.collect()
    }
}
