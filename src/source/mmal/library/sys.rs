//! The C symbols that mmal-sys and rascam call, defined here and forwarded to the libmmal that was loaded at run time.
//!
//! Each row of `forward!` is one function. Its type is compared with that of mmal-sys by the compiler, and all of them
//! are looked up when the library is loaded, so that a missing one is an error then and not a crash later.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::sync::{Mutex, OnceLock};

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LAZY};
use mmal_sys::{
    MMAL_BUFFER_HEADER_T, MMAL_COMPONENT_T, MMAL_CONNECTION_T, MMAL_ES_FORMAT_T,
    MMAL_PARAMETER_HEADER_T, MMAL_POOL_T, MMAL_PORT_BH_CB_T, MMAL_PORT_T, MMAL_QUEUE_T,
    MMAL_STATUS_T::Type as Status, VCOS_STATUS_T,
};

use super::{LoadError, candidates, exists};
use crate::source::mmal::places::{HOST, PARTS, WHOLE};

/// `vc_gencmd` of libbcm_host: an answer, its room, and a question in the manner of `printf`.
type Gencmd = unsafe extern "C" fn(*mut c_char, c_int, *const c_char, ...) -> c_int;

static LOADED: OnceLock<Loaded> = OnceLock::new();

struct Loaded {
    symbols: Symbols,
    gencmd: Option<Gencmd>,
    /// Held for ever: the symbols point into them.
    _libraries: Vec<Library>,
}

macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        struct Symbols {
            $($name: unsafe extern "C" fn($($type),*) $(-> $result)?,)*
        }

        impl Symbols {
            /// Looks every symbol up; the first that is missing is the error.
            fn find(libraries: &[Library]) -> Result<Self, LoadError> {
                $(
                    // SAFETY: the C function of this name has this type: the headers that mmal-sys was made from say so,
                    // and the line of constants below compares the two.
                    let $name = unsafe { symbol(libraries, stringify!($name)) }.ok_or(LoadError::Symbol(stringify!($name)))?;
                )*
                Ok(Self { $($name),* })
            }
        }

        $(
            const _: unsafe extern "C" fn($($type),*) $(-> $result)? = mmal_sys::$name;

            // SAFETY: no other object that is linked into this program defines the symbol.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name($($argument: $type),*) $(-> $result)? {
                let loaded = LOADED.get().expect("libmmal is loaded before it is called");
                // SAFETY: the caller keeps what the function asks of its arguments; they are passed on unchanged.
                unsafe { (loaded.symbols.$name)($($argument),*) }
            }
        )*
    };
}

forward! {
    bcm_host_init();
    vcos_init() -> VCOS_STATUS_T;
    mmal_vc_init() -> Status;
    mmal_status_to_string(status: Status) -> *const c_char;
    mmal_component_create(name: *const c_char, component: *mut *mut MMAL_COMPONENT_T) -> Status;
    mmal_component_destroy(component: *mut MMAL_COMPONENT_T) -> Status;
    mmal_component_enable(component: *mut MMAL_COMPONENT_T) -> Status;
    mmal_component_disable(component: *mut MMAL_COMPONENT_T) -> Status;
    mmal_port_parameter_get(port: *mut MMAL_PORT_T, parameter: *mut MMAL_PARAMETER_HEADER_T) -> Status;
    mmal_port_parameter_set(port: *mut MMAL_PORT_T, parameter: *const MMAL_PARAMETER_HEADER_T) -> Status;
    mmal_port_format_commit(port: *mut MMAL_PORT_T) -> Status;
    mmal_format_copy(to: *mut MMAL_ES_FORMAT_T, from: *mut MMAL_ES_FORMAT_T);
    mmal_port_enable(port: *mut MMAL_PORT_T, callback: MMAL_PORT_BH_CB_T) -> Status;
    mmal_port_disable(port: *mut MMAL_PORT_T) -> Status;
    mmal_port_send_buffer(port: *mut MMAL_PORT_T, buffer: *mut MMAL_BUFFER_HEADER_T) -> Status;
    mmal_port_pool_create(port: *mut MMAL_PORT_T, headers: c_uint, payload_size: u32) -> *mut MMAL_POOL_T;
    mmal_port_pool_destroy(port: *mut MMAL_PORT_T, pool: *mut MMAL_POOL_T);
    mmal_queue_get(queue: *mut MMAL_QUEUE_T) -> *mut MMAL_BUFFER_HEADER_T;
    mmal_buffer_header_release(buffer: *mut MMAL_BUFFER_HEADER_T);
    mmal_connection_create(connection: *mut *mut MMAL_CONNECTION_T, out: *mut MMAL_PORT_T, into: *mut MMAL_PORT_T, flags: u32) -> Status;
    mmal_connection_enable(connection: *mut MMAL_CONNECTION_T) -> Status;
    mmal_connection_destroy(connection: *mut MMAL_CONNECTION_T) -> Status;
}

/// Loads the library, the first time that it is called.
pub(super) fn load() -> Result<(), LoadError> {
    static LOADING: Mutex<()> = Mutex::new(());
    let _turn = LOADING.lock();
    if LOADED.get().is_some() {
        return Ok(());
    }
    let libraries = libraries()?;
    let symbols = Symbols::find(&libraries)?;
    // SAFETY: bcm_host.h and vc_vchi_gencmd.h of every Raspbian declare it with this type.
    let gencmd = unsafe { symbol(&libraries, "vc_gencmd") };
    // The turn is ours, so nobody was quicker.
    let _ = LOADED.set(Loaded {
        symbols,
        gencmd,
        _libraries: libraries,
    });
    Ok(())
}

/// The answer of the firmware to `question`, which has no `%` in it.
pub(super) fn gencmd(question: &CStr) -> Option<String> {
    let gencmd = LOADED.get()?.gencmd?;
    debug_assert!(!question.to_bytes().contains(&b'%'));
    let mut answer = [0_u8; 1024];
    // SAFETY: the function writes at most the given number of bytes, a NUL among them, and reads a C string without
    // conversions, so no further arguments. A byte is kept back so that the last one is a NUL in any case.
    let status = unsafe {
        gencmd(
            answer.as_mut_ptr().cast(),
            answer.len() as c_int - 1,
            question.as_ptr(),
        )
    };
    let text = CStr::from_bytes_until_nul(&answer)
        .ok()?
        .to_string_lossy()
        .trim()
        .to_owned();
    (status == 0 && !text.is_empty()).then_some(text)
}

/// libmmal and its host library, or the parts one by one.
fn libraries() -> Result<Vec<Library>, LoadError> {
    match open(candidates(WHOLE)) {
        Ok(whole) => Ok([whole]
            .into_iter()
            .chain(open(candidates(HOST)).ok())
            .collect()),
        Err(complaint) => {
            let parts: Result<Vec<_>, _> =
                PARTS.iter().map(|name| open(candidates(name))).collect();
            parts.map_err(|of_part| LoadError::Missing(complaint.or(of_part)))
        }
    }
}

/// The first candidate that the loader takes; otherwise its words on the last one that is a file.
fn open(candidates: impl Iterator<Item = String>) -> Result<Library, Option<String>> {
    let mut complaint = None;
    for candidate in candidates {
        // SAFETY: loading runs the constructors of the VideoCore's client libraries. They register components and
        // start nothing that this program would have to keep in step with.
        match unsafe { Library::open(Some(&candidate), RTLD_LAZY | RTLD_GLOBAL) } {
            Ok(library) => return Ok(library),
            Err(error) if exists(&candidate) => complaint = Some(reason(&error)),
            Err(_) => (),
        }
    }
    Err(complaint)
}

/// The loader's own words, without the wrapping.
fn reason(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// The address of `name` in the first library that has it.
///
/// # Safety
/// `T` must be the type of a pointer to that C function.
unsafe fn symbol<T: Copy>(libraries: &[Library], name: &str) -> Option<T> {
    // SAFETY: the caller vouches for the type; the library is never unloaded, so the copy stays valid.
    libraries
        .iter()
        .find_map(|library| unsafe { library.get::<T>(name) }.ok().map(|found| *found))
}
