//! What the kernel has to offer before libmmal is any use: the devices that it opens, and the camera itself not given to
//! libcamera. Looked at first, because the library's own way of saying so is to print and to end the process.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Error, Result};
use crate::source::needs::{V4L2_CLASS, VIDEOCORE_CHANNEL, VIDEOCORE_MEMORY};

/// Whether the way to the VideoCore is open.
///
/// # Errors
/// `Error::Camera` with what to do where it is not.
pub fn check() -> Result<()> {
    check_owner(Path::new(V4L2_CLASS))?;
    check_device(VIDEOCORE_CHANNEL, true)?;
    VIDEOCORE_MEMORY
        .iter()
        .try_for_each(|device| check_device(device, false))
}

/// The kernel's driver for the sensor's lines is libcamera's: while it is there, the firmware has no camera.
fn check_owner(v4l2_devices: &Path) -> Result<()> {
    let devices = fs::read_dir(v4l2_devices).into_iter().flatten().flatten();
    let mut names =
        devices.filter_map(|device| fs::read_to_string(device.path().join("name")).ok());
    if !names.any(|name| name.starts_with("unicam")) {
        return Ok(());
    }
    Err(Error::Camera(
        "the camera of this system belongs to libcamera (the unicam driver has it): use --source rpicam or --source auto, or \
         give it back to the legacy stack with sudo raspi-config, Interface Options, Legacy Camera (up to bullseye), and reboot"
            .to_owned(),
    ))
}

fn check_device(path: &str, needed: bool) -> Result<()> {
    let Err(error) = OpenOptions::new().read(true).write(true).open(path) else {
        return Ok(());
    };
    let text = match error.kind() {
        ErrorKind::PermissionDenied => format!(
            "no permission to open {path}: the user must be in the group video (sudo usermod -aG video $USER, then log in \
             again); a service needs SupplementaryGroups=video, and the device in its DeviceAllow="
        ),
        ErrorKind::NotFound if needed => format!(
            "there is no {path}, so no way to the VideoCore: this is no Raspberry Pi with Raspbian's own kernel, or a container \
             without the device. Other cameras: --source auto"
        ),
        ErrorKind::NotFound => return Ok(()),
        _ => format!("opening {path} failed: {error}"),
    };
    Err(Error::Camera(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensor_that_libcamera_has_is_told_from_a_usb_camera() {
        let folder = std::env::temp_dir().join(format!("picam-stream-v4l2-{}", std::process::id()));
        let usb = folder.join("video0");
        fs::create_dir_all(&usb).unwrap();
        fs::write(usb.join("name"), "HD Webcam: HD Webcam\n").unwrap();
        let before = check_owner(&folder);
        let sensor = folder.join("video1");
        fs::create_dir_all(&sensor).unwrap();
        fs::write(sensor.join("name"), "unicam-image\n").unwrap();
        let after = check_owner(&folder);
        fs::remove_dir_all(&folder).unwrap();
        assert!(before.is_ok());
        assert!(matches!(after, Err(Error::Camera(text)) if text.contains("--source rpicam")));
    }
}
