//! Which of the given options a source cannot honour.

use super::Options;
use super::table::{Fate, rows};

/// The one warning about all options for the encoder and the camera that were given and are not among `honoured`
/// (long or short names, without dashes); `None` where every one is honoured.
pub fn unhonoured(options: &Options, honoured: &[&str]) -> Option<String> {
    let names: Vec<_> = rows()
        .filter(|row| matches!(row.fate, Fate::Encoder | Fate::Camera))
        .filter(|row| options.was_given(row.long))
        .filter(|row| !honoured.contains(&row.long) && !honoured.contains(&row.short))
        .map(|row| row.name())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "this source cannot do what these options ask for: {}",
            names.join(" ")
        )
    })
}
