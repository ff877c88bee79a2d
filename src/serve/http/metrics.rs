//! The figures in the text format of Prometheus (version 0.0.4): one line of help, one of type, then the values.

use std::fmt::Write as _;

use super::status::{CameraState, Kind, Status};

/// What Prometheus wants it to be.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const STATES: [CameraState; 4] = [
    CameraState::Off,
    CameraState::Starting,
    CameraState::On,
    CameraState::Failed,
];

/// All of them.
pub fn text(status: &Status) -> String {
    let mut page = Page::default();
    page.one(
        "uptime_seconds",
        "gauge",
        "Time since the service started.",
        status.uptime.as_secs_f64(),
    );
    page.family(
        "camera_state",
        "gauge",
        "What the camera does: 1 for the state that it is in.",
    );
    for state in STATES {
        let is_so = u8::from(state == status.camera);
        page.value("camera_state", &[("state", state.name())], f64::from(is_so));
    }
    page.one(
        "camera_frames_per_second",
        "gauge",
        "Pictures a second, of the last seconds.",
        status.fps,
    );
    page.one(
        "camera_bits_per_second",
        "gauge",
        "Bits a second, of the last seconds.",
        status.bits_a_second as f64,
    );
    page.one(
        "camera_frames_total",
        "counter",
        "Pictures that the camera gave.",
        status.pictures as f64,
    );
    page.one(
        "camera_dropped_frames_total",
        "counter",
        "Pictures that were lost before they reached anyone.",
        status.dropped as f64,
    );
    page.kinds(status, "viewers", "gauge", "Viewers now.", |kind| {
        kind.now as f64
    });
    page.kinds(
        status,
        "viewers_total",
        "counter",
        "Viewers since the start.",
        |kind| kind.ever as f64,
    );
    page.kinds(
        status,
        "skipped_frames_total",
        "counter",
        "Pictures left out for viewers that were behind.",
        |kind| kind.skipped as f64,
    );
    page.kinds(
        status,
        "lag_seconds",
        "gauge",
        "Age of the oldest picture that waits for a viewer.",
        |kind| kind.lag.as_secs_f64(),
    );
    page.one(
        "mjpeg_frames_per_second",
        "gauge",
        "JPEGs made of H.264 a second.",
        status.mjpeg.fps,
    );
    page.family(
        "requests_total",
        "counter",
        "Requests other than for streams.",
    );
    let asked = status.asked;
    for (kind, number) in [
        ("page", asked.pages),
        ("snapshot", asked.snapshots),
        ("status", asked.status),
        ("refused", asked.refused),
    ] {
        page.value("requests_total", &[("kind", kind)], number as f64);
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string never fails.
        let _ = write!(
            self.text,
            "# HELP picam_{name} {help}\n# TYPE picam_{name} {kind}\n"
        );
    }

    /// The labels are words of ours, with nothing that wants a backslash.
    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(self.text, "picam_{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.family(name, kind, help);
        self.value(name, &[], value);
    }

    fn kinds(
        &mut self,
        status: &Status,
        name: &str,
        kind: &str,
        help: &str,
        of: impl Fn(&Kind) -> f64,
    ) {
        self.family(name, kind, help);
        for viewers in &status.viewers {
            self.value(name, &[("kind", viewers.name)], of(viewers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::tests::busy;
    use super::*;

    #[test]
    fn every_value_has_a_family_before_it() {
        let text = text(&busy());
        let mut family = String::new();
        let mut values = 0;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                family = rest.split(' ').next().expect("a name").to_owned();
            } else if !line.starts_with("# HELP ") {
                let name = line.split(['{', ' ']).next().expect("a name");
                assert_eq!(name, family);
                let (_, value) = line.rsplit_once(' ').expect("a value");
                value.parse::<f64>().expect("a number");
                values += 1;
            }
        }
        assert!(values > 20, "{text}");
        assert!(text.ends_with('\n'));
        for line in [
            "picam_camera_state{state=\"on\"} 1",
            "picam_camera_state{state=\"off\"} 0",
            "picam_viewers{kind=\"mp4\"} 1",
            "picam_lag_seconds{kind=\"rtsp\"} 1.2",
            "picam_camera_frames_total 1500",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }
}
