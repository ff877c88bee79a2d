//! `picam-stream cameras`: the cameras of every kind, with their modes where the kind can tell them.

use crate::doctor;
use crate::error::Result;
use crate::source::{auto, mmal, rpicam, v4l2};
use crate::system::System;

/// A paragraph for each kind: its cameras, one a line, or why there is none.
///
/// # Errors
/// `Error::Camera` where no kind has a camera that can be used.
pub fn list(system: &System) -> Result<String> {
    let survey = auto::survey(system);
    let chosen = survey.choose()?;
    let mut text = String::new();
    paragraph(
        &mut text,
        "libcamera: --source rpicam",
        libcamera(system, &survey),
    );
    paragraph(&mut text, "legacy stack: --source mmal", legacy(&survey));
    paragraph(
        &mut text,
        "V4L2: --source v4l2:DEVICE",
        capture_devices(system, &survey),
    );
    paragraph(
        &mut text,
        "shared: --source shared",
        doctor::shared_camera(system).map(|line| vec![line]),
    );
    text.push_str(&format!("--source auto takes {chosen}\n"));
    Ok(text)
}

fn paragraph(text: &mut String, kind: &str, cameras: std::result::Result<Vec<String>, String>) {
    let lines = cameras.unwrap_or_else(|why| vec![format!("none: {why}")]);
    text.push_str(&format!("{kind}\n"));
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
    text.push('\n');
}

fn libcamera(system: &System, survey: &auto::Survey) -> std::result::Result<Vec<String>, String> {
    match survey.libcamera.missing() {
        Some(missing) => Err(missing.to_string()),
        None => rpicam::program_probe::cameras(system),
    }
}

fn legacy(survey: &auto::Survey) -> std::result::Result<Vec<String>, String> {
    if let Some(missing) = survey.mmal.missing() {
        return Err(missing.to_string());
    }
    let cameras = mmal::cameras().map_err(|error| error.to_string())?;
    if cameras.is_empty() {
        return Err(
            "the firmware sees no camera: picam-stream -v --source mmal tells why".to_owned(),
        );
    }
    let line = |camera: mmal::FirmwareCamera| {
        let name = if camera.name.is_empty() {
            "unknown sensor"
        } else {
            &camera.name
        };
        format!(
            "{} (-cs {}): {name}, up to {}",
            camera.number, camera.number, camera.largest
        )
    };
    Ok(cameras.into_iter().map(line).collect())
}

fn capture_devices(
    system: &System,
    survey: &auto::Survey,
) -> std::result::Result<Vec<String>, String> {
    match v4l2::device_probe::missing(&survey.v4l2) {
        Some(missing) => Err(missing.to_string()),
        None => Ok(survey
            .v4l2
            .iter()
            .flat_map(|found| with_modes(system, found))
            .collect()),
    }
}

/// The device, and below it a line for each pixel format.
fn with_modes(system: &System, found: &v4l2::device_probe::DeviceFound) -> Vec<String> {
    let modes = v4l2::modes(&system.path(&found.device))
        .unwrap_or_else(|error| vec![format!("modes not told: {error}")]);
    let mut lines = vec![format!("{}: {}", found.device, found.name)];
    lines.extend(modes.iter().map(|mode| format!("  {mode}")));
    lines
}
