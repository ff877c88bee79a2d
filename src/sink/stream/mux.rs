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

    /// The bytes of `frame` in this form.
    pub fn wrap<'a>(&'a mut self, frame: &'a Frame) -> &'a [u8] {
        match self {
            Self::AnnexB | Self::Jpeg => &frame.data,
            Self::MpegTs(stream) => stream.wrap(frame),
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
