//! How soon the first byte of a resting camera is there under the real units, and where the time goes.

use std::io::{Read, Write};
use std::net::TcpStream;

use picam_stream::units::Micros;
use test_support::commands::say;

use crate::container::Container;
use crate::root::{BOOKWORM_AMD64, Root, TRIXIE_AMD64};
use crate::setups::installed_on;
use crate::shared::{lines_of_readme, options, wait_until_all_are_gone};
use crate::viewer::{IPV4, Viewer, wait_until_nobody_watches};

const CARD: &str = "-w 1280 -h 720 -fps 25 -g 25 -fl -ih -b 2000000 -pf main --source test";
const SERVICE: &str = "picam-camera.service";
const STARTS: usize = 7;

/// What systemd notes of a unit, in the order in which it happens: its job begins, the process is forked, the sandbox is
/// ready and the program is run (from systemd 256 on), the program has said that it is ready.
const NOTED: [(&str, &str); 4] = [
    ("InactiveExitTimestampMonotonic", "systemd begins"),
    ("ExecMainStartTimestampMonotonic", "forked"),
    ("ExecMainHandoffTimestampMonotonic", "sandbox ready"),
    ("ActiveEnterTimestampMonotonic", "active"),
];

#[test]
fn figures_of_a_resting_camera() {
    for root in [&BOOKWORM_AMD64, &TRIXIE_AMD64] {
        let container = &installed_on(root);
        options(container, CARD, "--linger 0");
        figure(container, root, "an instance alone", alone);
        for heading in ["Several viewers", "In the browser"] {
            for line in lines_of_readme(heading) {
                container.sh(&line);
            }
        }
        figure(container, root, "the service, over HTTP", direct);
        figure(container, root, "an instance that hands over", handed);
    }
}

/// One start: when the first byte came, and what each unit went through, all since the viewer connected.
struct Start {
    first_byte_ms: f64,
    noted_ms: Vec<(String, f64)>,
}

fn figure(container: &Container, root: &Root, way: &str, start: fn(&Container) -> Start) {
    let starts: Vec<Start> = (0..STARTS)
        .map(|_| {
            wait_until_nobody_watches(container);
            wait_until_all_are_gone(container);
            start(container)
        })
        .collect();
    let noted = starts[0]
        .noted_ms
        .iter()
        .enumerate()
        .map(|(index, (what, _))| {
            let times = starts.iter().map(|it| it.noted_ms[index].1).collect();
            format!(", {what} {:.0}", median(times))
        });
    say(&format!(
        "figure: first byte of a resting camera, test card 720p, {way}, on {}: {:.0} ms after connecting (median of {STARTS}){}",
        root.name(),
        median(starts.iter().map(|it| it.first_byte_ms).collect()),
        noted.collect::<String>()
    ));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn alone(container: &Container) -> Start {
    start(container, IPV4, first_byte, &[])
}

fn handed(container: &Container) -> Start {
    start(container, IPV4, first_byte, &[SERVICE])
}

fn direct(container: &Container) -> Start {
    let ask = |stream: &mut TcpStream| {
        let request = "GET /stream.h264 HTTP/1.1\r\nHost: pi.local\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("it is heard");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(first_byte(stream));
        }
        first_byte(stream)
    };
    start(container, "127.0.0.1:8080", ask, &[SERVICE])
}

fn first_byte(stream: &mut TcpStream) -> [u8; 1] {
    let mut byte = [0];
    stream.read_exact(&mut byte).expect("the stream begins");
    byte
}

/// A viewer of port 3333 has an instance, which is looked at before the units that are named.
fn start(
    container: &Container,
    address: &str,
    ask: impl Fn(&mut TcpStream) -> [u8; 1],
    units: &[&str],
) -> Start {
    let begun = Micros::now();
    let viewer = Viewer::connect(container, address);
    let mut stream = viewer.stream().try_clone().expect("a copy");
    ask(&mut stream);
    let first_byte_ms = since(begun, Micros::now().0);
    let instance = (address == IPV4).then(|| viewer.unit(container));
    let units = instance.as_deref().into_iter().chain(units.iter().copied());
    Start {
        first_byte_ms,
        noted_ms: units
            .flat_map(|unit| noted(container, unit, begun))
            .collect(),
    }
}

fn noted(container: &Container, unit: &str, begun: Micros) -> Vec<(String, f64)> {
    let kind = if unit == SERVICE {
        "service"
    } else {
        "instance"
    };
    let names = NOTED.map(|(name, _)| format!("-p {name}")).join(" ");
    let shown = container.sh(&format!("systemctl show {names} '{unit}'"));
    let time = |name: &str| -> Option<u64> {
        let value = shown
            .lines()
            .find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        value?.parse().ok()
    };
    let known = NOTED
        .iter()
        .filter_map(|(name, what)| Some((format!("{kind} {what}"), since(begun, time(name)?))));
    known.collect()
}

fn since(begun: Micros, at: u64) -> f64 {
    at.saturating_sub(begun.0) as f64 / 1000.0
}
