//! `--service`: what the options of the conffile cannot change in an instance of the package's unit.

use super::draft::Draft;
use super::model::{Command, Output};
use super::words::WaitMethod;
use crate::error::{Error, Result};

/// Fixes `-t 0 -o -` and no `-l`; whoever asked for something else is told once.
pub fn overrule(draft: &mut Draft) {
    let options = &mut draft.options;
    if !options.service {
        return;
    }
    let is_endless = draft.waiting == Some(WaitMethod::Forever);
    let given = [
        (options.listen, "-l"),
        (
            !matches!(options.output, Output::Stdout | Output::Discard),
            "-o",
        ),
        (draft.time_ms > 0 && !is_endless, "-t"),
    ];
    let overruled: Vec<&str> = given
        .into_iter()
        .filter_map(|(is_given, name)| is_given.then_some(name))
        .collect();
    options.listen = false;
    options.output = Output::Stdout;
    options.report_only.filename = Some("-".to_owned());
    draft.time_ms = 0;
    draft.waiting.get_or_insert(WaitMethod::Forever);
    if !overruled.is_empty() {
        draft.warn(format!(
            "overruled by the service: {}; systemd listens (raspivid.socket says where), and the stream goes to each viewer \
             until it leaves",
            overruled.join(" ")
        ));
    }
}

/// An option that prints something and ends has no place among those of the service: the viewer would get the text.
///
/// # Errors
/// `Usage`, for every command but a stream.
pub fn check(command: Command, name: &str) -> Result<Command> {
    match command {
        Command::Stream(_) => Ok(command),
        _ => Err(Error::Usage(format!(
            "{name} cannot stand among the options of the service, whose output is the viewer's: type picam-stream {name} in \
             a terminal"
        ))),
    }
}
