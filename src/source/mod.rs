//! Where frames come from. `open` is the only place that knows all kinds.

use std::time::Duration;

use crate::error::Result;
use crate::frame::Frame;

pub mod holders;
pub mod rpicam;

/// What a source had to offer within the time it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The frame was filled.
    Frame,
    /// Nothing came in time; ask again.
    Idle,
    /// The source has ended by itself: nothing more will come.
    End,
}

/// A source of frames. Dropping it sets the camera free.
pub trait Source {
    /// Fills `frame` with the next picture, waiting for at most `wait`. This is the only place where a session waits.
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next>;

    /// Asks for a key frame soon: a wish, which a source that cannot grant it ignores.
    fn request_key_frame(&mut self) {}

    /// How many frames the source itself had to drop so far, because it or its reader was too slow.
    fn dropped(&self) -> u64 {
        0
    }
}
