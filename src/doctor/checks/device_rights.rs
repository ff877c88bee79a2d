//! Whether the service may open the camera's devices: its user is nobody in particular, in the group video.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::Facts;
use super::report::Check;
use crate::system::System;

/// The group that Raspberry Pi OS and Debian give camera devices to, and that the unit has.
const GROUP: &str = "video";

pub fn checks(facts: &Facts) -> Vec<Check> {
    let devices = facts
        .camera
        .as_ref()
        .map_or_else(Vec::new, |camera| camera.nodes(facts.system));
    if devices.is_empty() {
        return Vec::new();
    }
    let Some(group_id) = group_id(facts.system) else {
        return vec![Check::problem(
            "devices",
            format!("there is no group {GROUP}, which the service's user is in"),
            format!(
                "sudo groupadd --system {GROUP}, and give it the camera's devices by a rule of udev"
            ),
        )];
    };
    let closed: Vec<String> = devices
        .iter()
        .filter_map(|device| closed(facts.system, device, group_id))
        .collect();
    if closed.is_empty() {
        let text = format!(
            "the service's user (group {GROUP}) may open {}",
            devices.join(", ")
        );
        return vec![Check::ok("devices", text)];
    }
    vec![Check::problem(
        "devices",
        format!(
            "the service's user (group {GROUP}) may not open {}",
            closed.join(", ")
        ),
        format!(
            "sudo chgrp {GROUP} DEVICE && sudo chmod g+rw DEVICE until the next start; a rule of udev for good"
        ),
    )]
}

/// The device with its owner and mode, where the group may not read and write it.
fn closed(system: &System, device: &str, group_id: u32) -> Option<String> {
    let metadata = system.metadata(device)?;
    let mode = metadata.permissions().mode() & 0o777;
    let needed = if metadata.gid() == group_id {
        0o060
    } else {
        0o006
    };
    (mode & needed != needed).then(|| {
        let group =
            group_name(system, metadata.gid()).unwrap_or_else(|| metadata.gid().to_string());
        format!("{device} (group {group}, mode {mode:03o})")
    })
}

fn group_id(system: &System) -> Option<u32> {
    groups(system)
        .into_iter()
        .find_map(|(name, id)| (name == GROUP).then_some(id))
}

fn group_name(system: &System, id: u32) -> Option<String> {
    groups(system)
        .into_iter()
        .find_map(|(name, other)| (other == id).then_some(name))
}

/// Names and numbers, from group(5).
fn groups(system: &System) -> Vec<(String, u32)> {
    let text = system.read("/etc/group").unwrap_or_default();
    let group = |line: &str| {
        let mut fields = line.split(':');
        Some((fields.next()?.to_owned(), fields.nth(1)?.parse().ok()?))
    };
    text.lines().filter_map(group).collect()
}
