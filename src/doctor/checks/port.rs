//! Who listens on the port that viewers connect to.

use super::Facts;
use super::report::Check;
use super::unit::Unit;
use crate::service::{PORT, SOCKET_UNIT};
use crate::source::holders::{Holder, holders_in};
use crate::system::System;

/// The state of a listening socket in /proc/net/tcp (TCP_LISTEN).
const LISTENING: &str = "0A";

const SUBJECT: &str = "port";

pub fn checks(facts: &Facts) -> Vec<Check> {
    let port = port(&facts.socket);
    let sockets = listening(facts.system, port);
    if sockets.is_empty() {
        let remedy = format!("see {SOCKET_UNIT}, or systemd, above");
        return vec![Check::warning(
            SUBJECT,
            format!("nobody listens on TCP port {port}"),
            remedy,
        )];
    }
    vec![listener(facts, port, &sockets)]
}

/// Who listens by these sockets, and whether that is the service.
fn listener(facts: &Facts, port: u16, sockets: &[String]) -> Check {
    let is_one = |target: &str| {
        sockets
            .iter()
            .any(|inode| target == format!("socket:[{inode}]"))
    };
    let holders = holders_in(&facts.system.path("/proc"), &is_one);
    let is_active = facts.socket.get("ActiveState") == "active";
    // systemd holds the ports of all socket units.
    let is_systemds = |holder: &Holder| holder.process_id == 1;
    let other_unit = socket_units(facts.system, port);
    let is_other_units = !is_active && !other_unit.is_empty();
    let others = || taken(port, &format!("systemd for {}", other_unit.join(" and ")));
    let is_ours =
        |holder: &Holder| is_systemds(holder) && !is_other_units || holder.name == "picam-stream";
    let ours = holders.iter().find(|holder| is_ours(holder));
    match ours.or(holders.first()) {
        Some(holder) if is_ours(holder) => Check::ok(
            SUBJECT,
            format!("{} listens on TCP port {port}", holder.name),
        ),
        Some(holder) if is_systemds(holder) => others(),
        Some(holder) => taken(port, &described(facts.system, holder)),
        None if is_other_units => others(),
        None if is_active => Check::ok(SUBJECT, format!("systemd listens on TCP port {port}")),
        None => unseen(facts, port),
    }
}

/// Nobody who can be seen has the sockets.
fn unseen(facts: &Facts, port: u16) -> Check {
    match facts.socket {
        // Whose it is cannot be known then; that systemd is silent is told with the units.
        Unit::Silent(_) => Check::ok(
            SUBJECT,
            format!("a program that this user may not see listens on TCP port {port}"),
        ),
        _ if facts.sees_all => taken(
            port,
            "a program that does not show here (it may run in a container)",
        ),
        _ => taken(
            port,
            "a program that this user may not see (sudo picam-stream doctor names it)",
        ),
    }
}

fn taken(port: u16, by: &str) -> Check {
    Check::problem(
        SUBJECT,
        format!("TCP port {port} is taken by {by}"),
        format!(
            "end it, then sudo systemctl restart {SOCKET_UNIT}; or give viewers another port: sudo systemctl edit {SOCKET_UNIT}, with \
             [Socket], ListenStream= and ListenStream=PORT in lines of their own"
        ),
    )
}

/// The program, and the unit that it belongs to.
fn described(system: &System, holder: &Holder) -> String {
    let process = format!("{} (process {}", holder.name, holder.process_id);
    match unit_of(system, holder.process_id) {
        Some(unit) => format!("{process}, of {unit}: systemctl status {unit})"),
        None => format!("{process})"),
    }
}

/// The last part of a process's control group that is the name of a unit (cgroups(7)).
fn unit_of(system: &System, process_id: u32) -> Option<String> {
    let groups = system.read(&format!("/proc/{process_id}/cgroup"))?;
    let is_unit = |part: &&str| part.ends_with(".service") || part.ends_with(".scope");
    let unit = |line: &str| line.rsplit('/').find(is_unit).map(str::to_owned);
    groups.lines().find_map(unit)
}

/// The socket units other than ours that systemd listens for on the port.
fn socket_units(system: &System, port: u16) -> Vec<String> {
    let question = ["list-sockets", "--no-pager", "--no-legend", "--full"];
    let answer = system.ask("systemctl", &question);
    let lines = answer.map_or_else(String::new, |answer| answer.stdout);
    let end = format!(":{port}");
    let unit = |line: &str| {
        let mut words = line.split_whitespace();
        let is_it = words.next()?.ends_with(&end);
        words
            .next()
            .filter(|unit| is_it && *unit != SOCKET_UNIT)
            .map(str::to_owned)
    };
    lines.lines().filter_map(unit).collect()
}

/// The port that the socket unit says, such as in `[::]:3333 (Stream)`.
fn port(socket: &Unit) -> u16 {
    let listen = socket.get("Listen");
    let address = listen.split(" (Stream)").next().unwrap_or_default();
    address
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or(PORT)
}

/// The inodes of the sockets that listen on the port.
fn listening(system: &System, port: u16) -> Vec<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| system.read(table));
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local_port) = fields.get(1)?.rsplit_once(':')?;
        let is_it =
            u16::from_str_radix(local_port, 16) == Ok(port) && fields.get(3) == Some(&LISTENING);
        is_it.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
    };
    tables
        .flat_map(|table| table.lines().filter_map(inode).collect::<Vec<_>>())
        .collect()
}
