//! What an MMAL call answers when it fails: the numbers of mmal_types.h by their names.

use std::fmt;

/// A status other than success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u32);

/// The result of an MMAL call.
pub type Outcome<T> = Result<T, Status>;

impl Status {
    /// Memory ran out, also the one of the VideoCore; or the sensor did not start.
    pub const NO_MEMORY: Self = Self(1);
    /// Something other than memory ran out: often the camera itself, which is in use.
    pub const NO_SPACE: Self = Self(2);
    /// A value, or a size, that the component does not take.
    pub const INVALID: Self = Self(3);
    /// A component or parameter that this firmware does not have.
    pub const NOT_IMPLEMENTED: Self = Self(4);

    /// Success, or the failure as an error.
    pub fn check(number: u32) -> Outcome<()> {
        if number == 0 {
            Ok(())
        } else {
            Err(Self(number))
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 16] = [
            "SUCCESS",
            "ENOMEM",
            "ENOSPC",
            "EINVAL",
            "ENOSYS",
            "ENOENT",
            "ENXIO",
            "EIO",
            "ESPIPE",
            "ECORRUPT",
            "ENOTREADY",
            "ECONFIG",
            "EISCONN",
            "ENOTCONN",
            "EAGAIN",
            "EFAULT",
        ];
        match NAMES.get(self.0 as usize) {
            Some(name) => f.write_str(name),
            None => write!(f, "status {}", self.0),
        }
    }
}

/// The bindings are there on ARM alone; there the numbers are compared with theirs.
#[cfg(target_arch = "arm")]
const _: () = {
    use mmal_sys::MMAL_STATUS_T as status;
    assert!(status::MMAL_SUCCESS == 0);
    assert!(Status::NO_MEMORY.0 == status::MMAL_ENOMEM);
    assert!(Status::NO_SPACE.0 == status::MMAL_ENOSPC);
    assert!(Status::INVALID.0 == status::MMAL_EINVAL);
    assert!(Status::NOT_IMPLEMENTED.0 == status::MMAL_ENOSYS);
};
