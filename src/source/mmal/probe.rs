//! Whether the camera of the legacy stack may be there: the channel to the VideoCore, libmmal, and the camera not given
//! to libcamera. Nothing is opened; whether the firmware sees a camera is asked by `cameras`.

use crate::system::System;

/// The channel to the VideoCore.
const CHANNEL: &str = "/dev/vchiq";

/// The files of libmmal: Raspbian up to buster, and bullseye.
const LIBRARIES: [&str; 3] = [
    "/opt/vc/lib/libmmal.so",
    "/usr/lib/arm-linux-gnueabihf/libmmal.so.0",
    "/usr/lib/arm-linux-gnueabihf/libmmal.so",
];

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What this program is made for.
    pub architecture: String,
    pub library: Option<&'static str>,
    pub channel: bool,
    /// A sensor that libcamera has: the firmware has none then.
    pub given_to_libcamera: bool,
}

/// Looks for it; `given_to_libcamera` where a sensor was found that the kernel drives.
pub fn probe(system: &System, given_to_libcamera: bool) -> Found {
    Found {
        architecture: system.architecture(),
        library: LIBRARIES.into_iter().find(|file| system.exists(file)),
        channel: system.exists(CHANNEL),
        given_to_libcamera,
    }
}

impl Found {
    /// Whether frames may be had from it.
    pub fn is_usable(&self) -> bool {
        self.missing().is_none()
    }

    /// Why it cannot be used, and what to do.
    pub fn missing(&self) -> Option<String> {
        if !self.channel {
            return Some(format!(
                "there is no {CHANNEL}: this is no Raspberry Pi with Raspbian's own kernel"
            ));
        }
        if self.given_to_libcamera {
            return Some("the camera belongs to libcamera on this system".to_owned());
        }
        if self.architecture != "arm" {
            return Some(format!(
                "the legacy camera stack exists for 32-bit ARM programs alone, and this one is for {}",
                self.architecture
            ));
        }
        if self.library.is_none() {
            return Some(
                "libmmal is not installed: Raspberry Pi OS has it up to bullseye (sudo apt install libraspberrypi0)"
                    .to_owned(),
            );
        }
        None
    }
}
