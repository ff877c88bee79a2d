//! The differences from raspivid that are meant, as data: `differences.tsv`, one difference a row.
//!
//! | column | holds |
//! | --- | --- |
//! | trace | the trace's name, or `*`: in every trace in which it occurs |
//! | call | the call without its value, as `set vc.ril.camera out:1 CAPTURE`; `exit` for the exit status; `(all)` where we end before the first call, with old and new exit status |
//! | old | the recorded value; `()` for a call without one; `-` if raspivid does not make the call |
//! | new | our value in the same way; `-` if we do not make the call. Equal to old: the call is made at another place |
//! | reason | why |
//!
//! A row stands for one call in a trace, but for `(all)`: two calls need two rows. A row that no trace uses is an error, and so is a
//! pattern in place of a call.

use crate::trace::{Edit, call_and_value};

/// In place of a call: all of them.
const ALL: &str = "(all)";

#[derive(Debug)]
pub struct Differences(Vec<Row>);

#[derive(Debug)]
struct Row {
    number: usize,
    trace: String,
    call: String,
    old: Option<String>,
    new: Option<String>,
    is_used: bool,
}

impl Differences {
    /// Reads the table; blank lines and lines that begin with `#` are comments.
    pub fn parse(text: &str) -> Result<Differences, String> {
        let rows = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        rows.map(|(at, line)| Row::parse(at + 1, line))
            .collect::<Result<_, _>>()
            .map(Differences)
    }

    /// What no row explains of the way from a recorded trace to ours.
    pub fn unexplained(&mut self, trace: &str, edits: &[Edit]) -> Vec<Edit> {
        let of_all = |row: &&mut Row| row.trace == trace && row.call == ALL;
        if let Some(row) = self.0.iter_mut().find(of_all) {
            return if row.explains_all(edits) {
                vec![]
            } else {
                edits.to_vec()
            };
        }
        let mut left: Vec<Option<Edit>> = edits.iter().cloned().map(Some).collect();
        let own = |row: &&mut Row| row.trace == trace;
        let general = |row: &&mut Row| row.trace == "*";
        self.0
            .iter_mut()
            .filter(own)
            .for_each(|row| row.explain(&mut left));
        self.0
            .iter_mut()
            .filter(general)
            .for_each(|row| row.explain(&mut left));
        let left: Vec<_> = left.into_iter().flatten().collect();
        if left.iter().all(|edit| matches!(edit, Edit::Same(_))) {
            vec![]
        } else {
            left
        }
    }

    /// The rows that nothing needed.
    pub fn unused(&self) -> Vec<String> {
        let unused = self.0.iter().filter(|row| !row.is_used);
        unused
            .map(|row| format!("row {}: {} {}", row.number, row.trace, row.call))
            .collect()
    }
}

impl Row {
    fn parse(number: usize, line: &str) -> Result<Row, String> {
        let wrong = |what: &str| Err(format!("differences.tsv, row {number}: {what}"));
        let columns: Vec<_> = line.split('\t').map(str::trim).collect();
        let [trace, call, old, new, reason] = columns[..] else {
            return wrong("not five columns");
        };
        let value = |text: &str| (text != "-").then(|| text.to_owned());
        match () {
            () if reason.is_empty() => wrong("no reason"),
            () if call.contains(['*', '?']) => wrong("a call is named in full"),
            () if call != ALL && call_and_value(call) != (call.into(), "()".into()) => {
                wrong("a call is named without its value")
            }
            () if old == "-" && new == "-" => wrong("nothing differs"),
            () => Ok(Row {
                number,
                trace: trace.into(),
                call: call.into(),
                old: value(old),
                new: value(new),
                is_used: false,
            }),
        }
    }

    /// Whether ours is nothing but the end, with the new exit status in place of the old.
    fn explains_all(&mut self, edits: &[Edit]) -> bool {
        let ends = |status: &Option<String>| status.as_ref().map(|status| format!("exit {status}"));
        let (mut old, mut new) = (vec![], vec![]);
        for edit in edits {
            match edit {
                Edit::Gone(line) => old.push(line),
                Edit::New(line) => new.push(line),
                Edit::Same(line) => {
                    old.push(line);
                    new.push(line);
                }
            }
        }
        let is_new = new.len() == 1 && Some(new[0]) == ends(&self.new).as_ref();
        self.is_used = is_new && old.last().copied() == ends(&self.old).as_ref();
        self.is_used
    }

    /// Takes away the one or two edits that this row stands for, if all are there.
    fn explain(&mut self, edits: &mut [Option<Edit>]) {
        let gone = find(edits, &self.call, self.old.as_deref(), |edit| match edit {
            Edit::Gone(line) => Some(line),
            _ => None,
        });
        let new = find(edits, &self.call, self.new.as_deref(), |edit| match edit {
            Edit::New(line) => Some(line),
            _ => None,
        });
        if self.old.is_some() == gone.is_some() && self.new.is_some() == new.is_some() {
            gone.into_iter().chain(new).for_each(|at| edits[at] = None);
            self.is_used = true;
        }
    }
}

fn find(
    edits: &[Option<Edit>],
    call: &str,
    value: Option<&str>,
    line_of: impl Fn(&Edit) -> Option<&String>,
) -> Option<usize> {
    let is_meant = |line: &String| {
        call_and_value(line) == (call.to_owned(), value.unwrap_or_default().to_owned())
    };
    edits
        .iter()
        .position(|edit| edit.as_ref().and_then(&line_of).is_some_and(is_meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(line: &str) -> Edit {
        Edit::Gone(line.into())
    }

    fn new(line: &str) -> Edit {
        Edit::New(line.into())
    }

    #[test]
    fn a_row_explains_a_changed_value_and_nothing_else() {
        let mut differences = Differences::parse("a\tset c p X\t[0]\t[1]\tfor a reason").unwrap();
        let edits = [gone("set c p X [0]"), new("set c p X [1]")];
        assert_eq!(differences.unexplained("b", &edits), edits);
        assert_eq!(differences.unused(), ["row 1: a set c p X"]);
        assert_eq!(differences.unexplained("a", &edits), []);
        assert!(differences.unused().is_empty());
    }

    #[test]
    fn a_row_stands_for_one_call() {
        let mut differences =
            Differences::parse("*\tport_disable c p\t-\t()\tfor a reason").unwrap();
        let edits = [new("port_disable c p"), new("port_disable c p")];
        assert_eq!(differences.unexplained("a", &edits), edits[1..]);
    }

    #[test]
    fn a_row_for_all_calls_explains_an_end_before_the_first_and_nothing_else() {
        let row = "a\t(all)\t0\t64\tfor a reason";
        let ended = [gone("set c p X [0]"), gone("exit 0"), new("exit 64")];
        let mut differences = Differences::parse(row).unwrap();
        assert_eq!(differences.unexplained("b", &ended), ended);
        assert_eq!(differences.unused(), ["row 1: a (all)"]);
        assert_eq!(differences.unexplained("a", &ended), []);
        assert!(differences.unused().is_empty());
        for edits in [
            [gone("exit 0"), new("set c p X [0]"), new("exit 64")],
            [gone("set c p X [0]"), gone("exit 0"), new("exit 70")],
            [gone("set c p X [0]"), gone("exit 1"), new("exit 64")],
        ] {
            let mut differences = Differences::parse(row).unwrap();
            assert_eq!(differences.unexplained("a", &edits), edits);
        }
    }

    #[test]
    fn a_change_in_two_values_at_once_needs_its_own_row() {
        let mut differences = Differences::parse("*\tset c p X\t[0]\t[1]\tfor a reason").unwrap();
        let edits = [gone("set c p X [0]"), new("set c p X [2]")];
        assert_eq!(differences.unexplained("a", &edits), edits);
    }

    #[test]
    fn patterns_and_rows_without_a_reason_are_refused() {
        for row in [
            "a\tset c p *\t[0]\t-\tr",
            "a\tset c p X\t[0]\t-\t",
            "a\tset c p X [0]\t()\t-\tr",
            "a\tset c p X\t-\t-\tr",
        ] {
            assert!(Differences::parse(row).is_err(), "{row}");
        }
    }
}
