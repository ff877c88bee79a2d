//! Buffer headers and queues: reference counts, release to the pool, waiting.
#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr::{null_mut, with_exposed_provenance_mut};
use std::time::{Duration, Instant};

use crate::abi::{
    BufferHeader, EINVAL, EVENT_FORMAT_CHANGED, EsFormat, EventFormatChanged, PreReleaseCallback,
    Queue, SUCCESS, Status, TIME_UNKNOWN, VideoFormat,
};
use crate::state::{Address, CHANGED, Place, world};
use crate::trace;

/// The pointer to a header that the world knows by address.
pub fn header_at(address: usize) -> *mut BufferHeader {
    with_exposed_provenance_mut(address)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_buffer_header_acquire(header: *mut BufferHeader) {
    match world().buffers.get_mut(&header.expose_provenance()) {
        Some(buffer) => buffer.references += 1,
        None => trace::error("buffer_header_acquire: not a buffer header"),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_buffer_header_reset(header: *mut BufferHeader) {
    // SAFETY: the caller gives a header of one of our pools.
    let header = unsafe { &mut *header };
    (header.length, header.offset, header.flags) = (0, 0, 0);
    (header.pts, header.dts) = (TIME_UNKNOWN, TIME_UNKNOWN);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_buffer_header_release(header: *mut BufferHeader) {
    let pre_release = {
        let mut world = world();
        let Some(buffer) = world.buffers.get_mut(&header.expose_provenance()) else {
            drop(world);
            return trace::error("buffer_header_release: not a buffer header");
        };
        if buffer.place != Place::Program {
            let place = buffer.place;
            drop(world);
            return trace::error(&format!(
                "buffer_header_release: the buffer is not the program's but in a {place:?}"
            ));
        }
        buffer.references -= 1;
        if buffer.references > 0 {
            return;
        }
        (buffer.pre_release, buffer.userdata)
    };
    if let (Some(callback), userdata) = pre_release {
        // SAFETY: the program set this callback for this header, which lives.
        if unsafe { callback(header, userdata.pointer()) } != 0 {
            return;
        }
    }
    // SAFETY: the header is in our list, so it lives.
    unsafe { mmal_buffer_header_release_continue(header) };
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_buffer_header_release_continue(header: *mut BufferHeader) {
    // SAFETY: the caller holds the last reference of a header of ours.
    unsafe {
        mmal_buffer_header_reset(header);
        (*header).cmd = 0;
    }
    let address = header.expose_provenance();
    let (original, pool, callback, userdata) = {
        let mut world = world();
        let Some(buffer) = world.buffers.get_mut(&address) else {
            return;
        };
        buffer.references = 1;
        let (original, pool) = (buffer.original.take(), buffer.pool);
        let pool_state = world.pools.get(&pool);
        (
            original,
            pool,
            pool_state.and_then(|it| it.callback),
            pool_state.map_or(Address(0), |it| it.userdata),
        )
    };
    if let Some(original) = original {
        // SAFETY: a replica holds a reference of its original, which therefore lives.
        unsafe { mmal_buffer_header_release(header_at(original)) };
    }
    // SAFETY: the program set this callback for this pool, which lives as long as its headers.
    let keeps = callback.is_some_and(|it| unsafe { it(with_exposed_provenance_mut(pool), header, userdata.pointer()) } == 0);
    if !keeps {
        let queue = world().pools.get(&pool).map(|it| it.queue);
        put(queue.unwrap_or(0), header, false);
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_buffer_header_replicate(
    to: *mut BufferHeader,
    from: *mut BufferHeader,
) -> Status {
    let (to_address, from_address) = (to.expose_provenance(), from.expose_provenance());
    {
        let mut world = world();
        match (
            world.buffers.contains_key(&from_address),
            world.buffers.get_mut(&to_address),
        ) {
            (true, Some(buffer)) if buffer.original.is_none() => {
                buffer.original = Some(from_address)
            }
            _ => return EINVAL,
        }
    }
    // SAFETY: both are headers of ours.
    unsafe {
        mmal_buffer_header_acquire(from);
        let kind = (*to).kind;
        *kind = *(*from).kind;
        let (next, private, user_data) = ((*to).next, (*to).private, (*to).user_data);
        from.copy_to(to, 1);
        ((*to).next, (*to).private, (*to).user_data, (*to).kind) = (next, private, user_data, kind);
    }
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_buffer_header_copy_header(
    to: *mut BufferHeader,
    from: *const BufferHeader,
) {
    // SAFETY: both are headers of ours.
    unsafe {
        ((*to).cmd, (*to).offset, (*to).length) = ((*from).cmd, (*from).offset, (*from).length);
        ((*to).flags, (*to).pts, (*to).dts) = ((*from).flags, (*from).pts, (*from).dts);
        *(*to).kind = *(*from).kind;
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_buffer_header_mem_lock(_header: *mut BufferHeader) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_buffer_header_mem_unlock(_header: *mut BufferHeader) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_buffer_header_pre_release_cb_set(
    header: *mut BufferHeader,
    callback: PreReleaseCallback,
    userdata: *mut c_void,
) {
    if let Some(buffer) = world().buffers.get_mut(&header.expose_provenance()) {
        (buffer.pre_release, buffer.userdata) = (callback, Address::of(userdata));
    }
}

/// The event in a buffer, with its format made reachable; null if it is another one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_event_format_changed_get(
    header: *mut BufferHeader,
) -> *mut EventFormatChanged {
    // SAFETY: the caller gives a header of ours.
    let header = unsafe { &*header };
    let size = size_of::<EventFormatChanged>() + size_of::<EsFormat>() + size_of::<VideoFormat>();
    if header.cmd != EVENT_FORMAT_CHANGED || (header.length as usize) < size {
        return null_mut();
    }
    let event: *mut EventFormatChanged = header.data.cast();
    // SAFETY: the buffer holds the three structures one after another; payloads are aligned to 16 bytes.
    unsafe {
        (*event).format = event.add(1).cast();
        (*(*event).format).es = (*event).format.add(1).cast();
        (*(*event).format).extradata = null_mut();
    }
    event
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_queue_create() -> *mut Queue {
    let queue = Box::into_raw(Box::new(Queue { unused: 0 }));
    world()
        .queues
        .insert(queue.expose_provenance(), VecDeque::new());
    queue
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_queue_destroy(queue: *mut Queue) {
    match world().queues.remove(&queue.expose_provenance()) {
        // SAFETY: it was in our list, so it is ours and was not freed before.
        Some(_) => drop(unsafe { Box::from_raw(queue) }),
        None => trace::error("queue_destroy: not a queue"),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_queue_put(queue: *mut Queue, header: *mut BufferHeader) {
    put(queue.expose_provenance(), header, false);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_queue_put_back(queue: *mut Queue, header: *mut BufferHeader) {
    put(queue.expose_provenance(), header, true);
}

fn put(queue: usize, header: *mut BufferHeader, in_front: bool) {
    let address = header.expose_provenance();
    let mut world = world();
    let Some(buffer) = world.buffers.get_mut(&address) else {
        return trace::error("queue_put: not a buffer header");
    };
    if buffer.place != Place::Program {
        return trace::error(&format!(
            "queue_put: the buffer is not the program's but in a {:?}",
            buffer.place
        ));
    }
    buffer.place = Place::Queue;
    match world.queues.get_mut(&queue) {
        Some(buffers) if in_front => buffers.push_front(address),
        Some(buffers) => buffers.push_back(address),
        None => trace::error("queue_put: not a queue"),
    }
    CHANGED.notify_all();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_queue_get(queue: *mut Queue) -> *mut BufferHeader {
    get(queue, Some(Duration::ZERO))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_queue_wait(queue: *mut Queue) -> *mut BufferHeader {
    get(queue, None)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_queue_timedwait(
    queue: *mut Queue,
    timeout_ms: u32,
) -> *mut BufferHeader {
    get(queue, Some(Duration::from_millis(timeout_ms.into())))
}

fn get(queue: *mut Queue, patience: Option<Duration>) -> *mut BufferHeader {
    let address = queue.expose_provenance();
    let until = patience.map(|patience| Instant::now() + patience);
    let mut world = world();
    loop {
        let Some(buffers) = world.queues.get_mut(&address) else {
            trace::error("queue_get: not a queue");
            return null_mut();
        };
        if let Some(header) = buffers.pop_front() {
            if let Some(buffer) = world.buffers.get_mut(&header) {
                buffer.place = Place::Program;
            }
            return header_at(header);
        }
        let left = until.map_or(Duration::MAX, |until| {
            until.saturating_duration_since(Instant::now())
        });
        if left.is_zero() {
            return null_mut();
        }
        let left = left.min(Duration::from_secs(3600));
        world = CHANGED
            .wait_timeout(world, left)
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .0;
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_queue_length(queue: *mut Queue) -> u32 {
    world()
        .queues
        .get(&queue.expose_provenance())
        .map_or(0, |buffers| buffers.len() as u32)
}
