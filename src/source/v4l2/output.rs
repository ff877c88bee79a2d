//! From what a camera gives to frames: taken as it is, or decoded and encoded. One picture in, one frame out.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};

use super::abi::FourCc;
use super::controls;
use super::device::Camera;
use super::format::Format;
use super::hardware::Hardware;
use super::picture::{Layout, Planes};
use super::sys::Device;
use crate::error::Result;
use crate::frame::Frame;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::jpeg::Whole;
use crate::options::{Codec, Options};
use crate::source::encode::h264::H264;
use crate::source::encode::jpeg::Jpeg;
use crate::units::Micros;

/// What became of the bytes of one buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Frame,
    /// No frame yet, and nothing lost: parameter sets alone, pictures before the first key frame, or a picture that the
    /// hardware encoder works on.
    Part,
    /// No whole picture: dropped.
    Broken,
    /// Whole, but the encoder is so far behind that it was dropped.
    Late,
}

/// The way of this camera.
pub struct Output {
    way: Way,
    /// A picture that could not be decoded was told of.
    told: bool,
}

enum Way {
    H264(NativeH264),
    Jpeg,
    Encode(Box<Encode>),
}

/// H.264 as the camera gives it.
struct NativeH264 {
    sets: ParameterSets,
    /// Nothing can be decoded before the next key frame.
    needs_key: bool,
    can_force_key_frame: bool,
}

struct Encode {
    layout: Layout,
    planes: Planes,
    encoder: Encoder,
}

enum Encoder {
    H264(Box<H264>),
    Hardware(Box<Hardware>),
    Jpeg(Jpeg),
}

impl Output {
    /// Sets up what this format needs; with it come the long names of the options that are acted upon.
    pub fn new(
        camera: &Camera,
        format: &Format,
        options: &Options,
    ) -> Result<(Self, Vec<&'static str>)> {
        let pixel_format = format.layout.format;
        let (way, honoured) = match (pixel_format, options.video.codec) {
            (FourCc::H264, _) => {
                let honoured = controls::set_encoder(&camera.device, options);
                (Way::H264(NativeH264::new(&camera.device)), honoured)
            }
            (FourCc::MJPEG | FourCc::JPEG, Codec::Mjpeg) => (Way::Jpeg, Vec::new()),
            (_, codec) => {
                let (encoder, honoured) = match codec {
                    Codec::H264 => h264_encoder(format, options)?,
                    Codec::Mjpeg => {
                        let jpeg = Jpeg::new(&options.video, format.fps(options.video.fps));
                        (Encoder::Jpeg(jpeg), vec!["bitrate"])
                    }
                };
                let encode = Encode {
                    layout: format.layout,
                    planes: Planes::new(format.layout.even_size()),
                    encoder,
                };
                (Way::Encode(Box::new(encode)), honoured)
            }
        };
        Ok((Self { way, told: false }, honoured))
    }

    /// Whether a picture can be left out without harm to the next.
    pub fn pictures_are_independent(&self) -> bool {
        !matches!(self.way, Way::H264(_))
    }

    /// Makes a frame of one buffer.
    pub fn take(&mut self, bytes: &[u8], captured: Micros, frame: &mut Frame) -> Result<Taken> {
        frame.taken_at(captured);
        match &mut self.way {
            Way::H264(native) => Ok(native.take(bytes, frame)),
            Way::Jpeg => Ok(take_jpeg(bytes, frame)),
            Way::Encode(encode) => match encode.planes.read(&encode.layout, bytes) {
                Ok(()) => encode.encode(captured, frame),
                Err(reason) => {
                    if !std::mem::replace(&mut self.told, true) {
                        log::warn!(
                            "pictures of the camera are broken and left out, the first: {reason}"
                        );
                    }
                    Ok(Taken::Broken)
                }
            },
        }
    }

    /// Fills the frame with one that the hardware encoder has ready.
    pub fn take_ready(&mut self, frame: &mut Frame) -> Result<bool> {
        match self.hardware() {
            Some(hardware) => hardware.take(frame),
            None => Ok(false),
        }
    }

    fn hardware(&mut self) -> Option<&mut Hardware> {
        match &mut self.way {
            Way::Encode(encode) => match &mut encode.encoder {
                Encoder::Hardware(hardware) => Some(hardware),
                _ => None,
            },
            _ => None,
        }
    }

    /// What has to be waited for beside the camera.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.way {
            Way::Encode(encode) => match &encode.encoder {
                Encoder::Hardware(hardware) => Some(hardware.as_fd()),
                _ => None,
            },
            _ => None,
        }
    }

    /// A picture is missing. True when that makes a key frame necessary.
    pub fn lost(&mut self) -> bool {
        match &mut self.way {
            Way::H264(native) => {
                native.needs_key = true;
                true
            }
            _ => false,
        }
    }

    pub fn request_key_frame(&mut self, device: &Device) {
        match &mut self.way {
            Way::H264(native) if native.can_force_key_frame => controls::force_key_frame(device),
            Way::Encode(encode) => match &mut encode.encoder {
                Encoder::H264(h264) => h264.force_key_frame(),
                Encoder::Hardware(hardware) => hardware.force_key_frame(),
                Encoder::Jpeg(_) => {}
            },
            _ => {}
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.way {
            Way::H264(_) | Way::Jpeg => "taken as it is",
            Way::Encode(encode) => match encode.encoder {
                Encoder::H264(_) => "encoded to H.264 in software",
                Encoder::Hardware(_) => "encoded to H.264 in hardware",
                Encoder::Jpeg(_) => "encoded to JPEG in software",
            },
        })
    }
}

impl NativeH264 {
    fn new(device: &Device) -> Self {
        Self {
            sets: ParameterSets::default(),
            needs_key: true,
            can_force_key_frame: controls::can_force_key_frame(device),
        }
    }

    fn take(&mut self, bytes: &[u8], frame: &mut Frame) -> Taken {
        frame.data.clear();
        frame.data.extend_from_slice(bytes);
        frame.key = match self.sets.lead(&mut frame.data) {
            Picture::Key => true,
            Picture::Dependent if !self.needs_key => false,
            Picture::Dependent | Picture::None => return Taken::Part,
        };
        self.needs_key = false;
        Taken::Frame
    }
}

/// A whole JPEG, with what the camera left out.
fn take_jpeg(bytes: &[u8], frame: &mut Frame) -> Taken {
    let Ok(whole) = Whole::of(bytes) else {
        return Taken::Broken;
    };
    whole.copy_into(&mut frame.data);
    frame.key = true;
    Taken::Frame
}

/// The hardware encoder where there is one, else the one in software.
fn h264_encoder(format: &Format, options: &Options) -> Result<(Encoder, Vec<&'static str>)> {
    let (video, size) = (&options.video, format.layout.even_size());
    let fps = format.fps(video.fps);
    if let Some((hardware, honoured)) = Hardware::open(size, fps, options) {
        return Ok((Encoder::Hardware(Box::new(hardware)), honoured));
    }
    let software = H264::new(video, size, fps, format.colours)?;
    let honoured = vec!["bitrate", "intra", "profile", "level", "qp"];
    Ok((Encoder::H264(Box::new(software)), honoured))
}

impl Encode {
    fn encode(&mut self, captured: Micros, frame: &mut Frame) -> Result<Taken> {
        let picture = self.planes.i420();
        match &mut self.encoder {
            Encoder::H264(h264) => h264.encode(picture, frame)?,
            Encoder::Jpeg(jpeg) => jpeg.encode(picture, frame)?,
            Encoder::Hardware(hardware) => {
                let has_room = hardware.put(picture, captured)?;
                return Ok(if has_room { Taken::Part } else { Taken::Late });
            }
        }
        Ok(Taken::Frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_loss_nothing_is_passed_on_before_the_next_key_frame() {
        let sets = [0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2];
        let key = [0, 0, 0, 1, 0x65, 0x88];
        let other = [0, 0, 0, 1, 0x41, 0x9a];
        let mut native = NativeH264 {
            sets: ParameterSets::default(),
            needs_key: true,
            can_force_key_frame: false,
        };
        let mut frame = Frame::default();
        assert_eq!(native.take(&other, &mut frame), Taken::Part);
        assert_eq!(native.take(&sets, &mut frame), Taken::Part);
        assert_eq!(native.take(&key, &mut frame), Taken::Frame);
        assert_eq!(frame.data, [&sets[..], &key].concat());
        assert_eq!(native.take(&other, &mut frame), Taken::Frame);
        assert!(!frame.key);
        native.needs_key = true;
        assert_eq!(native.take(&other, &mut frame), Taken::Part);
        assert_eq!(native.take(&key, &mut frame), Taken::Frame);
        assert!(frame.key);
    }
}
