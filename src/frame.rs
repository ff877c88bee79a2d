//! One picture on its way from a source to a sink.

use std::time::Duration;

use crate::units::{Micros, Pts};

/// No source gives a larger picture: what grows beyond this has lost its end. No level of H.264 allows more (level 5.2:
/// 36,864 macroblocks of at most 400 bytes), and JPEGs of cameras are far below.
pub const LARGEST_PICTURE_BYTES: usize = 16 << 20;

/// One H.264 access unit in Annex B form (ITU-T H.264 annex B), or one whole JPEG. The two fields of an interlaced frame
/// are one `Frame`: they share its period.
///
/// One value is reused for the whole session, so that its memory is taken once.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The bytes. A key frame begins with SPS and PPS.
    pub data: Vec<u8>,
    /// When it is to be shown, as evenly as the camera tells it: for containers. Its turn to be decoded is `shown_after` before.
    pub pts: Pts,
    /// When it was taken, on the machine's monotonic clock: for its age, and for nothing that a player sees.
    pub captured: Micros,
    /// Whether decoding can begin here: an IDR access unit, or any JPEG.
    pub key: bool,
    /// How long after its turn in the stream the picture is shown: more than nothing only where pictures are reordered (B
    /// pictures), whose decoding goes ahead of their order on the screen.
    pub shown_after: Duration,
    /// Whether these bytes carry on the picture of the frame before, which went out before all of it had come.
    pub continues: bool,
}

impl Frame {
    /// Sets both times where the camera's clock is the machine's.
    pub fn taken_at(&mut self, captured: Micros) {
        self.captured = captured;
        self.pts = Pts(captured.0);
    }

    /// Its turn to be decoded: when it is shown, unless pictures are reordered.
    pub fn decoded_at(&self) -> Pts {
        let ahead_us = u64::try_from(self.shown_after.as_micros()).unwrap_or(u64::MAX);
        Pts(self.pts.0.saturating_sub(ahead_us))
    }

    /// Takes over all of `other`, into the memory that is there.
    pub fn become_copy_of(&mut self, other: &Self) {
        let mut data = std::mem::take(&mut self.data);
        data.clone_from(&other.data);
        let &Self {
            data: _,
            pts,
            captured,
            key,
            shown_after,
            continues,
        } = other;
        *self = Self {
            data,
            pts,
            captured,
            key,
            shown_after,
            continues,
        };
    }
}
