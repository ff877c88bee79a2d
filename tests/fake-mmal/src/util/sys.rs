//! Small helpers of libmmal_util and libmmal_vc_client, and what is only there to be named.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

use crate::abi::{
    BufferHeader, Component, EINVAL, ENOSPC, ENOSYS, EsFormat, ParameterHeader, Port, SUCCESS,
    Status,
};
use crate::buffer::sys::header_at;
use crate::parameters::sys::mmal_port_parameter_set_uint32;
use crate::state::{Place, world};

const USE_STC: u32 = 0x1001b;

unsafe extern "C" {
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

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

/// Four letters as a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_4cc_to_string(
    text: *mut c_char,
    size: usize,
    fourcc: u32,
) -> *mut c_char {
    let letters = fourcc.to_le_bytes();
    let letters = [letters[0], letters[1], letters[2], letters[3], 0];
    if size >= letters.len() {
        // SAFETY: the caller gives room for `size` bytes.
        unsafe { letters.as_ptr().copy_to(text.cast(), letters.len()) };
    }
    text
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_payload_alloc(port: *mut Port, size: u32) -> *mut u8 {
    if size == 0 || !world().ports.contains_key(&port.expose_provenance()) {
        return null_mut();
    }
    // SAFETY: the C library's own allocation, freed below.
    unsafe { calloc(1, size as usize).cast() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_payload_free(_port: *mut Port, payload: *mut u8) {
    // SAFETY: the caller gives back what `mmal_port_payload_alloc` gave.
    unsafe { free(payload.cast()) };
}

/// A buffer for an event, out of the component's own pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_event_get(
    port: *mut Port,
    header: *mut *mut BufferHeader,
    event: u32,
) -> Status {
    let mut world = world();
    let events = world
        .ports
        .get(&port.expose_provenance())
        .map(|port| world.components[&port.component].events);
    let Some(queue) = events.map(|events| world.pools[&events].queue) else {
        return EINVAL;
    };
    let Some(address) = world
        .queues
        .get_mut(&queue)
        .and_then(|buffers| buffers.pop_front())
    else {
        return ENOSPC;
    };
    if let Some(buffer) = world.buffers.get_mut(&address) {
        buffer.place = Place::Program;
    }
    // SAFETY: the header is one of our own pool, and the caller gives a place for the pointer.
    unsafe {
        (*header_at(address)).cmd = event;
        *header = header_at(address);
    }
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_util_camera_use_stc_timestamp(port: *mut Port, mode: u32) -> Status {
    // SAFETY: the same contract.
    unsafe { mmal_port_parameter_set_uint32(port, USE_STC, mode) }
}

/// The bytes of a line as wide as this, in formats of one byte a pixel.
#[unsafe(no_mangle)]
pub extern "C" fn mmal_encoding_width_to_stride(_encoding: u32, width: u32) -> u32 {
    width
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_encoding_stride_to_width(_encoding: u32, stride: u32) -> u32 {
    stride
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_log_dump_port(_port: *mut Port) {}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_log_dump_format(_format: *mut EsFormat) {}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_port_parameter_free(_parameter: *mut ParameterHeader) {}

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
    mmal_vc_init_fd = ENOSYS;
    mmal_vc_compact = ENOSYS;
    mmal_vc_consume_mem = ENOSYS;
    mmal_vc_lmk = ENOSYS;
    mmal_vc_get_core_stats = ENOSYS;
    mmal_vc_get_stats = ENOSYS;
    mmal_util_get_core_port_stats = ENOSYS;
    mmal_port_parameter_set_string = ENOSYS;
    mmal_port_parameter_set_bytes = ENOSYS;
    mmal_util_port_set_uri = ENOSYS;
    mmal_connection_event_format_changed = ENOSYS;
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_vc_deinit() {}
