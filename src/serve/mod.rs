//! The many-viewers shape: one camera, and a room for each kind of viewer.

pub mod http;
pub mod users;

use crate::error::{Error, Result};
use crate::options::ServeOptions;
use crate::stop::Stop;

/// Serves whoever comes, until nobody has watched for the time of `--linger`.
///
/// # Errors
/// `Error::Usage` where systemd has handed no socket over.
pub fn run(_options: &ServeOptions, _stop: &Stop) -> Result<()> {
    Err(Error::Usage(
        "serve was given no socket: it is started by systemd, sudo systemctl enable --now picam-camera.socket"
            .to_owned(),
    ))
}
