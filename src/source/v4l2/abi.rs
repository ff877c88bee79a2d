//! What the kernel's V4L2 interface passes in memory: structures, numbers and flags of `linux/videodev2.h` and
//! `linux/v4l2-controls.h` (Linux media userspace API, part I), as far as they are used here. Only layouts, no calls.
//!
//! The layout of a buffer depends on the size of time_t: 32-bit systems have two ioctl numbers for it. Here it is
//! always the word-sized one, which every kernel knows, however the C library was built: the times are of the
//! monotonic clock, and 31 bits of its seconds last for 68 years of uptime.

/// `enum v4l2_buf_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum QueueKind {
    Capture = 1,
    /// The encoded side of a codec.
    CaptureMplane = 9,
    /// The raw side of an encoder.
    OutputMplane = 10,
}

impl QueueKind {
    pub fn is_multi_planar(self) -> bool {
        self != Self::Capture
    }
}

pub const MEMORY_MMAP: u32 = 1;
pub const FIELD_NONE: u32 = 1;

pub const CAP_VIDEO_CAPTURE: u32 = 0x1;
pub const CAP_VIDEO_M2M_MPLANE: u32 = 0x4000;
pub const CAP_VIDEO_M2M: u32 = 0x8000;
pub const CAP_STREAMING: u32 = 0x0400_0000;
pub const CAP_DEVICE_CAPS: u32 = 0x8000_0000;

pub const CAP_TIME_PER_FRAME: u32 = 0x1000;

pub const FLAG_ERROR: u32 = 0x40;
pub const FLAG_TIMESTAMP_MASK: u32 = 0xe000;
pub const FLAG_TIMESTAMP_MONOTONIC: u32 = 0x2000;

pub const CONTROL_DISABLED: u32 = 0x1;
pub const CONTROL_READ_ONLY: u32 = 0x4;
pub const CONTROL_BUTTON: u32 = 4;

/// Four characters, little-endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct FourCc(pub u32);

impl FourCc {
    pub const H264: Self = Self::new(b"H264");
    pub const MJPEG: Self = Self::new(b"MJPG");
    pub const JPEG: Self = Self::new(b"JPEG");
    pub const YUYV: Self = Self::new(b"YUYV");
    pub const YVYU: Self = Self::new(b"YVYU");
    pub const UYVY: Self = Self::new(b"UYVY");
    pub const NV12: Self = Self::new(b"NV12");
    pub const NV21: Self = Self::new(b"NV21");
    pub const NV16: Self = Self::new(b"NV16");
    pub const I420: Self = Self::new(b"YU12");
    pub const YV12: Self = Self::new(b"YV12");
    pub const RGB24: Self = Self::new(b"RGB3");
    pub const BGR24: Self = Self::new(b"BGR3");
    pub const GREY: Self = Self::new(b"GREY");

    const fn new(name: &[u8; 4]) -> Self {
        Self(u32::from_le_bytes(*name))
    }
}

impl std::fmt::Display for FourCc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in self.0.to_le_bytes() {
            let shown = if byte.is_ascii_graphic() { byte } else { b' ' };
            write!(f, "{}", char::from(shown))?;
        }
        Ok(())
    }
}

/// `struct v4l2_capability`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawCapability {
    pub driver: [u8; 16],
    pub card: [u8; 32],
    pub bus_info: [u8; 32],
    pub version: u32,
    pub capabilities: u32,
    pub device_caps: u32,
    pub reserved: [u32; 3],
}

/// `struct v4l2_fmtdesc`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawFormatDescription {
    pub index: u32,
    pub kind: u32,
    pub flags: u32,
    pub description: [u8; 32],
    pub pixel_format: FourCc,
    pub mbus_code: u32,
    pub reserved: [u32; 3],
}

/// `struct v4l2_pix_format`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct PixelFormat {
    pub width: u32,
    pub height: u32,
    pub pixel_format: FourCc,
    pub field: u32,
    pub bytes_per_line: u32,
    pub image_bytes: u32,
    pub colour_space: u32,
    pub private: u32,
    pub flags: u32,
    pub ycbcr_encoding: u32,
    pub quantization: u32,
    pub transfer_function: u32,
}

/// `struct v4l2_format` of a single-planar queue. Its union holds pointers, which decide on its alignment.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawFormat {
    pub kind: u32,
    pub align: [usize; 0],
    pub pixel: PixelFormat,
    pub rest: [u8; 152],
}

/// `struct v4l2_plane_pix_format`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct PlaneFormat {
    pub image_bytes: u32,
    pub bytes_per_line: u32,
    pub reserved: [u16; 6],
}

/// `struct v4l2_pix_format_mplane` in `struct v4l2_format`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawFormatMplane {
    pub kind: u32,
    pub align: [usize; 0],
    pub width: u32,
    pub height: u32,
    pub pixel_format: FourCc,
    pub field: u32,
    pub colour_space: u32,
    pub planes: [PlaneFormat; 8],
    pub plane_count: u8,
    pub flags: u8,
    pub ycbcr_encoding: u8,
    pub quantization: u8,
    pub transfer_function: u8,
    pub reserved: [u8; 7],
    pub rest: [u8; 8],
}

/// `struct v4l2_fract`: seconds a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Fraction {
    pub numerator: u32,
    pub denominator: u32,
}

impl Fraction {
    pub fn frames_per_second(self) -> f64 {
        f64::from(self.denominator) / f64::from(self.numerator)
    }

    /// The frames a second as they are told, to a hundredth.
    pub fn rate(self) -> f64 {
        (self.frames_per_second() * 100.0).round() / 100.0
    }
}

/// `struct v4l2_streamparm` with its `v4l2_captureparm`, which `v4l2_outputparm` has the layout of.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawStreamParameters {
    pub kind: u32,
    pub capability: u32,
    pub mode: u32,
    pub time_per_frame: Fraction,
    pub extended_mode: u32,
    pub buffers: u32,
    pub reserved: [u32; 4],
    pub rest: [u8; 160],
}

/// `struct v4l2_requestbuffers`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawRequestBuffers {
    pub count: u32,
    pub kind: u32,
    pub memory: u32,
    pub capabilities: u32,
    pub flags: u32,
}

/// `struct timeval` of word size (see the head of this file).
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct RawTime {
    pub seconds: isize,
    pub microseconds: isize,
}

/// `struct v4l2_plane`. The union `m` is used for its `mem_offset` alone.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct RawPlane {
    pub bytes_used: u32,
    pub length: u32,
    pub location: Location,
    pub data_offset: u32,
    pub reserved: [u32; 11],
}

/// The union `m` of a plane: an offset for mmap(2) in a field as large as a pointer.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Location {
    align: [usize; 0],
    pub offset: u32,
    #[cfg(target_pointer_width = "64")]
    rest: u32,
}

/// The union `m` of a buffer.
#[derive(Clone, Copy)]
#[repr(C)]
pub union BufferLocation {
    pub single: Location,
    pub planes: *mut RawPlane,
}

/// `struct v4l2_buffer`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RawBuffer {
    pub index: u32,
    pub kind: u32,
    pub bytes_used: u32,
    pub flags: u32,
    pub field: u32,
    pub time: RawTime,
    pub timecode: [u32; 4],
    pub sequence: u32,
    pub memory: u32,
    pub location: BufferLocation,
    /// Bytes, or the number of planes.
    pub length: u32,
    pub reserved: u32,
    pub request: u32,
}

/// `struct v4l2_queryctrl`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawControlQuery {
    pub id: u32,
    pub kind: u32,
    pub name: [u8; 32],
    pub minimum: i32,
    pub maximum: i32,
    pub step: i32,
    pub default: i32,
    pub flags: u32,
    pub reserved: [u32; 2],
}

/// `struct v4l2_control`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawControl {
    pub id: u32,
    pub value: i32,
}

pub const SIZE_DISCRETE: u32 = 1;

/// `struct v4l2_frmsizeenum`. `values` is its union: width and height, or their least, greatest and step.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawFrameSize {
    pub index: u32,
    pub pixel_format: FourCc,
    pub kind: u32,
    pub values: [u32; 6],
    pub reserved: [u32; 2],
}

/// `struct v4l2_frmivalenum`. `values` is its union: one interval, or the least, the greatest and the step.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RawFrameInterval {
    pub index: u32,
    pub pixel_format: FourCc,
    pub width: u32,
    pub height: u32,
    pub kind: u32,
    pub values: [Fraction; 3],
    pub reserved: [u32; 2],
}

/// The sizes are part of the ioctl numbers: a wrong one is refused by the kernel, a wrong alignment is not.
const _: () = {
    let wide = size_of::<usize>() == 8;
    assert!(size_of::<RawCapability>() == 104);
    assert!(size_of::<RawFormatDescription>() == 64);
    assert!(size_of::<PixelFormat>() == 48);
    assert!(size_of::<RawFormat>() == if wide { 208 } else { 204 });
    assert!(size_of::<RawFormatMplane>() == size_of::<RawFormat>());
    assert!(
        std::mem::offset_of!(RawFormatMplane, rest) - std::mem::offset_of!(RawFormatMplane, width)
            == 192
    );
    assert!(size_of::<RawStreamParameters>() == 204);
    assert!(size_of::<RawRequestBuffers>() == 20);
    assert!(size_of::<RawPlane>() == if wide { 64 } else { 60 });
    assert!(size_of::<RawBuffer>() == if wide { 88 } else { 68 });
    assert!(std::mem::offset_of!(RawBuffer, time) == if wide { 24 } else { 20 });
    assert!(std::mem::offset_of!(RawBuffer, location) == if wide { 64 } else { 52 });
    assert!(size_of::<RawControlQuery>() == 68);
    assert!(size_of::<RawFrameSize>() == 44);
    assert!(size_of::<RawFrameInterval>() == 52);
};
