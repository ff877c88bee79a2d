//! `-a` and `-ae`, the text in the picture, as raspivid reads them. Composing the text is the
//! sources' work.

use std::ffi::OsStr;

use super::draft::Draft;
use super::shown::shown;
use super::value::utf8;

/// The bit that shows the user's text.
const USER_TEXT: u32 = 1;
/// MMAL's room for the text, without the NUL at the end.
const MAX_TEXT_BYTES: usize = 255;

/// Reads one `-a`: nothing but digits are bits to add, anything else is the text.
pub fn annotate(draft: &mut Draft, text: &OsStr) -> Result<(), String> {
    let text = utf8(text)?;
    let number = text.trim_start_matches([' ', '+', '-']);
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        draft.options.annotation.bits |= text
            .trim_start()
            .parse::<u32>()
            .map_err(|_| String::new())?;
        return Ok(());
    }
    let text = text.replace("\\n", "\n");
    let end = (0..=MAX_TEXT_BYTES.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    if end < text.len() {
        draft.warn(format!(
            "the text of -a is cut after {end} bytes of {}",
            text.len()
        ));
    }
    draft.options.annotation.text = text[..end].to_owned();
    draft.options.annotation.bits |= USER_TEXT;
    Ok(())
}

/// Reads `-ae`: one to six fields.
pub fn annotate_extra(draft: &mut Draft, text: &OsStr) -> Result<(), String> {
    let text = utf8(text)?;
    let fields: Vec<&str> = text.split(',').collect();
    if fields.len() > 6 {
        return Err(String::new());
    }
    let old = &draft.options.annotation;
    let mut new = old.clone();
    let wrong = |field: &str| format!("{} does not fit there", shown(field));
    for (index, field) in fields.into_iter().enumerate() {
        let number = || field.parse::<u32>().map_err(|_| wrong(field));
        match index {
            0 => new.text_size = field.parse().map_err(|_| wrong(field))?,
            1 => new.text_colour = colour(field).ok_or_else(|| wrong(field))?,
            2 => new.background_colour = colour(field).ok_or_else(|| wrong(field))?,
            3 => {
                new.justify = number()
                    .ok()
                    .filter(|n| *n <= 2)
                    .ok_or_else(|| wrong(field))?
            }
            4 => new.x = number()?,
            _ => new.y = number()?,
        }
    }
    draft.options.annotation = new;
    Ok(())
}

/// A colour as 0xVVUUYY, with or without the 0x; -1 is none.
#[expect(
    clippy::option_option,
    reason = "a colour that cannot be read is not the same as no colour"
)]
fn colour(text: &str) -> Option<Option<u32>> {
    if text == "-1" {
        return Some(None);
    }
    let digits = text
        .strip_prefix("0x")
        .or(text.strip_prefix("0X"))
        .unwrap_or(text);
    let short =
        (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    short.then(|| u32::from_str_radix(digits, 16).ok())
}
