//! Asks, after a failure, what may have caused it: the firmware about its camera and its memory, the kernel about others.

use super::library::Library;
use super::request::Request;
use super::setup_failure::FailureFacts;
use crate::source::holders::legacy_holder;
use crate::units::Size;

/// Everything that can be found out.
pub fn facts(library: Library, request: &Request, sensor: Option<Size>) -> FailureFacts {
    let camera = library.ask_firmware(c"get_camera").unwrap_or_default();
    let memory = library.ask_firmware(c"get_mem gpu").unwrap_or_default();
    FailureFacts {
        holder: legacy_holder(),
        camera_number: request.options.camera.number,
        size: Some(request.size),
        sensor,
        ..FailureFacts::of_firmware(&camera, &memory)
    }
}
