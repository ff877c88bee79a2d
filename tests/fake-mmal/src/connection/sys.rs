//! Connections, of which only tunnels are played: format and buffer needs go from the output to the input, and the
//! firmware carries the pictures.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::ptr::null_mut;

use crate::abi::{
    CONNECTION_FLAG_KEEP_BUFFER_REQUIREMENTS, CONNECTION_FLAG_KEEP_PORT_FORMATS,
    CONNECTION_FLAG_TUNNELLING, Connection, EINVAL, ENOSYS, Port, SUCCESS, Status,
};
use crate::clock::sys::monotonic_us;
use crate::commit::sys::mmal_port_format_commit;
use crate::format::sys::mmal_format_full_copy;
use crate::port::sys::{mmal_port_disable, mmal_port_enable};
use crate::state::{ConnectionState, world};
use crate::trace;
use crate::tunnel::sys::{mmal_port_connect, mmal_port_disconnect};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_connection_create(
    connection: *mut *mut Connection,
    output: *mut Port,
    input: *mut Port,
    flags: u32,
) -> Status {
    if connection.is_null() {
        return EINVAL;
    }
    if flags & CONNECTION_FLAG_TUNNELLING == 0 {
        trace::error("connection_create: only tunnels are emulated");
        return ENOSYS;
    }
    // SAFETY: the caller gives two ports.
    unsafe {
        if flags & CONNECTION_FLAG_KEEP_PORT_FORMATS == 0 {
            let status = match mmal_format_full_copy((*input).format, (*output).format) {
                SUCCESS => mmal_port_format_commit(input),
                status => status,
            };
            if status != SUCCESS {
                return status;
            }
        }
        let begin = monotonic_us();
        let status = mmal_port_connect(output, input);
        let made = build(output, input, flags);
        (*made).time_setup = monotonic_us() - begin;
        ((*output).userdata, (*input).userdata) = (made.cast(), made.cast());
        // As in the real library, a failed connection is handed out, too, and destroyed by the caller or not at all.
        *connection = made;
        status
    }
}

/// # Safety
/// Both ports live.
unsafe fn build(output: *mut Port, input: *mut Port, flags: u32) -> *mut Connection {
    // SAFETY: as the caller promises; the names were made with the ports.
    let (from, to) = unsafe {
        (
            CStr::from_ptr((*output).name),
            CStr::from_ptr((*input).name),
        )
    };
    let name = format!("{}/{}", from.to_string_lossy(), to.to_string_lossy());
    let connection = Box::into_raw(Box::new(Connection {
        user_data: null_mut(),
        callback: None,
        is_enabled: 0,
        flags,
        input,
        output,
        pool: null_mut(),
        queue: null_mut(),
        name: CString::new(name).expect("made of C strings").into_raw(),
        time_setup: 0,
        time_enable: 0,
        time_disable: 0,
    }));
    let state = ConnectionState { references: 1 };
    world()
        .connections
        .insert(connection.expose_provenance(), state);
    connection
}

fn is_known(call: &str, connection: *mut Connection) -> bool {
    let is_known = world()
        .connections
        .contains_key(&connection.expose_provenance());
    if !is_known {
        trace::error(&format!("{call}: not a connection"));
    }
    is_known
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_connection_acquire(connection: *mut Connection) {
    if let Some(state) = world().connections.get_mut(&connection.expose_provenance()) {
        state.references += 1;
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_connection_enable(connection: *mut Connection) -> Status {
    if !is_known("connection_enable", connection) {
        return EINVAL;
    }
    // SAFETY: it is in our list, so it lives, and so do its ports.
    unsafe {
        let it = &mut *connection;
        if it.is_enabled != 0 {
            return SUCCESS;
        }
        let begin = monotonic_us();
        if it.flags & CONNECTION_FLAG_KEEP_BUFFER_REQUIREMENTS == 0 {
            take_recommended(&mut *it.output);
            take_recommended(&mut *it.input);
        }
        let num = (*it.output).buffer_num.max((*it.input).buffer_num);
        let size = (*it.output).buffer_size.max((*it.input).buffer_size);
        for port in [it.output, it.input] {
            ((*port).buffer_num, (*port).buffer_size) = (num, size);
        }
        let status = mmal_port_enable(it.output, None);
        it.is_enabled = (status == SUCCESS).into();
        it.time_enable = monotonic_us() - begin;
        status
    }
}

fn take_recommended(port: &mut Port) {
    if port.buffer_num_recommended != 0 {
        port.buffer_num = port.buffer_num_recommended;
    }
    if port.buffer_size_recommended != 0 {
        port.buffer_size = port.buffer_size_recommended;
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_connection_disable(connection: *mut Connection) -> Status {
    if !is_known("connection_disable", connection) {
        return EINVAL;
    }
    // SAFETY: it is in our list, so it lives, and so do its ports.
    unsafe {
        if (*connection).is_enabled == 0 {
            return SUCCESS;
        }
        let begin = monotonic_us();
        let status = mmal_port_disable((*connection).output);
        (*connection).is_enabled = (status != SUCCESS).into();
        (*connection).time_disable = monotonic_us() - begin;
        status
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_connection_destroy(connection: *mut Connection) -> Status {
    if !is_known("connection_destroy", connection) {
        return EINVAL;
    }
    let address = connection.expose_provenance();
    if let Some(state) = world().connections.get_mut(&address) {
        state.references -= 1;
        if state.references > 0 {
            return SUCCESS;
        }
    }
    // SAFETY: it is in our list, so it lives; `build` made it and its name.
    unsafe {
        let status = mmal_connection_disable(connection);
        if status != SUCCESS {
            return status;
        }
        mmal_port_disconnect((*connection).output);
        world().connections.remove(&address);
        drop(CString::from_raw((*connection).name.cast_mut()));
        drop(Box::from_raw(connection));
    }
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_connection_release(connection: *mut Connection) -> Status {
    // SAFETY: the same contract.
    unsafe { mmal_connection_destroy(connection) }
}
