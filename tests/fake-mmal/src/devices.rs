//! The devices that the real libraries open: `/dev/vchiq`, the channel to the VideoCore, and the shared-memory driver
//! under one of its names. Each question is noted; under `FAKE_MMAL_ROOT` the answer depends on what is there.

use std::fs::OpenOptions;

use crate::config::config;
use crate::trace;

/// Opens the channel to the VideoCore as the real library would, and closes it again.
pub fn open_channel() -> bool {
    open("/dev/vchiq", true)
}

/// Opens the shared-memory driver: the older name first, then the newer one.
pub fn open_shared_memory() -> bool {
    open("/dev/vcsm", false) || open("/dev/vcsm-cma", true)
}

fn open(path: &str, is_there: bool) -> bool {
    let opened = match &config().root {
        None => Ok(is_there),
        Some(root) => OpenOptions::new()
            .read(true)
            .write(true)
            .open(format!("{root}{path}"))
            .map(|_| true)
            .map_err(|error| error.kind().to_string()),
    };
    trace::note("device", &format!("{path} {opened:?}"));
    opened.unwrap_or(false)
}
