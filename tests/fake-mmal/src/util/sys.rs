//! Small helpers of libmmal_util and libmmal_vc_client, and what is only there to be named.
#![allow(unsafe_code)]

use std::ffi::c_char;
use std::ptr::null_mut;

use crate::abi::{Component, ENOSYS, Port, SUCCESS, Status};

#[unsafe(no_mangle)]
pub extern "C" fn mmal_status_to_string(status: Status) -> *const c_char {
    let text = match status {
        0 => c"SUCCESS",
        1 => c"ENOMEM",
        2 => c"ENOSPC",
        3 => c"EINVAL",
        4 => c"ENOSYS",
        5 => c"ENOENT",
        6 => c"ENXIO",
        7 => c"EIO",
        8 => c"ESPIPE",
        9 => c"ECORRUPT",
        10 => c"ENOTREADY",
        11 => c"ECONFIG",
        _ => c"UNKNOWN",
    };
    text.as_ptr()
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_port_type_to_string(kind: u32) -> *const c_char {
    let text = match kind {
        1 => c"ctr",
        2 => c"in",
        3 => c"out",
        4 => c"clk",
        _ => c"invalid",
    };
    text.as_ptr()
}

/// The port of a component by kind and number, or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_util_get_port(
    component: *mut Component,
    kind: u32,
    index: u32,
) -> *mut Port {
    // SAFETY: the caller gives a component, whose arrays have as many members as it says.
    unsafe {
        let component = &*component;
        match kind {
            1 if index == 0 => component.control,
            2 if index < component.input_num => *component.input.add(index as usize),
            3 if index < component.output_num => *component.output.add(index as usize),
            _ => null_mut(),
        }
    }
}

/// Width in pixels to bytes of a line, for the formats the camera gives out.
#[unsafe(no_mangle)]
pub extern "C" fn mmal_encoding_width_to_stride(_encoding: u32, width: u32) -> u32 {
    width
}

macro_rules! there_by_name {
    ($($name:ident = $status:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub extern "C" fn $name() -> Status {
            $status
        }
    )*};
}

there_by_name! {
    mmal_vc_init = SUCCESS;
    mmal_vc_use = SUCCESS;
    mmal_vc_release = SUCCESS;
    mmal_register_component_videocore = SUCCESS;
    mmal_vc_get_version = ENOSYS;
    mmal_vc_host_log = ENOSYS;
    mmal_port_parameter_set_string = ENOSYS;
    mmal_port_parameter_set_bytes = ENOSYS;
    mmal_util_port_set_uri = ENOSYS;
    mmal_connection_event_format_changed = ENOSYS;
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_vc_deinit() {}
