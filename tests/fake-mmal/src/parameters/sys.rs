//! Setting and asking for parameters, as memory.
#![allow(unsafe_code)]

use std::slice;

use crate::abi::{EINVAL, ParameterHeader, Port, SUCCESS, Status};
use crate::firmware;
use crate::parameters;
use crate::state::{CHANGED, world};
use crate::trace;

/// Most bytes of a parameter with its header that a message holds.
const SIZE_MAX: u32 = 392;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_parameter_set(
    port: *mut Port,
    parameter: *const ParameterHeader,
) -> Status {
    if parameter.is_null() {
        return EINVAL;
    }
    // SAFETY: the caller gives a parameter: its header, and behind it as many bytes as that says.
    let (header, payload) = unsafe { (*parameter, payload(parameter)) };
    let mut world = world();
    let Some(state) = world.ports.get_mut(&port.expose_provenance()) else {
        drop(world);
        trace::error("port_parameter_set: not a port");
        return EINVAL;
    };
    let name = parameters::name(header.id);
    let line = format!(
        "set {} {name} {}",
        state.line_name(),
        parameters::payload(header.id, payload)
    );
    let answer = parameters::check(header.id, header.size);
    let status = trace::call(&line, answer);
    if parameters::is_mistaken(header.id, header.size) {
        trace::error(&format!(
            "set {} {name}: {} bytes are not its size",
            state.line_name(),
            header.size
        ));
    }
    if status == SUCCESS {
        state.wants_key |= header.id == parameters::VIDEO_REQUEST_I_FRAME;
        state.parameters.insert(header.id, payload.to_vec());
        CHANGED.notify_all();
    }
    status
}

/// The bytes after the header.
///
/// # Safety
/// The parameter lives and is as large as its header says.
unsafe fn payload<'a>(parameter: *const ParameterHeader) -> &'a [u8] {
    // SAFETY: as the caller promises.
    unsafe {
        let size = (*parameter).size.clamp(8, SIZE_MAX) as usize - 8;
        slice::from_raw_parts(parameter.add(1).cast(), size)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_parameter_get(
    port: *mut Port,
    parameter: *mut ParameterHeader,
) -> Status {
    if parameter.is_null() {
        return EINVAL;
    }
    // SAFETY: the caller gives a parameter.
    let ParameterHeader { id, size } = unsafe { *parameter };
    let world = world();
    let Some(state) = world.ports.get(&port.expose_provenance()) else {
        drop(world);
        trace::error("port_parameter_get: not a port");
        return EINVAL;
    };
    let answer = firmware::answer(id, size, state.parameters.get(&id).map(Vec::as_slice));
    let line = format!(
        "get {} {} size={size}",
        state.line_name(),
        parameters::name(id)
    );
    let status = trace::call(
        &line,
        answer.as_ref().err().map_or(SUCCESS, |(status, _)| *status),
    );
    match answer {
        Ok(payload) if status == SUCCESS => {
            let length = payload.len().min(size as usize - 8);
            // SAFETY: the parameter is as large as its header says; no more than that is written.
            unsafe { payload.as_ptr().copy_to(parameter.add(1).cast(), length) };
        }
        // SAFETY: the header is the caller's.
        Err((_, needed)) => unsafe { (*parameter).size = needed },
        Ok(_) => (),
    }
    status
}

macro_rules! setters {
    ($($set:ident, $get:ident: $type:ty;)*) => {$(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $set(port: *mut Port, id: u32, value: $type) -> Status {
            let parameter = One { header: ParameterHeader { id, size: size_of::<ParameterHeader>() as u32 + size_of::<$type>() as u32 }, value };
            // SAFETY: the parameter lives during the call, and its size is said rightly.
            unsafe { mmal_port_parameter_set(port, (&raw const parameter).cast()) }
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $get(port: *mut Port, id: u32, value: *mut $type) -> Status {
            // SAFETY: the caller gives a place for the value.
            let before = unsafe { *value };
            let mut parameter = One { header: ParameterHeader { id, size: size_of::<ParameterHeader>() as u32 + size_of::<$type>() as u32 }, value: before };
            // SAFETY: as in the setter, and the value is the caller's.
            unsafe {
                let status = mmal_port_parameter_get(port, (&raw mut parameter).cast());
                if status == SUCCESS {
                    *value = (&raw const parameter.value).read_unaligned();
                }
                status
            }
        }
    )*};
}

/// A parameter of one value, without padding between.
#[repr(C, packed(4))]
struct One<T> {
    header: ParameterHeader,
    value: T,
}

setters! {
    mmal_port_parameter_set_boolean, mmal_port_parameter_get_boolean: i32;
    mmal_port_parameter_set_int32, mmal_port_parameter_get_int32: i32;
    mmal_port_parameter_set_uint32, mmal_port_parameter_get_uint32: u32;
    mmal_port_parameter_set_int64, mmal_port_parameter_get_int64: i64;
    mmal_port_parameter_set_uint64, mmal_port_parameter_get_uint64: u64;
    mmal_port_parameter_set_rational, mmal_port_parameter_get_rational: crate::abi::Rational;
}

/// Not used by any program seen; kept so that programs that name it can be loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_util_set_display_region(
    port: *mut Port,
    region: *mut ParameterHeader,
) -> Status {
    // SAFETY: a display region begins with a header of a parameter, which the caller leaves to us.
    unsafe {
        *region = ParameterHeader {
            id: parameters::DISPLAYREGION,
            size: 84,
        };
        mmal_port_parameter_set(port, region)
    }
}

/// Whether RGB24 is really red first: it is where the still port lists RGB24 before BGR24.
#[unsafe(no_mangle)]
pub extern "C" fn mmal_util_rgb_order_fixed(_port: *mut Port) -> i32 {
    1
}
