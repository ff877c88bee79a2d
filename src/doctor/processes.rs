//! Who has the camera now.

use super::Facts;
use super::report::Check;
use crate::source::auto::Camera;
use crate::source::holders::{Holder, holders_in, is_camera};

const SUBJECT: &str = "users";

/// Programs that are ours when a viewer watches.
const OURS: [&str; 3] = ["picam-stream", "rpicam-vid", "libcamera-vid"];

/// Programs of a desktop that look after every camera: they open its devices, and take pictures only when asked.
const WATCHERS: [&str; 3] = ["wireplumber", "pipewire", "pulseaudio"];

pub fn checks(facts: &Facts) -> Vec<Check> {
    let is_device: fn(&str) -> bool = match facts.camera {
        None => return Vec::new(),
        Some(Camera::Mmal { .. }) => |path: &str| path == "/dev/vchiq",
        Some(_) => is_camera,
    };
    let holders = holders_in(&facts.system.path("/proc"), &is_device);
    let told = |holders: &[&Holder]| {
        holders
            .iter()
            .map(|holder| holder.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let named = |holder: &Holder, names: &[&str]| names.contains(&holder.name.as_str());
    let ours: Vec<&Holder> = holders
        .iter()
        .filter(|holder| named(holder, &OURS))
        .collect();
    let others: Vec<&Holder> = holders
        .iter()
        .filter(|holder| !named(holder, &OURS) && !named(holder, &WATCHERS))
        .collect();
    vec![if !others.is_empty() {
        Check::warning(
            SUBJECT,
            format!(
                "another program has the camera's devices open: {}",
                told(&others)
            ),
            "a camera serves one program at a time: if no picture comes, end that program",
        )
    } else if !ours.is_empty() {
        Check::ok(SUBJECT, format!("a viewer is watching: {}", told(&ours)))
    } else if facts.sees_all {
        Check::ok(SUBJECT, "nobody has the camera open")
    } else {
        Check::ok(
            SUBJECT,
            "nobody that this user may see has the camera open; with sudo all are seen",
        )
    }]
}
