//! Formats of elementary streams: the C functions that make, copy and compare them.
#![allow(unsafe_code)]

use std::ptr::null_mut;

use crate::abi::{EINVAL, EsFormat, SUCCESS, Status, VideoFormat};

const EXTRADATA_MAX: u32 = 128;

/// A format with room for its extra data, in one piece.
#[repr(C)]
struct Whole {
    format: EsFormat,
    video: VideoFormat,
    extradata: [u8; EXTRADATA_MAX as usize],
}

#[unsafe(no_mangle)]
pub extern "C" fn mmal_format_alloc() -> *mut EsFormat {
    let format = EsFormat {
        kind: 0,
        encoding: 0,
        encoding_variant: 0,
        es: null_mut(),
        bitrate: 0,
        flags: 0,
        extradata_size: 0,
        extradata: null_mut(),
    };
    let whole = Whole {
        format,
        video: VideoFormat::default(),
        extradata: [0; EXTRADATA_MAX as usize],
    };
    let whole = Box::into_raw(Box::new(whole));
    // SAFETY: just made, and ours alone; the format is the first member, so its address is that of the whole.
    unsafe {
        (*whole).format.es = &raw mut (*whole).video;
        (*whole).format.extradata = (&raw mut (*whole).extradata).cast();
    }
    whole.cast()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_format_free(format: *mut EsFormat) {
    if !format.is_null() {
        // SAFETY: the caller got it from `mmal_format_alloc`, which made a `Whole`.
        drop(unsafe { Box::from_raw(format.cast::<Whole>()) });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_format_extradata_alloc(_format: *mut EsFormat, size: u32) -> Status {
    if size <= EXTRADATA_MAX {
        SUCCESS
    } else {
        EINVAL
    }
}

/// Copies all but the extra data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_format_copy(to: *mut EsFormat, from: *mut EsFormat) {
    // SAFETY: the caller gives two formats from `mmal_format_alloc`; their members lie inside them.
    unsafe {
        let (es, extradata) = ((*to).es, (*to).extradata);
        *es = *(*from).es;
        *to = EsFormat {
            es,
            extradata,
            extradata_size: 0,
            ..*from
        };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_format_full_copy(to: *mut EsFormat, from: *mut EsFormat) -> Status {
    // SAFETY: as above; the extra data of both has room for EXTRADATA_MAX bytes.
    unsafe {
        mmal_format_copy(to, from);
        let size = (*from).extradata_size;
        if size > EXTRADATA_MAX {
            return EINVAL;
        }
        (*from).extradata.copy_to((*to).extradata, size as usize);
        (*to).extradata_size = size;
    }
    SUCCESS
}

/// 0 if they are the same, or else a mask of what differs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmal_format_compare(one: *mut EsFormat, other: *mut EsFormat) -> u32 {
    // SAFETY: the caller gives two formats from `mmal_format_alloc`.
    let (one, other) = unsafe { (&*one, &*other) };
    // SAFETY: as above.
    let (video, other_video) = unsafe { (&*one.es, &*other.es) };
    let differences = [
        (one.kind != other.kind, 1),
        (one.encoding != other.encoding, 2),
        (one.bitrate != other.bitrate, 4),
        (one.flags != other.flags, 8),
        (
            video.width != other_video.width || video.height != other_video.height,
            1 << 16,
        ),
        (video.crop != other_video.crop, 1 << 17),
        (video.frame_rate != other_video.frame_rate, 1 << 18),
    ];
    differences
        .iter()
        .filter(|(differs, _)| *differs)
        .fold(0, |mask, (_, bit)| mask | bit)
}
