//! Stores the text of one value in the draft, by its row of the table: raspivid's rules. What raspivid refuses is an error; what it
//! takes without understanding all of it is a warning that says what is used instead.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::Word;
use super::draft::Draft;
use super::scan;
use super::shown::shown;
use super::table::{Beyond, Kind, Row, Scan, Unknown, Unread, Whole};

/// What became of a text: `None` where it was understood as it stands, else what is done in its place.
pub type Instead = Option<String>;
/// The error says what is wrong with the text; what is allowed is said by the table.
pub type Checked<T = Instead> = Result<T, String>;

/// Reads `text` as the value of `row` and stores it in `draft`. Warning and error name the option, what was given and
/// what is allowed.
pub fn apply(row: &Row, text: Option<&OsStr>, draft: &mut Draft) -> Checked<()> {
    let given = shown(text.unwrap_or_default());
    let (names, takes) = (row.names(), row.kind.takes());
    match store(row, text, draft) {
        Ok(None) => Ok(()),
        Ok(Some(instead)) => {
            draft.warn(format!(
                "{names} does not take {given}: {instead}; it takes {takes}"
            ));
            Ok(())
        }
        Err(reason) if reason.is_empty() => {
            Err(format!("cannot use {given} for {names}: it takes {takes}"))
        }
        Err(reason) => Err(format!(
            "cannot use {given} for {names}: {reason}; it takes {takes}"
        )),
    }
}

fn store(row: &Row, given: Option<&OsStr>, draft: &mut Draft) -> Checked {
    let text = given.unwrap_or_default();
    match row.kind {
        Kind::Flag(set) => set(draft),
        Kind::MaybeWhole(_) if given.is_none() => {}
        Kind::Stop(_) => {}
        Kind::Whole(ref whole) | Kind::MaybeWhole(ref whole) => {
            return store_whole(row, whole, text, draft);
        }
        Kind::Decimal { max, set } => {
            let (number, rest) = scan::decimal(text.as_bytes()).ok_or_else(String::new)?;
            if number > f64::from(max) {
                return Err(String::new());
            }
            let used = not_below_zero(number);
            set(draft, used);
            return Ok(instead(used == number as f32, rest, used));
        }
        Kind::Words {
            words,
            exact,
            unknown,
            set,
        } => match (find(words, text, exact), unknown) {
            (Some(word), _) => set(draft, word),
            (None, Unknown::Refused) => return Err(String::new()),
            (None, Unknown::Unset(unset)) => {
                unset(draft);
                return Ok(Some("it is left out".to_owned()));
            }
            (None, Unknown::Default) => {
                return Ok(row.default.map(|name| {
                    find(words, name.as_ref(), exact)
                        .into_iter()
                        .for_each(|word| set(draft, word));
                    format!("{name} is used")
                }));
            }
        },
        Kind::Special { set, .. } => return set(draft, text),
    }
    Ok(None)
}

fn store_whole(row: &Row, whole: &Whole, text: &OsStr, draft: &mut Draft) -> Checked {
    let scanned = match whole.scan {
        Scan::Signed => scan::signed(text.as_bytes()),
        Scan::Unsigned => scan::unsigned(text.as_bytes()),
    };
    let Some((number, rest)) = scanned else {
        return match whole.unread {
            Unread::Refused => Err(String::new()),
            Unread::Kept => Ok(Some(format!("it stays {}", draft.number(row.long)))),
        };
    };
    let is_within = (whole.min..=whole.max).contains(&number);
    if !is_within && whole.beyond == Beyond::Refused {
        return Err(String::new());
    }
    (whole.set)(draft, number);
    draft.keep_number(row.long, number);
    Ok(match whole.beyond {
        _ if is_within => instead(is_written(text, number), rest, number),
        Beyond::LeftOut => Some("it is left out".to_owned()),
        _ => Some(format!("{number} goes to the camera as it is")),
    })
}

/// What is used, unless the text says just that.
pub fn instead(is_understood: bool, rest: &[u8], used: impl ToString) -> Instead {
    let is_whole = is_understood && scan::is_blank(rest);
    (!is_whole).then(|| format!("{} is used", used.to_string()))
}

/// What the VideoCore makes of a number below zero, and of one that is none.
pub fn not_below_zero(number: f64) -> f32 {
    if number > 0.0 { number as f32 } else { 0.0 }
}

/// Whether the digits say this number: not where it was too large and came out as another.
fn is_written(text: &OsStr, number: i32) -> bool {
    scan::whole(text.as_bytes()).is_some_and(|(written, _)| written == i64::from(number))
}

impl Kind {
    /// What the option takes, for messages.
    pub fn takes(&self) -> String {
        match self {
            Self::Flag(_) | Self::Stop(_) => "no value".to_owned(),
            Self::Whole(whole) | Self::MaybeWhole(whole) => whole.takes(),
            Self::Decimal { max, .. } => format!("a decimal number from 0 to {max}"),
            Self::Words { words, .. } => listed(words),
            Self::Special { takes, .. } => (*takes).to_owned(),
        }
    }

    /// The words that the option takes, where it takes words.
    pub fn words(&self) -> &'static [Word] {
        match *self {
            Self::Words { words, .. } => words,
            _ => &[],
        }
    }
}

impl Whole {
    fn takes(&self) -> String {
        let mut text = "a whole number".to_owned();
        if !self.unit.is_empty() {
            text.push_str(&format!(" of {}", self.unit));
        }
        match (self.min, self.max) {
            (i32::MIN, _) => {}
            (min, i32::MAX) => text.push_str(&format!(" from {min} up")),
            (min, max) => text.push_str(&format!(" from {min} to {max}")),
        }
        text
    }
}

/// `a, b or c`.
fn listed(words: &[Word]) -> String {
    let names: Vec<_> = words.iter().map(|word| word.name).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.join(""),
    }
}

fn find(words: &[Word], text: &OsStr, exact: bool) -> Option<Word> {
    let is = |name: &str| {
        if exact {
            text == name
        } else {
            text.eq_ignore_ascii_case(name)
        }
    };
    words.iter().copied().find(|word| is(word.name))
}

/// The text of anything that is neither a file name nor one of raspivid's values.
pub fn utf8(text: &OsStr) -> Checked<&str> {
    text.to_str()
        .ok_or_else(|| "it is not UTF-8 text".to_owned())
}
