//! The monotonic clock in microseconds, and the system time of the VideoCore, which is apart from it.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_long};

use crate::config::config;

const CLOCK_MONOTONIC: c_int = 1;

#[repr(C)]
struct Timespec {
    seconds: c_long,
    nanoseconds: c_long,
}

unsafe extern "C" {
    fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
}

// On ARM a long has 32 bits, elsewhere 64.
#[allow(clippy::useless_conversion)]
pub fn monotonic_us() -> i64 {
    let mut time = Timespec {
        seconds: 0,
        nanoseconds: 0,
    };
    // SAFETY: the structure is the C library's timespec, and lives during the call.
    unsafe { clock_gettime(CLOCK_MONOTONIC, &mut time) };
    i64::from(time.seconds) * 1_000_000 + i64::from(time.nanoseconds) / 1000
}

/// The time that the VideoCore puts on pictures.
pub fn stc_us() -> i64 {
    monotonic_us() + config().stc_offset_us
}
