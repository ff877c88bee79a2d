//! Whether a libcamera camera is there: a sensor that the kernel has found behind its CSI receiver, and the program that
//! takes its pictures. Told by /sys alone; no device is opened.

use std::path::PathBuf;

use super::program::{NAMES, remedy};
use crate::system::System;

/// The receivers of sensors that libcamera drives: up to the Pi 4, and on the Pi 5. Their nodes are there only when a
/// sensor is.
const RECEIVERS: [&str; 2] = ["unicam", "rp1-cfe"];

/// Sub-devices beside a sensor: parts of the receiver and the motors of lenses.
const NOT_SENSORS: [&str; 8] = [
    "unicam", "rp1-cfe", "csi2", "pisp", "dw9", "ak7375", "ad5398", "bcm2835",
];

const DEVICES: &str = "/sys/class/video4linux";

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The driver of the receiver, where there is a sensor behind it.
    pub receiver: Option<&'static str>,
    /// The sensors' names, such as imx219.
    pub sensors: Vec<String>,
    /// rpicam-vid or libcamera-vid.
    pub program: Option<PathBuf>,
    /// What brings the program.
    pub remedy: &'static str,
}

/// Looks for it.
pub fn probe(system: &System) -> Found {
    let names = |prefix: &str| -> Vec<String> {
        let devices = system
            .list(DEVICES)
            .into_iter()
            .filter(|device| device.starts_with(prefix));
        devices
            .filter_map(|device| system.read(&format!("{DEVICES}/{device}/name")))
            .collect()
    };
    let nodes = names("video");
    let receiver = RECEIVERS
        .into_iter()
        .find(|receiver| nodes.iter().any(|node| node.starts_with(receiver)));
    let sensors = names("v4l-subdev")
        .iter()
        .filter_map(|name| sensor(name))
        .collect();
    Found {
        receiver,
        sensors,
        program: NAMES.iter().find_map(|name| system.program(name)),
        remedy: remedy(&system.read("/etc/os-release").unwrap_or_default()),
    }
}

impl Found {
    /// Whether frames can be had from it.
    pub fn is_usable(&self) -> bool {
        self.receiver.is_some() && self.program.is_some()
    }

    /// The sensors, for messages.
    pub fn camera(&self) -> String {
        if self.sensors.is_empty() {
            "a camera".to_owned()
        } else {
            self.sensors.join(", ")
        }
    }

    /// Why it cannot be used, and what to do.
    pub fn missing(&self) -> Option<String> {
        match (self.receiver, &self.program) {
            (Some(_), Some(_)) => None,
            (Some(receiver), None) => Some(format!(
                "{} is there (driver {receiver}), but neither rpicam-vid nor libcamera-vid; {}",
                self.camera(),
                self.remedy
            )),
            (None, Some(_)) => Some(
                "the kernel has found no sensor (no unicam or rp1-cfe device): check the ribbon cable at both ends and \
                 camera_auto_detect=1 in config.txt, then reboot"
                    .to_owned(),
            ),
            (None, None) => {
                Some("the kernel has found no sensor, and neither rpicam-vid nor libcamera-vid is there".to_owned())
            }
        }
    }
}

/// The cameras with their modes as the program lists them, line for line; where it cannot, what it says instead.
pub fn cameras(system: &System) -> Result<Vec<String>, String> {
    let program = NAMES
        .into_iter()
        .find(|name| system.program(name).is_some());
    let program = program.ok_or_else(|| {
        format!(
            "neither rpicam-vid nor libcamera-vid is there; {}",
            probe(system).remedy
        )
    })?;
    let answer = system
        .ask(program, &["--list-cameras"])
        .ok_or_else(|| format!("{program} does not answer --list-cameras"))?;
    let lines = answer
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("---"))
        .skip(1);
    let listed: Vec<String> = lines
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    if listed.is_empty() {
        let said = answer
            .stdout
            .lines()
            .chain(answer.stderr.lines())
            .rfind(|line| !line.trim().is_empty());
        return Err(format!("{program} says: {}", said.unwrap_or("nothing")));
    }
    Ok(listed)
}

/// `imx219 10-0010` (name, I2C bus, address) is the sensor imx219.
fn sensor(name: &str) -> Option<String> {
    let word = name.split(' ').next()?;
    (!NOT_SENSORS.iter().any(|other| word.starts_with(other))).then(|| word.to_owned())
}
