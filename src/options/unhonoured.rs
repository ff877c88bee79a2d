//! Which of the given options a source cannot honour.

use super::model::Options;
use super::names;
use super::table::{Fate, Row, rows};

/// What to say about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unhonoured {
    /// The one line that names all that somebody will miss.
    pub warning: Option<String>,
    /// The same of what no picture is the worse for.
    pub note: Option<String>,
}

/// Everything for the encoder, the camera and the capture program that was given and is not among `honoured`. An option is
/// named there by its long or its short name without dashes, the words behind `--` are named by `--`. What asks for the
/// default anyway is not missed.
pub fn unhonoured(options: &Options, honoured: &[&str]) -> Unhonoured {
    let missed = rows()
        .filter(|row| matches!(row.fate, Fate::Encoder | Fate::Camera))
        .filter(|row| options.was_given(row.long) && !options.restated.contains(&row.long))
        .filter(|row| !honoured.contains(&row.long) && !honoured.contains(&row.short));
    // The time in the picture, which raspivid's usual line has, and no text of the user's own.
    let is_decoration = |long: &str| long == names::ANNOTATE && options.annotation.text.is_empty();
    let (notes, missed): (Vec<&Row>, Vec<&Row>) = missed.partition(|row| is_decoration(row.long));
    let mut names: Vec<_> = missed.into_iter().map(Row::name).collect();
    if !options.passed_on.is_empty() && !honoured.contains(&"--") {
        names.push("--".to_owned());
    }
    Unhonoured {
        warning: (!names.is_empty()).then(|| {
            format!(
                "this source cannot do what these options ask for: {}",
                names.join(" ")
            )
        }),
        note: (!notes.is_empty())
            .then(|| "-a: this source writes no time and date into the picture".to_owned()),
    }
}
