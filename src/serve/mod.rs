//! Many viewers, one camera: `picam-stream serve`, which systemd starts when the first one comes.
//!
//! One loop over every descriptor in the main thread, and one thread for the camera. Viewers come through rooms: `handed`
//! (`camera.sock`), `http` (`picam-web.socket`) and `rtsp` (`picam-rtsp.socket`); each connection is a `guest`, which the loop
//! knows nothing else of.
//!
//! | file | holds |
//! | --- | --- |
//! | `sockets`, `accept`, `notify`, `refusal` | what systemd hands over, and what it and those who wait are told |
//! | `service`, `waiting` | the loop, and when it ends; how it waits |
//! | `house`, `door`, `guest` | what guests may ask of the service, who may come in, what a guest is |
//! | `journal`, `figures`, `users` | what is told of them, and how the service is; who may watch |
//! | `jpegs` | JPEGs of an H.264 camera |
//! | `camera`, `shared_camera`, `clock`, `rate` | the camera's thread; when it runs, what became of it, where its clock stands, how fast it gives |
//! | `picture`, `gop` | frames that are shared; the ones to begin with |
//! | `watcher`, `forms` | a viewer that joins a running stream; forms that need nothing of a room |

mod accept;
mod camera;
mod clock;
mod door;
mod figures;
mod forms;
mod gop;
mod guest;
pub mod handed;
mod house;
pub mod http;
mod journal;
mod jpegs;
mod notify;
mod picture;
mod rate;
mod refusal;
pub mod rtsp;
mod service;
mod shared_camera;
mod sockets;
mod sys;
pub mod users;
mod waiting;
mod watcher;

use self::house::House;
use self::service::Service;
use self::sockets::Sockets;
use crate::error::Result;
use crate::log;
use crate::options::ServeOptions;
use crate::stop::Stop;
use crate::units::Micros;

pub use self::refusal::refuse_all;

/// Serves all who come, until nobody has for a while. Returns the exit status: that of the camera's failure, if it failed and
/// has not run since; it has been told.
///
/// # Errors
/// `Usage`: it was not started by systemd, or by a socket that it does not know; who waits there has been told.
pub fn run(options: &ServeOptions, stop: &Stop) -> Result<u8> {
    // The sockets last: what is wrong before that is told to those who wait there (`refuse_all`).
    let house = House::new(options, Micros::now())?;
    let mut sockets = Sockets::from_systemd()?;
    if let Some(error) = sockets.take_fault() {
        refusal::refuse(&sockets, &error);
        return Err(error);
    }
    for warning in &options.stream.warnings {
        log::warn!("{warning}");
    }
    Ok(Service::new(house, sockets, Micros::now()).run(stop))
}
