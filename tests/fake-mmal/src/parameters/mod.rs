//! Parameters in the form of the traces: names for numbers, 32-bit values in brackets, the annotation by its fields.

pub mod sys;
mod table;

use crate::abi::{EINVAL, ENOSYS, SUCCESS, Status};
use crate::config::config;

pub const CHANGE_EVENT_REQUEST: u32 = 0x3;
pub const SUPPORTED_ENCODINGS: u32 = 0x1;
pub const SYSTEM_TIME: u32 = 0xd;
pub const CAPTURE: u32 = 0x10011;
pub const CAMERA_INFO: u32 = 0x1001c;
pub const CAMERA_SETTINGS: u32 = 0x10045;
pub const ANNOTATE: u32 = 0x10049;
pub const DISPLAYREGION: u32 = 0x20000;
pub const VIDEO_REQUEST_I_FRAME: u32 = 0x2000b;
pub const VIDEO_ENCODE_INLINE_HEADER: u32 = 0x2002a;
pub const VIDEO_ENCODE_INLINE_VECTORS: u32 = 0x2002c;

/// Sizes of the annotation's four versions.
const ANNOTATE_SIZES: [u32; 4] = [64, 296, 312, 324];

pub fn name(id: u32) -> String {
    row(id).map_or_else(|| format!("0x{id:05x}"), |&(_, name, _)| name.to_owned())
}

/// What the firmware says to the parameter as such: known, and of the right size.
pub fn check(id: u32, size: u32) -> Status {
    match row(id) {
        None => ENOSYS,
        Some(_) if id == ANNOTATE => check_annotation(size),
        Some(&(_, _, 0)) => SUCCESS,
        Some(&(_, _, expected)) if expected == size => SUCCESS,
        Some(_) => EINVAL,
    }
}

fn check_annotation(size: u32) -> Status {
    let known = if config().is_on("OLD_FIRMWARE") {
        2
    } else {
        ANNOTATE_SIZES.len()
    };
    if ANNOTATE_SIZES[..known].contains(&size) {
        SUCCESS
    } else {
        EINVAL
    }
}

/// Whether the size is wrong for any firmware, and not only for an old one.
pub fn is_mistaken(id: u32, size: u32) -> bool {
    check(id, size) == EINVAL && !(id == ANNOTATE && ANNOTATE_SIZES.contains(&size))
}

fn row(id: u32) -> Option<&'static (u32, &'static str, u32)> {
    table::TABLE.iter().find(|row| row.0 == id)
}

/// The payload (all after the header) as a trace shows it.
pub fn payload(id: u32, bytes: &[u8]) -> String {
    match id {
        ANNOTATE if bytes.len() == 316 => annotation(bytes),
        DISPLAYREGION if bytes.len() == 76 => display_region(&values(bytes)),
        _ => list(values(bytes).iter().map(i32::to_string)),
    }
}

/// The 32-bit values of a payload.
pub fn values(bytes: &[u8]) -> Vec<i32> {
    bytes
        .chunks_exact(4)
        .map(|word| i32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// Fields that the mask at its start does not cover are whatever was in memory: shown as stars.
fn display_region(values: &[i32]) -> String {
    const NUM: i32 = 0x1;
    const COVERED_BY: [(i32, std::ops::Range<usize>); 10] = [
        (NUM, 1..2),
        (0x2, 2..3),
        (0x4, 3..4),
        (0x8, 4..8),
        (0x10, 8..12),
        (0x20, 13..14),
        (0x40, 14..16),
        (0x80, 12..13),
        (0x100, 16..17),
        (0x200, 17..18),
    ];
    const ALPHA: (i32, usize) = (0x400, 18);
    let set = values[0];
    let is_set = |at: usize| {
        at == 0
            || (at == ALPHA.1 && set & ALPHA.0 != 0)
            || COVERED_BY
                .iter()
                .any(|(bit, range)| set & bit != 0 && range.contains(&at))
    };
    list(values.iter().enumerate().map(|(at, value)| {
        if is_set(at) {
            value.to_string()
        } else {
            "*".into()
        }
    }))
}

/// Version 4 of the annotation; places are counted from the end of the header.
fn annotation(bytes: &[u8]) -> String {
    let value = |at: usize| {
        i32::from_le_bytes([bytes[at - 8], bytes[at - 7], bytes[at - 6], bytes[at - 5]])
    };
    let colour = |at: usize| format!("[{}, {}, {}]", bytes[at - 8], bytes[at - 7], bytes[at - 6]);
    let text = &bytes[56 - 8..312 - 8];
    let text = &text[..text
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(text.len())];
    let fields = [
        ("bgYUV", colour(44)),
        ("caf", value(24).to_string()),
        ("custbg", value(40).to_string()),
        ("custtext", value(48).to_string()),
        ("enable", value(8).to_string()),
        ("framenum", value(32).to_string()),
        ("gain", value(16).to_string()),
        ("justify", value(312).to_string()),
        ("lens", value(20).to_string()),
        ("motion", value(28).to_string()),
        ("shutter", value(12).to_string()),
        ("text", quoted(text)),
        ("textYUV", colour(52)),
        ("text_size", bytes[55 - 8].to_string()),
        ("textbg", value(36).to_string()),
        ("x", value(316).to_string()),
        ("y", value(320).to_string()),
    ];
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    format!("{{{}}}", fields.join(", "))
}

/// A JSON string, everything outside printable ASCII escaped byte by byte.
fn quoted(text: &[u8]) -> String {
    let inner: String = text
        .iter()
        .map(|&byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\u{byte:04x}"),
        })
        .collect();
    format!("\"{inner}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_signed() {
        assert_eq!(payload(0x10030, &(-5i32).to_le_bytes()), "[-5]");
        assert_eq!(name(0x10030), "ISO");
    }

    #[test]
    fn a_wrong_size_is_refused() {
        assert_eq!(check(CAPTURE, 12), SUCCESS);
        assert_eq!(check(CAPTURE, 16), EINVAL);
        assert_eq!(check(0x7777_7777, 12), ENOSYS);
    }

    #[test]
    fn what_the_mask_of_a_display_region_leaves_out_is_not_shown() {
        let mut bytes = [0xee; 76];
        for (at, value) in [(0, 0x502i32), (8, 1), (64, 2), (72, 255)] {
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        assert_eq!(
            payload(DISPLAYREGION, &bytes),
            "[1282,*,1,*,*,*,*,*,*,*,*,*,*,*,*,*,2,*,255]"
        );
    }

    #[test]
    fn an_annotation_is_shown_by_its_fields() {
        let mut bytes = [0; 316];
        bytes[0] = 1;
        bytes[48..53].copy_from_slice(b"a\"b\xe9c");
        let shown = payload(ANNOTATE, &bytes);
        assert!(shown.contains("\"enable\": 1, "), "{shown}");
        assert!(shown.contains(r#""text": "a\"b\u00e9c", "#), "{shown}");
    }
}
