//! The list of cameras, through rascam, which also makes the calls that libmmal wants before any other.

use super::FirmwareCamera;
use super::library::Library;
use crate::error::{Error, Result};
use crate::units::Size;

/// The cameras that the firmware sees. A sensor's name is not taken through rascam's `Display`, which the firmware's bytes
/// can make panic in other versions, but as the text that it holds.
pub fn list(_loaded: Library) -> Result<Vec<FirmwareCamera>> {
    let info = rascam::info().map_err(|error| {
        Error::Camera(format!(
            "asking the firmware for its cameras failed: {error}"
        ))
    })?;
    let camera = |(number, camera): (u32, rascam::CameraInfo)| FirmwareCamera {
        number,
        name: camera.camera_name,
        largest: Size {
            width: camera.max_width,
            height: camera.max_height,
        },
    };
    Ok((0..).zip(info.cameras).map(camera).collect())
}
