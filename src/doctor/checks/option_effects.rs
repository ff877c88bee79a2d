//! What becomes of each option with the source that a viewer will see: done, done with a proviso, or not possible.
//!
//! No device is opened: what only the device itself can tell is said to depend on it.

use super::Facts;
use crate::options::{Codec, Fate, H264Profile, Options, Row, SourceChoice, names};
use crate::source::auto::ChosenCamera;
use crate::source::{honoured, rpicam, v4l2};

/// The effects of options with one source.
pub struct Effects {
    /// The source, in half a sentence.
    pub told: String,
    /// "with" the source, for what is possible with it.
    pub place: &'static str,
    /// The names of the options that it honours, long or short, each with a proviso that may be empty; nothing where it
    /// cannot be known.
    honoured: Option<Vec<(&'static str, &'static str)>>,
    /// Whether the words behind `--` go to a program.
    pub takes_passed_on: bool,
    /// The capture program's command line.
    pub command: Option<String>,
}

impl Effects {
    pub fn of(facts: &Facts, options: &Options) -> Self {
        let all_of = |names: &[&'static str]| Some(names.iter().map(|name| (*name, "")).collect());
        match (&options.source, &facts.camera) {
            (SourceChoice::Test, _) => Self::new(
                "a viewer sees the test card, not a camera (--source test)",
                "with the test card",
                all_of(&honoured::by_the_test_card()),
            ),
            (SourceChoice::File(_), _) => Self::new(
                "a viewer sees a recording, not a camera",
                "with a recording",
                all_of(honoured::RECORDING),
            ),
            (SourceChoice::Shared(_), _) => Self::new(
                "a viewer sees the shared camera, whose options are those of its own service",
                "with the shared camera",
                all_of(&[]),
            ),
            (_, Some(ChosenCamera::Libcamera { program, .. })) => {
                Self::of_libcamera(facts, options, program)
            }
            (_, Some(ChosenCamera::Mmal { .. })) => Self::new(
                "the camera is driven by MMAL, which has all of raspivid's",
                "with this camera",
                all_of(&honoured::by_mmal()),
            ),
            (_, Some(ChosenCamera::V4l2(found))) => Self::new(
                &format!(
                    "{} is asked for what it has of them when it starts",
                    found.device
                ),
                "with this camera",
                Some(v4l2::device_probe::expected(options)),
            ),
            (_, None) => Self::new(
                "there is no camera to honour them",
                "without a camera",
                None,
            ),
        }
    }

    fn new(
        told: &str,
        place: &'static str,
        honoured: Option<Vec<(&'static str, &'static str)>>,
    ) -> Self {
        Self {
            told: told.to_owned(),
            place,
            honoured,
            takes_passed_on: false,
            command: None,
        }
    }

    fn of_libcamera(facts: &Facts, options: &Options, program: &str) -> Self {
        let (command, honoured) = rpicam::program_probe::plan(facts.system, options).unzip();
        let with_proviso = |name| (name, in_software(facts, options, name));
        let honoured = honoured.map(|names| names.into_iter().map(with_proviso).collect());
        let for_whom = if facts.shares_camera() {
            "once for all viewers"
        } else {
            "for each viewer"
        };
        Self {
            takes_passed_on: true,
            command: command.map(|words| format!("{program} {}", words.join(" "))),
            ..Self::new(
                &format!("{program} is started {for_whom}"),
                "with this camera",
                honoured,
            )
        }
    }

    /// What to know about an option that is honoured, or may be; nothing where it is not.
    pub fn proviso(&self, row: &Row) -> Option<&'static str> {
        let Some(honoured) = &self.honoured else {
            return Some("");
        };
        let is_it = |name: &str| name == row.long || name == row.short;
        honoured
            .iter()
            .find_map(|(name, proviso)| is_it(name).then_some(*proviso))
    }

    /// Whether an option for encoder or camera is not possible.
    pub fn leaves_out(&self, row: &Row) -> bool {
        matches!(row.fate, Fate::Encoder | Fate::Camera) && self.proviso(row).is_none()
    }
}

/// How the software encoder of the Pi 5 takes an option: libx264 with its preset "ultrafast" (rpicam-apps,
/// encoder/libav_encoder.cpp, --low-latency), which uses nothing that the baseline profile lacks, and a mean bitrate.
fn in_software(facts: &Facts, options: &Options, name: &str) -> &'static str {
    let is_software = facts.survey.libcamera.receiver == Some("rp1-cfe");
    if !is_software || options.video.codec != Codec::H264 {
        return "";
    }
    match name {
        names::PROFILE if options.video.profile != H264Profile::Baseline => {
            "allowed, but the software encoder of this board keeps to baseline, to be fast"
        }
        names::BITRATE => {
            "a mean; single pictures of the software encoder of this board can be larger"
        }
        names::INLINE => "always so with the software encoder of this board",
        _ => "",
    }
}
