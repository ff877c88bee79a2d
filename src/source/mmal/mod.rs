//! The camera of the legacy stack: our own process drives the camera and the H.264 encoder of the VideoCore through libmmal,
//! with the calls that raspivid makes for the same options.
//!
//! libmmal is there on 32-bit Raspbian alone, up to bullseye. What needs its bindings is compiled for ARM only; what is
//! pure work on bytes and texts is compiled, and tested, everywhere.

pub mod annotate_parameter;
pub mod arrival;
pub mod assembly;
pub mod devices;
pub mod firmware_probe;
pub mod inbox;
pub mod places;
pub mod settings;
pub mod setup_failure;
pub mod status;

#[cfg(target_arch = "arm")]
mod components;
#[cfg(target_arch = "arm")]
mod diagnosis;
#[cfg(target_arch = "arm")]
mod firmware_cameras;
#[cfg(target_arch = "arm")]
mod library;
#[cfg(target_arch = "arm")]
mod mmal_source;
#[cfg(target_arch = "arm")]
mod parameter;
#[cfg(target_arch = "arm")]
mod parameters;
#[cfg(target_arch = "arm")]
mod pipeline;
#[cfg(target_arch = "arm")]
mod port_format;
#[cfg(target_arch = "arm")]
mod request;
#[cfg(target_arch = "arm")]
mod sys;

use super::Source;
use crate::error::Result;
use crate::options::Options;

/// A camera that was found: for `picam-stream cameras`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmwareCamera {
    /// For `-cs`.
    pub number: u32,
    /// The sensor, such as imx219; empty where the firmware is too old to tell.
    pub name: String,
    pub largest: crate::units::Size,
}

/// Opens the camera that the options ask for.
///
/// # Errors
/// `Error::Camera` with cause and remedy.
#[cfg(target_arch = "arm")]
pub fn open(options: &Options, announce: impl FnOnce(&str)) -> Result<Box<dyn Source>> {
    Ok(Box::new(mmal_source::Mmal::open(options, announce)?))
}

/// The cameras that the firmware sees.
#[cfg(target_arch = "arm")]
pub fn cameras() -> Result<Vec<FirmwareCamera>> {
    devices::check()?;
    firmware_cameras::list(library::Library::load()?)
}

#[cfg(not(target_arch = "arm"))]
mod elsewhere {
    use super::{FirmwareCamera, Options, Result, Source};
    use crate::error::Error;

    /// There is no such camera on this kind of machine.
    pub fn open(_options: &Options, _announce: impl FnOnce(&str)) -> Result<Box<dyn Source>> {
        Err(unavailable())
    }

    /// There are no such cameras on this kind of machine.
    pub fn cameras() -> Result<Vec<FirmwareCamera>> {
        Err(unavailable())
    }

    fn unavailable() -> Error {
        Error::Camera(format!(
            "--source mmal: the legacy camera stack (MMAL) exists for 32-bit ARM programs alone, and this one is for {}: use \
             --source auto, or the armhf package on a 32-bit Raspbian",
            std::env::consts::ARCH
        ))
    }
}
#[cfg(not(target_arch = "arm"))]
pub use elsewhere::{cameras, open};
