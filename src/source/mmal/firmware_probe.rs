//! Whether the camera of the legacy stack may be there: the channel to the VideoCore, libmmal, and the camera not given
//! to libcamera. Nothing is opened; whether the firmware sees a camera is asked by `firmware_cameras`.

use super::places;
use crate::source::missing::Missing;
use crate::source::needs::VIDEOCORE_CHANNEL;
use crate::system::System;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmwareFound {
    /// What this program is made for.
    pub architecture: String,
    /// The file of libmmal.
    pub library: Option<String>,
    pub channel: bool,
    /// A sensor that libcamera has: the firmware has none then.
    pub given_to_libcamera: bool,
}

/// Looks for it; `given_to_libcamera` where a sensor was found that the kernel drives.
pub fn probe(system: &System, given_to_libcamera: bool) -> FirmwareFound {
    FirmwareFound {
        architecture: system.architecture(),
        library: places::files(places::WHOLE).find(|file| system.exists(file)),
        channel: system.exists(VIDEOCORE_CHANNEL),
        given_to_libcamera,
    }
}

impl FirmwareFound {
    /// Whether frames may be had from it.
    pub fn is_usable(&self) -> bool {
        self.missing().is_none()
    }

    /// Why it cannot be used.
    pub fn missing(&self) -> Option<Missing> {
        if !self.channel {
            return Some(Missing::new(
                format!("there is no {VIDEOCORE_CHANNEL}"),
                "it is for a Raspberry Pi with Raspbian's own kernel",
            ));
        }
        if self.given_to_libcamera {
            return Some(Missing::new(
                "the camera belongs to libcamera on this system",
                "up to bullseye, sudo raspi-config, Interface Options, Legacy Camera gives it back",
            ));
        }
        if self.architecture != "arm" {
            return Some(Missing::new(
                format!(
                    "it is for 32-bit ARM programs alone, and this one is for {}",
                    self.architecture
                ),
                "on a 32-bit Raspberry Pi OS up to bullseye, use the armhf package",
            ));
        }
        let remedy = "Raspberry Pi OS has it up to bullseye: sudo apt install libraspberrypi0";
        self.library
            .is_none()
            .then(|| Missing::new("libmmal is not installed", remedy))
    }
}
