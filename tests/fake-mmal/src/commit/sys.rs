//! Formats of ports: what a program committed is what the firmware has, and the firmware's word is what it sees.
#![allow(unsafe_code)]

use std::ptr::with_exposed_provenance_mut;

use crate::abi::{EFAULT, Port, PortType, SUCCESS, Status, VideoFormat};
use crate::firmware::PortModel;
use crate::port::sys::{not_a_port, port_at, refused};
use crate::state::{World, world};
use crate::trace;

/// Puts what the firmware says of a port where the program sees it.
///
/// # Safety
/// The port and its format live.
pub unsafe fn show_model(port: *mut Port, model: &PortModel) {
    // SAFETY: as the caller promises.
    let (port, format) = unsafe { (&mut *port, &mut *(*port).format) };
    (port.buffer_num_min, port.buffer_size_min) = (model.buffer_num_min, model.buffer_size_min);
    (port.buffer_num, port.buffer_size) = (model.buffer_num, model.buffer_size);
    port.buffer_num_recommended = model.buffer_num_recommended;
    port.buffer_size_recommended = model.buffer_size_recommended;
    (format.encoding, format.encoding_variant) = (model.encoding, model.encoding_variant);
    format.bitrate = model.bitrate;
    // SAFETY: the member was made with the format.
    unsafe { *format.es = model.video };
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_format_commit(port: *mut Port) -> Status {
    let address = port.expose_provenance();
    let mut world = world();
    let Some(state) = world.ports.get_mut(&address) else {
        return not_a_port("port_format_commit");
    };
    // SAFETY: the port is in our list, so it lives.
    let port = unsafe { &mut *port };
    if port.format.expose_provenance() != state.format {
        port.format = with_exposed_provenance_mut(state.format);
        refused(
            "commit",
            state,
            "the port's format was replaced instead of written",
        );
        return EFAULT;
    }
    // SAFETY: the format is the port's own.
    let (format, video) = unsafe { (&*port.format, *(*port.format).es) };
    let line = format!(
        "commit {} {}/{} {} bitrate={}",
        state.line_name(),
        letters(format.encoding),
        letters(format.encoding_variant),
        video_text(&video),
        format.bitrate
    );
    let status = trace::call(&line, SUCCESS);
    if status != SUCCESS {
        return status;
    }
    let model = &mut state.firmware;
    (model.encoding, model.encoding_variant) = (format.encoding, format.encoding_variant);
    (model.bitrate, model.video) = (format.bitrate, video);
    model.buffer_num = port.buffer_num.max(model.buffer_num_min);
    model.buffer_size = port.buffer_size.max(model.buffer_size_min);
    // SAFETY: port and format live.
    unsafe { show_model(port, model) };
    if state.kind == PortType::Input {
        let component = state.component;
        read_outputs_again(&mut world, component, &video);
    }
    SUCCESS
}

/// What the input's format means for the outputs: what was not committed there is lost.
fn read_outputs_again(world: &mut World, component: usize, video: &VideoFormat) {
    let ports = world.components[&component].ports.clone();
    for address in ports {
        let Some(state) = world
            .ports
            .get_mut(&address)
            .filter(|state| state.kind == PortType::Output)
        else {
            continue;
        };
        let frame_rate = state.firmware.video.frame_rate;
        state.firmware.video = VideoFormat {
            frame_rate,
            ..*video
        };
        // SAFETY: the port is in our list, so it lives.
        unsafe { show_model(port_at(address), &state.firmware) };
    }
}

fn letters(fourcc: u32) -> String {
    if fourcc == 0 {
        "0".into()
    } else {
        fourcc.to_le_bytes().map(char::from).iter().collect()
    }
}

fn video_text(video: &VideoFormat) -> String {
    let (crop, rate) = (video.crop, video.frame_rate);
    format!(
        "{}x{} crop={},{},{},{} fps={}/{}",
        video.width, video.height, crop.x, crop.y, crop.width, crop.height, rate.num, rate.den
    )
}
