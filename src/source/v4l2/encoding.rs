//! Pictures that have to be encoded, each into one frame. A camera can change the size of its JPEGs while it streams: the
//! encoder then starts anew, with a key frame.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};

use super::format::Format;
use super::hardware::Hardware;
use super::output::Taken;
use super::pixels::Planes;
use crate::error::Result;
use crate::frame::Frame;
use crate::options::{Codec, Options};
use crate::source::encode::h264_encoder::H264;
use crate::source::encode::jpeg_encoder::Jpeg;
use crate::source::honoured;
use crate::units::{Micros, Size};

/// So many changes of size are told; who changes it more often does so all the time.
const MOST_TOLD: u32 = 5;

/// The pictures of a camera on their way into an encoder.
pub struct Encode {
    format: Format,
    options: Options,
    planes: Planes,
    /// `None` when there is none for pictures of this size.
    encoder: Option<PictureEncoder>,
    /// Of the pictures that the encoder was set up for.
    size: Size,
    own_size: OwnSize,
}

enum PictureEncoder {
    H264(Box<H264>),
    Hardware(Box<Hardware>),
    Jpeg(Jpeg),
}

impl Encode {
    /// Sets up the encoder; with it come the long names of the options that are acted upon.
    pub fn new(format: &Format, options: &Options) -> Result<(Self, Vec<&'static str>)> {
        let size = format.layout.even_size();
        let (encoder, honoured) = PictureEncoder::new(format, size, options)?;
        let encode = Self {
            format: *format,
            options: options.clone(),
            planes: Planes::new(size),
            encoder: Some(encoder),
            size,
            own_size: OwnSize::new(size),
        };
        Ok((encode, honoured))
    }

    /// Encodes the picture in these bytes. One that cannot be is lost, and nothing else.
    pub fn take(&mut self, bytes: &[u8], captured: Micros, frame: &mut Frame) -> Result<Taken> {
        if let Err(reason) = self.planes.read(&self.format.layout, bytes) {
            return Ok(Taken::Broken(reason));
        }
        let picture = self.planes.i420();
        self.own_size.see(picture.size);
        if picture.size != self.size || self.encoder.is_none() {
            // The one that is there goes first: the hardware may have room for one alone.
            self.encoder = None;
            self.size = picture.size;
            match PictureEncoder::new(&self.format, picture.size, &self.options) {
                Ok((encoder, _)) => self.encoder = Some(encoder),
                Err(error) => return Ok(Taken::Broken(error.to_string())),
            }
        }
        let encoded = match &mut self.encoder {
            Some(PictureEncoder::H264(h264)) => h264.encode(picture, frame),
            Some(PictureEncoder::Jpeg(jpeg)) => jpeg.encode(picture, frame),
            Some(PictureEncoder::Hardware(hardware)) => {
                let has_room = hardware.put(picture, captured)?;
                return Ok(if has_room { Taken::Part } else { Taken::Late });
            }
            None => return Ok(Taken::Part),
        };
        Ok(match encoded {
            Ok(()) => Taken::Frame,
            Err(error) => Taken::Broken(error.to_string()),
        })
    }

    /// Fills the frame with one that the hardware encoder has ready.
    pub fn take_ready(&mut self, frame: &mut Frame) -> Result<bool> {
        match &mut self.encoder {
            Some(PictureEncoder::Hardware(hardware)) => hardware.take(frame),
            _ => Ok(false),
        }
    }

    /// What has to be waited for beside the camera.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.encoder {
            Some(PictureEncoder::Hardware(hardware)) => Some(hardware.as_fd()),
            _ => None,
        }
    }

    pub fn force_key_frame(&mut self) {
        match &mut self.encoder {
            Some(PictureEncoder::H264(h264)) => h264.force_key_frame(),
            Some(PictureEncoder::Hardware(hardware)) => hardware.force_key_frame(),
            Some(PictureEncoder::Jpeg(_)) | None => {}
        }
    }
}

impl fmt::Display for Encode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.encoder {
            Some(PictureEncoder::H264(_)) => "encoded to H.264 in software",
            Some(PictureEncoder::Hardware(_)) => "encoded to H.264 in hardware",
            Some(PictureEncoder::Jpeg(_)) => "encoded to JPEG in software",
            None => "not encoded",
        })
    }
}

impl PictureEncoder {
    /// The hardware encoder where there is one and H.264 is asked for, else one in software.
    fn new(format: &Format, size: Size, options: &Options) -> Result<(Self, Vec<&'static str>)> {
        let video = &options.video;
        let fps = format.fps(video.fps);
        if video.codec == Codec::Mjpeg {
            return Ok((
                Self::Jpeg(Jpeg::new(video, fps)),
                honoured::by_software(Codec::Mjpeg).to_vec(),
            ));
        }
        if let Some((hardware, honoured)) = Hardware::open(size, fps, options) {
            return Ok((Self::Hardware(Box::new(hardware)), honoured));
        }
        let software = H264::new(video, size, fps, format.colours)?;
        let honoured = honoured::by_software(Codec::H264).to_vec();
        Ok((Self::H264(Box::new(software)), honoured))
    }
}

/// Tells of the size that pictures have when it is not the one that was agreed upon.
pub struct OwnSize {
    agreed: Size,
    last: Size,
    told: u32,
}

impl OwnSize {
    pub fn new(agreed: Size) -> Self {
        Self {
            agreed,
            last: agreed,
            told: 0,
        }
    }

    /// The next picture has this size.
    pub fn see(&mut self, size: Size) {
        if std::mem::replace(&mut self.last, size) == size || self.told == MOST_TOLD {
            return;
        }
        self.told += 1;
        let last = if self.told == MOST_TOLD {
            "; further changes are not told"
        } else {
            ""
        };
        log::warn!(
            "the camera gives pictures of {size}, where {} was agreed upon: they are taken as they are{last}",
            self.agreed
        );
    }
}
