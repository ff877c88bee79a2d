//! The stream's bytes as pictures, for both kinds of stream: one way to ask for what is known to be whole, one to end
//! what is left. When to do which is the subject of `frames`.

use crate::frame::{Frame, LARGEST_PICTURE_BYTES};
use crate::h264::access_unit;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::jpeg;
use crate::options::Codec;

/// The two kinds of stream.
pub enum Units {
    H264 {
        splitter: access_unit::AccessUnitSplitter,
        sets: ParameterSets,
    },
    Jpeg(jpeg::JpegSplitter),
}

impl Units {
    pub fn new(codec: Codec) -> Self {
        match codec {
            Codec::H264 => Self::H264 {
                splitter: access_unit::AccessUnitSplitter::default(),
                sets: ParameterSets::default(),
            },
            Codec::Mjpeg => Self::Jpeg(jpeg::JpegSplitter::default()),
        }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Jpeg(splitter) => splitter.push(bytes),
            Self::H264 { splitter, .. } => splitter.push(bytes),
        }
    }

    /// A unit behind which more has come.
    pub fn next_unit(&mut self, unit: &mut Frame) -> bool {
        match self {
            Self::H264 { splitter, .. } => {
                let found = splitter.next_unit(&mut unit.data);
                unit.continues = splitter.carries_on();
                found
            }
            Self::Jpeg(splitter) => splitter.next_unit(&mut unit.data),
        }
    }

    /// The unit that was begun, which is taken to be whole.
    pub fn flush(&mut self, unit: &mut Frame) -> bool {
        match self {
            Self::H264 { splitter, .. } => {
                let found = splitter.flush(&mut unit.data);
                unit.continues = splitter.carries_on();
                found
            }
            Self::Jpeg(splitter) => splitter.flush(&mut unit.data),
        }
    }

    /// How many pictures were of no use since this was asked last, and why.
    pub fn take_broken(&mut self) -> Option<(u64, String)> {
        match self {
            Self::H264 { splitter, .. } => match splitter.take_too_large() {
                0 => None,
                pictures => {
                    let limit = LARGEST_PICTURE_BYTES >> 20;
                    Some((pictures, format!("it has more than {limit} MiB")))
                }
            },
            Self::Jpeg(splitter) => {
                let (pictures, fault) = splitter.take_broken()?;
                Some((pictures, fault.to_string()))
            }
        }
    }

    pub fn picture(&mut self, unit: &mut Frame) -> Picture {
        match self {
            // The rest of a picture that was cut in two: it goes on as it is.
            Self::H264 { .. } if unit.continues => Picture::Dependent,
            Self::H264 { sets, .. } => sets.lead(&mut unit.data),
            Self::Jpeg(_) => Picture::Key,
        }
    }
}
