//! Which of the given options a source cannot honour.

use super::Options;
use super::table::{Fate, rows};

/// The one warning about everything for the encoder, the camera and the capture program that was
/// given and is not among `honoured`; `None` where all is honoured. An option is named there by its
/// long or its short name without dashes, the words behind `--` are named by `--`.
pub fn unhonoured(options: &Options, honoured: &[&str]) -> Option<String> {
    let mut names: Vec<_> = rows()
        .filter(|row| matches!(row.fate, Fate::Encoder | Fate::Camera))
        .filter(|row| options.was_given(row.long))
        .filter(|row| !honoured.contains(&row.long) && !honoured.contains(&row.short))
        .map(|row| row.name())
        .collect();
    if !options.passed_on.is_empty() && !honoured.contains(&"--") {
        names.push("--".to_owned());
    }
    let text = format!(
        "this source cannot do what these options ask for: {}",
        names.join(" ")
    );
    (!names.is_empty()).then_some(text)
}
