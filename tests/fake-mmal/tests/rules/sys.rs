//! A program of libmmal, as small as it can be, and what the library complained of meanwhile.
#![allow(unsafe_code)]

use std::ffi::{CString, c_void};
use std::fs;
use std::path::PathBuf;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mmal::abi::{BufferHeader, Component, Connection, Pool, Port, Status, fourcc};
use mmal::buffer::sys::{mmal_buffer_header_release, mmal_queue_get};
use mmal::commit::sys::mmal_port_format_commit;
use mmal::component::sys::{mmal_component_create, mmal_component_destroy, mmal_component_enable};
use mmal::connection::sys::{
    mmal_connection_create, mmal_connection_destroy, mmal_connection_enable,
};
use mmal::parameters::sys::mmal_port_parameter_set_boolean;
use mmal::pool::sys::{mmal_port_pool_create, mmal_port_pool_destroy};
use mmal::port::sys::{mmal_port_disable, mmal_port_enable, mmal_port_send_buffer};

const CAPTURE: u32 = 0x10011;

/// Runs the code alone and gives back the rules that it broke.
pub fn mistakes(code: impl FnOnce()) -> Vec<String> {
    let _alone = alone();
    let before = errors().len();
    code();
    errors().split_off(before)
}

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = fs::remove_file(trace());
        // SAFETY: every test of this program first waits here, so no other thread reads the environment now.
        unsafe { std::env::set_var("FAKE_MMAL_TRACE", trace()) };
    });
    guard
}

fn trace() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rules.trace")
}

fn errors() -> Vec<String> {
    let text = fs::read_to_string(trace()).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.strip_prefix("error: "))
        .map(str::to_owned)
        .collect()
}

pub fn create(name: &str) -> Result<*mut Component, Status> {
    let name = CString::new(name).unwrap();
    let mut component = null_mut();
    // SAFETY: a C string and a place for the pointer.
    match unsafe { mmal_component_create(name.as_ptr(), &mut component) } {
        0 => Ok(component),
        status => Err(status),
    }
}

pub fn destroy(component: *mut Component) -> Status {
    // SAFETY: the library knows which components there are.
    unsafe { mmal_component_destroy(component) }
}

/// A camera in a tunnel to an encoder, whose output port is enabled and has a pool.
pub struct Pipeline {
    pub camera: *mut Component,
    pub encoder: *mut Component,
    pub connection: *mut Connection,
    pub pool: *mut Pool,
    /// How many had come before it was made.
    before: usize,
}

/// Buffers with content that came.
pub static ARRIVED: AtomicUsize = AtomicUsize::new(0);

impl Pipeline {
    pub fn new() -> Pipeline {
        let (camera, encoder) = (
            create("vc.ril.camera").unwrap(),
            create("vc.ril.video_encode").unwrap(),
        );
        let mut connection = null_mut();
        // SAFETY: both components were just made.
        let pool = unsafe {
            mmal_component_enable(camera);
            mmal_component_enable(encoder);
            let (output, encoded) = (*(*camera).output.add(1), *(*encoder).output);
            (*encoded).buffer_num = (*encoded).buffer_num_recommended;
            (*encoded).buffer_size = (*encoded).buffer_size_recommended;
            assert_eq!(mmal_port_format_commit(encoded), 0);
            assert_eq!(
                mmal_connection_create(&mut connection, output, *(*encoder).input, 1),
                0
            );
            assert_eq!(mmal_connection_enable(connection), 0);
            mmal_port_pool_create(encoded, (*encoded).buffer_num, (*encoded).buffer_size)
        };
        Pipeline {
            camera,
            encoder,
            connection,
            pool,
            before: ARRIVED.load(Ordering::SeqCst),
        }
    }

    pub fn video(&self) -> *mut Port {
        // SAFETY: the camera lives and has three outputs.
        unsafe { *(*self.camera).output.add(1) }
    }

    pub fn output(&self) -> *mut Port {
        // SAFETY: the encoder lives and has an output.
        unsafe { *(*self.encoder).output }
    }

    pub fn enable_output(&self) -> Status {
        // SAFETY: the port lives; the callback finds the pool while the pipeline does.
        unsafe {
            (*self.output()).userdata = self.pool.cast();
            mmal_port_enable(self.output(), Some(recycle))
        }
    }

    pub fn take(&self) -> *mut BufferHeader {
        // SAFETY: the pool lives.
        unsafe { mmal_queue_get((*self.pool).queue) }
    }

    pub fn send(&self, header: *mut BufferHeader) -> Status {
        // SAFETY: the library knows which buffers there are.
        unsafe { mmal_port_send_buffer(self.output(), header) }
    }

    pub fn send_all(&self) {
        loop {
            let header = self.take();
            if header.is_null() {
                return;
            }
            assert_eq!(self.send(header), 0);
        }
    }

    pub fn capture(&self) {
        // SAFETY: the port lives.
        unsafe { mmal_port_parameter_set_boolean(self.video(), CAPTURE, 1) };
    }

    /// Waits until so many buffers with content have come since the start.
    pub fn wait_for(&self, count: usize) {
        let begin = Instant::now();
        while ARRIVED.load(Ordering::SeqCst) < self.before + count {
            assert!(begin.elapsed() < Duration::from_secs(30), "no buffers come");
            sleep(Duration::from_millis(5));
        }
    }

    /// Enables the tunnel by its output, as the library does when a connection is enabled.
    pub fn enable_tunnel_again(&self) {
        // SAFETY: the port lives.
        assert_eq!(unsafe { mmal_port_enable(self.video(), None) }, 0);
    }

    /// In the order in which a program should.
    pub fn tear_down(self) {
        // SAFETY: all of it lives, and nothing is used afterwards.
        unsafe {
            mmal_connection_destroy(self.connection);
            mmal_port_pool_destroy(self.output(), self.pool);
        }
        assert_eq!((destroy(self.encoder), destroy(self.camera)), (0, 0));
    }
}

pub fn disable(port: *mut Port) -> Status {
    // SAFETY: the library knows which ports there are.
    unsafe { mmal_port_disable(port) }
}

pub fn enable(port: *mut Port) -> Status {
    // SAFETY: as above.
    unsafe { mmal_port_enable(port, Some(recycle)) }
}

pub fn release(header: *mut BufferHeader) {
    // SAFETY: the library knows which buffers there are.
    unsafe { mmal_buffer_header_release(header) };
}

/// Puts another format in the place of the port's own, and commits.
pub fn commit_a_foreign_format(port: *mut Port, other: *mut Port) -> Status {
    // SAFETY: both ports live.
    unsafe {
        (*port).format = (*other).format;
        mmal_port_format_commit(port)
    }
}

/// Whether a port has the encoding, in letters.
pub fn encoding_is(port: *mut Port, letters: &[u8; 4]) -> bool {
    // SAFETY: the port lives, and so does its format.
    unsafe { (*(*port).format).encoding == fourcc(letters) }
}

/// The callback: counts what comes and sends another buffer while the port is enabled.
unsafe extern "C" fn recycle(port: *mut Port, header: *mut BufferHeader) {
    // SAFETY: the library calls this with a port and a buffer of ours; the pool lives as long as the port is enabled.
    unsafe {
        let is_content = (*header).length > 0;
        mmal_buffer_header_release(header);
        let pool: *mut Pool = (*port).userdata.cast();
        if (*port).is_enabled != 0 && !pool.is_null() {
            let next = mmal_queue_get((*pool).queue);
            if !next.is_null() {
                mmal_port_send_buffer(port, next);
            }
        }
        ARRIVED.fetch_add(is_content.into(), Ordering::SeqCst);
    }
}

/// Enables the output with a callback that disables its own port, which the real library does not survive.
pub fn enable_with_a_careless_callback(pipeline: &Pipeline) -> Status {
    unsafe extern "C" fn careless(port: *mut Port, header: *mut BufferHeader) {
        // SAFETY: as above.
        unsafe {
            let is_content = (*header).length > 0;
            mmal_buffer_header_release(header);
            if is_content {
                assert_eq!(mmal_port_disable(port), 3);
                ARRIVED.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    // SAFETY: the port lives.
    unsafe {
        (*pipeline.output()).userdata = null_mut::<c_void>();
        mmal_port_enable(pipeline.output(), Some(careless))
    }
}
