//! Which V4L2 devices may be cameras, told by /sys alone: opening a device could wake it, or take it from somebody.

use super::controls;
use crate::options::{Codec, Options, names};
use crate::source::honoured;
use crate::source::missing::Missing;
use crate::source::needs::V4L2_CLASS;
use crate::system::System;

/// How the names of capture nodes begin that give no picture that anybody could watch: raw sensor data that has to go
/// through the ISP (libcamera's work), and parts of codecs and ISPs.
const NO_CAMERAS: [&str; 7] = [
    "unicam",
    "bcm2835-isp",
    "bcm2835-codec",
    "rp1-cfe",
    "pispbe",
    "rpivid",
    "rpi-hevc-dec",
];

/// A device that is likely to be a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceFound {
    /// Such as /dev/video0.
    pub device: String,
    /// The camera's own name.
    pub name: String,
}

/// All of them, by number.
pub fn probe(system: &System) -> Vec<DeviceFound> {
    let devices = system
        .list(V4L2_CLASS)
        .into_iter()
        .filter(|device| device.starts_with("video"));
    devices
        .filter_map(|device| camera(system, &device))
        .collect()
}

/// Why there is none.
pub fn missing(found: &[DeviceFound]) -> Option<Missing> {
    let remedy = "plug in a USB camera; lsusb and dmesg tell whether it is seen";
    found
        .is_empty()
        .then(|| Missing::new("there is no capture device", remedy))
}

/// The long names of the options that a camera may honour, with what that depends on (may be empty). Only the camera
/// itself, when it is opened, tells more.
pub fn expected(options: &Options) -> Vec<(&'static str, &'static str)> {
    let nearest = "the nearest that the camera has";
    let with = |names: &[&'static str], proviso| {
        let pairs = names.iter().map(|name| (*name, proviso));
        pairs.collect::<Vec<_>>()
    };
    let mut expected = with(honoured::V4L2_NEAREST, nearest);
    expected.extend([(names::CODEC, ""), (names::INLINE, "always so")]);
    match options.video.codec {
        Codec::H264 => {
            let own = "a camera that gives H.264 itself may have no control for it";
            expected.extend(with(honoured::by_software(Codec::H264), own));
        }
        Codec::Mjpeg => expected.extend(with(
            honoured::by_software(Codec::Mjpeg),
            "not with a camera that gives JPEG itself, as most do",
        )),
    }
    let control = "if the camera has a control for it";
    let pictures = controls::of_the_picture(options).into_iter();
    expected.extend(pictures.map(|name| (name, control)));
    expected
}

fn camera(system: &System, device: &str) -> Option<DeviceFound> {
    let attribute = |name: &str| system.read(&format!("{V4L2_CLASS}/{device}/{name}"));
    let name = attribute("name")?;
    // A USB camera has a second device, for data about its pictures.
    let is_first = attribute("index").is_none_or(|index| index == "0");
    let is_camera = is_first && !NO_CAMERAS.iter().any(|other| name.starts_with(other));
    is_camera.then(|| DeviceFound {
        device: format!("/dev/{device}"),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// A machine whose V4L2 devices have these names, by number.
    fn found(names: &[(&str, &str, &str)]) -> Vec<String> {
        let root = TempDir::new().unwrap();
        for (device, name, index) in names {
            let folder = root
                .path()
                .join(V4L2_CLASS.trim_start_matches('/'))
                .join(device);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("name"), name).unwrap();
            std::fs::write(folder.join("index"), index).unwrap();
        }
        probe(&System::at(root.path()))
            .into_iter()
            .map(|found| found.device)
            .collect()
    }

    #[test]
    fn usb_cameras_and_the_legacy_camera_are_cameras() {
        let cameras = [
            ("video0", "HD Pro Webcam C920", "0"),
            ("video1", "mmal service 16.1", "0"),
        ];
        assert_eq!(found(&cameras), ["/dev/video0", "/dev/video1"]);
    }

    #[test]
    fn codecs_isps_raw_sensors_and_second_nodes_are_no_cameras() {
        let others = [
            ("video0", "unicam-image", "0"),
            ("video2", "HD Pro Webcam C920", "1"),
            ("video10", "bcm2835-codec-decode", "0"),
            ("video13", "bcm2835-isp-output0", "0"),
            ("video14", "rp1-cfe-csi2_ch0", "0"),
            ("video20", "pispbe-input", "0"),
        ];
        assert_eq!(found(&others), Vec::<String>::new());
    }
}
