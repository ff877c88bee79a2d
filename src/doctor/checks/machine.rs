//! Which machine and which system this is.

use super::Facts;
use super::report::Check;
use crate::system::System;

/// The board: from the device tree, or of a PC from its firmware.
pub fn model(system: &System) -> String {
    let places = [
        "/proc/device-tree/model",
        "/sys/firmware/devicetree/base/model",
        "/sys/class/dmi/id/product_name",
    ];
    places
        .into_iter()
        .find_map(|place| system.read(place))
        .unwrap_or_default()
}

pub fn checks(facts: &Facts) -> Vec<Check> {
    let model = if facts.model.is_empty() {
        "unknown: the machine does not tell"
    } else {
        &facts.model
    };
    vec![
        Check::ok("model", model),
        Check::ok("system", system(facts.system)),
        Check::ok(
            "picam-stream",
            format!(
                "{}, for {}",
                env!("CARGO_PKG_VERSION"),
                facts.system.architecture()
            ),
        ),
    ]
}

fn system(system: &System) -> String {
    let kernel = system
        .read("/proc/sys/kernel/osrelease")
        .map_or_else(String::new, |kernel| format!(", Linux {kernel}"));
    format!("{}{kernel}", name(system))
}

/// The release as it calls itself; not every one has a pretty name.
fn name(system: &System) -> String {
    if let Some(pretty) = release(system, "PRETTY_NAME") {
        return pretty;
    }
    let parts = ["NAME", "VERSION"].map(|key| release(system, key));
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "unknown: /etc/os-release does not tell".to_owned()
    } else {
        parts.join(" ")
    }
}

/// A value of os-release(5).
fn release(system: &System, key: &str) -> Option<String> {
    let text = system
        .read("/etc/os-release")
        .or_else(|| system.read("/usr/lib/os-release"))?;
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(value.trim_matches(['"', '\'']).to_owned())
}
