//! What was found, ready to be shown: sections of checks, each with a verdict, and a remedy where it is not well.

/// No text on the page is longer, whatever is in a file that somebody wrote.
const LONGEST_TEXT: usize = 600;

/// How well it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Ok,
    /// Works, or may work, but deserves a look.
    Warning,
    /// A viewer will see nothing, or not what was asked for.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Check {
    pub subject: &'static str,
    pub verdict: Verdict,
    pub text: String,
    pub remedy: Option<String>,
    pub details: Vec<Detail>,
}

/// A line below a check.
#[derive(Clone, Debug)]
pub struct Detail {
    pub label: String,
    pub text: String,
}

/// Checks that belong together.
#[derive(Clone, Debug)]
pub struct Section {
    pub title: &'static str,
    pub checks: Vec<Check>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct Report {
    pub sections: Vec<Section>,
}

impl Report {
    /// How many checks have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks()
            .filter(|check| check.verdict == verdict)
            .count()
    }

    pub fn is_healthy(&self) -> bool {
        self.count(Verdict::Problem) == 0
    }

    pub(super) fn checks(&self) -> impl Iterator<Item = &Check> {
        self.sections.iter().flat_map(|section| &section.checks)
    }
}

impl Check {
    pub fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            subject,
            verdict: Verdict::Ok,
            text: bounded(text.into()),
            remedy: None,
            details: Vec::new(),
        }
    }

    pub fn warning(
        subject: &'static str,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Warning,
            remedy: Some(bounded(remedy.into())),
            ..Self::ok(subject, text)
        }
    }

    pub fn problem(
        subject: &'static str,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Problem,
            remedy: Some(bounded(remedy.into())),
            ..Self::ok(subject, text)
        }
    }
}

/// The text, or its start.
pub fn bounded(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}
