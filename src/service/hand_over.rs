//! An instance on a shared camera: it hands its viewer's connection over to picam-camera.service and from then on only
//! carries text, so that its journal is as ever. When it is stopped, the service ends its viewer.

use std::io::ErrorKind;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

use super::CAMERA_SOCKET;
use crate::error::{Error, Result};
use crate::log;
use crate::options::{Format, Options, SourceChoice};
use crate::serve::handed::client::{Client, Heard, gone};
use crate::serve::handed::message::{Ask, Ended, Kind, Say, Watch};
use crate::stop::Stop;
use crate::units::Micros;
use crate::viewer::peer_name;

/// How long the service may take to say how a viewer was served whose instance is stopped.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How long a service may go on ending that was to begin anew.
const BEGINS_ANEW_WITHIN: Duration = Duration::from_secs(10);

/// How handing over has ended.
#[derive(Debug)]
pub enum HandedOver {
    /// There is no shared camera: the instance opens its own.
    NoService,
    Served(Ended),
}

/// Has the viewer on `connection` served by the shared camera, where there is one, until it is over.
///
/// # Errors
/// `Camera`: the service is of another version, or gone; or a shared camera was asked for by name and is not there.
pub fn hand_over(options: &Options, connection: BorrowedFd<'_>, stop: &Stop) -> Result<HandedOver> {
    let (path, is_asked_for) = match &options.source {
        SourceChoice::Shared(path) => (path.as_deref(), true),
        _ => (None, false),
    };
    let path = path.unwrap_or(Path::new(CAMERA_SOCKET));
    let ask = Ask::Watch(Watch {
        kind: match options.format {
            Format::H264 => Kind::Bare,
            Format::MpegTs => Kind::MpegTs,
        },
        // Who asks for the shared camera by its name takes it as it is.
        camera_hash: (!is_asked_for).then(|| options.camera_hash()),
        time_limit: options.time_limit,
        name: peer_name::of(connection).unwrap_or_default(),
    });
    let deadline = Micros::now().after(BEGINS_ANEW_WITHIN);
    loop {
        let client = match Client::connect(path, options.verbose) {
            Ok(client) => client,
            Err(error) if !is_asked_for => {
                if !is_nobody_there(error.kind()) {
                    log::warn!(
                        "{}; this instance opens the camera itself",
                        not_reached(path, &error)
                    );
                }
                return Ok(HandedOver::NoService);
            }
            Err(error) => return Err(Error::Camera(not_reached(path, &error))),
        };
        if client.ask(&ask, Some(connection)).is_err() {
            return Err(gone());
        }
        match follow(&client, stop)? {
            Some(ended) => return Ok(HandedOver::Served(ended)),
            None if Micros::now() < deadline => {}
            None => {
                return Err(Error::Camera(
                    "picam-camera.service was to begin anew with other options and does not; systemctl restart \
                     picam-camera"
                        .into(),
                ));
            }
        }
    }
}

/// Whether this says that no shared camera is there, which is the ordinary case.
fn is_nobody_there(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::NotFound | ErrorKind::ConnectionRefused)
}

/// Why the shared camera cannot be used.
pub fn not_reached(path: &Path, error: &std::io::Error) -> String {
    format!(
        "connecting to the shared camera at {} failed: {error}; it is there after: systemctl enable --now \
         picam-camera.socket, for root and the group video",
        path.display()
    )
}

/// Carries what the service says until it is over; nothing where it is to be asked again.
fn follow(client: &Client, stop: &Stop) -> Result<Option<Ended>> {
    while !stop.requested() {
        stop.wait_beside(client.descriptor());
        match client.hear(Duration::ZERO)? {
            Heard::Said(Say::Ended(ended)) => return Ok(Some(ended)),
            Heard::Said(Say::AskAgain) => return Ok(None),
            Heard::Said(_) | Heard::Nothing => {}
            Heard::Gone => return Err(gone()),
        }
    }
    client.leave();
    let deadline = Micros::now().after(LAST_WORDS);
    let mut ended = Ended::default();
    while Micros::now() < deadline {
        match client.hear(LAST_WORDS)? {
            Heard::Said(Say::Ended(said)) => {
                ended = said;
                break;
            }
            Heard::Gone => break,
            Heard::Said(_) | Heard::Nothing => {}
        }
    }
    Ok(Some(Ended {
        exit_status: 0,
        reason: "stopped".into(),
        error: String::new(),
        ..ended
    }))
}
