//! What a port of MMAL hands out, and the marks on it, by the names of mmal_buffer.h and mmal_events.h.

/// A piece of a stream, or an event.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// `STREAM`, or which event it is.
    pub command: u32,
    pub flags: u32,
    /// In microseconds of the VideoCore's clock, or `TIME_UNKNOWN`.
    pub pts_us: i64,
    pub data: &'a [u8],
}

/// The command of a buffer that is part of the stream.
pub const STREAM: u32 = 0;
/// The component cannot go on; from a camera: the sensor gives no data.
pub const EVENT_ERROR: u32 = u32::from_le_bytes(*b"ERRO");
/// The stream has ended.
pub const EVENT_EOS: u32 = u32::from_le_bytes(*b"EEOS");
/// A parameter that was asked for has a new value, which is the payload.
pub const EVENT_PARAMETER_CHANGED: u32 = u32::from_le_bytes(*b"EPCH");

pub const FLAG_EOS: u32 = 1;
pub const FLAG_FRAME_END: u32 = 4;
/// SPS and PPS.
pub const FLAG_CONFIG: u32 = 0x20;
/// Motion vectors: no part of the stream.
pub const FLAG_CODECSIDEINFO: u32 = 0x80;
pub const FLAG_CORRUPTED: u32 = 0x200;
pub const FLAG_TRANSMISSION_FAILED: u32 = 0x400;

/// No time is known.
pub const TIME_UNKNOWN: i64 = i64::MIN;

/// The bindings are there on ARM alone; there the numbers are compared with theirs.
#[cfg(target_arch = "arm")]
const _: () = {
    assert!(EVENT_ERROR == mmal_sys::MMAL_EVENT_ERROR);
    assert!(EVENT_EOS == mmal_sys::MMAL_EVENT_EOS);
    assert!(EVENT_PARAMETER_CHANGED == mmal_sys::MMAL_EVENT_PARAMETER_CHANGED);
    assert!(FLAG_EOS == mmal_sys::MMAL_BUFFER_HEADER_FLAG_EOS);
    assert!(FLAG_FRAME_END == mmal_sys::MMAL_BUFFER_HEADER_FLAG_FRAME_END);
    assert!(FLAG_CONFIG == mmal_sys::MMAL_BUFFER_HEADER_FLAG_CONFIG);
    assert!(FLAG_CODECSIDEINFO == mmal_sys::MMAL_BUFFER_HEADER_FLAG_CODECSIDEINFO);
    assert!(FLAG_CORRUPTED == mmal_sys::MMAL_BUFFER_HEADER_FLAG_CORRUPTED);
    assert!(FLAG_TRANSMISSION_FAILED == mmal_sys::MMAL_BUFFER_HEADER_FLAG_TRANSMISSION_FAILED);
};
