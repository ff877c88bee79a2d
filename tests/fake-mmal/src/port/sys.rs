//! Ports: enabling, disabling, buffers.
#![allow(unsafe_code)]

use std::ptr::with_exposed_provenance_mut;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread::{current, sleep};
use std::time::Duration;

use crate::abi::{
    BufferHeader, Component, EINVAL, ENOMEM, Port, PortCallback, PortType, SUCCESS, Status,
};
use crate::buffer::sys::{header_at, mmal_buffer_header_reset};
use crate::config::config;
use crate::encoder::sys::start_player;
use crate::firmware;
use crate::state::{CHANGED, Place, PortState, World, world};
use crate::trace;

pub fn port_at(address: usize) -> *mut Port {
    with_exposed_provenance_mut(address)
}

pub fn component_at(address: usize) -> *mut Component {
    with_exposed_provenance_mut(address)
}

pub fn not_a_port(call: &str) -> Status {
    trace::error(&format!("{call}: not a port"));
    EINVAL
}

/// Refuses a call that breaks a rule, and writes that down.
pub fn refused(call: &str, port: &PortState, why: &str) -> Status {
    trace::error(&format!("{call} {}: {why}", port.line_name()));
    EINVAL
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_enable(port: *mut Port, callback: PortCallback) -> Status {
    let address = port.expose_provenance();
    let mut world = world();
    let Some(state) = world.ports.get(&address) else {
        return not_a_port("port_enable");
    };
    match (state.connected, callback) {
        _ if state.is_enabled => return refused("port_enable", state, "already enabled"),
        (Some(_), Some(_)) => {
            return refused(
                "port_enable",
                state,
                "no callback is allowed on a connected port",
            );
        }
        (None, None) => return refused("port_enable", state, "no callback"),
        _ => (),
    }
    let pair = [Some(address), state.connected];
    let pair: Vec<_> = pair.into_iter().flatten().collect();
    for &port in &pair {
        // SAFETY: both ports are in our list, so they live.
        if !unsafe { has_room(&*port_at(port)) } {
            return refused(
                "port_enable",
                &world.ports[&port],
                "buffer number or size is below the least",
            );
        }
    }
    // The firmware is told of the input of a tunnel and sees to the other end itself.
    let told = pair
        .iter()
        .copied()
        .find(|port| pair.len() == 1 || world.ports[port].kind == PortType::Input);
    let line = format!(
        "port_enable {}",
        world.ports[&told.unwrap_or(address)].line_name()
    );
    let status = trace::call(&line, SUCCESS);
    if status != SUCCESS {
        return status;
    }
    for &port in &pair {
        mark_enabled(&mut world, port, callback);
    }
    start_player_if_encoder(&mut world, address);
    CHANGED.notify_all();
    SUCCESS
}

fn has_room(port: &Port) -> bool {
    port.buffer_num >= port.buffer_num_min && port.buffer_size >= port.buffer_size_min
}

fn mark_enabled(world: &mut World, address: usize, callback: PortCallback) {
    let Some(state) = world.ports.get_mut(&address) else {
        return;
    };
    (state.is_enabled, state.callback) = (true, callback);
    // SAFETY: the port is in our list, so it lives.
    let port = unsafe { &mut *port_at(address) };
    port.is_enabled = 1;
    (state.firmware.buffer_num, state.firmware.buffer_size) = (port.buffer_num, port.buffer_size);
    state.limit = port.buffer_num as usize;
}

fn start_player_if_encoder(world: &mut World, address: usize) {
    let Some(state) = world.ports.get_mut(&address) else {
        return;
    };
    if state.component_name == firmware::VIDEO_ENCODER && state.kind == PortType::Output {
        let thread = start_player(address, state.firmware.encoding == firmware::H264);
        state.player_id = Some(thread.thread().id());
        state.player = Some(thread);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_disable(port: *mut Port) -> Status {
    disable(port.expose_provenance())
}

/// Disables a port, and with it the other end of its tunnel. All its buffers are back when this returns.
pub fn disable(address: usize) -> Status {
    let (pair, thread) = {
        let mut world = world();
        let Some(state) = world.ports.get(&address) else {
            return not_a_port("port_disable");
        };
        if !state.is_enabled {
            return refused("port_disable", state, "not enabled");
        }
        if state.player_id == Some(current().id()) {
            return refused(
                "port_disable",
                state,
                "called from the port's own callback, where the real one hangs",
            );
        }
        let pair: Vec<_> = [Some(address), state.connected]
            .into_iter()
            .flatten()
            .collect();
        let told = pair
            .iter()
            .find(|port| pair.len() == 1 || world.ports[*port].kind == PortType::Output);
        let line = format!(
            "port_disable {}",
            world.ports[told.unwrap_or(&address)].line_name()
        );
        let status = trace::call(&line, SUCCESS);
        if status != SUCCESS {
            return status;
        }
        for port in &pair {
            mark_disabled(&mut world, *port);
        }
        CHANGED.notify_all();
        (
            pair,
            world
                .ports
                .get_mut(&address)
                .and_then(|state| state.player.take()),
        )
    };
    // The thread ends when it sees that the port is closing; a callback that runs is waited for.
    thread.map(|thread| thread.join().is_ok());
    wait_for_callbacks(address);
    sleep(Duration::from_millis(
        config().fault("DISABLE_DELAY_MS").unwrap_or(0),
    ));
    for port in pair {
        give_back(port);
        if let Some(state) = world().ports.get_mut(&port) {
            (state.callback, state.is_closing, state.player_id) = (None, false, None);
        }
    }
    SUCCESS
}

fn mark_disabled(world: &mut World, address: usize) {
    if let Some(state) = world.ports.get_mut(&address) {
        (state.is_enabled, state.is_closing) = (false, true);
        // SAFETY: the port is in our list, so it lives.
        unsafe { (*port_at(address)).is_enabled = 0 };
    }
}

fn wait_for_callbacks(address: usize) {
    let mut guard: MutexGuard<'_, World> = world();
    while guard
        .ports
        .get(&address)
        .is_some_and(|state| state.running > 0)
    {
        guard = CHANGED.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Hands the buffers that are still with a port back to the program, empty.
fn give_back(address: usize) {
    loop {
        let (header, callback) = {
            let mut world = world();
            let Some(state) = world.ports.get_mut(&address) else {
                return;
            };
            let callback = state.callback;
            let Some(header) = state.queued.pop_front() else {
                return;
            };
            if let Some(buffer) = world.buffers.get_mut(&header) {
                buffer.place = Place::Program;
            }
            (header_at(header), callback)
        };
        // SAFETY: the header was with us, so it lives; the callback is the one the program gave for this port.
        unsafe {
            mmal_buffer_header_reset(header);
            if let Some(callback) = callback {
                callback(port_at(address), header);
            }
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_flush(port: *mut Port) -> Status {
    let address = port.expose_provenance();
    let Some(line) = world()
        .ports
        .get(&address)
        .map(|state| format!("port_flush {}", state.line_name()))
    else {
        return not_a_port("port_flush");
    };
    let status = trace::call(&line, SUCCESS);
    if status == SUCCESS {
        give_back(address);
    }
    status
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_send_buffer(
    port: *mut Port,
    header: *mut BufferHeader,
) -> Status {
    let (address, buffer) = (port.expose_provenance(), header.expose_provenance());
    let mut world = world();
    let World { ports, buffers, .. } = &mut *world;
    let Some(state) = ports.get_mut(&address) else {
        return not_a_port("port_send_buffer");
    };
    let Some(header_state) = buffers.get_mut(&buffer) else {
        return refused("send_buffer", state, "not a buffer header");
    };
    if state.is_closing {
        return EINVAL;
    }
    // SAFETY: the header is in our list, so it lives.
    let header = unsafe { &mut *header };
    match header_state.place {
        _ if !state.is_enabled => return refused("send_buffer", state, "the port is not enabled"),
        Place::Queue => return refused("send_buffer", state, "the buffer is in a queue"),
        Place::Port => return refused("send_buffer", state, "the buffer is with a port already"),
        Place::Program => (),
    }
    if header.data.is_null() || !header.alloc_size.is_multiple_of(4) {
        return refused(
            "send_buffer",
            state,
            "the buffer's size is 0 or not a multiple of 4",
        );
    }
    if state.queued.len() >= state.limit {
        refused(
            "send_buffer",
            state,
            "more buffers than the port was enabled for",
        );
        return ENOMEM;
    }
    header.length = 0;
    header_state.place = Place::Port;
    state.queued.push_back(buffer);
    CHANGED.notify_all();
    SUCCESS
}
