//! Components: made, enabled, disabled, destroyed.
#![allow(unsafe_code)]

use std::collections::{BTreeMap, VecDeque};
use std::ffi::{CStr, CString, c_char};
use std::ptr::{null_mut, with_exposed_provenance_mut};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use crate::abi::{Component, EINVAL, EIO, ENOSYS, Port, PortType, SUCCESS, Status};
use crate::commit::sys::show_model;
use crate::config::config;
use crate::devices;
use crate::firmware;
use crate::format::sys::{mmal_format_alloc, mmal_format_free};
use crate::pool::sys::{mmal_pool_create, mmal_pool_destroy};
use crate::port::sys::{component_at, disable, port_at};
use crate::state::{ComponentState, PortState, world};
use crate::trace;
use crate::tunnel::sys::disconnect;

/// Buffers for events that each component has.
const EVENT_BUFFERS: u32 = 8;
const EVENT_SIZE: u32 = 256;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_component_create(
    name: *const c_char,
    component: *mut *mut Component,
) -> Status {
    // SAFETY: the caller gives a C string.
    let name = unsafe { CStr::from_ptr(name) }
        .to_string_lossy()
        .into_owned();
    if !connect_to_firmware() {
        return EIO;
    }
    delay("CREATE_DELAY_MS");
    let ports = firmware::create(&name);
    let status = trace::call(
        &format!("component_create {name}"),
        ports.err().unwrap_or(SUCCESS),
    );
    if status == ENOSYS {
        trace::error(&format!("component_create: there is no component '{name}'"));
    }
    // SAFETY: the caller gives a place for the pointer.
    unsafe { *component = null_mut() };
    let (Ok((inputs, outputs)), SUCCESS) = (ports, status) else {
        return status;
    };
    let made = build(&name, inputs, outputs);
    // SAFETY: as above.
    unsafe { *component = made };
    SUCCESS
}

/// The devices are opened with the first component.
fn connect_to_firmware() -> bool {
    static CONNECTED: AtomicBool = AtomicBool::new(false);
    if CONNECTED.load(Ordering::Relaxed) {
        return true;
    }
    let connected = devices::open_channel() && devices::open_shared_memory();
    CONNECTED.store(connected, Ordering::Relaxed);
    connected
}

fn delay(fault: &str) {
    sleep(Duration::from_millis(config().fault(fault).unwrap_or(0)));
}

fn build(name: &str, inputs: u32, outputs: u32) -> *mut Component {
    static IDS: AtomicU32 = AtomicU32::new(0);
    let component = Box::into_raw(Box::new(Component {
        private: null_mut(),
        userdata: null_mut(),
        name: CString::new(name).expect("a C string").into_raw(),
        is_enabled: 0,
        control: null_mut(),
        input_num: inputs,
        input: null_mut(),
        output_num: outputs,
        output: null_mut(),
        clock_num: 0,
        clock: null_mut(),
        port_num: 1 + inputs + outputs,
        port: null_mut(),
        id: IDS.fetch_add(1, Ordering::Relaxed),
    }));
    let port = |kind, index| build_port(component, name, kind, index);
    let control = port(PortType::Control, 0);
    let inputs: Vec<_> = (0..inputs)
        .map(|index| port(PortType::Input, index))
        .collect();
    let outputs: Vec<_> = (0..outputs)
        .map(|index| port(PortType::Output, index))
        .collect();
    let all: Vec<_> = [control]
        .iter()
        .chain(&inputs)
        .chain(&outputs)
        .copied()
        .collect();
    let state = ComponentState {
        name: name.into(),
        references: 1,
        payloads: 0,
        is_enabled: false,
        ports: all.iter().map(|port| port.expose_provenance()).collect(),
        events: mmal_pool_create(EVENT_BUFFERS, EVENT_SIZE).expose_provenance(),
    };
    world()
        .components
        .insert(component.expose_provenance(), state);
    // SAFETY: just made, and nobody else knows it yet. `free` takes the arrays back.
    unsafe {
        (*component).private = component.cast();
        (*component).control = control;
        (*component).input = Box::into_raw(inputs.into_boxed_slice()).cast();
        (*component).output = Box::into_raw(outputs.into_boxed_slice()).cast();
        (*component).port = Box::into_raw(all.into_boxed_slice()).cast();
    }
    component
}

fn build_port(
    component: *mut Component,
    component_name: &str,
    kind: PortType,
    index: u32,
) -> *mut Port {
    let format = mmal_format_alloc();
    let model = firmware::port(component_name, kind);
    let state = PortState {
        component: component.expose_provenance(),
        component_name: component_name.into(),
        kind,
        index,
        format: format.expose_provenance(),
        firmware: model,
        is_enabled: false,
        is_closing: false,
        callback: None,
        connected: None,
        parameters: BTreeMap::new(),
        wants_key: false,
        limit: 0,
        queued: VecDeque::new(),
        running: 0,
        player: None,
        player_id: None,
    };
    let kind_letters = state.short_name().replace("control", "ctr");
    let port = Box::into_raw(Box::new(Port {
        private: null_mut(),
        name: CString::new(format!("{component_name}:{kind_letters}"))
            .expect("a C string")
            .into_raw(),
        kind: kind as u32,
        index: index as u16,
        index_all: 0,
        is_enabled: 0,
        format,
        buffer_num_min: 0,
        buffer_size_min: 0,
        buffer_alignment_min: 0,
        buffer_num_recommended: 0,
        buffer_size_recommended: 0,
        buffer_num: 0,
        buffer_size: 0,
        component,
        userdata: null_mut(),
        capabilities: 0,
    }));
    // SAFETY: just made, with its format.
    unsafe {
        (*port).private = port.cast();
        (*format).kind = if kind == PortType::Control { 1 } else { 3 };
        show_model(port, &model);
    }
    world().ports.insert(port.expose_provenance(), state);
    port
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_component_acquire(component: *mut Component) {
    match world().components.get_mut(&component.expose_provenance()) {
        Some(state) => state.references += 1,
        None => trace::error("component_acquire: not a component"),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_component_destroy(component: *mut Component) -> Status {
    let address = component.expose_provenance();
    let ports = {
        let mut world = world();
        let Some(state) = world
            .components
            .get_mut(&address)
            .filter(|state| state.references > 0)
        else {
            drop(world);
            trace::error("component_destroy: not a component");
            return EINVAL;
        };
        state.references -= 1;
        if state.references > 0 {
            return SUCCESS;
        }
        state.ports.clone()
    };
    // Inputs and outputs first, the control port last.
    for &port in ports[1..].iter().chain(&ports[..1]) {
        let (is_enabled, is_connected) = world()
            .ports
            .get(&port)
            .map_or((false, false), |it| (it.is_enabled, it.connected.is_some()));
        if is_enabled {
            disable(port);
        }
        if is_connected {
            disconnect(port);
        }
    }
    destroy_if_unused(address);
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_component_release(component: *mut Component) -> Status {
    // SAFETY: the same contract.
    unsafe { mmal_component_destroy(component) }
}

/// Frees a component that nobody refers to any more, neither the program nor a payload of one of its ports.
pub fn destroy_if_unused(address: usize) {
    let (name, events, ports) = {
        let world = world();
        let Some(state) = world.components.get(&address) else {
            return;
        };
        if state.references > 0 || state.payloads > 0 {
            return;
        }
        (state.name.clone(), state.events, state.ports.clone())
    };
    trace::call(&format!("component_destroy {name}"), SUCCESS);
    // SAFETY: the pool was made with the component.
    unsafe { mmal_pool_destroy(with_exposed_provenance_mut(events)) };
    let mut world = world();
    world.components.remove(&address);
    ports.iter().for_each(|port| drop(world.ports.remove(port)));
    drop(world);
    free(component_at(address), &ports);
}

fn free(component: *mut Component, ports: &[usize]) {
    for &port in ports {
        let port = port_at(port);
        // SAFETY: `build_port` made the port, its name and its format; it was in our list until now.
        unsafe {
            mmal_format_free((*port).format);
            drop(CString::from_raw((*port).name.cast_mut()));
            drop(Box::from_raw(port));
        }
    }
    // SAFETY: `build` made the component, its name and its arrays; it was in our list until now.
    unsafe {
        drop(CString::from_raw((*component).name.cast_mut()));
        for (array, count) in [
            ((*component).input, (*component).input_num),
            ((*component).output, (*component).output_num),
            ((*component).port, (*component).port_num),
        ] {
            drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(
                array,
                count as usize,
            )));
        }
        drop(Box::from_raw(component));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_component_enable(component: *mut Component) -> Status {
    delay("ENABLE_DELAY_MS");
    set_enabled(component, true)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_component_disable(component: *mut Component) -> Status {
    set_enabled(component, false)
}

fn set_enabled(component: *mut Component, wanted: bool) -> Status {
    let verb = if wanted {
        "component_enable"
    } else {
        "component_disable"
    };
    let mut world = world();
    let Some(state) = world.components.get_mut(&component.expose_provenance()) else {
        drop(world);
        trace::error(&format!("{verb}: not a component"));
        return EINVAL;
    };
    if state.is_enabled == wanted {
        return SUCCESS;
    }
    let answer = if wanted {
        firmware::enable(&state.name)
    } else {
        SUCCESS
    };
    let status = trace::call(&format!("{verb} {}", state.name), answer);
    if status == SUCCESS {
        state.is_enabled = wanted;
        // SAFETY: it is in our list, so it lives.
        unsafe { (*component).is_enabled = wanted.into() };
    }
    status
}
