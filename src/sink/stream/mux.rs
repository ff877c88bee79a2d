//! The form in which frames leave: as they are, or as an MPEG transport stream.

use crate::container::mpegts::TransportStream;
use crate::frame::Frame;
use crate::options::{Codec, Format};

#[derive(Debug)]
pub enum Mux {
    AnnexB,
    Jpeg,
    MpegTs(Box<TransportStream>),
}

impl Mux {
    pub fn new(format: Format, codec: Codec) -> Self {
        match (format, codec) {
            (Format::MpegTs, _) => Self::MpegTs(Box::default()),
            (Format::H264, Codec::H264) => Self::AnnexB,
            (Format::H264, Codec::Mjpeg) => Self::Jpeg,
        }
    }

    /// Brings `frame` into this form.
    pub fn wrap(&mut self, frame: &Frame) {
        if let Self::MpegTs(stream) = self {
            stream.wrap(frame);
        }
    }

    /// The bytes of the frame that was wrapped last.
    pub fn bytes<'a>(&'a self, frame: &'a Frame) -> &'a [u8] {
        match self {
            Self::AnnexB | Self::Jpeg => &frame.data,
            Self::MpegTs(stream) => stream.packets(),
        }
    }

    /// Bytes that mean nothing to a player, to find out whether one is still there; JPEG has none.
    pub fn filler(&mut self) -> Option<&[u8]> {
        match self {
            // leading_zero_8bits (ITU-T H.264 clause B.1).
            Self::AnnexB => Some(&[0]),
            Self::Jpeg => None,
            Self::MpegTs(stream) => Some(stream.null_packet()),
        }
    }
}
