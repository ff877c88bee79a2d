//! The stream's bytes as pictures, for both kinds of stream: one way to ask for what is known to be whole, one to end
//! what is left. When to do which is the subject of `frames`.

use crate::frame::LARGEST_PICTURE_BYTES;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::h264::{access_unit, nal};
use crate::jpeg;
use crate::options::Codec;

/// Zeros in a start code, with its zero_byte.
const ZEROS_OF_START_CODE: usize = 3;

/// No picture has so much in front of it.
const HEADERS_LIMIT_BYTES: usize = 64 * 1024;

/// The two kinds of stream.
pub enum Units {
    H264 {
        splitter: access_unit::Splitter,
        sets: ParameterSets,
        /// The last bytes, while they may be the beginning of a start code.
        held: Vec<u8>,
        /// Pictures that were too large.
        too_large: u64,
        /// What comes now is the rest of such a picture.
        in_too_large: bool,
    },
    Jpeg(jpeg::Splitter),
}

impl Units {
    pub fn new(codec: Codec) -> Self {
        match codec {
            Codec::H264 => Self::H264 {
                splitter: access_unit::Splitter::default(),
                sets: ParameterSets::default(),
                held: Vec::new(),
                too_large: 0,
                in_too_large: false,
            },
            Codec::Mjpeg => Self::Jpeg(jpeg::Splitter::default()),
        }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Jpeg(splitter) => splitter.push(bytes),
            Self::H264 { splitter, held, .. } => {
                held.extend_from_slice(bytes);
                let whole = held.len() - unfinished_start(held);
                splitter.push(&held[..whole]);
                held.drain(..whole);
            }
        }
    }

    /// A unit behind which more has come.
    pub fn next_unit(&mut self, unit: &mut Vec<u8>) -> bool {
        let (splitter, too_large, in_too_large) = match self {
            Self::Jpeg(splitter) => return splitter.next_unit(unit),
            Self::H264 {
                splitter,
                too_large,
                in_too_large,
                ..
            } => (splitter, too_large, in_too_large),
        };
        while splitter.next_unit(unit) {
            if !std::mem::take(in_too_large) {
                if unit.len() <= LARGEST_PICTURE_BYTES {
                    return true;
                }
                *too_large += 1;
            }
        }
        if splitter.buffered() > LARGEST_PICTURE_BYTES {
            splitter.finish(unit);
            *too_large += u64::from(!std::mem::replace(in_too_large, true));
        }
        false
    }

    /// The last unit.
    pub fn finish(&mut self, unit: &mut Vec<u8>) -> bool {
        match self {
            Self::H264 {
                splitter,
                in_too_large,
                ..
            } => splitter.finish(unit) && !std::mem::take(in_too_large),
            Self::Jpeg(splitter) => splitter.finish(unit),
        }
    }

    /// How many pictures were too large since this was asked last.
    pub fn take_too_large(&mut self) -> u64 {
        match self {
            Self::H264 { too_large, .. } => std::mem::take(too_large),
            Self::Jpeg(_) => 0,
        }
    }

    /// Takes back what `finish` gave.
    pub fn put_back(&mut self, unit: &[u8]) {
        if let Self::H264 { splitter, .. } = self
            && unit.len() <= HEADERS_LIMIT_BYTES
        {
            splitter.push(unit);
        }
    }

    pub fn picture(&mut self, unit: &mut Vec<u8>) -> Picture {
        match self {
            Self::H264 { sets, .. } if !goes_on(unit) => sets.lead(unit),
            // The rest of a frame that was cut in two: it goes on as it is.
            Self::H264 { .. } => Picture::Dependent,
            Self::Jpeg(_) => Picture::Key,
        }
    }
}

/// Whether this is the rest of a frame: it begins within a NAL unit, or with a slice that is not its picture's first
/// (first_mb_in_slice is not 0).
fn goes_on(unit: &[u8]) -> bool {
    let begins = unit
        .iter()
        .position(|&byte| byte != 0)
        .is_some_and(|at| at >= 2 && unit[at] == 1);
    let first = nal::units(unit).next();
    !begins
        || first.is_some_and(|nal| {
            nal.kind.is_slice() && nal.bytes.get(1).is_some_and(|byte| byte & 0x80 == 0)
        })
}

/// How many of the last bytes may be the beginning of the next NAL unit: zeros, a start code, a header byte. A NAL
/// unit itself never ends with a zero byte (ITU-T H.264 clause 7.4.1); of more zeros than a start code has, the first are
/// filler behind the unit before (clause B.1.1, trailing_zero_8bits).
fn unfinished_start(bytes: &[u8]) -> usize {
    let zeros = |bytes: &[u8]| {
        let last = bytes.iter().rev().take(ZEROS_OF_START_CODE);
        last.take_while(|&&byte| byte == 0).count()
    };
    for behind in [2, 1] {
        let Some(at) = bytes.len().checked_sub(behind) else {
            continue;
        };
        let before = zeros(&bytes[..at]);
        if bytes[at] == 1 && before >= 2 {
            return behind + before;
        }
    }
    zeros(bytes)
}
