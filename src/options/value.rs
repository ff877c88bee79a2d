//! How the text of one value is read. A value is read as a whole or not at all: `29.97`, `12x` and
//! an empty word are no whole numbers. Each error says what is wrong with the text; what is allowed
//! is said by the table.

use std::ffi::OsStr;
use std::ops::RangeInclusive;

use super::Word;
use super::draft::Draft;
use super::shown::shown;
use super::table::{Kind, Row};

type Checked<T> = Result<T, String>;

/// Reads `text` as the value of `row` and stores it in `draft`. The error names the option, what
/// was given and what is allowed.
pub fn apply(row: &Row, text: Option<&OsStr>, draft: &mut Draft) -> Checked<()> {
    store(row, text.unwrap_or_default(), text.is_some(), draft).map_err(|reason| {
        let given = text.unwrap_or_default();
        let reason = if reason.is_empty() {
            reason
        } else {
            format!("{reason}; ")
        };
        format!(
            "cannot use {} for {}: {reason}it takes {}",
            shown(given),
            row.names(),
            row.kind.takes()
        )
    })
}

fn store(row: &Row, text: &OsStr, there: bool, draft: &mut Draft) -> Checked<()> {
    match row.kind {
        Kind::Flag(set) => set(draft),
        Kind::Whole { min, max, set, .. } => set(draft, whole(text, min..=max)?),
        Kind::MaybeWhole { min, max, set, .. } if there => set(draft, whole(text, min..=max)?),
        Kind::MaybeWhole { .. } | Kind::Stop(_) => {}
        Kind::Adjustment { min, max, set } => {
            let asked = whole(text, i64::from(i32::MIN)..=i64::from(i32::MAX))? as i32;
            let used = (min..=max).contains(&asked).then_some(asked);
            if used.is_none() {
                draft.warn(format!(
                    "{} {asked} is outside {min} to {max}: left out",
                    row.name()
                ));
            }
            set(draft, asked, used);
        }
        Kind::Decimal { max, set } => set(draft, decimal(utf8(text)?, f64::from(max))? as f32),
        Kind::Words { words, exact, set } => {
            set(
                draft,
                find(words, utf8(text)?, exact).ok_or_else(String::new)?,
            );
        }
        Kind::Effect { words, set } => match find(words, utf8(text)?, false) {
            Some(word) => set(draft, word),
            // The default is in place already.
            None => draft.warn(unknown_effect(row, words, text)),
        },
        Kind::Special { set, .. } => set(draft, text)?,
    }
    Ok(())
}

fn unknown_effect(row: &Row, words: &[Word], text: &OsStr) -> String {
    let instead = match row.default {
        Some(default) => format!("{default} is used"),
        None => "it is left out".to_owned(),
    };
    format!(
        "{} does not know {}: {instead}; it takes {}",
        row.names(),
        shown(text),
        listed(words)
    )
}

impl Kind {
    /// What the option takes, for messages.
    pub fn takes(&self) -> String {
        match *self {
            Self::Flag(_) | Self::Stop(_) => "no value".to_owned(),
            Self::Whole { min, max, unit, .. } | Self::MaybeWhole { min, max, unit, .. } => {
                let of = if unit.is_empty() {
                    String::new()
                } else {
                    format!(" of {unit}")
                };
                format!("a whole number{of} from {min} to {max}")
            }
            Self::Adjustment { min, max, .. } => format!("a whole number from {min} to {max}"),
            Self::Decimal { max, .. } => format!("a decimal number from 0 to {max}"),
            Self::Words { words, .. } | Self::Effect { words, .. } => listed(words),
            Self::Special { takes, .. } => takes.to_owned(),
        }
    }

    /// The words that the option takes, where it takes words.
    pub fn words(&self) -> &'static [Word] {
        match *self {
            Self::Words { words, .. } | Self::Effect { words, .. } => words,
            _ => &[],
        }
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

fn find(words: &[Word], text: &str, exact: bool) -> Option<Word> {
    let is = |name: &str| {
        if exact {
            name == text
        } else {
            name.eq_ignore_ascii_case(text)
        }
    };
    words.iter().copied().find(|word| is(word.name))
}

/// The text of anything that is not a file name.
pub fn utf8(text: &OsStr) -> Checked<&str> {
    text.to_str()
        .ok_or_else(|| "it is not UTF-8 text".to_owned())
}

/// A whole number in the range.
pub fn whole(text: &OsStr, range: RangeInclusive<i64>) -> Checked<i64> {
    part(utf8(text)?, &range)
}

fn part(text: &str, range: &RangeInclusive<i64>) -> Checked<i64> {
    let number = text.parse::<i64>().map_err(|_| String::new())?;
    if range.contains(&number) {
        Ok(number)
    } else {
        Err(String::new())
    }
}

/// Whole numbers with `separator` between them, as many as `count` allows.
pub fn whole_list(
    text: &OsStr,
    separator: char,
    count: RangeInclusive<usize>,
    range: RangeInclusive<i64>,
) -> Checked<Vec<i64>> {
    let list = utf8(text)?
        .split(separator)
        .map(|text| part(text, &range))
        .collect::<Checked<Vec<_>>>()?;
    if count.contains(&list.len()) {
        Ok(list)
    } else {
        Err(String::new())
    }
}

/// A decimal number from 0 to `max`.
fn decimal(text: &str, max: f64) -> Checked<f64> {
    let number = text.parse::<f64>().map_err(|_| String::new())?;
    // Neither NaN nor infinity lies in the range.
    if (0.0..=max).contains(&number) {
        Ok(number)
    } else {
        Err(String::new())
    }
}

/// `count` decimal numbers from 0 to `max` with commas between them.
pub fn decimal_list(text: &OsStr, count: usize, max: f64) -> Checked<Vec<f64>> {
    let list = utf8(text)?
        .split(',')
        .map(|text| decimal(text, max))
        .collect::<Checked<Vec<_>>>()?;
    if list.len() == count {
        Ok(list)
    } else {
        Err(String::new())
    }
}

/// Bits a second, plain or in thousands (`k`) or millions (`M`).
pub fn bits(text: &OsStr) -> Checked<u32> {
    let text = utf8(text)?;
    let (digits, factor) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1000),
        None => text
            .strip_suffix('M')
            .map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    let number = digits.parse::<u32>().map_err(|_| String::new())?;
    number.checked_mul(factor).ok_or_else(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitrates_may_be_in_thousands_and_millions() {
        let read = |text: &str| bits(OsStr::new(text)).ok();
        assert_eq!(read("800000"), Some(800_000));
        assert_eq!(read("800k"), Some(800_000));
        assert_eq!(read("4M"), Some(4_000_000));
        assert_eq!(read("4294M"), Some(4_294_000_000));
        for wrong in [
            "",
            "k",
            "M",
            "4m",
            "800K",
            "4MM",
            "4kM",
            "4 M",
            "4.5M",
            "-1",
            "-1k",
            "4295M",
            "1e6",
            "4294967296",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_number_is_read_as_a_whole_or_not_at_all() {
        let read = |text: &str| whole(OsStr::new(text), -5..=100).ok();
        assert_eq!(read("7"), Some(7));
        assert_eq!(read("-5"), Some(-5));
        for wrong in [
            "",
            " 7",
            "7 ",
            "7x",
            "29.97",
            "abc",
            "0x10",
            "101",
            "-6",
            "99999999999999999999",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn decimal_numbers_are_finite_and_in_their_range() {
        assert_eq!(decimal("0.25", 1.0), Ok(0.25));
        assert_eq!(decimal("1", 1.0), Ok(1.0));
        for wrong in ["", "nan", "inf", "-inf", "-0.1", "1.01", "1,0", "0.5x"] {
            assert!(decimal(wrong, 1.0).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lists_have_the_right_number_of_members() {
        let list = |text: &str| whole_list(OsStr::new(text), ',', 2..=3, 0..=9).ok();
        assert_eq!(list("1,2"), Some(vec![1, 2]));
        assert_eq!(list("1,2,3"), Some(vec![1, 2, 3]));
        for wrong in ["1", "1,2,3,4", "1,", ",1", "1,,2", "1;2", "1,10"] {
            assert_eq!(list(wrong), None, "{wrong}");
        }
    }
}
