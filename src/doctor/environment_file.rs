//! Reads /etc/default/raspivid as systemd does for `EnvironmentFile=` and `$RASPIVID_OPTIONS`: assignments, quotes and
//! backslashes first, then the words of a value.
//!
//! The syntax is that of systemd.exec(5) and systemd.service(5), tried on systemd 247, 252 and 257. Where they differ (a
//! comment that ends in a backslash), it is read as the older ones do and told.

use std::iter::Peekable;
use std::slice::Iter;

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EnvironmentFile {
    /// Names and values in their order; the last of a name counts.
    pub assignments: Vec<(String, String)>,
    /// What is in the file and has no effect.
    pub remarks: Vec<String>,
}

impl EnvironmentFile {
    /// Reads the bytes of the file.
    pub fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader {
            bytes: bytes.iter().peekable(),
            line: 1,
            file: Self::default(),
        };
        while reader.line() {}
        reader.file
    }

    /// The value that counts.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.assignments
            .iter()
            .rev()
            .find_map(|(other, value)| (other == name).then_some(value.as_str()))
    }
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
                b'\\' if self.next().is_some_and(is_newline) => self.file.remarks.push(format!(
                    "line {number}: the comment ends in a backslash, so older systems (before systemd 257) take the next line \
                     for a part of it"
                )),
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
                _ => return self.remark(number, &name, "is no assignment, since it has no ="),
            }
        }
        let value = self.value();
        let (Ok(text), Ok(value)) = (std::str::from_utf8(&name), String::from_utf8(value)) else {
            return self.remark(number, &name, "is not UTF-8");
        };
        let text = text.trim_end_matches(|c: char| c.is_ascii() && is_blank(c as u8));
        if !is_name(text) {
            return self.remark(
                number,
                &name,
                "does not begin with the name of a variable and =",
            );
        }
        if value
            .chars()
            .any(|c| c.is_control() && c != '\t' && c != '\n')
        {
            return self.remark(number, &name, "has a control character in its value");
        }
        self.file.assignments.push((text.to_owned(), value));
    }

    fn remark(&mut self, number: u32, name: &[u8], what: &str) {
        let name = String::from_utf8_lossy(name);
        let start: String = name.trim_end().chars().take(40).collect();
        self.file.remarks.push(format!(
            "line {number} ({start:?}) {what}: systemd ignores it"
        ));
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

    fn options(file: impl AsRef<[u8]>) -> Vec<String> {
        words(
            EnvironmentFile::read(file.as_ref())
                .value("X")
                .unwrap_or_default(),
        )
    }

    #[test]
    fn a_value_becomes_the_words_that_systemd_makes_of_it() {
        let cases: [(&str, &[&str]); 20] = [
            ("X = -w 1280 -h 720\n", &["-w", "1280", "-h", "720"]),
            (
                " \tX\t=\t-w 1280  \t -h 720 \n",
                &["-w", "1280", "-h", "720"],
            ),
            ("X=\"-w 1280 -h 720\"", &["-w", "1280", "-h", "720"]),
            ("X='-w 1280 -h 720'\n", &["-w", "1280", "-h", "720"]),
            (
                "X=-a \"hello world\" -w 3\n",
                &["-a", "hello world", "-w", "3"],
            ),
            ("X=-a 'hello world'\n", &["-a", "hello world"]),
            (
                "X=\"-a \\\"hello world\\\" -w 3\"\n",
                &["-a", "hello world", "-w", "3"],
            ),
            ("X=-a hello\\ world\n", &["-a", "hello", "world"]),
            ("X=-a hello\\\\ world\n", &["-a", "hello world"]),
            ("X=-w 1 \\\n-h 2\n", &["-w", "1", "-h", "2"]),
            ("X=-w 1280 # comment\n", &["-w", "1280", "#", "comment"]),
            ("X=-w 1280 ; comment\n", &["-w", "1280", ";", "comment"]),
            ("  # X=-w 1\n;X=-w 2\nX=-w 3\n", &["-w", "3"]),
            ("X=-w 1\nX=-w 2\n", &["-w", "2"]),
            ("X=$HOME %i %% ${HOME}\n", &["$HOME", "%i", "%%", "${HOME}"]),
            ("X=-w 1280\r\n", &["-w", "1280"]),
            ("export X=-w 1\n", &[]),
            ("\u{feff}X=-w 1\n", &[]),
            ("X=\"-a 'hello\n", &["-a", "hello\n"]),
            ("X=\n", &[]),
        ];
        for (file, expected) in cases {
            assert_eq!(options(file), expected, "{file:?}");
        }
        assert_eq!(options(b"X=\xff\n"), [""; 0]);
        assert_eq!(options("X=-a ''"), ["-a", ""]);
    }

    #[test]
    fn what_has_no_effect_is_told_with_its_line() {
        let file = EnvironmentFile::read(b"# fine\nexport X=1\nX\n\nY=2\n# back\\\nZ=3\n");
        assert_eq!(file.assignments, [("Y".to_owned(), "2".to_owned())]);
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
