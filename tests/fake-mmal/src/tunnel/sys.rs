//! Tunnels: an output joined to an input, so that the firmware carries the pictures.
#![allow(unsafe_code)]

use crate::abi::{EISCONN, ENOTCONN, Port, PortType, SUCCESS, Status};
use crate::port::sys::{disable, not_a_port, refused};
use crate::state::world;
use crate::trace;

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
