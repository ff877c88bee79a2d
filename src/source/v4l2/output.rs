//! From what a camera gives to frames: taken as it is, or decoded and encoded. One picture in, one frame out.

use std::fmt;
use std::os::fd::BorrowedFd;

use super::abi::FourCc;
use super::controls;
use super::device::CaptureDevice;
use super::encoding::{Encode, OwnSize};
use super::format::Format;
use super::native_h264::NativeH264;
use super::pixels::check_size;
use super::sys::Device;
use crate::error::Result;
use crate::frame::Frame;
use crate::jpeg::Whole;
use crate::options::{Codec, Options};
use crate::units::{Micros, Size};

/// What became of the bytes of one buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    Frame,
    /// No frame yet, and nothing lost: parameter sets alone, pictures before the first key frame, or a picture that the
    /// hardware encoder works on.
    Part,
    /// No whole picture, or none that can be encoded: dropped, for this reason.
    Broken(String),
    /// Whole, but the encoder is so far behind that it was dropped.
    Late,
}

/// The way of this camera.
pub struct FrameOutput {
    way: Way,
}

enum Way {
    H264(Box<NativeH264>),
    Jpeg(NativeJpeg),
    Encode(Box<Encode>),
}

/// JPEGs as the camera gives them, but for what it left out.
struct NativeJpeg {
    agreed: Size,
    own_size: OwnSize,
}

impl FrameOutput {
    /// Sets up what this format needs; with it come the long names of the options that are acted upon.
    pub fn new(
        camera: &CaptureDevice,
        format: &Format,
        options: &Options,
    ) -> Result<(Self, Vec<&'static str>)> {
        let pixel_format = format.layout.format;
        let (way, honoured) = match (pixel_format, options.video.codec) {
            (FourCc::H264, _) => {
                let honoured = controls::set_encoder(&camera.device, options);
                (
                    Way::H264(Box::new(NativeH264::new(&camera.device))),
                    honoured,
                )
            }
            (FourCc::MJPEG | FourCc::JPEG, Codec::Mjpeg) => {
                (Way::Jpeg(NativeJpeg::new(format.layout.size)), Vec::new())
            }
            _ => {
                let (encode, honoured) = Encode::new(format, options)?;
                (Way::Encode(Box::new(encode)), honoured)
            }
        };
        Ok((Self { way }, honoured))
    }

    /// Whether no picture is shown before one that came earlier: neither encoder of ours makes B pictures; what a camera's own
    /// makes is not known.
    pub fn shows_as_decoded(&self) -> bool {
        !matches!(self.way, Way::H264(_))
    }

    /// Whether a picture can be left out without harm to the next.
    pub fn pictures_are_independent(&self) -> bool {
        !matches!(self.way, Way::H264(_))
    }

    /// Makes a frame of one buffer.
    pub fn take(&mut self, bytes: &[u8], captured: Micros, frame: &mut Frame) -> Result<Taken> {
        frame.taken_at(captured);
        match &mut self.way {
            Way::H264(native) => Ok(native.take(bytes, captured, frame)),
            Way::Jpeg(native) => Ok(native.take(bytes, frame)),
            Way::Encode(encode) => encode.take(bytes, captured, frame),
        }
    }

    /// Fills the frame with one that is ready: the hardware encoder's, or another one of the last buffer.
    pub fn take_ready(&mut self, frame: &mut Frame) -> Result<bool> {
        match &mut self.way {
            Way::H264(native) => Ok(native.take_ready(frame)),
            Way::Encode(encode) => encode.take_ready(frame),
            Way::Jpeg(_) => Ok(false),
        }
    }

    /// What has to be waited for beside the camera.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.way {
            Way::Encode(encode) => encode.fd(),
            _ => None,
        }
    }

    /// A picture is missing. True when that makes a key frame necessary.
    pub fn lost(&mut self) -> bool {
        match &mut self.way {
            Way::H264(native) => {
                native.lost();
                true
            }
            _ => false,
        }
    }

    pub fn request_key_frame(&mut self, device: &Device) {
        match &mut self.way {
            Way::H264(native) if native.can_force_key_frame => controls::force_key_frame(device),
            Way::Encode(encode) => encode.force_key_frame(),
            _ => {}
        }
    }
}

impl fmt::Display for FrameOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::H264(_) | Way::Jpeg(_) => f.write_str("taken as it is"),
            Way::Encode(encode) => encode.fmt(f),
        }
    }
}

impl NativeJpeg {
    fn new(agreed: Size) -> Self {
        Self {
            agreed,
            own_size: OwnSize::new(agreed),
        }
    }

    fn take(&mut self, bytes: &[u8], frame: &mut Frame) -> Taken {
        let whole = match Whole::of(bytes) {
            Ok(whole) => whole,
            Err(fault) => return Taken::Broken(fault.to_string()),
        };
        if let Err(reason) = check_size(whole.header(), self.agreed) {
            return Taken::Broken(reason);
        }
        self.own_size.see(whole.header().size);
        whole.copy_into(&mut frame.data);
        frame.key = true;
        Taken::Frame
    }
}
