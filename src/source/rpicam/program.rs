//! Which capture program this machine has, and what that version of it takes.
//!
//! It was libcamera-vid up to Debian 11's time and is rpicam-vid since rpicam-apps 1.4. Its options have grown over
//! the years; `--help` lists them, needs no camera, and is asked at each start: nothing about it is kept on disk.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use super::program_probe;
use crate::error::{Error, Result};
use crate::system::System;

/// The newer name first.
pub const NAMES: [&str; 2] = ["rpicam-vid", "libcamera-vid"];

/// Options that every version has had, by which its help is known.
const ALWAYS: [&str; 4] = ["codec", "output", "timeout", "width"];

/// The program's file.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
}

impl Program {
    /// Looks for it where every program is looked for.
    pub fn find() -> Result<Self> {
        let system = System::here();
        let path = find(&system).ok_or_else(not_found)?;
        Ok(Self {
            path: system.path(&path.to_string_lossy()),
        })
    }
}

/// The program's file, as this system calls it.
pub fn find(system: &System) -> Option<PathBuf> {
    NAMES.iter().find_map(|name| system.program(name))
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path.file_name().unwrap_or_default().to_string_lossy())
    }
}

/// What the program can do here: the long names of the options that this version takes, and what the board and other
/// packages give it.
#[derive(Debug, Default)]
pub struct Offer {
    names: HashSet<String>,
    /// Whether H.264 is made by libav and x264, as on a Pi 5, and not by the VideoCore.
    pub software_encoder: bool,
    /// Whether the stage that writes text on pictures is installed.
    pub annotates: bool,
}

impl Offer {
    /// Reads the output of `--help`; nothing when it is no such text.
    pub fn from_help(text: &str) -> Option<Self> {
        let names: HashSet<String> = text
            .lines()
            .filter_map(long_name)
            .map(str::to_owned)
            .collect();
        ALWAYS
            .iter()
            .all(|name| names.contains(*name))
            .then_some(Self {
                names,
                ..Self::default()
            })
    }

    /// The same, on this machine.
    pub fn on(self, system: &System) -> Self {
        let annotates = self.has("post-process-libs") && program_probe::has_text_stage(system);
        Self {
            software_encoder: program_probe::encodes_in_software(system),
            annotates,
            ..self
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether the software encoder writes its H.264 as the hardware one does, with lines for `--save-pts`: since
    /// rpicam-apps 1.8, and only into a file whose name ends in "264". Version 1.8.1 brought `--encoder-libs`.
    pub fn writes_elementary_streams(&self) -> bool {
        self.has("encoder-libs") && self.has("libav-format")
    }
}

/// The long name in a line of the help: "  --name arg …" or "  -n [ --name ] arg …". Lines of explanation stand
/// further in.
fn long_name(line: &str) -> Option<&str> {
    let option = line.strip_prefix("  -")?;
    let name = option
        .strip_prefix('-')
        .or_else(|| option.split_once("[ --").map(|(_, name)| name))?;
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(name.len());
    Some(&name[..end])
}

fn not_found() -> Error {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    Error::Camera(format!(
        "cannot use the libcamera camera: neither rpicam-vid nor libcamera-vid is installed; {}",
        remedy(&release)
    ))
}

/// What brings the program onto a release, by its /etc/os-release.
pub fn remedy(release: &str) -> &'static str {
    // Not VERSION_CODENAME, which stretch does not have.
    let version = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_ID="));
    match version.map(|number| number.trim_matches('"')) {
        Some("9" | "10") => "this release has the legacy camera only: --source mmal",
        Some("11") => "sudo apt install libcamera-apps-lite",
        _ => "sudo apt install rpicam-apps-lite",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of the help that Boost's program_options prints, in parts.
    const HELP: &str = "\
Valid options are:
  -h [ --help ] [=arg(=1)] (=0)           Text of an explanation
  --width arg (=0)                        Text
  -t [ --timeout ] arg (=5sec)            Text that goes on
                                          --listen in a second line
  -o [ --output ] arg                     Text
  --codec arg (=h264)                     Text
  --libav-format arg                      Text
";

    #[test]
    fn the_help_tells_what_a_version_takes() {
        let offer = Offer::from_help(HELP).unwrap();
        for name in [
            "help",
            "width",
            "timeout",
            "output",
            "codec",
            "libav-format",
        ] {
            assert!(offer.has(name), "{name}");
        }
        assert!(!offer.has("listen"), "an explanation is no option");
        assert!(!offer.writes_elementary_streams());
        let newer = format!("{HELP}  --encoder-libs arg                      Text\n");
        assert!(
            Offer::from_help(&newer)
                .unwrap()
                .writes_elementary_streams()
        );
    }

    #[test]
    fn other_text_is_no_help() {
        assert!(Offer::from_help("").is_none());
        assert!(
            Offer::from_help(
                "ERROR: the system appears to be configured for the legacy camera stack"
            )
            .is_none()
        );
    }

    #[test]
    fn each_release_is_told_its_own_package() {
        assert!(remedy("ID=raspbian\nVERSION_ID=\"11\"\n").contains("libcamera-apps-lite"));
        assert!(remedy("VERSION_ID=\"10\"\n").contains("mmal"));
        assert!(remedy("VERSION_ID=\"12\"\n").contains("rpicam-apps-lite"));
        assert!(remedy("").contains("rpicam-apps-lite"));
    }
}
