//! Which camera stack this system has, with its programs and libraries, and which camera a viewer will see.

use std::path::Path;

use super::Facts;
use super::report::Check;
use crate::options::SourceChoice;
use crate::source::auto::{ChosenCamera, Survey};
use crate::source::missing::Missing;
use crate::source::mmal::setup_failure;
use crate::source::{rpicam, v4l2};

const CAMERA: &str = "camera";
const CAPTURE_DEVICES: &str = "V4L2";

pub fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![camera(facts), libcamera(facts)];
    checks.extend(encoder(facts));
    checks.push(legacy(facts));
    checks.extend(firmware(facts));
    checks.push(capture_devices(facts));
    checks
}

/// The camera that this choice of source leads to.
pub fn wanted(survey: &Survey, choice: &SourceChoice) -> Option<ChosenCamera> {
    match choice {
        SourceChoice::Auto => survey.choose().ok(),
        SourceChoice::Rpicam => survey.libcamera(),
        SourceChoice::Mmal => survey.legacy(),
        SourceChoice::V4l2(None) => survey.capture_device(),
        SourceChoice::V4l2(Some(device)) => {
            let named = survey
                .v4l2
                .iter()
                .find(|found| Path::new(&found.device) == device);
            named.cloned().map(ChosenCamera::V4l2)
        }
        SourceChoice::Test | SourceChoice::File(_) | SourceChoice::Shared(_) => None,
    }
}

fn camera(facts: &Facts) -> Check {
    match (&facts.camera, &facts.wanted) {
        (Some(camera), SourceChoice::Auto) => {
            Check::ok(CAMERA, format!("--source auto takes {camera}"))
        }
        (Some(camera), _) => Check::ok(CAMERA, format!("the options ask for {camera}")),
        (None, SourceChoice::Auto) => Check::problem(CAMERA, "none was found", what_to_do(facts)),
        (None, SourceChoice::Test) => not_asked_for(facts, "the test card (--source test)"),
        (None, SourceChoice::File(_)) => not_asked_for(facts, "a recording (--source file)"),
        (None, SourceChoice::Shared(_)) => {
            not_asked_for(facts, "the shared camera (--source shared)")
        }
        (None, SourceChoice::Rpicam) => lost(facts, "rpicam", facts.survey.libcamera.missing()),
        (None, SourceChoice::Mmal) => lost(facts, "mmal", facts.survey.missing_mmal()),
        (None, SourceChoice::V4l2(device)) => {
            let device = device.as_deref().map_or_else(String::new, |device| {
                format!(":{}", device.to_string_lossy())
            });
            let missing = v4l2::device_probe::missing(&facts.survey.v4l2);
            lost(facts, &format!("v4l2{device}"), missing)
        }
    }
}

/// No camera is needed, and what there is serves nobody.
fn not_asked_for(facts: &Facts, what: &str) -> Check {
    let found = facts.survey.choose();
    let found = found.map_or_else(
        |_| "there is no camera".to_owned(),
        |camera| format!("without it, viewers would see {camera}"),
    );
    Check::ok(
        CAMERA,
        format!("none is used, since the options ask for {what}; {found}"),
    )
}

/// The camera that is asked for by its kind is not there.
fn lost(facts: &Facts, source: &str, missing: Option<Missing>) -> Check {
    let missing =
        missing.unwrap_or_else(|| Missing::new("there is no such camera", "picam-stream cameras"));
    let remedy = facts.survey.choose().map_or_else(
        |_| missing.remedy.clone(),
        |camera| format!("take --source out of the options, and viewers see {camera}"),
    );
    let text = format!("the options ask for --source {source}: {}", missing.why);
    Check::problem(CAMERA, text, remedy)
}

fn what_to_do(facts: &Facts) -> &'static str {
    let libcamera = &facts.survey.libcamera;
    if libcamera.receiver.is_some() {
        libcamera.remedy
    } else if facts.model.contains("Raspberry Pi") {
        "connect one and reboot: with the power off, check that the ribbon cable sits straight and deep in both connectors; \
         or plug in a USB camera. To try everything else: --source test"
    } else {
        "plug in a USB camera. To try everything else: --source test"
    }
}

fn libcamera(facts: &Facts) -> Check {
    let found = &facts.survey.libcamera;
    let program = found.program.as_ref().map(|program| {
        let version = rpicam::program_probe::version(facts.system)
            .unwrap_or_else(|| "it does not tell its version".to_owned());
        format!("{} ({version})", program.display())
    });
    match (found.missing(), program) {
        (None, Some(program)) => {
            let receiver = found.receiver.unwrap_or_default();
            Check::ok(
                "libcamera",
                format!("{}, driver {receiver}; {program}", found.camera()),
            )
        }
        (Some(missing), program) => {
            let program = program.map_or_else(String::new, |program| format!("; {program}"));
            let is_lost = found.receiver.is_some();
            absent(
                facts,
                "libcamera",
                Missing::new(format!("{}{program}", missing.why), missing.remedy),
                is_lost,
            )
        }
        (None, None) => Check::ok("libcamera", "not here"),
    }
}

/// The Pi 5 has no encoder of its own, and the program's small package none either.
fn encoder(facts: &Facts) -> Option<Check> {
    if facts.survey.libcamera.receiver != Some("rp1-cfe") {
        return None;
    }
    let plan = rpicam::program_probe::takes(facts.system, "libav-format")?;
    Some(if plan {
        Check::ok("H.264 encoder", "the capture program's own, in software")
    } else {
        Check::problem(
            "H.264 encoder",
            "this board encodes in software, which this capture program cannot",
            "sudo apt install rpicam-apps-encoder (before rpicam-apps 1.8: rpicam-apps)",
        )
    })
}

fn legacy(facts: &Facts) -> Check {
    match (facts.survey.missing_mmal(), &facts.survey.mmal.library) {
        (None, Some(library)) => Check::ok("legacy stack", format!("MMAL by {library}")),
        (missing, _) => absent(
            facts,
            "legacy stack",
            missing.unwrap_or_else(|| Missing::new("not here", "")),
            false,
        ),
    }
}

/// What the firmware tells about its camera.
fn firmware(facts: &Facts) -> Option<Check> {
    if !matches!(facts.camera, Some(ChosenCamera::Mmal { .. })) {
        return None;
    }
    let ask = |args: &[&str]| {
        facts
            .system
            .ask("vcgencmd", args)
            .map_or_else(String::new, |answer| answer.stdout)
    };
    let camera = ask(&["get_camera"]).trim().to_owned();
    if camera.is_empty() {
        return Some(Check::warning(
            "firmware",
            "vcgencmd get_camera gives no answer: whether a camera is connected is unknown",
            "sudo apt install libraspberrypi-bin, and run this as root or in the group video",
        ));
    }
    Some(
        match setup_failure::FailureFacts::of_firmware(&camera, "").hindrance() {
            None => Check::ok("firmware", camera),
            Some(remedy) => Check::problem("firmware", camera, remedy),
        },
    )
}

fn capture_devices(facts: &Facts) -> Check {
    let found = &facts.survey.v4l2;
    match v4l2::device_probe::missing(found) {
        Some(missing) => absent(facts, CAPTURE_DEVICES, missing, false),
        None => {
            let devices = found
                .iter()
                .map(|found| format!("{} ({})", found.device, found.name));
            Check::ok(CAPTURE_DEVICES, devices.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A kind that is not there is worth a remark where it has a camera all the same, or where there is no other and this
/// machine could have it.
fn absent(facts: &Facts, subject: &'static str, missing: Missing, is_lost: bool) -> Check {
    let is_possible = facts.model.contains("Raspberry Pi");
    if is_lost || facts.lacks_camera() && is_possible {
        return Check::warning(subject, missing.why, missing.remedy);
    }
    Check::ok(subject, format!("not used: {}", missing.why))
}
