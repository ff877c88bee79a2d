//! `serve`: what the options of one stream mean where many viewers share it. Most of them stand in the conffile, which the
//! instances for single viewers read as well.

use super::draft::Draft;
use super::finish;
use super::model::{Output, ServeOptions, SourceChoice};
use super::table::{Group, Row};
use super::words::{Format, InitialState, WaitMethod};
use crate::error::{Error, Result};

/// What is asked for, from the words that were read.
pub fn finish(mut draft: Draft) -> Result<ServeOptions> {
    if let SourceChoice::Shared(_) = draft.options.source {
        return Err(Error::Usage(SHARED.to_owned()));
    }
    leave_to_viewers(&mut draft);
    let mut serve = std::mem::take(&mut draft.serve);
    serve.stream = finish::finish(draft)?;
    Ok(serve)
}

const SHARED: &str = "serve cannot take its pictures from --source shared, which is the camera that it shares itself: name \
                      the camera, or leave --source out";

/// Takes out what is each viewer's own. Where that changes what somebody has asked for, it is told once.
fn leave_to_viewers(draft: &mut Draft) {
    let is_endless = draft.waiting == Some(WaitMethod::Forever);
    let options = &mut draft.options;
    let given = [
        (options.listen, "-l"),
        (
            !matches!(options.output, Output::Stdout | Output::Discard),
            "-o",
        ),
        (draft.time_ms > 0 && !is_endless, "-t"),
        (options.pts_file.is_some(), "-pts"),
    ];
    let left_out: Vec<&str> = given
        .into_iter()
        .filter_map(|(is_given, name)| is_given.then_some(name))
        .collect();
    options.listen = false;
    options.output = Output::Discard;
    options.format = Format::default();
    options.pts_file = None;
    options.service = false;
    options.report_only.filename = Some("-".to_owned());
    options.report_only.initial_state = InitialState::default();
    draft.time_ms = 0;
    draft.waiting = Some(WaitMethod::Forever);
    if !left_out.is_empty() {
        draft.warn(format!(
            "no effect where viewers share the camera: {}; each viewer has the stream until it leaves",
            left_out.join(" ")
        ));
    }
}

/// Why an option of `serve` is refused without the word.
pub fn refusal(row: &Row) -> Option<String> {
    (row.group == Group::Serve).then(|| {
        format!(
            "{} is an option of serve, as in picam-stream serve {0} ...; in the conffile it stands in SERVE_OPTIONS",
            row.names()
        )
    })
}
