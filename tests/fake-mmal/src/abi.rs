//! The C structures and numbers of libmmal: field by field those of the 32-bit ARM library (sizes are checked
//! below), with pointers of the machine's own size elsewhere. Declarations only, nothing here touches memory.

use std::ffi::{c_char, c_void};

pub type Status = i32;

pub const SUCCESS: Status = 0;
pub const ENOMEM: Status = 1;
pub const ENOSPC: Status = 2;
pub const EINVAL: Status = 3;
pub const ENOSYS: Status = 4;
pub const EIO: Status = 7;
pub const EISCONN: Status = 12;
pub const ENOTCONN: Status = 13;
pub const EFAULT: Status = 15;

pub const FLAG_EOS: u32 = 0x1;
pub const FLAG_FRAME_END: u32 = 0x4;
pub const FLAG_KEYFRAME: u32 = 0x8;
pub const FLAG_CONFIG: u32 = 0x20;
pub const FLAG_CODECSIDEINFO: u32 = 0x80;
pub const FLAG_NAL_END: u32 = 0x1000;

/// A time that is not known.
pub const TIME_UNKNOWN: i64 = i64::MIN;

pub const EVENT_ERROR: u32 = fourcc(b"ERRO");
pub const EVENT_PARAMETER_CHANGED: u32 = fourcc(b"EPCH");
pub const EVENT_FORMAT_CHANGED: u32 = fourcc(b"EFCH");

pub const CONNECTION_FLAG_TUNNELLING: u32 = 0x1;
pub const CONNECTION_FLAG_KEEP_BUFFER_REQUIREMENTS: u32 = 0x8;
pub const CONNECTION_FLAG_KEEP_PORT_FORMATS: u32 = 0x20;

/// Four letters in the order of the memory.
pub const fn fourcc(letters: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*letters)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PortType {
    Control = 1,
    Input = 2,
    Output = 3,
}

pub type PortCallback = Option<unsafe extern "C" fn(*mut Port, *mut BufferHeader)>;
pub type PoolCallback =
    Option<unsafe extern "C" fn(*mut Pool, *mut BufferHeader, *mut c_void) -> i32>;
pub type PreReleaseCallback = Option<unsafe extern "C" fn(*mut BufferHeader, *mut c_void) -> i32>;

#[repr(C)]
pub struct Port {
    pub private: *mut c_void,
    pub name: *const c_char,
    pub kind: u32,
    pub index: u16,
    pub index_all: u16,
    pub is_enabled: u32,
    pub format: *mut EsFormat,
    pub buffer_num_min: u32,
    pub buffer_size_min: u32,
    pub buffer_alignment_min: u32,
    pub buffer_num_recommended: u32,
    pub buffer_size_recommended: u32,
    pub buffer_num: u32,
    pub buffer_size: u32,
    pub component: *mut Component,
    pub userdata: *mut c_void,
    pub capabilities: u32,
}

#[repr(C)]
pub struct Component {
    pub private: *mut c_void,
    pub userdata: *mut c_void,
    pub name: *const c_char,
    pub is_enabled: u32,
    pub control: *mut Port,
    pub input_num: u32,
    pub input: *mut *mut Port,
    pub output_num: u32,
    pub output: *mut *mut Port,
    pub clock_num: u32,
    pub clock: *mut *mut Port,
    pub port_num: u32,
    pub port: *mut *mut Port,
    pub id: u32,
}

#[repr(C)]
pub struct BufferHeader {
    pub next: *mut BufferHeader,
    pub private: *mut c_void,
    pub cmd: u32,
    pub data: *mut u8,
    pub alloc_size: u32,
    pub length: u32,
    pub offset: u32,
    pub flags: u32,
    pub pts: i64,
    pub dts: i64,
    pub kind: *mut BufferVideo,
    pub user_data: *mut c_void,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct BufferVideo {
    pub planes: u32,
    pub offset: [u32; 4],
    pub pitch: [u32; 4],
    pub flags: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct EsFormat {
    pub kind: u32,
    pub encoding: u32,
    pub encoding_variant: u32,
    pub es: *mut VideoFormat,
    pub bitrate: u32,
    pub flags: u32,
    pub extradata_size: u32,
    pub extradata: *mut u8,
}

/// The video member of the union of elementary streams, its largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct VideoFormat {
    pub width: u32,
    pub height: u32,
    pub crop: Rect,
    pub frame_rate: Rational,
    pub par: Rational,
    pub color_space: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Rect {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Rational {
    pub num: i32,
    pub den: i32,
}

#[repr(C)]
pub struct Pool {
    pub queue: *mut Queue,
    pub headers_num: u32,
    pub header: *mut *mut BufferHeader,
}

/// Its members are the library's own business; one byte makes its address its own.
#[repr(C)]
pub struct Queue {
    pub unused: u8,
}

#[repr(C)]
pub struct Connection {
    pub user_data: *mut c_void,
    pub callback: Option<unsafe extern "C" fn(*mut Connection)>,
    pub is_enabled: u32,
    pub flags: u32,
    pub input: *mut Port,
    pub output: *mut Port,
    pub pool: *mut Pool,
    pub queue: *mut Queue,
    pub name: *const c_char,
    pub time_setup: i64,
    pub time_enable: i64,
    pub time_disable: i64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct ParameterHeader {
    pub id: u32,
    pub size: u32,
}

#[repr(C)]
pub struct EventFormatChanged {
    pub buffer_size_min: u32,
    pub buffer_num_min: u32,
    pub buffer_size_recommended: u32,
    pub buffer_num_recommended: u32,
    pub format: *mut EsFormat,
}

/// A category of the log of vcos.
#[repr(C)]
pub struct LogCategory {
    pub level: u32,
    pub name: *const c_char,
    pub next: *mut LogCategory,
    pub flags: u32,
    pub refcount: u32,
    pub platform_data: *mut c_void,
}

/// The sizes on 32-bit ARM, checked whenever the library is built for it.
#[cfg(target_pointer_width = "32")]
const _: () = {
    assert!(size_of::<Port>() == 64);
    assert!(size_of::<Component>() == 56);
    assert!(size_of::<BufferHeader>() == 56);
    assert!(size_of::<EsFormat>() == 32);
    assert!(size_of::<Pool>() == 12);
    assert!(size_of::<Connection>() == 64);
    assert!(size_of::<EventFormatChanged>() == 20);
};
const _: () = {
    assert!(size_of::<VideoFormat>() == 44);
    assert!(size_of::<BufferVideo>() == 40);
    assert!(size_of::<ParameterHeader>() == 8);
};
