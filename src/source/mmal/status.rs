//! What an MMAL call answers when it fails: the numbers of mmal_types.h by their names.

use std::fmt;

use mmal_sys::MMAL_STATUS_T as status;

/// A status other than success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u32);

/// The result of an MMAL call.
pub type Outcome<T> = Result<T, Status>;

impl Status {
    /// Memory ran out, also the one of the VideoCore; or the sensor did not start.
    pub const NO_MEMORY: Self = Self(status::MMAL_ENOMEM);
    /// Something other than memory ran out: often the camera itself, which is in use.
    pub const NO_SPACE: Self = Self(status::MMAL_ENOSPC);
    /// A value, or a size, that the component does not take.
    pub const INVALID: Self = Self(status::MMAL_EINVAL);
    /// A component or parameter that this firmware does not have.
    pub const NOT_IMPLEMENTED: Self = Self(status::MMAL_ENOSYS);

    /// Success, or the failure as an error.
    pub fn check(number: u32) -> Outcome<()> {
        if number == status::MMAL_SUCCESS { Ok(()) } else { Err(Self(number)) }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 16] = [
            "SUCCESS", "ENOMEM", "ENOSPC", "EINVAL", "ENOSYS", "ENOENT", "ENXIO", "EIO", "ESPIPE", "ECORRUPT",
            "ENOTREADY", "ECONFIG", "EISCONN", "ENOTCONN", "EAGAIN", "EFAULT",
        ];
        match NAMES.get(self.0 as usize) {
            Some(name) => f.write_str(name),
            None => write!(f, "status {}", self.0),
        }
    }
}
