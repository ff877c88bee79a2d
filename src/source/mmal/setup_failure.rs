//! Why the camera could not be set up, as far as it can be found out, and what the user can do.
//!
//! A status of MMAL says little by itself: ENOMEM may be a loose cable. What the firmware tells about camera and memory,
//! and who else uses the camera, is put beside it. Asking is done elsewhere (`diagnosis.rs`); here is the reasoning.

use std::fmt;

use super::status::Status;
use crate::error::Error;
use crate::source::holders::{Holder, end_holders};
use crate::units::Size;

/// The smallest share of the memory that the camera works well with.
pub const GPU_MEMORY_NEEDED_MB: u32 = 128;
/// The largest picture that the H.264 encoder of the VideoCore takes.
const ENCODER_LARGEST: Size = Size {
    width: 1920,
    height: 1088,
};

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub step: Step,
    pub status: Status,
}

/// The steps of setting up, as far as their failures have causes of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    CreateCamera,
    /// A parameter without which nothing goes on: the option as it is typed, and the parameter's id.
    Parameter {
        option: String,
        id: u32,
    },
    CameraFormat,
    EnableCamera,
    CreateEncoder,
    EncoderFormat,
    EnableEncoder,
    /// Anything that only the state of the firmware can hinder.
    Other(&'static str),
    Join,
}

/// What could be found out when the failure was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureFacts {
    /// `get_camera`: whether the firmware has its part of the camera stack, and how many cameras it sees.
    pub supported: Option<bool>,
    pub detected: Option<u32>,
    /// Cameras that libcamera drives instead.
    pub libcamera: bool,
    pub gpu_memory_mb: Option<u32>,
    /// Who has the camera.
    pub holder: Option<Holder>,
    /// What was asked for.
    pub camera_number: u32,
    pub size: Option<Size>,
    /// The sensor's largest picture.
    pub sensor: Option<Size>,
}

impl FailureFacts {
    /// What the firmware says to `get_camera`, such as `supported=1 detected=1, libcamera interfaces=0`, and to
    /// `get_mem gpu`, such as `gpu=128M`.
    pub fn of_firmware(camera: &str, memory: &str) -> Self {
        Self {
            supported: number(camera, "supported=").map(|supported| supported != 0),
            detected: number(camera, "detected="),
            libcamera: number(camera, "interfaces=").is_some_and(|interfaces| interfaces != 0),
            gpu_memory_mb: number(memory, "gpu="),
            ..Self::default()
        }
    }

    /// What keeps the camera from working, whatever is asked of it, and what to do.
    pub fn hindrance(&self) -> Option<String> {
        if self.supported == Some(false) {
            return Some(not_enabled(self.libcamera));
        }
        if let Some(memory) = self
            .gpu_memory_mb
            .filter(|&memory| memory < GPU_MEMORY_NEEDED_MB)
        {
            return Some(format!(
                "the VideoCore has {memory} MB of memory and the camera needs {GPU_MEMORY_NEEDED_MB}: set \
                 gpu_mem={GPU_MEMORY_NEEDED_MB} in the config.txt of the boot partition (or with sudo raspi-config, \
                 Performance Options, GPU Memory) and reboot"
            ));
        }
        match self.detected? {
            0 => Some(NOT_DETECTED.to_owned()),
            count if self.camera_number >= count => Some(format!(
                "there is no camera {} (-cs), the firmware sees {count}: they count from 0",
                self.camera_number
            )),
            _ => None,
        }
    }
}

/// The number behind `key` in an answer of the firmware.
fn number(answer: &str, key: &str) -> Option<u32> {
    let (_, value) = answer.split_once(key)?;
    let digits = value
        .find(|c: char| !c.is_ascii_digit())
        .map_or(value, |end| &value[..end]);
    digits.parse().ok()
}

impl Failure {
    /// The error: what was being done, why it failed, what to do.
    pub fn explain(&self, facts: &FailureFacts) -> Error {
        let text = |cause| format!("{} failed ({}): {cause}", self.step, self.status);
        match facts.hindrance() {
            Some(hindrance) => Error::Camera(text(hindrance)),
            None if self.is_busy() => Error::Busy(text(in_use(facts))),
            None => Error::Camera(text(self.cause(facts))),
        }
    }

    /// What the firmware answers when another has the camera.
    fn is_busy(&self) -> bool {
        matches!(self.status, Status::NO_MEMORY | Status::NO_SPACE)
    }

    fn cause(&self, facts: &FailureFacts) -> String {
        match (&self.step, self.status) {
            (_, Status::NOT_IMPLEMENTED) => TOO_OLD.to_owned(),
            (Step::Parameter { option, .. }, Status::INVALID) => {
                format!(
                    "this camera or encoder does not take the value of {option}: leave the option out or choose another"
                )
            }
            (
                Step::CameraFormat | Step::EncoderFormat | Step::EnableEncoder | Step::Join,
                Status::INVALID,
            ) => unsupported_size(facts),
            _ => format!("for a reason that the firmware keeps to itself. {FIRMWARE_UPDATE}"),
        }
    }
}

const NOT_DETECTED: &str = "no camera is detected. With the power off, check that the ribbon cable sits straight and deep in \
                            both connectors, contacts the right way round; then: vcgencmd get_camera";
const IN_USE: &str = "the camera seems to be in use by another program, which could not be found, or it hangs: stop what may \
                      use it (raspivid, motion, another picam-stream), else reboot; a loose ribbon cable looks the same";
const TOO_OLD: &str = "the firmware is too old for this. Bring it up to date: sudo apt update && sudo apt full-upgrade, and reboot";
const FIRMWARE_UPDATE: &str = "If it stays so after a reboot, a newer firmware may help: sudo apt update && sudo apt full-upgrade";

fn not_enabled(libcamera: bool) -> String {
    if libcamera {
        return "the camera of this system belongs to libcamera: use --source rpicam or --source auto, or give it back with sudo \
                raspi-config, Interface Options, Legacy Camera (up to bullseye), and reboot"
            .to_owned();
    }
    "the camera is not enabled: sudo raspi-config, Interface Options, Camera (Legacy Camera on bullseye); or put start_x=1 and \
     gpu_mem=128 into the config.txt of the boot partition; then reboot"
        .to_owned()
}

fn in_use(facts: &FailureFacts) -> String {
    match &facts.holder {
        Some(holder) => end_holders(std::slice::from_ref(holder), ""),
        None => IN_USE.to_owned(),
    }
}

fn unsupported_size(facts: &FailureFacts) -> String {
    let asked = facts
        .size
        .map_or_else(|| "this size".to_owned(), |size| size.to_string());
    let sensor = facts.sensor.map_or_else(String::new, |size| {
        format!(" the sensor gives {size} at most,")
    });
    format!(
        "{asked} (-w, -h) is not a size that camera and encoder both take:{sensor} the H.264 encoder takes {ENCODER_LARGEST}; \
         the usual ones are 1920x1080, 1640x922, 1296x972, 1280x720 and 640x480"
    )
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateCamera => f.write_str("opening the camera"),
            Self::Parameter { option, id } => {
                write!(f, "setting {option} (MMAL parameter {id:#x})")
            }
            Self::CameraFormat => f.write_str("setting the camera's picture size"),
            Self::EnableCamera => f.write_str("starting the camera"),
            Self::CreateEncoder => f.write_str("opening the video encoder"),
            Self::EncoderFormat => f.write_str("setting the video encoder's format"),
            Self::EnableEncoder => f.write_str("starting the video encoder"),
            Self::Other(what) => f.write_str(what),
            Self::Join => f.write_str("joining camera and video encoder"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine on which nothing is wrong but what the test says.
    fn facts() -> FailureFacts {
        FailureFacts {
            supported: Some(true),
            detected: Some(1),
            gpu_memory_mb: Some(128),
            ..FailureFacts::default()
        }
    }

    fn explain(step: Step, status: Status, facts: &FailureFacts) -> String {
        Failure { step, status }.explain(facts).to_string()
    }

    #[test]
    fn the_firmware_knows_better_than_the_status_why_a_camera_cannot_be_opened() {
        let cases = [
            (
                FailureFacts {
                    supported: Some(false),
                    detected: Some(0),
                    ..facts()
                },
                "start_x=1",
            ),
            (
                FailureFacts {
                    supported: Some(false),
                    libcamera: true,
                    ..facts()
                },
                "--source rpicam",
            ),
            (
                FailureFacts {
                    gpu_memory_mb: Some(64),
                    detected: Some(0),
                    ..facts()
                },
                "gpu_mem=128",
            ),
            (
                FailureFacts {
                    detected: Some(0),
                    ..facts()
                },
                "ribbon cable",
            ),
            (
                FailureFacts {
                    camera_number: 1,
                    ..facts()
                },
                "no camera 1 (-cs)",
            ),
        ];
        for (facts, expected) in cases {
            let text = explain(Step::CreateCamera, Status::NO_MEMORY, &facts);
            assert!(
                text.starts_with("opening the camera failed (ENOMEM): "),
                "{text}"
            );
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn who_uses_the_camera_is_named() {
        let used = FailureFacts {
            holder: Some(Holder {
                process_id: 812,
                name: "raspivid".into(),
                device: None,
            }),
            ..facts()
        };
        let text = explain(Step::EnableCamera, Status::NO_SPACE, &used);
        assert!(text.contains("in use by raspivid (process 812)"), "{text}");
        assert!(
            explain(Step::EnableCamera, Status::NO_SPACE, &facts()).contains("could not be found")
        );
    }

    #[test]
    fn a_refused_size_is_told_with_the_sizes_that_are_possible() {
        let large = Size {
            width: 4000,
            height: 3000,
        };
        let sensor = Size {
            width: 3280,
            height: 2464,
        };
        let text = explain(
            Step::Join,
            Status::INVALID,
            &FailureFacts {
                size: Some(large),
                sensor: Some(sensor),
                ..facts()
            },
        );
        for part in ["4000x3000 (-w, -h)", "3280x2464 at most", "1920x1088"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_refused_option_is_named_with_its_parameter() {
        let step = Step::Parameter {
            option: "-md (--mode)".into(),
            id: 0x1_0037,
        };
        let text = explain(step.clone(), Status::INVALID, &facts());
        assert!(
            text.contains("setting -md (--mode) (MMAL parameter 0x10037) failed (EINVAL)"),
            "{text}"
        );
        assert!(explain(step, Status::NOT_IMPLEMENTED, &facts()).contains("too old"));
    }
}
