//! The units that wait for viewers, as systemd has them now.

use super::Facts;
use super::report::Check;
use super::unit::Unit;
use crate::service::conffile::{FILE, NAME};
use crate::service::{SOCKET_UNIT, TEMPLATE_UNIT};

pub fn checks(facts: &Facts) -> Vec<Check> {
    match (&facts.socket, &facts.service) {
        (Unit::NoSystemd, _) => vec![Check::warning(
            "systemd",
            "it does not run here, so nobody starts a stream for a viewer",
            "without it, picam-stream serves viewers by itself: picam-stream -t 0 -l -o tcp://0.0.0.0:3333",
        )],
        (Unit::Silent(why), _) | (_, Unit::Silent(why)) => vec![Check::problem(
            "systemd",
            format!("it does not tell about its units: {why}"),
            "try systemctl status by hand",
        )],
        (socket, service) => {
            let mut checks = vec![self::socket(socket)];
            checks.extend(changed(socket, SOCKET_UNIT));
            checks.extend(self::service(facts, service));
            checks
        }
    }
}

/// Whether it listens, and will after the next start.
fn socket(unit: &Unit) -> Check {
    let enabled = unit.get("UnitFileState");
    if unit.is("LoadState", "not-found") {
        return Check::problem(
            SOCKET_UNIT,
            "it is not installed",
            "sudo apt install --reinstall picam-stream",
        );
    }
    if unit.is("LoadState", "masked") {
        let remedy = format!(
            "sudo systemctl unmask {SOCKET_UNIT} && sudo systemctl enable --now {SOCKET_UNIT}"
        );
        return Check::problem(SOCKET_UNIT, "it is masked, so nobody listens", remedy);
    }
    match unit.get("ActiveState").as_str() {
        "active" if enabled == "enabled" => Check::ok(
            SOCKET_UNIT,
            format!("active and enabled, {}", viewers(unit)),
        ),
        "active" => Check::warning(
            SOCKET_UNIT,
            format!(
                "active, {}, but {enabled}: it will not listen after the next start",
                viewers(unit)
            ),
            format!("sudo systemctl enable {SOCKET_UNIT}"),
        ),
        "failed" => Check::problem(
            SOCKET_UNIT,
            format!("it has failed ({})", unit.get("Result")),
            why_failed(unit),
        ),
        "inactive" if enabled == "enabled" => Check::problem(
            SOCKET_UNIT,
            "it is enabled, but has been stopped, so nobody listens",
            format!("sudo systemctl start {SOCKET_UNIT}"),
        ),
        state => Check::problem(
            SOCKET_UNIT,
            format!("it is {state} and {enabled}, so nobody listens"),
            format!("sudo systemctl enable --now {SOCKET_UNIT}"),
        ),
    }
}

fn viewers(unit: &Unit) -> String {
    let accepted = unit.get("NAccepted");
    let plural = if accepted == "1" { "" } else { "s" };
    format!(
        "{accepted} viewer{plural} since it started, {} now, {} turned away",
        unit.get("NConnections"),
        unit.get("NRefused")
    )
}

fn why_failed(unit: &Unit) -> String {
    let restart = format!("sudo systemctl restart {SOCKET_UNIT}");
    match unit.get("Result").as_str() {
        "resources" => {
            format!("its port is most likely taken (see below): free it, then {restart}")
        }
        _ => format!("journalctl -u {SOCKET_UNIT} tells why; then {restart}"),
    }
}

/// Units in /etc hide the package's, and never change with it. A masked one is there, too, as a link to nothing.
pub fn changed(unit: &Unit, name: &'static str) -> Option<Check> {
    if unit.is("LoadState", "masked") {
        return None;
    }
    let path = unit.get("FragmentPath");
    if path.starts_with("/etc/") {
        return Some(Check::warning(
            name,
            format!("{path} is used in place of the package's unit"),
            format!("unless that is wanted: sudo rm {path} && sudo systemctl daemon-reload"),
        ));
    }
    let changes = unit.get("DropInPaths");
    (!changes.is_empty()).then(|| Check::ok(name, format!("changed by {changes}")))
}

fn service(facts: &Facts, unit: &Unit) -> Vec<Check> {
    if unit.is("LoadState", "not-found") {
        return vec![Check::problem(
            TEMPLATE_UNIT,
            "it is not installed",
            "sudo apt install --reinstall picam-stream",
        )];
    }
    if unit.is("LoadState", "masked") {
        return vec![Check::problem(
            TEMPLATE_UNIT,
            "it is masked, so no stream starts",
            format!("sudo systemctl unmask {TEMPLATE_UNIT}"),
        )];
    }
    let mut checks: Vec<Check> = changed(unit, TEMPLATE_UNIT).into_iter().collect();
    let command = starts_another(unit)
        .or_else(|| ignores_the_file(facts))
        .or_else(|| has_the_old_order(facts));
    let sandbox = lacks_group(unit).or_else(|| {
        // Where the camera is shared, its service has the devices.
        (!facts.shares_camera())
            .then(|| hides_devices(facts, unit))
            .flatten()
    });
    checks.extend(command.into_iter().chain(sandbox));
    if checks.is_empty() {
        checks.push(Check::ok(TEMPLATE_UNIT, "installed, as the package has it"));
    }
    checks
}

fn starts_another(unit: &Unit) -> Option<Check> {
    let command = unit.get("ExecStart");
    (!command.contains("picam-stream")).then(|| {
        Check::warning(
            TEMPLATE_UNIT,
            format!("it does not start picam-stream, but {command}"),
            format!("systemctl cat {TEMPLATE_UNIT}"),
        )
    })
}

fn ignores_the_file(facts: &Facts) -> Option<Check> {
    (!facts.start_line.has_options()).then(|| {
        Check::warning(
            TEMPLATE_UNIT,
            format!("its command has no ${NAME}, so nothing in {FILE} has an effect"),
            format!("systemctl cat {TEMPLATE_UNIT}"),
        )
    })
}

fn has_the_old_order(facts: &Facts) -> Option<Check> {
    facts.start_line.has_the_old_order().then(|| {
        Check::warning(
            TEMPLATE_UNIT,
            "its command is of the older form, with its own words behind the file's: it works, but nothing can stand behind \
             -- in the file, and a second viewer does not wait for the camera",
            format!(
                "sudo systemctl edit --full {TEMPLATE_UNIT}, and write ExecStart=-/usr/bin/picam-stream --service -v -n ${NAME}"
            ),
        )
    })
}

fn lacks_group(unit: &Unit) -> Option<Check> {
    let groups = format!("{} {}", unit.get("Group"), unit.get("SupplementaryGroups"));
    let is_enough = unit.is("User", "root") || groups.split(' ').any(|group| group == "video");
    (!is_enough).then(|| {
        Check::problem(
            TEMPLATE_UNIT,
            "its user is not in the group video, which the camera's devices are for",
            format!(
                "sudo systemctl edit {TEMPLATE_UNIT}, and add [Service] and SupplementaryGroups=video"
            ),
        )
    })
}

fn hides_devices(facts: &Facts, unit: &Unit) -> Option<Check> {
    let edit =
        |line: &str| format!("sudo systemctl edit {TEMPLATE_UNIT}, and add [Service] and {line}");
    if unit.is("PrivateDevices", "yes") {
        let text = "PrivateDevices=yes hides every camera from it";
        return Some(Check::problem(
            TEMPLATE_UNIT,
            text,
            edit("PrivateDevices=no"),
        ));
    }
    let needed = facts.camera.as_ref()?.needs().allowed_as;
    let allowed = unit.get("DeviceAllow");
    let is_open = unit.is("DevicePolicy", "auto") && allowed.is_empty();
    let lacking = needed
        .iter()
        .find(|device| !is_allowed(&allowed, device) && !is_open)?;
    let text = format!("it does not let {lacking} through, which this camera needs");
    Some(Check::problem(
        TEMPLATE_UNIT,
        text,
        edit(&format!("DeviceAllow={lacking} rw")),
    ))
}

/// A device may be allowed by its path, or by the kernel's names for its kind, of which the channel to the VideoCore has had
/// two.
fn is_allowed(allowed: &str, device: &str) -> bool {
    let kinds =
        device == "/dev/vchiq" && allowed.contains("char-vchiq") && allowed.contains("char-misc");
    kinds || allowed.contains(device)
}
