//! The forms of the shared stream that need nothing of a room: the bare pictures, and the transport stream.

use std::sync::Arc;

use super::picture::Picture;
use crate::container::mpegts::{self, Counters};
use crate::options::Codec;
use crate::viewer::Form;

/// Pictures as the camera gave them.
#[derive(Debug)]
pub struct Bare {
    codec: Codec,
}

impl Bare {
    pub fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

impl Form for Bare {
    type Item = Arc<Picture>;

    fn bytes<'a>(&'a self, item: &'a Arc<Picture>) -> &'a [u8] {
        &item.frame.data
    }

    fn filler(&mut self) -> Option<&[u8]> {
        match self.codec {
            // leading_zero_8bits (ITU-T H.264 clause B.1).
            Codec::H264 => Some(&[0]),
            Codec::Mjpeg => None,
        }
    }
}

/// An MPEG transport stream: the packets are made once for all, and numbered for each.
#[derive(Debug, Default)]
pub struct MpegTs {
    counters: Counters,
    packets: Vec<u8>,
    filler: Vec<u8>,
}

impl Form for MpegTs {
    type Item = Arc<Picture>;

    fn begin(&mut self, item: &Arc<Picture>) {
        self.packets = item.mpegts().to_vec();
        self.counters.renumber(&mut self.packets);
    }

    fn forget_bytes(&mut self) {
        self.packets = Vec::new();
    }

    fn bytes<'a>(&'a self, _: &'a Arc<Picture>) -> &'a [u8] {
        &self.packets
    }

    fn filler(&mut self) -> Option<&[u8]> {
        self.filler = mpegts::null_packet();
        Some(&self.filler)
    }
}
