//! One camera, all its viewers: real units, real connections, ffmpeg at the other end.

use crate::container::Container;
use crate::root::{BOOKWORM_AMD64, TRIXIE_AMD64};
use crate::shared::{
    Pace, Reader, SMALL_CARD, journal, options, service, sharing_on, wait_until_all_are_gone,
};
use crate::viewer::{IPV4, instances};
use std::fs;
use std::process::Stdio;
use std::time::Duration;
use test_support::commands::{command, until};
use test_support::decoding::{assert_begins_decodable, ffmpeg};

/// Beside these three watch with ffmpeg.
const SAVED: usize = 26;
const SLOW: usize = 5;

/// ffmpeg tells the hash of each picture.
const HASHES: [&str; 6] = [
    "-fps_mode",
    "passthrough",
    "-f",
    "framehash",
    "-hash",
    "md5",
];

/// The hashes of the pictures that ffmpeg decodes, which must have nothing to complain about.
fn pictures(stream: &[u8], format: &str) -> Vec<String> {
    let input = ["-xerror", "-f", format, "-i", "-", "-map", "0:v"];
    let words = [input.as_slice(), &HASHES].concat();
    hashes(&String::from_utf8(ffmpeg(&words, stream)).unwrap())
}

fn hashes(list: &str) -> Vec<String> {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit(',').next())
        .map(|hash| hash.trim().to_owned())
        .collect()
}

/// Where all of `part` is in `whole`, without a gap.
fn place(part: &[String], whole: &[String]) -> Option<usize> {
    let first = part.first()?;
    let mut places = (0..whole.len()).filter(|&at| whole[at] == *first);
    places.find(|&at| whole[at..].starts_with(part))
}

/// Whether all of `part` is in `whole` in its order, with gaps or without.
fn is_in_order(part: &[String], whole: &[String]) -> bool {
    let mut rest = whole.iter();
    part.iter()
        .all(|picture| rest.any(|other| other == picture))
}

#[test]
fn thirty_viewers_see_the_same_pictures_of_one_camera_and_the_slow_ones_cost_the_others_nothing() {
    let container = &sharing_on(&BOOKWORM_AMD64, "--linger 1 --max-viewers-per-address 50");
    let net = container.net();
    let reference = Reader::come(&net, Pace::AsItComes);
    until("the service is there", 60, || service(container));
    let players: Vec<_> = (0..3).map(|number| player(container, number)).collect();
    let half = 300_000 / 8 / 2;
    let slow: Vec<Reader> = (0..SLOW)
        .map(|_| Reader::come(&net, Pace::BytesASecond(half)))
        .collect();
    let stopped: Vec<Reader> = (0..SLOW)
        .map(|_| Reader::come(&net, Pace::Stopped))
        .collect();
    let come = |count| -> Vec<Reader> {
        (0..count)
            .map(|_| Reader::come(&net, Pace::AsItComes))
            .collect()
    };
    let bare = come((SAVED - 2 * SLOW) / 2);
    until("they are all served", 60, || {
        status(container)
            .starts_with(&format!("{} viewers", 4 + 2 * SLOW + bare.len()))
            .then_some(())
    });
    options(
        container,
        &format!("{SMALL_CARD} --format mpegts"),
        "--linger 1 --max-viewers-per-address 50",
    );
    let mpegts = come(SAVED - 2 * SLOW - bare.len());
    let present = 4 + 2 * SLOW + bare.len() + mpegts.len();
    until("all are served", 60, || {
        status(container)
            .starts_with(&format!("{present} viewers, "))
            .then_some(())
    });
    let service_pid = service(container).expect("it runs");
    let memory = resident_kib(service_pid);
    assert_eq!(container.processes("picam-stream").len(), present + 1);
    // Who takes nothing is dropped after ten seconds.
    until("the stopped ones are dropped", 60, || {
        let line = format!("{} viewers, ", present - SLOW);
        status(container).starts_with(&line).then_some(())
    });
    let line = status(container);
    assert!(
        line.ends_with(" Mbit/s, camera on") && line.contains(" frames/s, "),
        "{line}"
    );
    let grown = resident_kib(service_pid).saturating_sub(memory);
    assert!(grown < 4096, "{grown} KiB more than at the beginning");

    container.sh("systemctl stop picam-camera.service");
    let reference = reference.read_to_end();
    assert_begins_decodable(&reference);
    let all = pictures(&reference, "h264");
    assert!(all.len() > 200, "{} pictures", all.len());
    for reader in bare {
        let stream = reader.read_to_end();
        assert_begins_decodable(&stream);
        let at = reference
            .windows(stream.len())
            .position(|part| part == stream);
        assert!(at.is_some(), "other bytes than the first viewer's");
    }
    for reader in mpegts {
        let seen = pictures(&reader.read_to_end(), "mpegts");
        let end = place(&seen, &all).map(|at| at + seen.len());
        assert!(
            seen.len() > 100 && end == Some(all.len()),
            "{} pictures, up to {end:?}",
            seen.len()
        );
    }
    for reader in slow {
        let seen = pictures(&reader.read_to_end(), "h264");
        assert!(is_in_order(&seen, &all), "a picture that nobody else has");
        assert!(
            seen.len() > 20 && seen.len() < all.len(),
            "{} pictures",
            seen.len()
        );
    }
    for mut player in players {
        assert!(player.child.wait().unwrap().success());
        let seen = hashes(&fs::read_to_string(&player.hashes).unwrap());
        let end = place(&seen, &all).map(|at| at + seen.len());
        assert_eq!(
            end,
            Some(all.len()),
            "{} pictures of {}",
            seen.len(),
            all.len()
        );
        fs::remove_file(&player.hashes).unwrap();
    }
    drop(stopped);
    wait_until_all_are_gone(container);
    assert_eq!(instances(container), [""; 0]);
    let said = journal(container, "picam-camera");
    assert_eq!(said.matches("the camera is on: ").count(), 1, "{said}");
    assert_eq!(said.matches("viewer stuck").count(), SLOW, "{said}");
}

struct Player {
    child: std::process::Child,
    hashes: std::path::PathBuf,
}

/// An ffmpeg that decodes what comes, as it comes.
fn player(container: &Container, number: u32) -> Player {
    let hashes = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("{}-{number}", container.name()));
    let child = container.net().run(|| {
        command("ffmpeg")
            .args(["-v", "error", "-xerror", "-y", "-f", "h264", "-i"])
            .arg(format!("tcp://{IPV4}"))
            .args(HASHES)
            .arg(&hashes)
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    });
    Player { child, hashes }
}

/// The line that `systemctl status` shows.
fn status(container: &Container) -> String {
    container.sh("systemctl show --property=StatusText --value picam-camera.service")
}

fn resident_kib(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .expect("VmRSS")
}

#[test]
fn the_camera_is_free_when_the_last_viewer_has_left_and_the_next_one_starts_it_again() {
    let container = &sharing_on(&TRIXIE_AMD64, "--linger 0.5");
    let net = container.net();
    for _ in 0..3 {
        let reader = Reader::come(&net, Pace::AsItComes);
        let pid = until("the service is there", 60, || service(container));
        until("it is served", 60, || {
            status(container).starts_with("1 viewer, ").then_some(())
        });
        std::thread::sleep(Duration::from_secs(1));
        let port = reader.port;
        assert_begins_decodable(&reader.leave_after(1000));
        wait_until_all_are_gone(container);
        assert!(!fs::exists(format!("/proc/{pid}")).unwrap());
        let said = journal(container, &format!("raspivid@*:{port}.service"));
        assert!(said.contains("Camera Name test card"), "{said}");
        assert!(said.contains("stream ended: viewer left; "), "{said}");
    }
    let said = journal(container, "picam-camera");
    assert_eq!(said.matches("the camera is on: ").count(), 3, "{said}");
    assert_eq!(said.matches("the camera is off: ").count(), 3, "{said}");
}
