//! Who has the camera now.

use super::Facts;
use super::report::Check;
use crate::source::holders::{Holder, holders_in};
use crate::source::rpicam;

const SUBJECT: &str = "users";

/// Our own program, as the kernel names its processes.
const OURSELVES: &str = "picam-stream";

/// Programs of a desktop that look after every camera: they open its devices, and take pictures only when asked.
const WATCHERS: [&str; 3] = ["wireplumber", "pipewire", "pulseaudio"];

pub fn checks(facts: &Facts) -> Vec<Check> {
    let Some(camera) = &facts.camera else {
        return Vec::new();
    };
    let holders = holders_in(&facts.system.path("/proc"), &camera.needs().is_held_by);
    let told = |holders: &[&Holder]| {
        holders
            .iter()
            .map(|holder| holder.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let is_watcher = |holder: &Holder| WATCHERS.contains(&holder.name.as_str());
    // Ourselves and the capture program are there when a viewer watches.
    let is_ours = |holder: &Holder| {
        holder.name == OURSELVES || rpicam::PROGRAMS.contains(&holder.name.as_str())
    };
    let ours: Vec<&Holder> = holders.iter().filter(|holder| is_ours(holder)).collect();
    let others: Vec<&Holder> = holders
        .iter()
        .filter(|holder| !is_ours(holder) && !is_watcher(holder))
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
        let what = if facts.camera_service.is("ActiveState", "active") {
            "the shared camera is in use"
        } else {
            "a viewer is watching"
        };
        Check::ok(SUBJECT, format!("{what}: {}", told(&ours)))
    } else if facts.sees_all {
        Check::ok(SUBJECT, "nobody has the camera open")
    } else {
        Check::ok(
            SUBJECT,
            "nobody that this user may see has the camera open; with sudo all are seen",
        )
    }]
}
