//! The place of a thread behind all others.

#![allow(unsafe_code)]

use nix::libc;

/// The last place that there is (setpriority(2)).
const LAST: libc::c_int = 19;

/// Puts the calling thread behind all others. Where that is refused it works on as before.
pub fn step_back() {
    // SAFETY: setpriority takes three numbers and touches no memory of ours. On Linux 0 means the calling thread, and no
    // other thread of the process (setpriority(2), C library/kernel differences).
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, LAST);
    }
}
