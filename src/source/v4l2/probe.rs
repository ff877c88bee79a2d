//! Which V4L2 devices may be cameras, told by /sys alone: opening a device could wake it, or take it from somebody.

use super::device::NO_CAMERAS;
use crate::source::missing::Missing;
use crate::system::System;

const DEVICES: &str = "/sys/class/video4linux";

/// A device that is likely to be a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Such as /dev/video0.
    pub device: String,
    /// The camera's own name.
    pub name: String,
}

/// All of them, by number.
pub fn probe(system: &System) -> Vec<Found> {
    let devices = system
        .list(DEVICES)
        .into_iter()
        .filter(|device| device.starts_with("video"));
    devices
        .filter_map(|device| camera(system, &device))
        .collect()
}

/// Why there is none.
pub fn missing(found: &[Found]) -> Option<Missing> {
    let remedy = "plug in a USB camera; lsusb and dmesg tell whether it is seen";
    found
        .is_empty()
        .then(|| Missing::new("there is no capture device", remedy))
}

fn camera(system: &System, device: &str) -> Option<Found> {
    let attribute = |name: &str| system.read(&format!("{DEVICES}/{device}/{name}"));
    let name = attribute("name")?;
    // A USB camera has a second device, for data about its pictures.
    let is_first = attribute("index").is_none_or(|index| index == "0");
    let is_camera = is_first && !NO_CAMERAS.iter().any(|other| name.starts_with(other));
    is_camera.then(|| Found {
        device: format!("/dev/{device}"),
        name,
    })
}
