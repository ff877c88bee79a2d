//! What the journal of the service says of those who come: a line for each viewer that stayed, and how many others there
//! were.

use std::collections::BTreeMap;
use std::time::Duration;

use super::guest::Ending;
use super::http::status::Asked;
use crate::log;
use crate::units::Micros;
use crate::viewer::Tally;

/// A viewer that stayed for less is only counted.
const WORTH_A_LINE: Duration = Duration::from_secs(1);

/// Counts what is not worth a line.
#[derive(Debug, Default)]
pub struct Journal {
    short: u64,
    asked: Asked,
    /// Before the last sum.
    asked_before: Asked,
    gone: BTreeMap<&'static str, Gone>,
}

/// Viewers of a kind that have gone, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    pub viewers: u64,
    pub skipped: u64,
}

/// A viewer that has gone.
#[derive(Debug)]
pub struct Visit<'a> {
    pub name: &'a str,
    /// In one word, and what is told beside it.
    pub kind: &'static str,
    pub told: &'a str,
    pub since: Micros,
    pub tally: Tally,
    pub ending: &'a Ending,
}

impl Journal {
    pub fn visit(&mut self, visit: &Visit<'_>, now: Micros) {
        let gone = self.gone.entry(visit.kind).or_default();
        gone.viewers += 1;
        gone.skipped += visit.tally.skipped;
        let lasted = now.since(visit.since);
        if lasted < WORTH_A_LINE {
            self.short += 1;
            return;
        }
        log::info!(
            "{} ({}{}): {}; {:.1} s, {} frames, {} bytes, {} frames skipped for the viewer",
            visit.name,
            visit.kind,
            visit.told,
            visit.ending.reason(),
            lasted.as_secs_f32(),
            visit.tally.frames,
            visit.tally.bytes,
            visit.tally.skipped,
        );
    }

    /// Somebody was not let in, or asked for what is not there.
    pub fn refuse(&mut self, why: &str) {
        log::debug!("{why}");
        self.asked.refused += 1;
    }

    pub fn page(&mut self) {
        self.asked.pages += 1;
    }

    pub fn snapshot(&mut self) {
        self.asked.snapshots += 1;
    }

    pub fn status(&mut self) {
        self.asked.status += 1;
    }

    /// What was asked for since the start.
    pub fn asked(&self) -> Asked {
        self.asked
    }

    pub fn gone(&self) -> &BTreeMap<&'static str, Gone> {
        &self.gone
    }

    /// Tells what was only counted since the last sum.
    pub fn sum_up(&mut self) {
        let short = std::mem::take(&mut self.short);
        let (now, before) = (self.asked, self.asked_before);
        self.asked_before = now;
        let Asked {
            pages,
            snapshots,
            status,
            refused,
        } = now.since(before);
        let counted = [
            (
                short,
                "viewer that stayed for less than a second",
                "viewers that stayed for less than a second",
            ),
            (snapshots, "snapshot", "snapshots"),
            (pages, "page", "pages"),
            (status, "request for the status", "requests for the status"),
            (refused, "request refused", "requests refused"),
        ];
        if let Some(text) = enumeration(&counted) {
            log::info!("meanwhile: {text}");
        }
    }
}

/// What there was any of, with its number and its name as that wants it.
fn enumeration(counted: &[(u64, &str, &str)]) -> Option<String> {
    let named = counted.iter().filter(|(number, ..)| *number > 0);
    let texts: Vec<String> = named
        .map(|(number, one, many)| format!("{number} {}", if *number == 1 { one } else { many }))
        .collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_was_none_of_is_left_out_and_one_is_no_plural() {
        let counted = |viewers, pages| [(viewers, "viewer", "viewers"), (pages, "page", "pages")];
        assert_eq!(enumeration(&counted(1, 0)).as_deref(), Some("1 viewer"));
        assert_eq!(
            enumeration(&counted(2, 1)).as_deref(),
            Some("2 viewers, 1 page")
        );
        assert_eq!(enumeration(&counted(0, 0)), None);
    }
}
