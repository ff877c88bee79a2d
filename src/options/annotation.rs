//! `-a` and `-ae`, the text in the picture, as raspivid reads them. Composing the text is the
//! sources' work.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::model::Annotation;
use super::scan;
use super::value::{Checked, instead};

/// The bit that shows the user's text.
const USER_TEXT: u32 = 1;
/// MMAL's room for the text, without the NUL at the end.
const MAX_TEXT_BYTES: usize = 255;

/// Reads one `-a`: nothing but a number is bits to add, anything else is the text.
pub fn annotate(look: &mut Annotation, text: &OsStr) -> Checked {
    if let Some((bits, rest @ [])) = scan::unsigned(text.as_bytes()) {
        look.bits |= bits.cast_unsigned();
        return Ok(instead(
            bits >= 0,
            rest,
            format!("{:#x}", bits.cast_unsigned()),
        ));
    }
    let readable = text.to_string_lossy().replace("\\n", "\n");
    let end = (0..=MAX_TEXT_BYTES.min(readable.len()))
        .rev()
        .find(|end| readable.is_char_boundary(*end))
        .unwrap_or(0);
    look.text = readable[..end].to_owned();
    look.bits |= USER_TEXT;
    Ok(if end < readable.len() {
        let length = readable.len();
        Some(format!("it is cut after {end} bytes of {length}"))
    } else {
        let is_text = text.to_str().is_some();
        (!is_text).then(|| "it is not UTF-8 text, so some letters are replaced".to_owned())
    })
}

/// Reads `-ae`: up to six fields. What cannot be read stays as it is, and all that follows.
pub fn annotate_extra(look: &mut Annotation, text: &OsStr) -> Checked {
    let mut rest = text.as_bytes();
    let mut fields = 0;
    for read in FIELDS {
        let field = match fields {
            0 => Some(rest),
            _ => rest.strip_prefix(b","),
        };
        let Some(behind) = field.and_then(|field| read(look, field)) else {
            break;
        };
        rest = behind;
        fields += 1;
    }
    let read = text.len() - rest.len();
    let is_understood = fields > 0;
    let used = match is_understood {
        true => text
            .to_string_lossy()
            .get(..read)
            .unwrap_or_default()
            .to_owned(),
        false => "nothing of it".to_owned(),
    };
    Ok(instead(is_understood, rest, used))
}

type Field = for<'a> fn(&mut Annotation, &'a [u8]) -> Option<&'a [u8]>;

/// What each field is, in their order. Each hands back what stands behind it.
const FIELDS: [Field; 6] = [
    |look, text| number(text, |size| look.text_size = size as u8),
    |look, text| colour(text, &mut look.text_colour),
    |look, text| colour(text, &mut look.background_colour),
    |look, text| number(text, |place| look.justify = place),
    |look, text| number(text, |x| look.x = x),
    |look, text| number(text, |y| look.y = y),
];

fn number(text: &[u8], set: impl FnOnce(u32)) -> Option<&[u8]> {
    let (number, rest) = scan::unsigned(text)?;
    set(number.cast_unsigned());
    Some(rest)
}

/// A colour as 0xVVUUYY, with or without the 0x; -1 is none.
fn colour<'a>(text: &'a [u8], place: &mut Option<u32>) -> Option<&'a [u8]> {
    let (colour, rest) = scan::hexadecimal(text)?;
    *place = (colour != u32::MAX).then_some(colour);
    Some(rest)
}
