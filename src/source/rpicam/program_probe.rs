//! Whether a libcamera camera is there: a sensor that the kernel has found behind its CSI receiver, and the program that
//! takes its pictures. Told by /sys alone; no device is opened.

use std::path::PathBuf;

use super::capture_command::CommandLine;
use super::program::{self, NAMES, Offer, remedy};
use crate::options::Options;
use crate::source::missing::Missing;
use crate::source::needs::V4L2_CLASS;
use crate::system::System;

/// The receivers of sensors that libcamera drives: up to the Pi 4, and on the Pi 5. Their nodes are there only when a
/// sensor is.
const RECEIVERS: [&str; 2] = ["unicam", "rp1-cfe"];

/// Sub-devices beside a sensor: parts of the receiver and the motors of lenses.
const NOT_SENSORS: [&str; 8] = [
    "unicam", "rp1-cfe", "csi2", "pisp", "dw9", "ak7375", "ad5398", "bcm2835",
];

/// Where distributions for the Pi put the stages of rpicam-apps 1.5 and later, and the one that writes text
/// (package rpicam-apps-opencv-postprocess).
const LIBRARIES: &str = "/usr/lib";
const TEXT_STAGE: &str = "rpicam-apps-postproc/opencv-postproc.so";

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramFound {
    /// The driver of the receiver, where there is a sensor behind it.
    pub receiver: Option<&'static str>,
    /// The sensors' names, such as imx219.
    pub sensors: Vec<String>,
    /// rpicam-vid or libcamera-vid.
    pub program: Option<PathBuf>,
    /// What brings the program.
    pub remedy: &'static str,
    is_raspberry_pi: bool,
}

/// Looks for it.
pub fn probe(system: &System) -> ProgramFound {
    let nodes = names(system, "video");
    let receiver = RECEIVERS
        .into_iter()
        .find(|receiver| nodes.iter().any(|node| node.starts_with(receiver)));
    let sensors = names(system, "v4l-subdev")
        .iter()
        .filter_map(|name| sensor(name))
        .collect();
    ProgramFound {
        receiver,
        sensors,
        program: program::find(system),
        remedy: remedy(&system.read("/etc/os-release").unwrap_or_default()),
        is_raspberry_pi: system
            .read("/proc/device-tree/model")
            .is_some_and(|model| model.contains("Raspberry Pi")),
    }
}

impl ProgramFound {
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

    /// Why it cannot be used.
    pub fn missing(&self) -> Option<Missing> {
        match (self.receiver, &self.program) {
            (Some(_), Some(_)) => None,
            (Some(receiver), None) => Some(Missing::new(
                format!(
                    "{} is there (driver {receiver}), but neither rpicam-vid nor libcamera-vid",
                    self.camera()
                ),
                self.remedy,
            )),
            (None, Some(_)) => Some(Missing::new(
                "the kernel has found no sensor",
                "check the ribbon cable at both ends, and camera_auto_detect=1 in config.txt, then reboot",
            )),
            (None, None) if self.is_raspberry_pi => Some(Missing::new(
                "the kernel has found no sensor, and neither rpicam-vid nor libcamera-vid is there",
                self.remedy,
            )),
            (None, None) => Some(Missing::new(
                "there is neither a sensor nor rpicam-vid or libcamera-vid",
                "it is for a Raspberry Pi's own camera",
            )),
        }
    }
}

/// The names of the V4L2 nodes of a kind.
fn names(system: &System, prefix: &str) -> Vec<String> {
    let devices = system
        .list(V4L2_CLASS)
        .into_iter()
        .filter(|device| device.starts_with(prefix));
    devices
        .filter_map(|device| system.read(&format!("{V4L2_CLASS}/{device}/name")))
        .collect()
}

/// Whether rpicam-apps encode H.264 in software here: they look for the same two drivers (core/options.cpp).
pub fn encodes_in_software(system: &System) -> bool {
    let nodes = names(system, "video");
    let has = |driver: &str| nodes.iter().any(|node| node.starts_with(driver));
    has("pispbe") && !has("bcm2835-isp")
}

/// Whether the stage `annotate_cv` is installed.
pub fn has_text_stage(system: &System) -> bool {
    system
        .list(LIBRARIES)
        .iter()
        .any(|triplet| system.exists(&format!("{LIBRARIES}/{triplet}/{TEXT_STAGE}")))
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

/// The versions that the program tells of itself and of libcamera.
pub fn version(system: &System) -> Option<String> {
    let answer = ask(system, "--version")?;
    let builds = answer
        .lines()
        .filter_map(|line| line.split_once(" build: "));
    let words = builds.filter_map(|(what, version)| {
        Some(format!("{what} {}", version.split_whitespace().next()?))
    });
    let versions: Vec<String> = words.collect();
    (!versions.is_empty()).then(|| versions.join(", "))
}

/// Whether the program takes the option of this long name.
pub fn takes(system: &System, option: &str) -> Option<bool> {
    Some(Offer::from_help(&ask(system, "--help")?)?.has(option))
}

/// The words with which the program would be started, but for the pipe that its frames' times come by (so they can be
/// tried by hand), and the long names of the given options that it honours so.
pub fn plan(system: &System, options: &Options) -> Option<(Vec<String>, Vec<&'static str>)> {
    let offer = Offer::from_help(&ask(system, "--help")?)?.on(system);
    let command = CommandLine::stream(options, &offer, false);
    let words = command
        .arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned());
    Some((words.collect(), command.honoured))
}

fn ask(system: &System, option: &str) -> Option<String> {
    let program = NAMES
        .into_iter()
        .find(|name| system.program(name).is_some())?;
    Some(system.ask(program, &[option])?.stdout)
}

/// `imx219 10-0010` (name, I2C bus, address) is the sensor imx219.
fn sensor(name: &str) -> Option<String> {
    let word = name.split(' ').next()?;
    (!NOT_SENSORS.iter().any(|other| word.starts_with(other))).then(|| word.to_owned())
}
