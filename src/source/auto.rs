//! `--source auto`: which kind of camera this machine has. A libcamera camera comes before one of the legacy stack (MMAL),
//! and that before a V4L2 capture device.
//!
//! The kinds' own `probe` modules look; here it is decided. No device is opened, but where there is both a VideoCore and a
//! USB camera the firmware is asked whether it sees a camera at all. The test card is never chosen.

use std::fmt;

use super::missing::Missing;
use super::needs::{self, Needs};
use super::{mmal, rpicam, v4l2};
use crate::error::{Error, Result};
use crate::system::System;

/// A camera that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChosenCamera {
    /// Its sensors, and the program that takes its pictures.
    Libcamera {
        sensors: String,
        program: String,
    },
    Mmal {
        library: String,
    },
    V4l2(v4l2::device_probe::DeviceFound),
}

impl ChosenCamera {
    /// What this kind needs of the machine.
    pub fn needs(&self) -> &'static Needs {
        match self {
            Self::Libcamera { .. } => &needs::LIBCAMERA,
            Self::Mmal { .. } => &needs::MMAL,
            Self::V4l2(_) => &needs::V4L2,
        }
    }

    /// The device nodes that it uses.
    pub fn nodes(&self, system: &System) -> Vec<String> {
        match self {
            Self::V4l2(found) => vec![found.device.clone()],
            _ => self.needs().nodes(system),
        }
    }
}

/// All that was found, of every kind.
#[derive(Clone, Debug)]
pub struct Survey {
    pub libcamera: rpicam::program_probe::ProgramFound,
    pub mmal: mmal::firmware_probe::FirmwareFound,
    pub v4l2: Vec<v4l2::device_probe::DeviceFound>,
    /// Why the firmware's camera is not taken although its stack is there.
    firmware: Option<Missing>,
}

/// Looks for every kind.
pub fn survey(system: &System) -> Survey {
    let libcamera = rpicam::program_probe::probe(system);
    let mmal = mmal::firmware_probe::probe(system, libcamera.receiver.is_some());
    let v4l2 = v4l2::device_probe::probe(system);
    // Asking costs time, and there is nothing to decide where the firmware's camera is the only one.
    let undecided = !libcamera.is_usable() && mmal.is_usable() && !v4l2.is_empty();
    let firmware = undecided
        .then(mmal::cameras)
        .and_then(|answer| match answer {
            Ok(cameras) if cameras.is_empty() => Some(Missing::new(
                "the firmware sees no camera",
                "vcgencmd get_camera",
            )),
            Ok(_) => None,
            Err(error) => Some(Missing::new(
                "asking the firmware failed",
                error.to_string(),
            )),
        });
    Survey {
        libcamera,
        mmal,
        v4l2,
        firmware,
    }
}

impl Survey {
    /// The camera that is taken.
    ///
    /// # Errors
    /// `Error::Camera` where there is none, with what is missing for each kind.
    pub fn choose(&self) -> Result<ChosenCamera> {
        let first = self.libcamera().or_else(|| self.legacy());
        first
            .or_else(|| self.capture_device())
            .ok_or_else(|| self.nothing())
    }

    /// The libcamera camera.
    pub fn libcamera(&self) -> Option<ChosenCamera> {
        self.libcamera.receiver?;
        let program = crate::system::file_name(self.libcamera.program.as_ref()?);
        Some(ChosenCamera::Libcamera {
            sensors: self.libcamera.camera(),
            program,
        })
    }

    /// The camera of the legacy stack.
    pub fn legacy(&self) -> Option<ChosenCamera> {
        let library = self.mmal.library.clone()?;
        self.missing_mmal()
            .is_none()
            .then_some(ChosenCamera::Mmal { library })
    }

    /// The first capture device.
    pub fn capture_device(&self) -> Option<ChosenCamera> {
        self.v4l2.first().cloned().map(ChosenCamera::V4l2)
    }

    /// Why the kinds that come before the chosen one are not taken, one a line; of all where none is.
    pub fn passed_over(&self) -> Vec<String> {
        let kinds = [
            ("libcamera", self.libcamera.missing()),
            ("MMAL", self.missing_mmal()),
            ("V4L2", v4l2::device_probe::missing(&self.v4l2)),
        ];
        let missing = kinds
            .into_iter()
            .map_while(|(kind, missing)| missing.map(|missing| format!("{kind}: {missing}")));
        missing.collect()
    }

    /// Why the legacy camera is not taken.
    pub fn missing_mmal(&self) -> Option<Missing> {
        self.mmal.missing().or_else(|| self.firmware.clone())
    }

    /// What to do first, then what each kind lacks, a line each.
    fn nothing(&self) -> Error {
        let mut lines = vec![
            "no camera was found (--source auto): picam-stream doctor tells what to do, --source test shows a test card"
                .to_owned(),
        ];
        lines.extend(self.passed_over());
        Error::Camera(lines.join("\n"))
    }
}

impl fmt::Display for ChosenCamera {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Libcamera { sensors, program } => {
                write!(f, "rpicam ({sensors}, through {program})")
            }
            Self::Mmal { library } => write!(f, "mmal (the legacy camera stack, {library})"),
            Self::V4l2(found) => write!(f, "v4l2 ({}, {})", found.device, found.name),
        }
    }
}
