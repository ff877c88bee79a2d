//! Stores the text of one value in the draft, by its row of the table: raspivid's rules. What raspivid refuses is an error; what it
//! takes without understanding all of it is a warning that says what is used instead.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::draft::Draft;
use super::scan;
use super::shown::shown;
use super::table::{Beyond, Kind, Row, Scan, Unknown, Unread, Whole};
use super::value::{Checked, instead, not_below_zero};

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
            (Some(place), _) => set(draft, place),
            (None, Unknown::Refused) => return Err(String::new()),
            (None, Unknown::Unset(unset)) => {
                unset(draft);
                return Ok(Some("it is left out".to_owned()));
            }
            (None, Unknown::Default) => {
                return Ok(row.default.map(|name| {
                    find(words, name.as_ref(), exact)
                        .into_iter()
                        .for_each(|place| set(draft, place));
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

/// Whether the digits say this number: not where it was too large and came out as another.
fn is_written(text: &OsStr, number: i32) -> bool {
    scan::whole(text.as_bytes()).is_some_and(|(written, _)| written == i64::from(number))
}

/// The place of a word among those that there are.
fn find(words: &[&str], text: &OsStr, exact: bool) -> Option<usize> {
    let is = |name: &str| {
        if exact {
            text == name
        } else {
            text.eq_ignore_ascii_case(name)
        }
    };
    words.iter().position(|word| is(word))
}
