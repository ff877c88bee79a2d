//! Components, ports, pools and connections of MMAL as values: made by a call, undone by `Drop`.
//!
//! Every access goes through the pointer to the library's own structure, never through a copy of it. The values belong
//! to one thread; only what is given to `Port::enable` runs on a thread of the library. Which order things are undone
//! in is the owner's business (`pipeline.rs`): a port keeps its component, a pool its port, an enabled port its pool.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::CStr;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::slice;

use mmal_sys::{self as ffi, MMAL_BUFFER_HEADER_T, MMAL_PORT_T};

use super::arrival::Arrival;
use super::library::Library;
use super::parameter::message;
use super::port_format::{PortBuffers, PortPictures};
use super::status::{Outcome, Status};

/// A component of the VideoCore. It is destroyed with the last of its ports.
#[derive(Clone)]
pub struct Component(Rc<Owned>);

/// A port of a component.
#[derive(Clone)]
pub struct Port {
    raw: NonNull<MMAL_PORT_T>,
    /// Keeps it, and with it the port, from being destroyed.
    component: Component,
}

/// PortBuffers for a port.
#[derive(Clone)]
pub struct Pool(Rc<OwnedPool>);

/// An output and an input joined inside the VideoCore.
pub struct Connection(NonNull<ffi::MMAL_CONNECTION_T>);

/// A port that hands out its buffers: until this is dropped.
pub struct Enabled {
    port: Port,
    pool: Option<Pool>,
}

/// Neither `Send` nor `Sync`, by its pointers.
struct Owned {
    raw: NonNull<ffi::MMAL_COMPONENT_T>,
    /// What the callbacks of its ports work with. An event may still be on its way when its port is disabled, so
    /// these go when the component, and its thread with it, is gone.
    receivers: RefCell<Vec<NonNull<Receiver>>>,
    _library: Library,
}

struct OwnedPool {
    raw: NonNull<ffi::MMAL_POOL_T>,
    port: Port,
}

/// What the callback of a port works with.
struct Receiver {
    receive: Box<dyn Fn(Arrival<'_>) + Send + Sync>,
    /// Where the port's next buffer comes from; null for a control port, whose buffers are the library's.
    queue: *mut ffi::MMAL_QUEUE_T,
}

impl Component {
    /// Has the VideoCore make a component.
    pub fn create(library: Library, name: &'static [u8]) -> Outcome<Self> {
        let name = CStr::from_bytes_with_nul(name).map_err(|_| Status::INVALID)?;
        let mut raw = ptr::null_mut();
        // SAFETY: the library is loaded, the name is a C string, and `raw` is room for the answer.
        Status::check(unsafe { ffi::mmal_component_create(name.as_ptr(), &raw mut raw) })?;
        let raw = NonNull::new(raw).ok_or(Status::NO_MEMORY)?;
        Ok(Self(Rc::new(Owned {
            raw,
            receivers: RefCell::default(),
            _library: library,
        })))
    }

    pub fn enable(&self) -> Outcome<()> {
        // SAFETY: the component lives as long as `self`.
        Status::check(unsafe { ffi::mmal_component_enable(self.0.raw.as_ptr()) })
    }

    /// Does nothing where it is not enabled.
    pub fn disable(&self) -> Outcome<()> {
        let raw = self.0.raw.as_ptr();
        // SAFETY: the component lives as long as `self`.
        Status::check(unsafe {
            if (*raw).is_enabled == 0 {
                0
            } else {
                ffi::mmal_component_disable(raw)
            }
        })
    }

    /// The port for what concerns the whole component.
    pub fn control(&self) -> Option<Port> {
        // SAFETY: the structure lives as long as `self`, and its list of ports does not change.
        self.port(unsafe { (*self.0.raw.as_ptr()).control })
    }

    pub fn input(&self, index: u32) -> Option<Port> {
        let raw = self.0.raw.as_ptr();
        // SAFETY: as for `control`; the index is compared with the length of the list.
        self.port(unsafe {
            if index < (*raw).input_num {
                *(*raw).input.add(index as usize)
            } else {
                ptr::null_mut()
            }
        })
    }

    pub fn output(&self, index: u32) -> Option<Port> {
        let raw = self.0.raw.as_ptr();
        // SAFETY: as for `input`.
        self.port(unsafe {
            if index < (*raw).output_num {
                *(*raw).output.add(index as usize)
            } else {
                ptr::null_mut()
            }
        })
    }

    fn port(&self, raw: *mut MMAL_PORT_T) -> Option<Port> {
        NonNull::new(raw).map(|raw| Port {
            raw,
            component: self.clone(),
        })
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: made by `create`, and no port of it is left. The receivers were boxes; the component that could reach
        // them is destroyed, and if it is not, they stay.
        unsafe {
            if Status::check(ffi::mmal_component_destroy(self.raw.as_ptr())).is_ok() {
                self.receivers
                    .get_mut()
                    .drain(..)
                    .for_each(|receiver| drop(Box::from_raw(receiver.as_ptr())));
            }
        }
    }
}

impl Port {
    /// Sets parameter `id` to `words`: the 32-bit values that follow the header in its structure.
    pub fn set(&self, id: u32, words: &[u32]) -> Outcome<()> {
        let message = message(id, words);
        // SAFETY: the message begins with a header that tells its length, and is aligned as its structures are.
        Status::check(unsafe {
            ffi::mmal_port_parameter_set(self.raw.as_ptr(), message.as_ptr().cast())
        })
    }

    /// Reads parameter `id` into `words`, as many as its structure has behind the header.
    pub fn get(&self, id: u32, words: &mut [u32]) -> Outcome<()> {
        let mut message = message(id, words);
        // SAFETY: as for `set`; the library writes no further than the length in the header.
        Status::check(unsafe {
            ffi::mmal_port_parameter_get(self.raw.as_ptr(), message.as_mut_ptr().cast())
        })?;
        words.copy_from_slice(&message[2..]);
        Ok(())
    }

    /// Writes a picture format into the port; `commit` makes it count.
    pub fn set_pictures(&self, pictures: &PortPictures) {
        // SAFETY: a port has a format for as long as it lives, with a part for video behind it; nobody else writes it.
        unsafe {
            let format = &mut *(*self.raw.as_ptr()).format;
            format.encoding = pictures.encoding;
            format.encoding_variant = pictures.variant;
            let video = &mut (*format.es).video;
            video.width = pictures.width;
            video.height = pictures.height;
            video.crop.x = 0;
            video.crop.y = 0;
            video.crop.width = pictures.visible_width.cast_signed();
            video.crop.height = pictures.visible_height.cast_signed();
            video.frame_rate.num = pictures.rate.cast_signed();
            video.frame_rate.den = 1;
        }
    }

    /// Writes the format of a coded stream into an encoder's output: the pictures of its input, coded at `bit_rate`.
    pub fn set_coded(&self, input: &Self, encoding: u32, bit_rate: u32) {
        // SAFETY: as for `set_pictures`, for both ports; the copy keeps the pointers of the target.
        unsafe {
            let format = (*self.raw.as_ptr()).format;
            ffi::mmal_format_copy(format, (*input.raw.as_ptr()).format);
            (*format).encoding = encoding;
            (*format).bitrate = bit_rate;
            let rate = &mut (*(*format).es).video.frame_rate;
            rate.num = 0;
            rate.den = 1;
        }
    }

    /// Has the component take the format that was written.
    pub fn commit(&self) -> Outcome<()> {
        // SAFETY: the port lives as long as `self`.
        Status::check(unsafe { ffi::mmal_port_format_commit(self.raw.as_ptr()) })
    }

    pub fn buffers(&self) -> PortBuffers {
        // SAFETY: the structure lives as long as `self`; the library writes it only within calls on this port.
        let port = unsafe { self.raw.as_ref() };
        PortBuffers {
            count_min: port.buffer_num_min,
            count_recommended: port.buffer_num_recommended,
            size_bytes_min: port.buffer_size_min,
            size_bytes_recommended: port.buffer_size_recommended,
        }
    }

    /// Sets the number and the size of the buffers.
    pub fn set_buffers(&self, count: u32, size_bytes: u32) {
        // SAFETY: these two fields are the client's to write, and the structure lives as long as `self`.
        unsafe {
            (*self.raw.as_ptr()).buffer_num = count;
            (*self.raw.as_ptr()).buffer_size = size_bytes;
        }
    }

    /// Raises the number of buffers to `count`.
    pub fn raise_buffer_count(&self, count: u32) {
        // SAFETY: as for `set_buffers`.
        unsafe {
            let number = &mut (*self.raw.as_ptr()).buffer_num;
            *number = count.max(*number);
        }
    }

    /// Has `receive` called, on a thread of the library, with everything that the port hands out. With a pool, whose
    /// buffers `Enabled::send_all` lends to the port, each is lent again as soon as `receive` returns.
    pub fn enable(
        &self,
        pool: Option<&Pool>,
        receive: impl Fn(Arrival<'_>) + Send + Sync + 'static,
    ) -> Outcome<Enabled> {
        // SAFETY: the pool lives until the port is disabled again: `Enabled` holds it.
        let queue = pool.map_or(ptr::null_mut(), |pool| unsafe { pool.0.raw.as_ref() }.queue);
        let receiver = NonNull::from(Box::leak(Box::new(Receiver {
            receive: Box::new(receive),
            queue,
        })));
        self.component.0.receivers.borrow_mut().push(receiver);
        // SAFETY: the field is the client's, and what it points to lives as long as the component. The callback finds it.
        unsafe {
            (*self.raw.as_ptr()).userdata = receiver.as_ptr().cast();
            Status::check(ffi::mmal_port_enable(self.raw.as_ptr(), Some(hand_over)))?;
        }
        Ok(Enabled {
            port: self.clone(),
            pool: pool.cloned(),
        })
    }
}

impl Enabled {
    /// Lends every buffer of the pool to the port.
    pub fn send_all(&self) -> Outcome<()> {
        let Some(pool) = &self.pool else {
            return Ok(());
        };
        // SAFETY: pool and port live as long as `self`. A buffer that the port does not take goes back to its pool.
        unsafe {
            let queue = pool.0.raw.as_ref().queue;
            while let Some(buffer) = NonNull::new(ffi::mmal_queue_get(queue)) {
                let sent = ffi::mmal_port_send_buffer(self.port.raw.as_ptr(), buffer.as_ptr());
                Status::check(sent)
                    .inspect_err(|_| ffi::mmal_buffer_header_release(buffer.as_ptr()))?;
            }
        }
        Ok(())
    }
}

impl Drop for Enabled {
    /// Waits until every buffer is back; they are handed out until then.
    fn drop(&mut self) {
        // SAFETY: the port was enabled by `Port::enable` and lives as long as `self`.
        unsafe { ffi::mmal_port_disable(self.port.raw.as_ptr()) };
    }
}

impl Pool {
    /// `count` buffers of `size_bytes` for `port`.
    pub fn create(port: &Port, count: u32, size_bytes: u32) -> Outcome<Self> {
        // SAFETY: the port lives as long as the pool, which holds it.
        let raw = unsafe { ffi::mmal_port_pool_create(port.raw.as_ptr(), count, size_bytes) };
        let raw = NonNull::new(raw).ok_or(Status::NO_MEMORY)?;
        Ok(Self(Rc::new(OwnedPool {
            raw,
            port: port.clone(),
        })))
    }
}

impl Drop for OwnedPool {
    fn drop(&mut self) {
        // SAFETY: made by `create` for this port; the port is disabled, since `Enabled` holds the pool until then.
        unsafe { ffi::mmal_port_pool_destroy(self.port.raw.as_ptr(), self.raw.as_ptr()) };
    }
}

impl Connection {
    /// Joins `output` to `input` inside the VideoCore, and starts the flow.
    pub fn tunnel(output: &Port, input: &Port) -> Outcome<Self> {
        let flags =
            ffi::MMAL_CONNECTION_FLAG_TUNNELLING | ffi::MMAL_CONNECTION_FLAG_ALLOCATION_ON_INPUT;
        let mut raw = ptr::null_mut();
        // SAFETY: both ports live; the connection takes references of its own to their components.
        let joined = Status::check(unsafe {
            ffi::mmal_connection_create(
                &raw mut raw,
                output.raw.as_ptr(),
                input.raw.as_ptr(),
                flags,
            )
        });
        // The library hands out a connection that it could not make, too; it goes out of scope here.
        let connection = NonNull::new(raw).map(Self);
        joined?;
        let connection = connection.ok_or(Status::NO_MEMORY)?;
        // SAFETY: the connection was just made; if this fails it is destroyed when it goes out of scope.
        Status::check(unsafe { ffi::mmal_connection_enable(connection.0.as_ptr()) })?;
        Ok(connection)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: made by `tunnel`. It disables what is enabled and lets go of its components.
        unsafe { ffi::mmal_connection_destroy(self.0.as_ptr()) };
    }
}

/// The callback: lets the receiver look at the buffer, gives the buffer back, and lends the port the next one.
/// It runs on a thread of the library, which must never be held up.
unsafe extern "C" fn hand_over(port: *mut MMAL_PORT_T, buffer: *mut MMAL_BUFFER_HEADER_T) {
    // SAFETY: the library calls with an enabled port, whose `userdata` is set by `Port::enable`, and with a buffer that
    // is the callback's until it is released. A buffer that another thread's `port_disable` keeps the port from
    // taking goes back to its pool.
    unsafe {
        let receiver = &*(*port).userdata.cast::<Receiver>();
        (receiver.receive)(arrival(&*buffer));
        ffi::mmal_buffer_header_release(buffer);
        if receiver.queue.is_null() || ptr::read_volatile(&raw const (*port).is_enabled) == 0 {
            return;
        }
        if let Some(next) = NonNull::new(ffi::mmal_queue_get(receiver.queue))
            && Status::check(ffi::mmal_port_send_buffer(port, next.as_ptr())).is_err()
        {
            ffi::mmal_buffer_header_release(next.as_ptr());
        }
    }
}

/// # Safety
/// The payload must be as long as the header says.
unsafe fn arrival(header: &MMAL_BUFFER_HEADER_T) -> Arrival<'_> {
    let within = header
        .offset
        .checked_add(header.length)
        .is_some_and(|end| end <= header.alloc_size);
    let data = if header.data.is_null() || header.length == 0 || !within {
        &[]
    } else {
        // SAFETY: `offset` and `length` lie within the allocation, and nobody writes there until the release.
        unsafe {
            slice::from_raw_parts(
                header.data.add(header.offset as usize),
                header.length as usize,
            )
        }
    };
    Arrival {
        command: header.cmd,
        flags: header.flags,
        pts_us: header.pts,
        data,
    }
}
