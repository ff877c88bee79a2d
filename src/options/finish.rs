//! What only shows when all is read: raspivid's defaults under it, and the rules that need to see all of it.

use std::time::Duration;

use super::draft::{Draft, NOT_GIVEN_MS};
use super::model::{Options, Output};
use super::table::{Fate, rows};
use super::words::{Codec, Format, InitialState, WaitMethod};
use super::{apply, h264_limits, names, service};
use crate::error::{Error, Result};

/// The draft of an empty command line: every default of the table.
pub fn begin() -> Draft {
    let mut draft = Draft::default();
    for row in rows() {
        if let Some(default) = row.default {
            apply::apply(row, Some(default.as_ref()), &mut draft)
                .expect("a test reads every default");
        }
    }
    // This default counts last: -k, -s and -td have another.
    draft.default_time_ms = std::mem::replace(&mut draft.time_ms, NOT_GIVEN_MS);
    draft
}

impl Options {
    /// What an empty command line would mean.
    pub fn raspivid() -> Self {
        finish(begin()).expect("a test reads every default")
    }
}

/// Checks what only shows when all is read, and fits it into what the encoder can do.
pub fn finish(mut draft: Draft) -> Result<Options> {
    service::overrule(&mut draft);
    settle_time(&mut draft);
    fill_report(&mut draft);
    let mut options = draft.options;
    settle_output(&mut options)?;
    h264_limits::fit(&mut options)?;
    let ignored = ignored(&options);
    options.warnings.extend(ignored);
    Ok(options)
}

/// As raspivid has it: `-t 0` that found no other way to wait has chosen one, which no later `-t` takes back.
fn settle_time(draft: &mut Draft) {
    let time_ms = match draft.time_ms {
        NOT_GIVEN_MS => draft.default_time_ms,
        ms => ms,
    };
    let wait_method = draft.waiting.unwrap_or_default();
    let is_endless = time_ms == 0 || wait_method == WaitMethod::Forever;
    draft.options.report_only.wait_method = wait_method;
    draft.options.report_only.time_delay_ms = time_ms;
    draft.options.pauses = wait_method == WaitMethod::Signal;
    // Below zero the time is over at once.
    let limit = Duration::from_millis(u64::try_from(time_ms).unwrap_or(0));
    draft.options.time_limit = (!is_endless).then_some(limit);
}

fn fill_report(draft: &mut Draft) {
    let report = &mut draft.options.report_only;
    report.level_asked = draft.options.video.level;
    report.slices_asked = draft.options.video.slices;
    report.raw_format = draft.raw.then_some(draft.raw_format);
}

/// Refuses an output that cannot work; leaves out what does not go with it.
fn settle_output(options: &mut Options) -> Result<()> {
    let wrong = |text: &str| Err(Error::Usage(text.to_owned()));
    if options.format == Format::MpegTs && options.video.codec == Codec::Mjpeg {
        return wrong("--format mpegts cannot hold -cd MJPEG: leave one of them out");
    }
    if options.listen && !matches!(options.output, Output::Tcp { .. }) {
        if matches!(options.output, Output::Udp { .. }) {
            return wrong(LISTEN);
        }
        options.listen = false;
        options.warnings.push(format!("{LISTEN}: it is left out"));
    }
    match &options.output {
        Output::Tcp { port: 0, .. } if !options.listen => {
            return wrong("-o tcp:// cannot connect to port 0");
        }
        Output::Udp { port: 0, .. } => return wrong("-o udp:// cannot send to port 0"),
        _ => {}
    }
    let clash = match (&options.output, &options.pts_file) {
        (Output::Stdout, Some(_)) if options.pts_on_stdout() => {
            "-pts - would be mixed into the stream of -o -"
        }
        (Output::File(file), Some(pts)) if file == pts => "-pts and -o name the same file",
        _ => return Ok(()),
    };
    options.pts_file = None;
    options.warnings.push(format!(
        "{clash}: -pts is left out; give one of them another file"
    ));
    Ok(())
}

const LISTEN: &str =
    "-l (--listen) listens with -o tcp://ADDRESS:PORT only, such as -o tcp://0.0.0.0:3333";

/// The one line about options that were given and do nothing.
fn ignored(options: &Options) -> Option<String> {
    let is_pause = options.report_only.initial_state == InitialState::Pause;
    let names: Vec<_> = rows()
        .filter(|row| match row.long {
            // -s counts unless -k or -td stands behind it.
            names::SIGNAL => !options.pauses,
            // To record from the start is what happens, and a pause that a signal ends.
            names::INITIAL => is_pause && !options.pauses,
            _ => row.fate == Fate::Ignored,
        })
        .filter(|row| options.was_given(row.long))
        .map(|row| row.name())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "ignored, since a stream has no screen, keyboard or further files: {}",
            names.join(" ")
        )
    })
}
