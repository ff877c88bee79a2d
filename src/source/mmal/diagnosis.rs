//! Asks, after a failure, what may have caused it: the firmware about its camera and its memory, the kernel about others.

use super::failure::Facts;
use super::library::Library;
use super::request::Request;
use super::user;
use crate::units::Size;

/// Everything that can be found out.
pub fn facts(library: Library, request: &Request, sensor: Option<Size>) -> Facts {
    let camera = library.ask_firmware(c"get_camera").unwrap_or_default();
    let memory = library.ask_firmware(c"get_mem gpu").unwrap_or_default();
    Facts {
        supported: number(&camera, "supported=").map(|supported| supported != 0),
        detected: number(&camera, "detected="),
        libcamera: number(&camera, "interfaces=").is_some_and(|interfaces| interfaces != 0),
        gpu_memory_mb: number(&memory, "gpu="),
        user: user::find(),
        camera_number: request.options.camera.number,
        size: Some(request.size),
        sensor,
    }
}

/// The number behind `key` in an answer such as `supported=1 detected=1, libcamera interfaces=0` or `gpu=128M`.
fn number(answer: &str, key: &str) -> Option<u32> {
    let (_, value) = answer.split_once(key)?;
    let digits = value.find(|c: char| !c.is_ascii_digit()).map_or(value, |end| &value[..end]);
    digits.parse().ok()
}
