//! libbcm_host and libvcos: start, the general command service, the log; and the account at the end of the process.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::process::exit;
use std::ptr::{null, null_mut};
use std::sync::Once;

use crate::abi::{LogCategory, SUCCESS};
use crate::devices;
use crate::firmware;
use crate::state::world;
use crate::trace;

/// What the real library exits with when there is no VideoCore to talk to.
const NO_VIDEOCORE: i32 = 255;
const LOG_ERROR: u32 = 2;

unsafe extern "C" {
    fn snprintf(buffer: *mut c_char, size: usize, format: *const c_char, ...) -> c_int;
}

#[unsafe(no_mangle)]
pub extern "C" fn bcm_host_init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if !devices::open_channel() {
            println!("* failed to open vchiq instance");
            exit(NO_VIDEOCORE);
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn bcm_host_deinit() {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn graphics_get_display_size(
    _display: u16,
    width: *mut u32,
    height: *mut u32,
) -> i32 {
    // SAFETY: the caller gives places for both.
    unsafe { (*width, *height) = (1920, 1080) };
    0
}

/// The real one takes more arguments for `format`; they are integers or pointers, which these two are read as.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vc_gencmd(
    response: *mut c_char,
    size: c_int,
    format: *const c_char,
    one: *const c_void,
    two: *const c_void,
) -> c_int {
    let mut command = [0; 256];
    // SAFETY: the format is the caller's and so are the arguments that it mentions.
    let command = unsafe {
        snprintf(command.as_mut_ptr(), command.len(), format, one, two);
        CStr::from_ptr(command.as_ptr())
            .to_string_lossy()
            .into_owned()
    };
    let line = format!("gencmd {command}");
    trace::note("gencmd", &command);
    if let Some(status) = crate::config::config()
        .failure_of(&line)
        .filter(|&status| status != SUCCESS)
    {
        return status;
    }
    let answer = CString::new(firmware::general_command(&command)).expect("no zero in an answer");
    // SAFETY: the caller gives room for `size` bytes; no more is written.
    unsafe { snprintf(response, size as usize, c"%s".as_ptr(), answer.as_ptr()) };
    0
}

/// Finds `property=number` in the text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vc_gencmd_number_property(
    text: *const c_char,
    property: *const c_char,
    number: *mut c_int,
) -> c_int {
    // SAFETY: the caller gives two C strings.
    let (text, property) = unsafe {
        (
            CStr::from_ptr(text).to_string_lossy(),
            CStr::from_ptr(property).to_string_lossy(),
        )
    };
    let words = text.split([' ', ',', '\n']);
    let value = words
        .filter_map(|word| word.split_once('='))
        .find(|(name, _)| *name == property)
        .map(|(_, value)| value);
    let digits: String = value
        .unwrap_or("")
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    match digits.parse() {
        // SAFETY: the caller gives a place for the number.
        Ok(found) => unsafe {
            *number = found;
            1
        },
        Err(_) => 0,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn vcos_init() -> c_int {
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn vcos_deinit() {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn vcos_log_register(name: *const c_char, category: *mut LogCategory) {
    // SAFETY: the caller gives a category of its own, and a name that lives as long.
    unsafe {
        (*category).name = name;
        (*category).level = LOG_ERROR;
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn vcos_log_unregister(_category: *mut LogCategory) {}

#[unsafe(no_mangle)]
pub extern "C" fn vcos_set_vlog_impl(_function: *const c_void) {}

#[unsafe(no_mangle)]
pub extern "C" fn vcos_log_get_default_category() -> *mut LogCategory {
    &raw mut mmal_log_category
}

/// The category of libmmal's own log.
#[unsafe(no_mangle)]
pub static mut mmal_log_category: LogCategory = LogCategory {
    level: LOG_ERROR,
    name: null(),
    next: null_mut(),
    flags: 0,
    refcount: 0,
    platform_data: null_mut(),
};

/// Prints to standard error. The arguments that the format mentions are passed on where they are: in the same
/// register and stack places as here, since `snprintf` has as many before its format.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vcos_log_impl(
    _category: *const LogCategory,
    _level: u32,
    format: *const c_char,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) {
    let mut text = [0; 512];
    // SAFETY: the format is the caller's and so are the arguments that it mentions.
    let text = unsafe {
        snprintf(text.as_mut_ptr(), text.len(), format, a, b, c, d, e, f);
        CStr::from_ptr(text.as_ptr()).to_string_lossy().into_owned()
    };
    eprintln!("mmal: {text}");
}

#[unsafe(no_mangle)]
pub extern "C" fn vcos_pthreads_logging_assert(
    _file: *const c_char,
    _function: *const c_char,
    _line: c_int,
) {
    trace::error("an assertion of the program failed");
}

/// Runs when the process ends in an orderly way, or when the library is unloaded.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_END: extern "C" fn() = account;

extern "C" fn account() {
    world()
        .left_over()
        .iter()
        .for_each(|text| trace::leak(text));
    trace::note("end", "orderly");
}
