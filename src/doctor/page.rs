//! The report for people: aligned, in lines that fit a terminal, coloured where the caller wants it.

use std::fmt::Write;

use env_logger::fmt::style::{AnsiColor, Style};

use super::report::{Check, Report, Verdict};

/// The longest line, unless a single word is longer.
const WIDTH: usize = 100;

const VERDICT_WIDTH: usize = 7;

impl Report {
    /// The page. A closing line counts problems and warnings.
    pub fn text(&self, coloured: bool) -> String {
        let subject_width = self
            .checks()
            .map(|check| check.subject.len())
            .max()
            .unwrap_or(0);
        let mut page = String::new();
        for section in &self.sections {
            page.push_str(&paint(section.title, Style::new().bold(), coloured));
            page.push('\n');
            for check in &section.checks {
                write_check(&mut page, check, subject_width, coloured);
            }
            page.push('\n');
        }
        page.push_str(&self.summary());
        page
    }

    fn summary(&self) -> String {
        let count = |verdict: Verdict| match self.count(verdict) {
            0 => format!("no {}s", verdict.word()),
            1 => format!("1 {}", verdict.word()),
            count => format!("{count} {}s", verdict.word()),
        };
        format!("{}, {}\n", count(Verdict::Problem), count(Verdict::Warning))
    }
}

fn write_check(page: &mut String, check: &Check, subject_width: usize, coloured: bool) {
    let indent = 2 + VERDICT_WIDTH + 2 + subject_width + 2;
    let verdict = check.verdict.word();
    let padding = " ".repeat(VERDICT_WIDTH - verdict.len());
    let verdict = paint(verdict, style(check.verdict), coloured);
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "  {verdict}{padding}  {:<subject_width$}  ",
        check.subject
    );
    wrap(page, &check.text, indent, indent);
    if let Some(remedy) = &check.remedy {
        page.push_str(&" ".repeat(indent));
        page.push_str("→ ");
        wrap(page, remedy, indent + 2, indent + 2);
    }
    let label_width = check
        .details
        .iter()
        .map(|detail| detail.label.chars().count())
        .max()
        .unwrap_or(0)
        .min(28);
    for detail in &check.details {
        let _ = write!(page, "{:4}{:<label_width$}  ", "", detail.label);
        let column = 4 + label_width.max(detail.label.chars().count()) + 2;
        wrap(page, &detail.text, column, 4 + label_width + 2);
    }
}

/// Adds the words of `text`, of which the first stands in `column`, in lines that begin in column `indent`.
fn wrap(page: &mut String, text: &str, column: usize, indent: usize) {
    let mut column = column;
    let mut is_first = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !is_first && column + 1 + length > WIDTH {
            page.push('\n');
            page.push_str(&" ".repeat(indent));
            column = indent;
        } else if !is_first {
            page.push(' ');
            column += 1;
        }
        page.push_str(word);
        column += length;
        is_first = false;
    }
    page.push('\n');
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Ok => AnsiColor::Green.on_default(),
        Verdict::Warning => AnsiColor::Yellow.on_default(),
        Verdict::Problem => AnsiColor::Red.on_default().bold(),
    }
}

fn paint(text: &str, style: Style, coloured: bool) -> String {
    if coloured {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}
