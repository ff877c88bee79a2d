//! The Pi's H.264 encoder in hardware, the V4L2 memory-to-memory device of the driver bcm2835-codec (Pi up to 4; Linux
//! media userspace API, "Memory-to-Memory Stateful Video Encoder Interface"). Raw pictures go in, frames come out some
//! milliseconds later, with the time that went in.
//!
//! Never seen on a real Pi by the tests: no kernel driver emulates it, and what stands in for it (tests/v4l2/encoder.c) is
//! written after that driver's source. Wherever its set-up fails, the encoder in software is used.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use nix::errno::Errno;

use super::abi::{CAP_VIDEO_M2M_MPLANE, FLAG_ERROR, FourCc, Fraction, QueueKind};
use super::queue_buffers::QueueBuffers;
use super::sys::{Device, PlanarFormat};
use super::{controls, device};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::gate::KeyGate;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::options::Options;
use crate::source::encode::I420;
use crate::source::needs;
use crate::system::System;
use crate::units::{Fps, Micros, Size};

const DRIVER: &str = "bcm2835-codec";

/// Of raw pictures: one in work, one waiting, one being filled.
const RAW_BUFFERS: u32 = 3;
const CODED_BUFFERS: u32 = 4;

/// Room for one coded picture at least.
const LEAST_CODED_BYTES: u32 = 512 << 10;

/// An encoder that runs.
pub struct Hardware {
    // Before the device: the buffers go first.
    raw: QueueBuffers,
    coded: QueueBuffers,
    device: Device,
    path: PathBuf,
    format: PlanarFormat,
    /// The raw buffers that the device does not have.
    free: Vec<usize>,
    sets: ParameterSets,
    gate: KeyGate,
}

impl Hardware {
    /// Sets up the encoder where there is one that takes such pictures, with the long names of the options that it acts upon.
    pub fn open(size: Size, fps: Fps, options: &Options) -> Option<(Self, Vec<&'static str>)> {
        let (path, device) = find()?;
        let name = path.display().to_string();
        match Self::set_up(path, device, size, fps, options) {
            Ok(set_up) => Some(set_up),
            Err(errno) => {
                log::warn!(
                    "setting up the hardware encoder {name} for {size} failed: {errno}; encoding in software"
                );
                None
            }
        }
    }

    fn set_up(
        path: PathBuf,
        device: Device,
        size: Size,
        fps: Fps,
        options: &Options,
    ) -> std::result::Result<(Self, Vec<&'static str>), Errno> {
        let format = set_formats(&device, size)?;
        let interval = Fraction {
            numerator: 1,
            denominator: fps.0,
        };
        // It bears on the rate control only.
        let _ = device.set_interval(QueueKind::OutputMplane, interval);
        let honoured = controls::set_encoder(&device, options);
        let raw = QueueBuffers::request(&device, QueueKind::OutputMplane, RAW_BUFFERS)?;
        let mut coded = QueueBuffers::request(&device, QueueKind::CaptureMplane, CODED_BUFFERS)?;
        for index in 0..coded.len() {
            coded.lend(&device, index, 0, 0)?;
        }
        device.start(QueueKind::OutputMplane)?;
        device.start(QueueKind::CaptureMplane)?;
        let hardware = Self {
            free: (0..raw.len()).collect(),
            raw,
            coded,
            device,
            path,
            format,
            sets: ParameterSets::default(),
            gate: KeyGate::closed(),
        };
        Ok((hardware, honoured))
    }

    /// Gives it a picture; false when it is so far behind that there is no room for one.
    pub fn put(&mut self, picture: I420, captured: Micros) -> Result<bool> {
        while let Some(done) = self.raw.take(&self.device).map_err(|e| self.failed(e))? {
            self.free.push(done.index);
        }
        let Some(&index) = self.free.last() else {
            return Ok(false);
        };
        let bytes = fill(self.raw.bytes_mut(index), &self.format, picture)
            .ok_or_else(|| self.failed(Errno::EMSGSIZE))?;
        self.raw
            .lend(&self.device, index, bytes, captured.0)
            .map_err(|errno| self.failed(errno))?;
        self.free.pop();
        Ok(true)
    }

    /// Fills the frame with the next one that is ready, its time too; false when none is.
    pub fn take(&mut self, frame: &mut Frame) -> Result<bool> {
        while let Some(done) = self.coded.take(&self.device).map_err(|e| self.failed(e))? {
            frame.data.clear();
            let bytes = &self.coded.bytes(done.index)[..done.bytes_used];
            frame.data.extend_from_slice(bytes);
            frame.taken_at(Micros(done.time_us));
            self.coded
                .lend(&self.device, done.index, 0, 0)
                .map_err(|errno| self.failed(errno))?;
            let picture = self.sets.lead(&mut frame.data);
            if done.flags & FLAG_ERROR != 0 {
                self.gate.close();
                self.force_key_frame();
                continue;
            }
            frame.key = picture == Picture::Key;
            if picture != Picture::None && self.gate.lets_through(frame.key) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub fn force_key_frame(&self) {
        controls::force_key_frame(&self.device);
    }

    fn failed(&self, errno: Errno) -> Error {
        Error::Camera(format!(
            "encoding by the hardware encoder {} failed: {errno}; `vcgencmd get_mem gpu` should say 64M or more",
            self.path.display()
        ))
    }
}

impl AsFd for Hardware {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

/// The device of the driver that takes raw pictures and gives H.264; its decoder and ISP are devices of the same driver.
fn find() -> Option<(PathBuf, Device)> {
    let nodes = needs::V4L2.nodes(&System::here()).into_iter();
    nodes.map(PathBuf::from).find_map(|path| {
        let device = Device::open(&path).ok()?;
        let capability = device.capability().ok()?;
        let is_encoder = capability.driver == DRIVER
            && capability.flags & CAP_VIDEO_M2M_MPLANE != 0
            && device::pixel_formats(&device, QueueKind::CaptureMplane).contains(&FourCc::H264)
            && device::pixel_formats(&device, QueueKind::OutputMplane).contains(&FourCc::I420);
        is_encoder.then_some((path, device))
    })
}

/// The coded side first, as the interface wants it. What comes back is the raw side's.
fn set_formats(device: &Device, size: Size) -> std::result::Result<PlanarFormat, Errno> {
    let coded = PlanarFormat {
        size,
        pixel_format: FourCc::H264,
        bytes_per_line: 0,
        image_bytes: LEAST_CODED_BYTES.max(size.width * size.height / 2),
    };
    let coded = device.set_format_mplane(QueueKind::CaptureMplane, coded)?;
    let raw = PlanarFormat {
        size,
        pixel_format: FourCc::I420,
        bytes_per_line: 0,
        image_bytes: 0,
    };
    let raw = device.set_format_mplane(QueueKind::OutputMplane, raw)?;
    // Older versions of the driver round the height up to whole macroblocks, and cut off again what that adds.
    let fits = raw.size.width == size.width
        && (size.height..size.height + 16).contains(&raw.size.height)
        && raw.pixel_format == FourCc::I420
        && coded.pixel_format == FourCc::H264
        && raw.bytes_per_line >= size.width
        && raw.bytes_per_line.is_multiple_of(2);
    fits.then_some(raw).ok_or(Errno::EINVAL)
}

/// Lays a picture into a buffer of this format; how many bytes it takes, or `None` where it has no room.
fn fill(buffer: &mut [u8], format: &PlanarFormat, picture: I420) -> Option<usize> {
    let width = picture.size.width as usize;
    let stride = format.bytes_per_line as usize;
    let luma = stride * format.size.height as usize;
    let bytes = luma + luma / 2;
    let (y, chroma) = buffer.get_mut(..bytes)?.split_at_mut(luma);
    let (cb, cr) = chroma.split_at_mut(luma / 4);
    lay_rows(y, stride, picture.y, width);
    lay_rows(cb, stride / 2, picture.cb, width / 2);
    lay_rows(cr, stride / 2, picture.cr, width / 2);
    Some(bytes)
}

fn lay_rows(into: &mut [u8], stride: usize, plane: &[u8], width: usize) {
    for (row, from) in into.chunks_exact_mut(stride).zip(plane.chunks_exact(width)) {
        row[..width].copy_from_slice(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        width: 2,
        height: 2,
    };

    fn filled(buffer_bytes: usize, height: u32) -> Option<(usize, Vec<u8>)> {
        let picture = I420 {
            size: SIZE,
            y: &[1, 2, 3, 4],
            cb: &[5],
            cr: &[6],
        };
        let format = PlanarFormat {
            size: Size { height, ..SIZE },
            pixel_format: FourCc::I420,
            bytes_per_line: 4,
            image_bytes: 6 * height,
        };
        let mut buffer = vec![0; buffer_bytes];
        let bytes = fill(&mut buffer, &format, picture)?;
        Some((bytes, buffer))
    }

    #[test]
    fn a_picture_lies_in_the_buffer_with_the_padding_of_the_device() {
        let expected = vec![1, 2, 0, 0, 3, 4, 0, 0, 5, 0, 6, 0, 0];
        assert_eq!(filled(13, 2), Some((12, expected)));
        let mut taller = vec![0; 24];
        taller[..6].copy_from_slice(&[1, 2, 0, 0, 3, 4]);
        (taller[16], taller[20]) = (5, 6);
        assert_eq!(filled(24, 4), Some((24, taller)));
    }

    #[test]
    fn a_buffer_without_room_is_left_alone() {
        assert_eq!(filled(11, 2), None);
        assert_eq!(filled(23, 4), None);
    }
}
