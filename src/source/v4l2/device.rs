//! Which devices there are, which of them are cameras, and why one cannot be used.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::abi::{
    CAP_STREAMING, CAP_VIDEO_CAPTURE, CAP_VIDEO_M2M, CAP_VIDEO_M2M_MPLANE, FourCc, QueueKind,
};
use super::device_probe::probe;
use super::sys::{Capability, Device};
use crate::error::{Error, Result};
use crate::source::holders::{end_holders, holders_in};
use crate::source::needs;
use crate::system::System;

/// A camera and what it says of itself.
#[derive(Debug)]
pub struct CaptureDevice {
    pub path: PathBuf,
    pub device: Device,
    pub capability: Capability,
}

/// Opens the camera that was named, or the first one there is.
pub fn open(named: Option<&Path>) -> Result<CaptureDevice> {
    match named {
        Some(path) => open_named(path),
        None => first(),
    }
}

fn open_named(path: &Path) -> Result<CaptureDevice> {
    let device = Device::open(path).map_err(|error| cannot_open(path, &error))?;
    let capability = device.capability().map_err(|errno| {
        Error::Camera(format!(
            "{} (--source v4l2:) is no video device: {errno}; give a device such as /dev/video0",
            path.display()
        ))
    })?;
    if !gives_video(&capability) {
        return Err(Error::Camera(format!(
            "{} (--source v4l2:) is {:?} of the driver {:?}, which captures no video; a camera often has several devices, \
             and the one with the lowest number is right",
            path.display(),
            capability.card,
            capability.driver
        )));
    }
    Ok(CaptureDevice {
        path: path.to_path_buf(),
        device,
        capability,
    })
}

/// The first that looks like a camera from outside. One that cannot be opened is passed over, and told of when there is no
/// other.
fn first() -> Result<CaptureDevice> {
    let mut refused = None;
    for found in probe(&System::here()) {
        match open_named(Path::new(&found.device)) {
            Ok(camera) => return Ok(camera),
            Err(error) => {
                refused.get_or_insert(error);
            }
        }
    }
    Err(refused.unwrap_or_else(|| {
        Error::Camera(
            "no V4L2 camera was found (--source v4l2): no /dev/video* is a capture device; check the cable with `lsusb`, \
             or give the device as --source v4l2:/dev/videoN"
                .into(),
        )
    }))
}

fn gives_video(capability: &Capability) -> bool {
    let needed = CAP_VIDEO_CAPTURE | CAP_STREAMING;
    capability.flags & needed == needed
        && capability.flags & (CAP_VIDEO_M2M | CAP_VIDEO_M2M_MPLANE) == 0
}

/// The pixel formats of a queue.
pub fn pixel_formats(device: &Device, kind: QueueKind) -> Vec<FourCc> {
    // No device has so many; one that never says EINVAL must not keep us here.
    (0..256)
        .map_while(|index| device.pixel_format(kind, index).ok())
        .collect()
}

fn cannot_open(path: &Path, error: &io::Error) -> Error {
    let what_to_do = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EACCES) => {
            "the user must be in the group video (`sudo adduser USER video`)".to_owned()
        }
        // What a filter of the control group answers, whatever the device's mode.
        Some(Errno::EPERM) => {
            "the service's sandbox does not let it through, picam-stream doctor tells the remedy"
                .to_owned()
        }
        Some(Errno::EBUSY) => return busy("opening", path),
        Some(Errno::ENOENT | Errno::ENODEV | Errno::ENXIO) => {
            match needs::V4L2.nodes(&System::here()).as_slice() {
                [] => "this machine has no video devices; check the camera's cable".to_owned(),
                there => format!("there are {}", there.join(", ")),
            }
        }
        _ => "give a video device that this user may open".to_owned(),
    };
    Error::Camera(format!(
        "opening the camera {} failed: {error}; {what_to_do}",
        path.display()
    ))
}

/// What failed while the camera was set up.
pub fn failed(doing: &str, path: &Path, errno: Errno) -> Error {
    match errno {
        Errno::EBUSY => busy(doing, path),
        Errno::ENODEV | Errno::ENXIO => unplugged(path),
        _ => Error::Camera(format!(
            "{doing} the camera {} failed: {errno}; other -w, -h or -fps may do",
            path.display()
        )),
    }
}

/// The device is gone while it was in use.
pub fn unplugged(path: &Path) -> Error {
    Error::Stalled(format!(
        "the camera {} was unplugged; check its cable and its power supply",
        path.display()
    ))
}

/// Another program streams from it.
fn busy(doing: &str, path: &Path) -> Error {
    // The links in /proc name the device itself.
    let device = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let is_it = |name: &str| Path::new(name) == device;
    let holders = holders_in(Path::new("/proc"), &is_it);
    Error::Busy(format!(
        "{doing} the camera {path} failed: {}",
        end_holders(&holders, &path.to_string_lossy()),
        path = path.display(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capability(driver: &str, card: &str, flags: u32) -> Capability {
        Capability {
            driver: driver.into(),
            card: card.into(),
            flags,
        }
    }

    #[test]
    fn what_captures_no_video_is_told_by_its_flags() {
        let flags = CAP_VIDEO_CAPTURE | CAP_STREAMING;
        assert!(gives_video(&capability(
            "uvcvideo",
            "HD Pro Webcam C920",
            flags
        )));
        assert!(gives_video(&capability(
            "vivid",
            "vivid",
            flags | 0x0001_0000
        )));
        let codec = capability(
            "bcm2835-codec",
            "bcm2835-codec-encode",
            CAP_VIDEO_M2M_MPLANE | CAP_STREAMING,
        );
        assert!(!gives_video(&codec));
        let metadata = capability(
            "uvcvideo",
            "HD Pro Webcam C920",
            0x0080_0000 | CAP_STREAMING,
        );
        assert!(!gives_video(&metadata));
    }
}
