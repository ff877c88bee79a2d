//! Traces of MMAL calls: parsed, brought into a form in which two of them can be compared, and compared.
//!
//! A trace (`tests/data/mmal-traces/NAME.trace`) has a head of `# key: value` lines and then a line for each call that
//! reached the firmware. The exit status is compared with the calls, as a last line `exit STATUS`.

/// A recorded run of raspivid.
#[derive(Debug)]
pub struct Recording {
    pub name: String,
    /// The words after the program's name.
    pub arguments: Vec<String>,
    /// Faults that the emulator was told to have, as it reads them.
    pub injected: String,
    /// The exit status; minus the number of the signal that killed it.
    pub status: i32,
    pub calls: Vec<String>,
}

impl Recording {
    pub fn parse(name: &str, text: &str) -> Recording {
        let head = |key: &str| {
            let start = format!("# {key}: ");
            text.lines()
                .find_map(|line| line.strip_prefix(&start))
                .unwrap_or_default()
        };
        let command = words(head("command"));
        assert_eq!(
            command.first().map(String::as_str),
            Some("raspivid"),
            "trace {name}: no command"
        );
        Recording {
            name: name.into(),
            arguments: command[1..].to_vec(),
            injected: head("injected").into(),
            status: head("exit status")
                .parse()
                .unwrap_or_else(|_| panic!("trace {name}: no exit status")),
            calls: text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .map(str::to_owned)
                .collect(),
        }
    }

    /// What is compared.
    pub fn lines(&self) -> Vec<String> {
        lines(&self.calls, self.status)
    }
}

/// The words of a command line, as a shell takes them; of quotes only the single ones.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word: Option<String> = None;
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Calls and status in the form in which they are compared: digits of the annotation's text are 9, since they are the
/// time of day; what the running stream sends again by the clock (the annotation, once capture is on) is left out.
pub fn lines(calls: &[String], status: i32) -> Vec<String> {
    let capture = calls
        .iter()
        .position(|call| call.contains(" CAPTURE ["))
        .unwrap_or(calls.len());
    let is_refresh = |at: usize, call: &str| at > capture && call.contains(" ANNOTATE ");
    let kept = calls
        .iter()
        .enumerate()
        .filter(|(at, call)| !is_refresh(*at, call));
    kept.map(|(_, call)| without_digits(call))
        .chain([format!("exit {status}")])
        .collect()
}

fn without_digits(call: &str) -> String {
    const TEXT: &str = "\"text\": \"";
    let Some(start) = call.find(TEXT).map(|at| at + TEXT.len()) else {
        return call.to_owned();
    };
    let end = call[start..]
        .find("\", \"textYUV\"")
        .map_or(call.len(), |at| start + at);
    let text = call[start..end].replace(|letter: char| letter.is_ascii_digit(), "9");
    format!("{}{text}{}", &call[..start], &call[end..])
}

/// One step from the recorded lines to ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    Same(String),
    /// Recorded, and not there in ours.
    Gone(String),
    /// Ours alone.
    New(String),
}

/// The shortest way from one list of lines to the other.
pub fn edits(old: &[String], new: &[String]) -> Vec<Edit> {
    // common[i][j]: how many lines the ends from i and from j have in common.
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = match old[i] == new[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut edits) = (0, 0, vec![]);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            edits.push(Edit::Same(old[i].clone()));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            edits.push(Edit::Gone(old[i].clone()));
            i += 1;
        } else {
            edits.push(Edit::New(new[j].clone()));
            j += 1;
        }
    }
    edits
}

/// The edits as a person reads them: what differs, each with the same line before it.
pub fn shown(edits: &[Edit]) -> String {
    let mut text = String::new();
    let mut before = None;
    for edit in edits {
        let (mark, line) = match edit {
            Edit::Same(line) => {
                before = Some(line);
                continue;
            }
            Edit::Gone(line) => ('-', line),
            Edit::New(line) => ('+', line),
        };
        if let Some(before) = before.take() {
            text += &format!("      {before}\n");
        }
        text += &format!("    {mark} {line}\n");
    }
    text
}

/// A line as call and value: what is done to what, and with which value. Calls without a value have `()`.
pub fn call_and_value(line: &str) -> (String, String) {
    let words: Vec<_> = line.split(' ').collect();
    let call_words = match words[0] {
        "set" | "get" => 4,
        "commit" | "connect" => 3,
        "port_enable" | "port_disable" | "port_disconnect" | "port_flush" => 3,
        "component_create" | "component_enable" | "component_disable" | "component_destroy" => 2,
        _ => 1,
    };
    let (call, value) = words.split_at(call_words.min(words.len()));
    let value = if value.is_empty() {
        "()".into()
    } else {
        value.join(" ")
    };
    (call.join(" "), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| line.to_string()).collect()
    }

    #[test]
    fn the_head_of_a_trace_says_what_was_run() {
        let text = "# command: raspivid -a 'Hello World' -o -\n# injected: BUSY=1\n# exit status: -13\nport_enable a b\n";
        let recording = Recording::parse("x", text);
        assert_eq!(recording.arguments, ["-a", "Hello World", "-o", "-"]);
        assert_eq!(
            (recording.injected.as_str(), recording.status),
            ("BUSY=1", -13)
        );
        assert_eq!(recording.lines(), ["port_enable a b", "exit -13"]);
    }

    #[test]
    fn digits_of_the_annotation_are_nines_and_its_other_fields_are_kept() {
        let call = "set c control:0 ANNOTATE {\"shutter\": 2, \"text\": \"Cam 2 12:30\", \"textYUV\": [1, 2, 3]}";
        let expected = "set c control:0 ANNOTATE {\"shutter\": 2, \"text\": \"Cam 9 99:99\", \"textYUV\": [1, 2, 3]}";
        assert_eq!(lines(&list(&[call]), 0)[0], expected);
    }

    #[test]
    fn the_annotation_counts_until_capture_is_on() {
        let calls = list(&[
            "set c p ANNOTATE {}",
            "set c out:1 CAPTURE [1]",
            "set c p ANNOTATE {}",
            "port_disable c p",
        ]);
        assert_eq!(
            lines(&calls, 0),
            [&calls[0], &calls[1], &calls[3], "exit 0"]
        );
    }

    #[test]
    fn edits_are_the_shortest_way() {
        let edits = edits(&list(&["a", "b", "c"]), &list(&["a", "x", "c"]));
        let same = |line: &str| Edit::Same(line.into());
        assert_eq!(
            edits,
            [
                same("a"),
                Edit::Gone("b".into()),
                Edit::New("x".into()),
                same("c")
            ]
        );
        assert_eq!(shown(&edits), "      a\n    - b\n    + x\n");
    }

    #[test]
    fn a_line_is_a_call_with_a_value() {
        let pair = |call: &str, value: &str| (call.to_owned(), value.to_owned());
        assert_eq!(
            call_and_value("set c out:1 CAPTURE [1]"),
            pair("set c out:1 CAPTURE", "[1]")
        );
        assert_eq!(
            call_and_value("component_enable c -> status 2"),
            pair("component_enable c", "-> status 2")
        );
        assert_eq!(
            call_and_value("port_enable c in:0"),
            pair("port_enable c in:0", "()")
        );
        assert_eq!(call_and_value("exit 70"), pair("exit", "70"));
    }
}
