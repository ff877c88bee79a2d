//! What becomes of the text of a value, and how it is told. What the text means is `scan`'s.

use std::ffi::OsStr;

use super::scan;

/// What became of a text: `None` where it was understood as it stands, else what is done in its place.
pub type Instead = Option<String>;
/// The error says what is wrong with the text; what is allowed is said by the table.
pub type Checked<T = Instead> = Result<T, String>;

/// What is used, unless the text says just that.
pub fn instead(is_understood: bool, rest: &[u8], used: impl ToString) -> Instead {
    let is_whole = is_understood && scan::is_blank(rest);
    (!is_whole).then(|| format!("{} is used", used.to_string()))
}

/// What the VideoCore makes of a number below zero, and of one that is none.
pub fn not_below_zero(number: f64) -> f32 {
    if number > 0.0 { number as f32 } else { 0.0 }
}

/// The text of anything that is neither a file name nor one of raspivid's values.
pub fn utf8(text: &OsStr) -> Checked<&str> {
    text.to_str()
        .ok_or_else(|| "it is not UTF-8 text".to_owned())
}
