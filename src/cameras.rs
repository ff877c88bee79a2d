//! `picam-stream cameras`: what cameras there are, one a line.

use std::fmt::Write;

use crate::error::{Error, Result};
use crate::source::mmal;

/// Number, sensor and largest picture of each camera.
///
/// # Errors
/// `Error::Camera` where there is none, or where they cannot be asked for.
pub fn list() -> Result<String> {
    let cameras = mmal::cameras()?;
    if cameras.is_empty() {
        return Err(Error::Camera("the firmware sees no camera: picam-stream -v --source mmal tells why".to_owned()));
    }
    let mut lines = String::new();
    for camera in cameras {
        let name = if camera.name.is_empty() { "unknown sensor" } else { &camera.name };
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{} (-cs {}): {name}, up to {}", camera.number, camera.number, camera.largest);
    }
    Ok(lines)
}
