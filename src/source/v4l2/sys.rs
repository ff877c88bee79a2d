//! The V4L2 calls on a device as a whole, in safe form: ioctl(2) on a device that this process opened for itself. Those on its
//! buffers are in `queue_buffers`. What the calls mean and in which order they stand is decided elsewhere.

#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::libc::{O_NONBLOCK, c_int};

use super::abi::*;
use crate::units::Size;

type Result<T> = std::result::Result<T, Errno>;

mod ioctl {
    use super::super::abi::*;
    use nix::libc::c_int;

    nix::ioctl_read!(querycap, b'V', 0, RawCapability);
    nix::ioctl_readwrite!(enum_fmt, b'V', 2, RawFormatDescription);
    nix::ioctl_readwrite!(s_fmt, b'V', 5, RawFormat);
    nix::ioctl_readwrite!(s_fmt_mplane, b'V', 5, RawFormatMplane);
    nix::ioctl_write_ptr!(streamon, b'V', 18, c_int);
    nix::ioctl_readwrite!(s_parm, b'V', 22, RawStreamParameters);
    nix::ioctl_readwrite!(s_ctrl, b'V', 28, RawControl);
    nix::ioctl_readwrite!(queryctrl, b'V', 36, RawControlQuery);
    nix::ioctl_readwrite!(enum_framesizes, b'V', 74, RawFrameSize);
    nix::ioctl_readwrite!(enum_frameintervals, b'V', 75, RawFrameInterval);
}

/// An open device. Closing it ends its streaming and frees its buffers.
#[derive(Debug)]
pub struct Device {
    file: File,
}

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    pub driver: String,
    pub card: String,
    /// Of this node; not those of the whole device.
    pub flags: u32,
}

/// The range of a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlRange {
    pub minimum: i32,
    pub maximum: i32,
    pub step: i32,
    pub default: i32,
    pub is_button: bool,
}

/// The frame sizes behind one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameSizes {
    One(Size),
    /// Any between them, in some steps. It is the only entry.
    Range {
        least: Size,
        greatest: Size,
    },
}

/// A raw format of one plane, as set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanarFormat {
    pub size: Size,
    pub pixel_format: FourCc,
    pub bytes_per_line: u32,
    pub image_bytes: u32,
}

/// Calls until no signal interrupts. `call` is one ioctl on a valid structure.
pub fn retry(mut call: impl FnMut() -> Result<c_int>) -> Result<()> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            other => return other.map(drop),
        }
    }
}

impl Device {
    /// Opens for reading and writing; no call on it will wait.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(O_NONBLOCK)
            .open(path)?;
        Ok(Self { file })
    }

    /// For the calls in `queue_buffers`.
    pub fn fd(&self) -> c_int {
        self.file.as_raw_fd()
    }

    pub fn capability(&self) -> Result<Capability> {
        let mut raw = RawCapability {
            driver: [0; 16],
            card: [0; 32],
            bus_info: [0; 32],
            version: 0,
            capabilities: 0,
            device_caps: 0,
            reserved: [0; 3],
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says (abi.rs asserts it).
        retry(|| unsafe { ioctl::querycap(self.fd(), &raw mut raw) })?;
        let flags = if raw.capabilities & CAP_DEVICE_CAPS != 0 {
            raw.device_caps
        } else {
            raw.capabilities
        };
        Ok(Capability {
            driver: text(&raw.driver),
            card: text(&raw.card),
            flags,
        })
    }

    /// The pixel format with this number; EINVAL behind the last one.
    pub fn pixel_format(&self, kind: QueueKind, index: u32) -> Result<FourCc> {
        let mut raw = RawFormatDescription {
            index,
            kind: kind as u32,
            flags: 0,
            description: [0; 32],
            pixel_format: FourCc::default(),
            mbus_code: 0,
            reserved: [0; 3],
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::enum_fmt(self.fd(), &raw mut raw) })?;
        Ok(raw.pixel_format)
    }

    /// The frame size with this number, or the range of them; EINVAL behind the last one, ENOTTY where none are told.
    pub fn frame_size(&self, pixel_format: FourCc, index: u32) -> Result<FrameSizes> {
        let mut raw = RawFrameSize {
            index,
            pixel_format,
            kind: 0,
            values: [0; 6],
            reserved: [0; 2],
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::enum_framesizes(self.fd(), &raw mut raw) })?;
        let size = |width: usize, height: usize| Size {
            width: raw.values[width],
            height: raw.values[height],
        };
        Ok(match raw.kind {
            SIZE_DISCRETE => FrameSizes::One(size(0, 1)),
            _ => FrameSizes::Range {
                least: size(0, 3),
                greatest: size(1, 4),
            },
        })
    }

    /// The time per frame with this number, or the shortest of a range; EINVAL behind the last one.
    pub fn frame_interval(&self, pixel_format: FourCc, size: Size, index: u32) -> Result<Fraction> {
        let mut raw = RawFrameInterval {
            index,
            pixel_format,
            width: size.width,
            height: size.height,
            kind: 0,
            values: [Fraction::default(); 3],
            reserved: [0; 2],
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::enum_frameintervals(self.fd(), &raw mut raw) })?;
        Ok(raw.values[0])
    }

    /// Asks a single-planar queue for a format; the device answers with the nearest that it has.
    pub fn set_format(&self, size: Size, pixel_format: FourCc) -> Result<PixelFormat> {
        let mut raw = RawFormat {
            kind: QueueKind::Capture as u32,
            align: [],
            pixel: PixelFormat {
                width: size.width,
                height: size.height,
                pixel_format,
                field: FIELD_NONE,
                ..PixelFormat::default()
            },
            rest: [0; 152],
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::s_fmt(self.fd(), &raw mut raw) })?;
        Ok(raw.pixel)
    }

    /// The same for a multi-planar queue, of formats that lie in one plane.
    pub fn set_format_mplane(&self, kind: QueueKind, asked: PlanarFormat) -> Result<PlanarFormat> {
        let mut planes = [PlaneFormat::default(); 8];
        planes[0].image_bytes = asked.image_bytes;
        planes[0].bytes_per_line = asked.bytes_per_line;
        let mut raw = RawFormatMplane {
            kind: kind as u32,
            align: [],
            width: asked.size.width,
            height: asked.size.height,
            pixel_format: asked.pixel_format,
            field: FIELD_NONE,
            colour_space: 0,
            planes,
            plane_count: 1,
            flags: 0,
            ycbcr_encoding: 0,
            quantization: 0,
            transfer_function: 0,
            reserved: [0; 7],
            rest: [0; 8],
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::s_fmt_mplane(self.fd(), &raw mut raw) })?;
        if raw.plane_count != 1 {
            return Err(Errno::EINVAL);
        }
        Ok(PlanarFormat {
            size: Size {
                width: raw.width,
                height: raw.height,
            },
            pixel_format: raw.pixel_format,
            bytes_per_line: raw.planes[0].bytes_per_line,
            image_bytes: raw.planes[0].image_bytes,
        })
    }

    /// Asks for a time per frame; `None` where the device has no say in it.
    pub fn set_interval(&self, kind: QueueKind, asked: Fraction) -> Result<Option<Fraction>> {
        let mut raw = RawStreamParameters {
            kind: kind as u32,
            capability: 0,
            mode: 0,
            time_per_frame: asked,
            extended_mode: 0,
            buffers: 0,
            reserved: [0; 4],
            rest: [0; 160],
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::s_parm(self.fd(), &raw mut raw) })?;
        let got = raw.time_per_frame;
        let is_set = raw.capability & CAP_TIME_PER_FRAME != 0;
        Ok((is_set && got.numerator > 0 && got.denominator > 0).then_some(got))
    }

    /// The range of a control; `None` where the device does not have it or does not let it be set.
    pub fn control(&self, id: u32) -> Option<ControlRange> {
        let mut raw = RawControlQuery {
            id,
            kind: 0,
            name: [0; 32],
            minimum: 0,
            maximum: 0,
            step: 0,
            default: 0,
            flags: 0,
            reserved: [0; 2],
        };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::queryctrl(self.fd(), &raw mut raw) }).ok()?;
        let usable = raw.flags & (CONTROL_DISABLED | CONTROL_READ_ONLY) == 0;
        let sound = raw.minimum <= raw.maximum;
        (usable && sound).then_some(ControlRange {
            minimum: raw.minimum,
            maximum: raw.maximum,
            step: raw.step.max(1),
            default: raw.default,
            is_button: raw.kind == CONTROL_BUTTON,
        })
    }

    pub fn set_control(&self, id: u32, value: i32) -> Result<()> {
        let mut raw = RawControl { id, value };
        // SAFETY: the descriptor is open, and the structure is as large as the ioctl number says.
        retry(|| unsafe { ioctl::s_ctrl(self.fd(), &raw mut raw) })
    }

    /// Lets the queue run.
    pub fn start(&self, kind: QueueKind) -> Result<()> {
        let kind = kind as c_int;
        // SAFETY: the descriptor is open, and the kernel reads one int.
        retry(|| unsafe { ioctl::streamon(self.fd(), &raw const kind) })
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Up to the first zero byte, or all of it.
fn text(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ioctl_numbers_are_those_of_the_kernel_header() {
        let wide = size_of::<usize>() == 8;
        let number = |write: bool, nr: u8, bytes: usize| -> u64 {
            let direction = if write { 3 } else { 2 };
            direction << 30 | (bytes as u64) << 16 | u64::from(b'V') << 8 | u64::from(nr)
        };
        let query = nix::request_code_read!(b'V', 0, size_of::<RawCapability>());
        assert_eq!(query as u64, 0x8068_5600);
        assert_eq!(query as u64, number(false, 0, 104));
        let format = nix::request_code_readwrite!(b'V', 5, size_of::<RawFormat>());
        assert_eq!(format as u64, if wide { 0xc0d0_5605 } else { 0xc0cc_5605 });
    }

    #[test]
    fn a_file_that_is_no_camera_is_refused_by_the_kernel() {
        let device = Device::open(Path::new("/dev/null")).expect("/dev/null opens");
        assert_eq!(device.capability(), Err(Errno::ENOTTY));
        assert!(device.control(1).is_none());
    }

    #[test]
    fn texts_of_the_kernel_end_at_their_zero_byte_or_at_their_end() {
        assert_eq!(text(b"uvc\0rest"), "uvc");
        assert_eq!(text(b"full"), "full");
        assert_eq!(text(b"\xff\0"), "\u{fffd}");
    }
}
