//! Which V4L2 devices may be cameras, told by /sys alone: opening a device could wake it, or take it from somebody.

use super::controls;
use super::device::NO_CAMERAS;
use crate::options::{Codec, Options};
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

/// The long names of the options that a camera may honour, with what that depends on (may be empty). Only the camera
/// itself, when it is opened, tells more.
pub fn expected(options: &Options) -> Vec<(&'static str, &'static str)> {
    let nearest = "the nearest that the camera has";
    let mut expected = vec![
        ("width", nearest),
        ("height", nearest),
        ("framerate", nearest),
        ("codec", ""),
        ("inline", "always so"),
    ];
    match options.video.codec {
        Codec::H264 => {
            let own = "a camera that gives H.264 itself may have no control for it";
            expected.extend(["bitrate", "intra", "profile", "level", "qp"].map(|name| (name, own)));
        }
        Codec::Mjpeg => expected.push((
            "bitrate",
            "not with a camera that gives JPEG itself, as most do",
        )),
    }
    let control = "if the camera has a control for it";
    let pictures = controls::of_the_picture(options).into_iter();
    expected.extend(pictures.map(|name| (name, control)));
    expected
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
