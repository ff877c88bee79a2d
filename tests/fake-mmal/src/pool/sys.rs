//! Pools of buffer headers.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::c_void;
use std::ptr::{null_mut, with_exposed_provenance_mut};

use crate::abi::{
    BufferHeader, BufferVideo, EINVAL, Pool, PoolCallback, Port, PreReleaseCallback, SUCCESS,
    Status, TIME_UNKNOWN,
};
use crate::buffer::sys::{
    header_at, mmal_buffer_header_pre_release_cb_set, mmal_queue_create, mmal_queue_destroy,
};
use crate::component::sys::destroy_if_unused;
use crate::state::{Address, BufferState, Place, PoolState, World, world};
use crate::trace;

#[unsafe(no_mangle)]
pub extern "C" fn mmal_pool_create(headers: u32, payload_size: u32) -> *mut Pool {
    create(headers, payload_size, None)
}

/// Payloads of a port's own making: while they exist, the port's component stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_pool_create(
    port: *mut Port,
    headers: u32,
    payload_size: u32,
) -> *mut Pool {
    let address = port.expose_provenance();
    if !world().ports.contains_key(&address) {
        trace::error("port_pool_create: not a port");
        return null_mut();
    }
    create(headers, payload_size, Some(address))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_port_pool_destroy(port: *mut Port, pool: *mut Pool) {
    let is_enabled = world()
        .ports
        .get(&port.expose_provenance())
        .map(|port| port.is_enabled);
    match is_enabled {
        None => trace::error("port_pool_destroy: not a port"),
        Some(true) => trace::error("port_pool_destroy: the port is still enabled"),
        Some(false) => (),
    }
    // SAFETY: the caller gives up a pool it made.
    unsafe { mmal_pool_destroy(pool) };
}

fn create(headers: u32, payload_size: u32, port: Option<usize>) -> *mut Pool {
    let queue = mmal_queue_create();
    let pool = Box::into_raw(Box::new(Pool {
        queue,
        headers_num: 0,
        header: null_mut(),
    }));
    let state = PoolState {
        queue: queue.expose_provenance(),
        buffers: Vec::new(),
        payload_size,
        callback: None,
        userdata: Address(0),
        port,
    };
    let mut world = world();
    world.pools.insert(pool.expose_provenance(), state);
    fill(&mut world, pool, headers, payload_size);
    pool
}

/// Makes the headers of an empty pool.
fn fill(world: &mut World, pool: *mut Pool, headers: u32, payload_size: u32) {
    let address = pool.expose_provenance();
    let made: Vec<_> = (0..headers).map(|_| header(payload_size)).collect();
    let addresses: Vec<_> = made
        .iter()
        .map(|header| header.expose_provenance())
        .collect();
    for &header in &made {
        // SAFETY: just made.
        let payload = unsafe { (*header).data }.expose_provenance();
        let state = BufferState {
            pool: address,
            references: 1,
            place: Place::Queue,
            pre_release: None,
            userdata: Address(0),
            payload_size,
            payload,
            original: None,
        };
        world.buffers.insert(header.expose_provenance(), state);
    }
    let Some(state) = world.pools.get_mut(&address) else {
        return;
    };
    state.payload_size = payload_size;
    state.buffers.clone_from(&addresses);
    let (queue, port) = (state.queue, state.port);
    world.queues.entry(queue).or_default().extend(addresses);
    count_payloads(world, port, payload_size, i64::from(headers));
    // SAFETY: the pool is in our list, so it lives; the array is given to it and taken back in `empty`.
    unsafe {
        (*pool).headers_num = headers;
        (*pool).header = Box::into_raw(made.into_boxed_slice()).cast();
    }
}

fn header(payload_size: u32) -> *mut BufferHeader {
    let kind = Box::into_raw(Box::new(BufferVideo::default()));
    let data = match payload_size {
        0 => null_mut(),
        // SAFETY: the size is not 0.
        _ => unsafe { alloc_zeroed(layout(payload_size)) },
    };
    Box::into_raw(Box::new(BufferHeader {
        next: null_mut(),
        private: null_mut(),
        cmd: 0,
        data,
        alloc_size: payload_size,
        length: 0,
        offset: 0,
        flags: 0,
        pts: TIME_UNKNOWN,
        dts: TIME_UNKNOWN,
        kind,
        user_data: null_mut(),
    }))
}

fn layout(payload_size: u32) -> Layout {
    Layout::from_size_align(payload_size as usize, 16)
        .expect("the size of a payload fits into memory")
}

fn count_payloads(world: &mut World, port: Option<usize>, payload_size: u32, change: i64) {
    let component = port
        .and_then(|port| world.ports.get(&port))
        .map(|port| port.component);
    if let Some(component) = component
        .and_then(|it| world.components.get_mut(&it))
        .filter(|_| payload_size > 0)
    {
        component.payloads = (i64::from(component.payloads) + change).max(0) as u32;
    }
}

/// Frees all headers of a pool.
fn empty(world: &mut World, pool: *mut Pool) {
    let Some(state) = world.pools.get_mut(&pool.expose_provenance()) else {
        return;
    };
    let (buffers, queue, port, size) = (
        std::mem::take(&mut state.buffers),
        state.queue,
        state.port,
        state.payload_size,
    );
    world.queues.entry(queue).or_default().clear();
    count_payloads(world, port, size, -(buffers.len() as i64));
    for &address in &buffers {
        let Some(buffer) = world.buffers.remove(&address) else {
            continue;
        };
        let header = header_at(address);
        // SAFETY: the header was in our list: `header` made it, its payload and its video part, and nobody freed them.
        unsafe {
            drop(Box::from_raw((*header).kind));
            drop(Box::from_raw(header));
            if buffer.payload != 0 {
                dealloc(
                    with_exposed_provenance_mut(buffer.payload),
                    layout(buffer.payload_size),
                );
            }
        }
    }
    // SAFETY: the pool lives; `fill` gave it this array with this many members.
    unsafe {
        let headers =
            std::ptr::slice_from_raw_parts_mut((*pool).header, (*pool).headers_num as usize);
        drop(Box::from_raw(headers));
        ((*pool).header, (*pool).headers_num) = (null_mut(), 0);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_pool_destroy(pool: *mut Pool) {
    if pool.is_null() {
        return;
    }
    let address = pool.expose_provenance();
    let mut world = world();
    let Some(state) = world.pools.get(&address) else {
        drop(world);
        return trace::error("pool_destroy: not a pool");
    };
    let (queue, port) = (state.queue, state.port);
    let missing = state.buffers.len() - world.queues.get(&queue).map_or(0, |queue| queue.len());
    if missing > 0 {
        trace::error(&format!(
            "pool_destroy: {missing} buffers have not come back"
        ));
    }
    empty(&mut world, pool);
    world.pools.remove(&address);
    let component = port
        .and_then(|port| world.ports.get(&port))
        .map(|port| port.component);
    drop(world);
    // SAFETY: queue and pool were in our lists, so they are ours and not freed yet.
    unsafe {
        mmal_queue_destroy(with_exposed_provenance_mut(queue));
        drop(Box::from_raw(pool));
    }
    if let Some(component) = component {
        destroy_if_unused(component);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_pool_resize(
    pool: *mut Pool,
    headers: u32,
    payload_size: u32,
) -> Status {
    let mut world = world();
    let Some(state) = world
        .pools
        .get(&pool.expose_provenance())
        .filter(|_| headers > 0)
    else {
        return EINVAL;
    };
    if state
        .buffers
        .iter()
        .any(|buffer| world.buffers[buffer].place != Place::Queue)
    {
        drop(world);
        trace::error("pool_resize: not all buffers are in the pool");
        return EINVAL;
    }
    empty(&mut world, pool);
    fill(&mut world, pool, headers, payload_size);
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_pool_callback_set(
    pool: *mut Pool,
    callback: PoolCallback,
    userdata: *mut c_void,
) {
    if let Some(state) = world().pools.get_mut(&pool.expose_provenance()) {
        (state.callback, state.userdata) = (callback, Address::of(userdata));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_pool_pre_release_callback_set(
    pool: *mut Pool,
    callback: PreReleaseCallback,
    userdata: *mut c_void,
) {
    let buffers = world()
        .pools
        .get(&pool.expose_provenance())
        .map(|it| it.buffers.clone())
        .unwrap_or_default();
    for buffer in buffers {
        // SAFETY: the header is in our list, so it lives.
        unsafe { mmal_buffer_header_pre_release_cb_set(header_at(buffer), callback, userdata) };
    }
}
