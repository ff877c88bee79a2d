//! Where frames go. `open` is the only place that knows all kinds.

use crate::error::Result;
use crate::frame::Frame;

/// What a sink would like from the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    Nothing,
    /// A key frame soon: the viewer has just come, or was skipped forward.
    KeyFrame,
}

/// What a sink has done so far, for the closing line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames begun towards the viewer.
    pub frames: u64,
    /// Bytes that the kernel took.
    pub bytes: u64,
    /// Frames that were skipped because the viewer was behind.
    pub skipped: u64,
}

/// A taker of frames. A viewer that leaves is the error `Error::Viewer`.
pub trait Sink {
    /// Takes one frame.
    fn put(&mut self, frame: &Frame) -> Result<Want>;

    /// Called when no frame came in time, so that a gone peer is seen without traffic.
    fn idle(&mut self) -> Result<Want>;

    /// Whether bytes are left that did not fit: then `idle` wants to be called again soon.
    fn pending(&self) -> bool {
        false
    }

    /// The session ends in good order: what was begun is brought to its end within a bounded time, and the viewer sees the end.
    fn finish(&mut self) {}

    /// What went through so far.
    fn tally(&self) -> Tally;
}
