//! What was given, as messages show it: in quotes, and cut where it is longer than anyone reads.

use std::ffi::OsStr;

/// So many characters of it are shown.
const SHOWN: usize = 80;

/// The text in quotes.
pub fn shown(text: impl AsRef<OsStr>) -> String {
    let text = text.as_ref();
    if text.len() <= SHOWN {
        return format!("{text:?}");
    }
    let start: String = text.to_string_lossy().chars().take(SHOWN).collect();
    format!("{start:?}... ({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_anyone_reads_is_cut() {
        assert_eq!(shown("29.97"), "\"29.97\"");
        let cut = shown("é".repeat(1_000_000));
        assert!(cut.starts_with("\"éé") && cut.ends_with("é\"... (2000000 bytes)"));
        assert_eq!(cut.matches('é').count(), SHOWN);
    }
}
