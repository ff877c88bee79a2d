//! The report for programs. The shape is part of the interface: `{"version", "problems", "warnings", "sections": [{"title",
//! "checks": [{"subject", "verdict", "text", "remedy" or null, "details": [{"label", "text"}]}]}]}`.

use serde_json::{Value, json};

use super::report::{Check, Report, Section, Verdict};

impl Report {
    /// One JSON object, and a line end.
    pub fn json(&self) -> String {
        let value = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "problems": self.count(Verdict::Problem),
            "warnings": self.count(Verdict::Warning),
            "sections": self.sections.iter().map(section).collect::<Vec<_>>(),
        });
        format!("{value:#}\n")
    }
}

fn section(section: &Section) -> Value {
    json!({ "title": section.title, "checks": section.checks.iter().map(check).collect::<Vec<_>>() })
}

fn check(check: &Check) -> Value {
    let detail =
        |detail: &super::report::Detail| json!({ "label": detail.label, "text": detail.text });
    json!({
        "subject": check.subject,
        "verdict": check.verdict.word(),
        "text": check.text,
        "remedy": check.remedy,
        "details": check.details.iter().map(detail).collect::<Vec<_>>(),
    })
}
