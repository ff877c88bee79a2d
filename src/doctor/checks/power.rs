//! Whether a Raspberry Pi has enough power and is cool: a camera's start is where a weak supply gives way.

use super::Facts;
use super::report::Check;
use crate::system::System;

/// The bits of the firmware's `get_throttled` (Raspberry Pi documentation, vcgencmd): now, and since the start.
const UNDER_VOLTAGE_NOW: u32 = 1 << 0;
const THROTTLED_NOW: u32 = 1 << 2 | 1 << 3;
const UNDER_VOLTAGE_BEFORE: u32 = 1 << 16;
const THROTTLED_BEFORE: u32 = 1 << 18 | 1 << 19;

const SUBJECT: &str = "power";
const SUPPLY: &str =
    "use the official power supply for this model and a short, thick cable; take USB devices off";
const COOLING: &str = "give it air or a heat sink";

/// Nothing on a machine that does not tell.
pub fn checks(facts: &Facts) -> Vec<Check> {
    let check = match throttled(facts.system) {
        Some(bits) if bits & UNDER_VOLTAGE_NOW != 0 => {
            Check::problem(SUBJECT, "the voltage is too low now", SUPPLY)
        }
        Some(bits) if bits & UNDER_VOLTAGE_BEFORE != 0 => Check::warning(
            SUBJECT,
            "the voltage was too low at times since the start",
            SUPPLY,
        ),
        Some(bits) if bits & THROTTLED_NOW != 0 => {
            Check::warning(SUBJECT, "slowed down now by heat", COOLING)
        }
        Some(bits) if bits & THROTTLED_BEFORE != 0 => Check::warning(
            SUBJECT,
            "slowed down by heat at times since the start",
            COOLING,
        ),
        Some(_) => Check::ok(
            SUBJECT,
            "voltage and temperature have been right since the start",
        ),
        None => match low_voltage_alarm(facts.system) {
            Some(true) => Check::problem(SUBJECT, "the voltage is too low", SUPPLY),
            Some(false) => Check::ok(SUBJECT, "the voltage is right"),
            None => return Vec::new(),
        },
    };
    vec![check]
}

/// From the firmware's driver (hexadecimal digits), or its program (`throttled=0x50005`).
fn throttled(system: &System) -> Option<u32> {
    let from_kernel = system.read("/sys/devices/platform/soc/soc:firmware/get_throttled");
    let text = from_kernel.or_else(|| Some(system.ask("vcgencmd", &["get_throttled"])?.stdout))?;
    let digits = text
        .trim()
        .trim_start_matches("throttled=")
        .trim_start_matches("0x")
        .to_owned();
    u32::from_str_radix(&digits, 16).ok()
}

/// From the driver raspberrypi-hwmon.
fn low_voltage_alarm(system: &System) -> Option<bool> {
    let folders = system
        .list("/sys/class/hwmon")
        .into_iter()
        .map(|name| format!("/sys/class/hwmon/{name}"));
    let mut sensors = folders
        .filter(|folder| system.read(&format!("{folder}/name")).as_deref() == Some("rpi_volt"));
    let alarm = system.read(&format!("{}/in0_lcrit_alarm", sensors.next()?))?;
    Some(alarm != "0")
}
