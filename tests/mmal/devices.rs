//! The devices that the library is asked to open, and those that the unit lets the service have.

use std::fs;

use test_support::mmal::equipment::Pi;
use test_support::packages::project;

/// Devices that no kernel has under a name of their own.
const MISCELLANEOUS: [&str; 1] = ["vcsm-cma"];

#[test]
fn the_unit_allows_every_device_that_the_library_opens() {
    let pi = Pi::with_a_camera();
    assert_eq!(
        pi.start("--source mmal -t 100 -o -").end(),
        0,
        "{}",
        pi.text("complaints")
    );
    let asked: Vec<_> = pi
        .lines("report")
        .iter()
        .filter_map(|line| device(line))
        .collect();
    assert!(asked.contains(&"/dev/vchiq".to_owned()), "{asked:?}");
    let unit = fs::read_to_string(project().join("debian/raspivid@.service")).expect("the unit");
    for path in asked {
        let name = path.strip_prefix("/dev/").expect("a device");
        // By path, or by the name that its driver has in the kernel's list of character devices: in newer kernels that of
        // all miscellaneous ones.
        let kind = if MISCELLANEOUS.contains(&name) {
            "misc"
        } else {
            name
        };
        let lines = [
            format!("DeviceAllow={path} rw"),
            format!("DeviceAllow=char-{kind} rw"),
        ];
        assert!(
            unit.lines().any(|line| lines.contains(&line.to_owned())),
            "the unit has none of {lines:?}"
        );
    }
}

/// The path in a line `device: PATH ANSWER`.
fn device(line: &str) -> Option<String> {
    line.strip_prefix("device: ")?
        .split(' ')
        .next()
        .map(str::to_owned)
}
