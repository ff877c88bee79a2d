//! How raspivid reads the text of a value: as sscanf(3) of a 32-bit machine does, from the beginning and as far as it can.
//! What is left over is handed back with the value, so that it can be told of. Pure functions on bytes.

/// A value, and the bytes behind it.
pub type Scanned<'a, T> = Option<(T, &'a [u8])>;

/// `%d`: a number that is too large is the largest.
pub fn signed(text: &[u8]) -> Scanned<'_, i32> {
    let (number, rest) = whole(text)?;
    let nearest = number.clamp(i32::MIN.into(), i32::MAX.into());
    Some((nearest as i32, rest))
}

/// `%u` into an int: what does not fit is taken modulo 2^32, and what is larger still is the largest, which an int shows as -1.
pub fn unsigned(text: &[u8]) -> Scanned<'_, i32> {
    let (number, rest) = whole(text)?;
    Some((wrapped(number), rest))
}

/// `%X`: digits of base 16, with or without 0x before them, which may have a sign.
pub fn hexadecimal(text: &[u8]) -> Scanned<'_, u32> {
    let (is_negative, text) = sign(text);
    let (number, rest) = match text.strip_prefix(b"0x").or(text.strip_prefix(b"0X")) {
        // The 0 alone is a number.
        Some(behind) => digits(behind, 16).unwrap_or((0, behind)),
        None => digits(text, 16)?,
    };
    let number = if is_negative { -number } else { number };
    Some((wrapped(number).cast_unsigned(), rest))
}

/// `%d` without a limit: the nearest of 64 bits.
pub fn whole(text: &[u8]) -> Scanned<'_, i64> {
    let (is_negative, text) = sign(text);
    let (number, rest) = digits(text, 10)?;
    Some((if is_negative { -number } else { number }, rest))
}

/// `%lf`: also "inf" and "nan"; not the hexadecimal form, which nobody types.
pub fn decimal(text: &[u8]) -> Scanned<'_, f64> {
    let (is_negative, text) = sign(text);
    let (number, rest) = unsigned_decimal(text)?;
    Some((if is_negative { -number } else { number }, rest))
}

/// Up to `most` values with `separator` between them, as many as can be read; what is left over begins behind the last.
pub fn list<T>(
    text: &[u8],
    separator: u8,
    most: usize,
    scan: fn(&[u8]) -> Scanned<'_, T>,
) -> (Vec<T>, &[u8]) {
    let (mut values, mut rest, mut next) = (Vec::new(), text, Some(text));
    while let Some((value, behind)) = next.filter(|_| values.len() < most).and_then(scan) {
        values.push(value);
        rest = behind;
        next = behind.strip_prefix(&[separator]);
    }
    (values, rest)
}

/// Bits a second: `%u`, and beyond raspivid a decimal number of thousands (`k`) or millions (`M`).
pub fn bits(text: &[u8]) -> Scanned<'_, i32> {
    if let Some((number, [suffix, rest @ ..])) =
        decimal(text).filter(|(number, _)| number.is_finite())
    {
        let factor = match suffix {
            b'k' | b'K' => 1e3,
            b'M' | b'm' => 1e6,
            _ => return unsigned(text),
        };
        return Some(((number * factor).round() as i32, rest));
    }
    unsigned(text)
}

/// Whether nothing but blanks is left.
pub fn is_blank(rest: &[u8]) -> bool {
    rest.iter().all(|&byte| is_space(byte))
}

/// isspace(3) in the C locale; Rust's own lacks the vertical tab.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// Skips blanks and one sign; true for a minus.
fn sign(text: &[u8]) -> (bool, &[u8]) {
    let start = text.iter().position(|&byte| !is_space(byte));
    let text = &text[start.unwrap_or(text.len())..];
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    }
}

fn digits(text: &[u8], radix: u32) -> Scanned<'_, i64> {
    let value = |byte: &u8| char::from(*byte).to_digit(radix);
    let end = text.iter().position(|byte| value(byte).is_none());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let add = |number: i64, digit: u32| {
        number
            .saturating_mul(radix.into())
            .saturating_add(digit.into())
    };
    let number = digits.iter().filter_map(value).fold(0, add);
    (!digits.is_empty()).then_some((number, rest))
}

/// strtoul(3) of 32 bits, kept in an int.
fn wrapped(number: i64) -> i32 {
    let fits = number.unsigned_abs() <= u64::from(u32::MAX);
    if fits { number as i32 } else { -1 }
}

/// Digits with one point among them and an exponent behind, of which each part may be missing but the digits.
fn unsigned_decimal(text: &[u8]) -> Scanned<'_, f64> {
    for (name, number) in [
        ("infinity", f64::INFINITY),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        if text
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        {
            return Some((number, &text[name.len()..]));
        }
    }
    let digits = |from: usize| {
        text[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let mut end = digits(0);
    let mut count = end;
    if text.get(end) == Some(&b'.') {
        count += digits(end + 1);
        end = count + 1;
    }
    if count == 0 {
        return None;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let signs = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + signs).min(text.len()));
        // Without digits behind it, the letter is no exponent.
        end += if exponent > 0 {
            1 + signs + exponent
        } else {
            0
        };
    }
    let (number, rest) = text.split_at(end);
    // Digits, a point and an exponent are what Rust reads, too.
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that glibc's sscanf gives on 32-bit ARM.
    #[test]
    fn a_whole_number_is_read_from_the_beginning_as_far_as_it_goes() {
        for (text, d, u, rest) in [
            ("7", 7, 7, ""),
            (" \t\u{b}+7 x", 7, 7, " x"),
            ("29.97", 29, 29, ".97"),
            ("1/6", 1, 1, "/6"),
            ("0x10", 0, 0, "x10"),
            ("-5", -5, -5, ""),
            ("2147483648", i32::MAX, i32::MIN, ""),
            ("-2147483649", i32::MIN, i32::MAX, ""),
            ("4294967295", i32::MAX, -1, ""),
            ("4294967296", i32::MAX, -1, ""),
            ("-4294967295", i32::MIN, 1, ""),
            ("-4294967296", i32::MIN, -1, ""),
            ("99999999999999999999999", i32::MAX, -1, ""),
        ] {
            let rest = rest.as_bytes();
            assert_eq!(signed(text.as_bytes()), Some((d, rest)), "{text}");
            assert_eq!(unsigned(text.as_bytes()), Some((u, rest)), "{text}");
        }
        for text in ["", " ", "abc", "-", "- 5", "+-5", ".5", "\u{e9}7"] {
            assert_eq!(signed(text.as_bytes()), None, "{text}");
            assert_eq!(unsigned(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_decimal_number_may_lack_parts_but_not_all_its_digits() {
        for (text, number, rest) in [
            ("0.25", 0.25, ""),
            (".5,1", 0.5, ",1"),
            ("5.", 5.0, ""),
            ("-1.5e2x", -150.0, "x"),
            ("1e", 1.0, "e"),
            ("2e-x", 2.0, "e-x"),
            ("0,5", 0.0, ",5"),
            ("1.2.3", 1.2, ".3"),
            ("INFx", f64::INFINITY, "x"),
            ("-infinity", f64::NEG_INFINITY, ""),
        ] {
            assert_eq!(
                decimal(text.as_bytes()),
                Some((number, rest.as_bytes())),
                "{text}"
            );
        }
        assert!(decimal(b"nan").is_some_and(|(number, _)| number.is_nan()));
        for text in ["", "x", ".", "-", ".e1", "e1", "in"] {
            assert_eq!(decimal(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn bits_may_be_in_thousands_and_millions() {
        for (text, number, rest) in [
            ("800000", 800_000, ""),
            ("800k", 800_000, ""),
            ("4M", 4_000_000, ""),
            ("2.5M", 2_500_000, ""),
            ("1.5Mbit", 1_500_000, "bit"),
            ("0.0004k", 0, ""),
            ("5000M", i32::MAX, ""),
            ("1e6", 1, "e6"),
            ("4 M", 4, " M"),
            ("2,5M", 2, ",5M"),
            ("4294967295", -1, ""),
            ("-1", -1, ""),
        ] {
            assert_eq!(
                bits(text.as_bytes()),
                Some((number, rest.as_bytes())),
                "{text}"
            );
        }
        for text in ["", "k", "M", "infM", "nank", "x5"] {
            assert_eq!(bits(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_list_ends_where_it_is_no_longer_one() {
        let read = |text: &'static str| {
            let (values, rest) = list(text.as_bytes(), b',', 3, signed);
            (values, std::str::from_utf8(rest).unwrap())
        };
        assert_eq!(read("1,2,3"), (vec![1, 2, 3], ""));
        assert_eq!(read("1, 2,3,4"), (vec![1, 2, 3], ",4"));
        assert_eq!(read("1,x"), (vec![1], ",x"));
        assert_eq!(read("1 ,2"), (vec![1], " ,2"));
        assert_eq!(read("x"), (vec![], "x"));
        assert_eq!(read(""), (vec![], ""));
    }

    #[test]
    fn colours_are_hexadecimal_with_or_without_a_prefix() {
        for (text, colour, rest) in [
            ("0xff", 0xff, ""),
            ("808000,1", 0x80_8000, ",1"),
            ("-1", u32::MAX, ""),
            ("0xg", 0, "g"),
            ("FFFFFFFFF", u32::MAX, ""),
            ("e", 14, ""),
        ] {
            assert_eq!(
                hexadecimal(text.as_bytes()),
                Some((colour, rest.as_bytes())),
                "{text}"
            );
        }
        assert_eq!(hexadecimal(b"red"), None);
    }
}
