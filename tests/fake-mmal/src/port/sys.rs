//! Ports: formats, enabling, buffers, tunnels.
#![allow(unsafe_code)]

use std::ptr::with_exposed_provenance_mut;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread::{current, sleep};
use std::time::Duration;

use crate::abi::{
    BufferHeader, Component, EFAULT, EINVAL, EISCONN, ENOMEM, ENOTCONN, Port, PortCallback,
    PortType, SUCCESS, Status, VideoFormat,
};
use crate::buffer::sys::{header_at, mmal_buffer_header_reset};
use crate::config::config;
use crate::encoder::sys::start_player;
use crate::firmware::{self, PortModel};
use crate::state::{CHANGED, Place, PortState, World, world};
use crate::trace;

pub fn port_at(address: usize) -> *mut Port {
    with_exposed_provenance_mut(address)
}

pub fn component_at(address: usize) -> *mut Component {
    with_exposed_provenance_mut(address)
}

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

fn not_a_port(call: &str) -> Status {
    trace::error(&format!("{call}: not a port"));
    EINVAL
}

fn refused(call: &str, port: &PortState, why: &str) -> Status {
    trace::error(&format!("{call} {}: {why}", port.line_name()));
    EINVAL
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

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_connect(output: *mut Port, input: *mut Port) -> Status {
    let (output, input) = (output.expose_provenance(), input.expose_provenance());
    let mut world = world();
    let (Some(from), Some(to)) = (world.ports.get(&output), world.ports.get(&input)) else {
        return not_a_port("port_connect");
    };
    if from.is_enabled || to.is_enabled {
        return refused("connect", from, "a port of the pair is enabled");
    }
    if from.kind != PortType::Output || to.kind != PortType::Input {
        return refused("connect", from, "not an output and an input");
    }
    if from.connected.is_some() || to.connected.is_some() {
        refused("connect", from, "already connected");
        return EISCONN;
    }
    let line = format!(
        "connect {} to {}:{}",
        from.line_name(),
        to.component_name,
        to.short_name()
    );
    let status = trace::call(&line, SUCCESS);
    if status == SUCCESS {
        for (one, other) in [(output, input), (input, output)] {
            world.ports.get_mut(&one).expect("found above").connected = Some(other);
        }
    }
    status
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_disconnect(port: *mut Port) -> Status {
    disconnect(port.expose_provenance())
}

pub fn disconnect(address: usize) -> Status {
    let (is_enabled, other) = match world().ports.get(&address) {
        None => return not_a_port("port_disconnect"),
        Some(state) => (state.is_enabled, state.connected),
    };
    let Some(other) = other else { return ENOTCONN };
    if is_enabled {
        disable(address);
    }
    let mut world = world();
    let output = [address, other]
        .into_iter()
        .find(|port| world.ports[port].kind == PortType::Output);
    let line = format!(
        "port_disconnect {}",
        world.ports[&output.unwrap_or(address)].line_name()
    );
    let status = trace::call(&line, SUCCESS);
    if status == SUCCESS {
        for port in [address, other] {
            world
                .ports
                .get_mut(&port)
                .expect("both ends live")
                .connected = None;
        }
    }
    status
}
