//! The conffile, as far as a stream has to do with it: its name, and the faults in it that give a stream which nobody asked
//! for, without a word from systemd that a reader of `journalctl -u 'raspivid@*'` would see.

use std::env;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;

use super::TEMPLATE_UNIT;
use super::environment_file::EnvironmentFile;
use crate::error::{Error, Result};
use crate::log;
use crate::system::System;

/// Where the service has its options from.
pub const FILE: &str = "/etc/default/raspivid";
/// Their name there.
pub const NAME: &str = "RASPIVID_OPTIONS";
/// Those of `serve` alone.
pub const SERVE_NAME: &str = "SERVE_OPTIONS";

const DEFAULTS: &str = "and without it streams raspivid's defaults: 1920x1080 at 17 Mbit/s";
const MORE: &str = "sudo picam-stream doctor tells more";

/// More than these are not told for each viewer.
const MOST_REMARKS: usize = 3;

/// Whether systemd has given us options.
pub fn is_set() -> bool {
    has_options(NAME)
}

fn has_options(name: &str) -> bool {
    env::var_os(name).is_some_and(|options| !options.is_empty())
}

/// Where options come from that nobody has typed.
pub fn origin() -> Option<String> {
    match (has_options(SERVE_NAME), has_options(NAME)) {
        (true, true) => Some(format!("{SERVE_NAME} and {NAME} are set in {FILE}")),
        (true, false) => Some(format!("{SERVE_NAME} is set in {FILE}")),
        (false, true) => Some(format!("{NAME} is set in {FILE}")),
        (false, false) => None,
    }
}

/// An option that prints something and ends, as `--help`, has no place among those of a unit: its output is the viewer's.
///
/// # Errors
/// `Error::Usage` where systemd has started us for a viewer, with options from the file.
pub fn refuse_text() -> Result<()> {
    let is_given = |name| env::var_os(name).is_some();
    let is_for_viewers = is_given("LISTEN_FDS") || is_set() && is_given("REMOTE_ADDR");
    if !is_for_viewers {
        return Ok(());
    }
    Err(Error::Usage(
        "--help and --version print a text and end, and have no place among the options of a service: type them in a terminal".to_owned(),
    ))
}

/// Warns of what is wrong with it, once for each viewer.
pub fn warn_of_faults(system: &System) {
    for fault in faults(env::var_os(NAME).as_deref(), system) {
        log::warn!("{fault}");
    }
}

fn faults(options: Option<&OsStr>, system: &System) -> Vec<String> {
    let file = system
        .bytes(FILE)
        .map(|bytes| EnvironmentFile::read(&bytes));
    let Some(options) = options else {
        let why = match file {
            Err(error) if error.kind() == ErrorKind::NotFound => format!("{FILE} is not there"),
            Err(error) => format!("{FILE} could not be read ({error})"),
            Ok(file) => without_options(&file),
        };
        return vec![format!(
            "{why}: {TEMPLATE_UNIT} reads {NAME} from it, {DEFAULTS}; {MORE}"
        )];
    };
    match file {
        // Otherwise they come from somewhere else.
        Ok(file) if file.value(NAME).map(str::as_bytes) == Some(options.as_bytes()) => {
            let remarks = file.remarks.iter().take(MOST_REMARKS);
            remarks
                .map(|remark| format!("{FILE}, {remark}; {MORE}"))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn without_options(file: &EnvironmentFile) -> String {
    if let Some(why) = &file.refusal {
        return format!("{FILE}: {why}, and systemd takes nothing from it");
    }
    match file.similar(NAME) {
        Some(other) => format!("{FILE} sets {other} and not {NAME}"),
        None => format!("{FILE} has no line {NAME} = ..."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn told(options: Option<&str>, file: Option<&[u8]>) -> String {
        let root = tempfile::tempdir().unwrap();
        if let Some(bytes) = file {
            let place = root.path().join(FILE.trim_start_matches('/'));
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        faults(options.map(OsStr::new), &System::at(root.path())).join("\n")
    }

    #[test]
    fn options_that_are_not_there_are_told_with_the_file_and_the_reason() {
        for (file, why) in [
            (None, "/etc/default/raspivid is not there"),
            (
                Some(&b"RASPIVID_OPTION = -w 640\n"[..]),
                "sets RASPIVID_OPTION and not RASPIVID_OPTIONS",
            ),
            (
                Some(b"Raspivid_Options=-w 640\n"),
                "sets Raspivid_Options and not",
            ),
            (Some(b"RASPIVID_OPTIONS=-a T\xfcr\n"), "line 1 is not UTF-8"),
            (Some(b"# nothing\n"), "has no line RASPIVID_OPTIONS = ..."),
        ] {
            let told = told(None, file);
            assert!(told.contains(why), "{told}");
            assert!(
                told.contains("raspivid@.service reads RASPIVID_OPTIONS"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_line_that_has_no_effect_is_told_and_nothing_else() {
        let file: &[u8] = b"RASPIVID_OPTIONS = -w 1280\n  -h 720\n";
        let text = told(Some("-w 1280"), Some(file));
        assert!(
            text.contains("line 2 (\"-h 720\") is no assignment"),
            "{text}"
        );
        assert_eq!(
            told(Some("-w 1"), Some(file)),
            "",
            "they come from elsewhere"
        );
        assert_eq!(told(Some(""), Some(b"RASPIVID_OPTIONS =\n")), "");
        assert_eq!(told(Some("-w 1"), None), "");
    }
}
