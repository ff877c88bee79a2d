//! The one call to openh264 that its safe interface does not have: be silent already while it is set up.
//! Otherwise it writes to standard error by itself.

#![allow(unsafe_code)]

use std::os::raw::c_int;

use openh264::encoder::Encoder;

/// `ENCODER_OPTION_TRACE_LEVEL` and `WELS_LOG_QUIET` of openh264's codec_app_def.h.
const TRACE_LEVEL: c_int = 25;
const QUIET: c_int = 0;

/// Before the first picture: openh264 prints nothing from now on.
pub fn silence(encoder: &mut Encoder) {
    let mut level = QUIET;
    // SAFETY: the encoder lives, and this option is the one that may be set before it is initialised; openh264 reads
    // one 32-bit integer through the pointer and keeps nothing of it. The wrapper itself sets the same value later.
    // The result says nothing: there is none but success for this option.
    let _ = unsafe {
        encoder
            .raw_api()
            .set_option(TRACE_LEVEL, (&raw mut level).cast())
    };
}
