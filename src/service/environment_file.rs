//! Reads a conffile such as /etc/default/raspivid as systemd does for `EnvironmentFile=` and `$RASPIVID_OPTIONS`: assignments, quotes and
//! backslashes first, then the words of a value.
//!
//! What it makes of tests/data/environment_files.json is tested below, and what systemd 247, 252 and 257 make of the same
//! table in the container tests. Where these differ (a comment that ends in a backslash), it is read as the older ones do
//! and told.

use std::iter::Peekable;
use std::slice::Iter;

/// As many lines without an effect are told one by one.
const MOST_REMARKS: usize = 8;

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EnvironmentFile {
    /// In their order; the last of a name counts.
    pub assignments: Vec<Assignment>,
    /// The first lines that have no effect, and why.
    pub remarks: Vec<String>,
    /// How many more there are.
    pub more_remarks: usize,
    /// Why systemd takes nothing at all from the file.
    pub refusal: Option<String>,
}

/// `NAME=VALUE`.
#[derive(Debug, PartialEq, Eq)]
pub struct Assignment {
    pub name: String,
    pub value: String,
    /// Where it begins.
    pub line: u32,
}

impl EnvironmentFile {
    /// Reads the bytes of the file.
    pub fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader {
            bytes: bytes.iter().peekable(),
            line: 1,
            file: Self::default(),
        };
        if bytes.contains(&0) {
            reader.refuse("it has a zero byte in it".to_owned());
        }
        while reader.file.refusal.is_none() && reader.line() {}
        reader.file
    }

    /// The value that counts.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.assignments
            .iter()
            .rev()
            .find_map(|it| (it.name == name).then_some(it.value.as_str()))
    }

    /// Another name that was probably meant to be this one.
    pub fn similar(&self, name: &str) -> Option<&str> {
        let mut names = self.assignments.iter().map(|it| it.name.as_str());
        names.find(|other| *other != name && is_similar(name, other))
    }
}

/// Whether two names differ in one place, and by three letters at most.
fn is_similar(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_uppercase(), other.to_ascii_uppercase());
    let is_same = |(a, b): &(u8, u8)| a == b;
    let start = one.bytes().zip(other.bytes()).take_while(is_same).count();
    let rest = one.bytes().rev().zip(other.bytes().rev());
    let room = one.len().min(other.len()) - start;
    let end = rest.take_while(is_same).count().min(room);
    one.len().max(other.len()) <= start + end + 3
}

struct Reader<'a> {
    bytes: Peekable<Iter<'a, u8>>,
    line: u32,
    file: EnvironmentFile,
}

impl Reader<'_> {
    /// Reads a comment, an assignment with the lines it goes on over, or an empty line; says whether there is more.
    fn line(&mut self) -> bool {
        let Some(&&first) = self.bytes.peek() else {
            return false;
        };
        let number = self.line;
        match first {
            b'#' | b';' => self.comment(number),
            byte if is_blank(byte) || is_newline(byte) => {
                self.next();
            }
            _ => self.assignment(number),
        }
        true
    }

    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.next()?;
        self.line += u32::from(byte == b'\n');
        Some(byte)
    }

    fn comment(&mut self, number: u32) {
        while let Some(byte) = self.next() {
            match byte {
                b'\\' if self.next().is_some_and(is_newline) => self.remark(|| {
                    format!(
                        "line {number}: the comment ends in a backslash, so older systems (before systemd 257) take the next \
                         line for a part of it"
                    )
                }),
                byte if is_newline(byte) => return,
                _ => {}
            }
        }
    }

    fn assignment(&mut self, number: u32) {
        let mut name = Vec::new();
        loop {
            match self.next() {
                Some(b'=') => break,
                Some(byte) if !is_newline(byte) => name.push(byte),
                _ => return self.ignored(number, &name, "is no assignment, since it has no ="),
            }
        }
        let value = self.value();
        let (Ok(text), Ok(value)) = (std::str::from_utf8(&name), String::from_utf8(value)) else {
            return self.refuse(format!("line {number} is not UTF-8"));
        };
        let text = text.trim_end_matches(|c: char| c.is_ascii() && is_blank(c as u8));
        if !is_name(text) {
            return self.ignored(
                number,
                &name,
                "does not begin with the name of a variable and =",
            );
        }
        self.file.assignments.push(Assignment {
            name: text.to_owned(),
            value,
            line: number,
        });
    }

    fn refuse(&mut self, why: String) {
        self.file.assignments.clear();
        self.file.refusal = Some(why);
    }

    fn remark(&mut self, text: impl FnOnce() -> String) {
        if self.file.remarks.len() < MOST_REMARKS {
            self.file.remarks.push(text());
        } else {
            self.file.more_remarks += 1;
        }
    }

    fn ignored(&mut self, number: u32, name: &[u8], what: &str) {
        self.remark(|| ignored(number, name, what));
    }

    /// Up to the end of the line, or of the lines that a backslash or a quote joins. Quotes count at the start of the
    /// value and directly behind another quoted part; blanks at the end count only in quotes.
    fn value(&mut self) -> Vec<u8> {
        let mut value = Vec::new();
        while let Some(byte) = self.next() {
            match byte {
                byte if is_newline(byte) => return value,
                byte if is_blank(byte) => {}
                b'\'' => self.quoted(&mut value, b'\''),
                b'"' => self.quoted(&mut value, b'"'),
                byte => return self.unquoted(byte, value),
            }
        }
        value
    }

    fn unquoted(&mut self, first: u8, mut value: Vec<u8>) -> Vec<u8> {
        let mut kept = value.len();
        let mut byte = Some(first);
        while let Some(current) = byte {
            match current {
                b'\\' => {
                    let next = self.next();
                    value.extend(next.filter(|&next| !is_newline(next)));
                    kept = value.len();
                }
                current if is_newline(current) => break,
                current => {
                    value.push(current);
                    if !is_blank(current) {
                        kept = value.len();
                    }
                }
            }
            byte = self.next();
        }
        value.truncate(kept);
        value
    }

    fn quoted(&mut self, value: &mut Vec<u8>, quote: u8) {
        while let Some(byte) = self.next() {
            match byte {
                byte if byte == quote => return,
                b'\\' if quote == b'"' => match self.next() {
                    Some(b'\n') | None => {}
                    Some(next @ (b'"' | b'\\' | b'`' | b'$')) => value.push(next),
                    Some(next) => value.extend([b'\\', next]),
                },
                byte => value.push(byte),
            }
        }
    }
}

/// The words of a value that stands as `$NAME` in `ExecStart=`: split at blanks, quotes and backslashes taken off.
pub fn words(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (_, '\\') => word.get_or_insert_default().extend(letters.next()),
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), letter) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t' | '\n' | '\r') => words.extend(word.take()),
            (None, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// What is said of a line that systemd ignores, which began like this.
fn ignored(number: u32, start: &[u8], what: &str) -> String {
    let start = String::from_utf8_lossy(start);
    let start: String = start.trim_end().chars().take(40).collect();
    // Options that were meant to go on from the line before.
    let join = if start.starts_with('-') {
        "; the line before it goes on only where it ends in a backslash"
    } else {
        ""
    };
    format!("line {number} ({start:?}) {what}: systemd ignores it{join}")
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Letters, digits and underscores, no digit first.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(is_part)
        && text
            .bytes()
            .next()
            .is_some_and(|first| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const TABLE: &str = include_str!("../../tests/data/environment_files.json");

    /// The bytes of the file of a case: its letters in UTF-8, or one byte each.
    fn bytes(case: &Value) -> Vec<u8> {
        let text = case["file"].as_str().expect("a file");
        if case["latin1"] == true {
            text.chars().map(|letter| letter as u8).collect()
        } else {
            text.as_bytes().to_vec()
        }
    }

    #[test]
    fn a_file_gives_the_words_that_systemd_makes_of_it() {
        let table: Value = serde_json::from_str(TABLE).expect("JSON");
        let cases = table.as_array().expect("cases");
        assert!(cases.len() > 90, "{} cases", cases.len());
        for case in cases {
            let file = EnvironmentFile::read(&bytes(case));
            let value = file.value("X");
            assert_eq!(value, case["value"].as_str(), "{case}");
            assert_eq!(
                Value::from(words(value.unwrap_or_default())),
                case["words"],
                "{case}"
            );
        }
    }

    #[test]
    fn a_file_that_systemd_refuses_gives_nothing_and_is_told() {
        for (bytes, why) in [
            (&b"X=1\nY=\xff\n"[..], "line 2 is not UTF-8"),
            (b"X=1\n\0", "zero byte"),
        ] {
            let file = EnvironmentFile::read(bytes);
            assert_eq!(file.value("X"), None);
            assert!(file.refusal.is_some_and(|refusal| refusal.contains(why)));
        }
    }

    #[test]
    fn what_has_no_effect_is_told_with_its_line() {
        let file = EnvironmentFile::read(b"# fine\nexport X=1\nX\n\nY=2\n# back\\\nZ=3\n");
        let assignment = |name: &str, value: &str, line| Assignment {
            name: name.to_owned(),
            value: value.to_owned(),
            line,
        };
        assert_eq!(file.assignments, [assignment("Y", "2", 5)]);
        let remarks = file.remarks.join("\n");
        for part in [
            "line 2 (\"export X\")",
            "line 3 (\"X\") is no assignment",
            "line 6: the comment ends in a backslash",
        ] {
            assert!(remarks.contains(part), "{remarks}");
        }
    }

    #[test]
    fn of_many_lines_without_an_effect_the_first_are_kept_and_the_others_counted() {
        let file = EnvironmentFile::read("-w 640\n".repeat(1000).as_bytes());
        assert_eq!((file.remarks.len(), file.more_remarks), (MOST_REMARKS, 992));
        let at_the_limit = EnvironmentFile::read("-w 640\n".repeat(MOST_REMARKS).as_bytes());
        assert_eq!(at_the_limit.more_remarks, 0);
    }

    #[test]
    fn any_bytes_can_be_read() {
        for bytes in [
            &b""[..],
            b"\\",
            b"X=\\",
            b"X=\"\\",
            b"X='",
            b"#\\",
            b"=",
            b"\0=\0",
            b"X=\"a\" 'b' c",
        ] {
            EnvironmentFile::read(bytes);
        }
        assert_eq!(
            EnvironmentFile::read(b"X=\"a\" 'b' c").value("X"),
            Some("abc")
        );
    }
}
