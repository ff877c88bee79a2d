//! How it is, as figures: what `/status.json` and `/metrics` tell, and the page shows. No addresses: who watches is nobody's
//! business.

use std::time::Duration;

use serde_json::{Value, json};

use crate::units::{Pts, Size};

/// What the camera does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CameraState {
    /// Nobody wants pictures.
    #[default]
    Off,
    /// It was asked for pictures, and has given none yet.
    Starting,
    On,
    /// It could not be started, or gives no more pictures: the last error says why.
    Failed,
}

impl CameraState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::On => "on",
            Self::Failed => "failed",
        }
    }
}

/// Viewers of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    pub name: &'static str,
    pub now: usize,
    /// Since the start.
    pub ever: u64,
    /// Pictures that were left out because a viewer was behind, since the start.
    pub skipped: u64,
    /// How old the oldest picture is that waits for a viewer.
    pub lag: Duration,
}

/// The pictures that are decoded and made JPEGs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mjpeg {
    /// What was asked for.
    pub wanted_fps: u32,
    /// What comes of it; nothing while nobody wants them.
    pub fps: f64,
    /// The machine does not keep up: key frames alone.
    pub key_frames_only: bool,
}

/// What was asked for besides streams, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub pages: u64,
    pub snapshots: u64,
    pub status: u64,
    pub refused: u64,
}

impl Asked {
    /// What was asked for after `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            pages: self.pages - before.pages,
            snapshots: self.snapshots - before.snapshots,
            status: self.status - before.status,
            refused: self.refused - before.refused,
        }
    }
}

/// All of it, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Now, on the clock that the time stamps of fMP4 use.
    pub clock: Pts,
    /// Now, since 1970: the time that parts of `/stream.mjpg` have.
    pub since_epoch: Duration,
    pub uptime: Duration,
    pub camera: CameraState,
    /// Which camera it is, once that is known.
    pub camera_name: Option<String>,
    /// For how long it has been doing that.
    pub camera_for: Duration,
    pub last_error: Option<String>,
    pub coding: &'static str,
    /// As browsers name it, for H.264.
    pub codecs: Option<String>,
    pub size: Option<Size>,
    /// The options in effect, in the words of the command line.
    pub options: Vec<String>,
    /// Of the last seconds.
    pub fps: f64,
    pub bits_a_second: u64,
    /// Pictures that the camera gave, and those that were lost before they reached anyone.
    pub pictures: u64,
    pub dropped: u64,
    pub viewers: Vec<Kind>,
    pub most_viewers: usize,
    pub mjpeg: Mjpeg,
    pub asked: Asked,
}

impl Status {
    pub fn viewers_now(&self) -> usize {
        self.viewers.iter().map(|kind| kind.now).sum()
    }

    /// The longest that a picture waits for any viewer.
    pub fn lag(&self) -> Duration {
        let lags = self.viewers.iter().map(|kind| kind.lag);
        lags.max().unwrap_or_default()
    }

    pub fn json(&self) -> String {
        let kinds: serde_json::Map<String, Value> = self
            .viewers
            .iter()
            .map(|kind| (kind.name.to_owned(), kind_json(kind)))
            .collect();
        let value = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "clock_us": self.clock.0,
            "time_us": microseconds(self.since_epoch),
            "uptime_s": tenths(self.uptime.as_secs_f64()),
            "camera": {
                "state": self.camera.name(),
                "name": self.camera_name,
                "for_s": tenths(self.camera_for.as_secs_f64()),
                "coding": self.coding,
                "codecs": self.codecs,
                "width": self.size.map(|size| size.width),
                "height": self.size.map(|size| size.height),
                "fps": tenths(self.fps),
                "bits_per_second": self.bits_a_second,
                "pictures": self.pictures,
                "dropped": self.dropped,
                "options": self.options,
            },
            "last_error": self.last_error,
            "viewers": { "now": self.viewers_now(), "most": self.most_viewers, "kinds": kinds },
            "lag_ms": milliseconds(self.lag()),
            "mjpeg": {
                "wanted_fps": self.mjpeg.wanted_fps,
                "fps": tenths(self.mjpeg.fps),
                "key_frames_only": self.mjpeg.key_frames_only,
            },
            "asked": {
                "pages": self.asked.pages,
                "snapshots": self.asked.snapshots,
                "status": self.asked.status,
                "refused": self.asked.refused,
            },
        });
        value.to_string() + "\n"
    }
}

fn kind_json(kind: &Kind) -> Value {
    json!({
        "now": kind.now,
        "ever": kind.ever,
        "skipped": kind.skipped,
        "lag_ms": milliseconds(kind.lag),
    })
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A camera with two viewers, one of them behind.
    pub fn busy() -> Status {
        let kind = |name, now, lag_ms| Kind {
            name,
            now,
            ever: 7,
            skipped: 3,
            lag: Duration::from_millis(lag_ms),
        };
        Status {
            clock: Pts(1_234_567),
            since_epoch: Duration::from_micros(7_654_321),
            uptime: Duration::from_millis(61_234),
            camera: CameraState::On,
            camera_name: Some("imx219 \"wide\"\n".into()),
            size: Some(Size {
                width: 1280,
                height: 720,
            }),
            fps: 24.96,
            bits_a_second: 2_000_000,
            pictures: 1500,
            viewers: vec![kind("mp4", 1, 40), kind("rtsp", 1, 1200)],
            most_viewers: 100,
            ..Status::default()
        }
    }

    #[test]
    fn json_tells_it_all_and_no_address() {
        let value: Value = serde_json::from_str(&busy().json()).expect("JSON");
        assert_eq!(value["clock_us"], 1_234_567);
        assert_eq!(value["time_us"], 7_654_321);
        assert_eq!(value["uptime_s"], 61.2);
        assert_eq!(value["camera"]["state"], "on");
        assert_eq!(value["camera"]["name"], "imx219 \"wide\"\n");
        assert_eq!(value["camera"]["height"], 720);
        assert_eq!(value["camera"]["fps"], 25.0);
        assert_eq!(value["viewers"]["now"], 2);
        assert_eq!(value["viewers"]["kinds"]["rtsp"]["lag_ms"], 1200);
        assert_eq!(value["lag_ms"], 1200);
        assert_eq!(value["last_error"], Value::Null);
    }
}
