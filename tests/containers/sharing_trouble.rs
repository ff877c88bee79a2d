//! The shared camera when something is wrong: options that it cannot start with, options that have changed, a service that is
//! killed, and what its sandbox lets it do.

use crate::container::Container;
use crate::root::BOOKWORM_AMD64;
use crate::shared::{
    Pace, Reader, SMALL_CARD, journal, options, service, sharing_on, wait_until_all_are_gone,
};
use std::fs;
use std::time::{Duration, Instant};
use test_support::commands::until;
use test_support::decoding::assert_begins_decodable;

#[test]
fn the_shared_camera_tells_what_is_wrong_and_starts_again() {
    let container = &sharing_on(&BOOKWORM_AMD64, "--linger 2");
    container.step("killed", || a_killed_service_is_told_to_each(container));
    container.step("changed options", || {
        changed_options_wait_or_begin_anew(container)
    });
    container.step("bad options", || {
        bad_options_are_told_and_do_not_spin(container)
    });
    container.step("hurried viewers", || {
        hurried_viewers_do_not_wear_the_unit_out(container)
    });
    container.step("refused texts", || {
        a_text_is_no_option_of_the_service(container)
    });
    container.step("locked up", || the_service_is_locked_up(container));
    container.step("no devices", || {
        an_instance_without_devices_shares_the_camera(container)
    });
    container.step("no socket", || {
        without_the_socket_the_instance_has_the_camera_itself(container)
    });
}

fn a_killed_service_is_told_to_each(container: &Container) {
    let net = container.net();
    let readers = [(); 3].map(|()| Reader::come(&net, Pace::AsItComes));
    let pid = until("they are served", 60, || served(container, 3));
    readers.iter().for_each(|reader| reader.wait_for(1000));
    container.sh("systemctl kill --signal=KILL picam-camera.service");
    for reader in readers {
        let port = reader.port;
        assert_begins_decodable(&reader.read_to_end());
        let said = until("the instance has ended", 60, || {
            let said = journal(container, &format!("raspivid@*:{port}.service"));
            said.contains("Deactivated").then_some(said)
        });
        assert!(
            said.contains("picam-camera.service has ended without a word"),
            "{said}"
        );
    }
    let next = Reader::come(&net, Pace::AsItComes);
    let other = until("the next one is served", 60, || served(container, 1));
    assert_ne!(other, pid);
    assert_begins_decodable(&next.leave_after(1000));
    wait_until_all_are_gone(container);
}

/// The service's process, where so many are watching.
fn served(container: &Container, viewers: usize) -> Option<u32> {
    let status = container.sh("systemctl show --property=StatusText --value picam-camera.service");
    let pid = service(container)?;
    status
        .starts_with(&format!("{viewers} viewer"))
        .then_some(pid)
}

fn changed_options_wait_or_begin_anew(container: &Container) {
    let net = container.net();
    let first = Reader::come(&net, Pace::AsItComes);
    let pid = until("it is served", 60, || served(container, 1));
    options(
        container,
        &SMALL_CARD.replace("-w 320", "-w 352"),
        "--linger 20",
    );
    let second = Reader::come(&net, Pace::AsItComes);
    until("the second, too", 60, || served(container, 2));
    let said = journal(container, &format!("raspivid@*:{}.service", second.port));
    assert!(said.contains("systemctl restart picam-camera"), "{said}");
    let said = journal(container, &format!("raspivid@*:{}.service", first.port));
    assert!(!said.contains("systemctl restart"), "{said}");
    drop((first.leave(), second.leave()));
    until("both have left", 60, || {
        let status =
            container.sh("systemctl show --property=StatusText --value picam-camera.service");
        status.contains("camera lingering").then_some(())
    });
    assert_eq!(service(container), Some(pid));
    // Nobody watches: the one that comes has what stands in the file.
    let third = Reader::come(&net, Pace::AsItComes);
    let other = until("the third has other options", 60, || {
        served(container, 1).filter(|other| *other != pid)
    });
    let line = fs::read_to_string(format!("/proc/{other}/cmdline")).unwrap();
    assert!(line.contains("-w\x00352"), "{line}");
    assert_begins_decodable(&third.leave_after(1000));
    container.sh("systemctl stop picam-camera.service");
    wait_until_all_are_gone(container);
}

fn bad_options_are_told_and_do_not_spin(container: &Container) {
    options(container, SMALL_CARD, "--linger long");
    let net = container.net();
    let before = starts(container);
    let begun = Instant::now();
    let mut told = 0;
    while begun.elapsed() < Duration::from_secs(6) {
        let reader = Reader::come(&net, Pace::AsItComes);
        let port = reader.port;
        assert_eq!(reader.read_to_end().len(), 0);
        let said = journal(container, &format!("raspivid@*:{port}.service"));
        assert!(
            said.contains("--linger") && said.contains("from 0 to 3600"),
            "{said}"
        );
        told += 1;
    }
    assert!(told > 1);
    let seconds = begun.elapsed().as_secs_f64();
    let count = starts(container) - before;
    assert!(
        count > 0 && count as f64 <= 2.0 * seconds + 1.0,
        "{count} starts in {seconds} s"
    );
    let state =
        container.sh("systemctl is-active picam-camera.socket; systemctl is-system-running");
    assert_eq!(state, "active\nrunning");
    options(container, SMALL_CARD, "--linger 2");
    wait_until_all_are_gone(container);
    let next = Reader::come(&net, Pace::AsItComes);
    until("it is served", 60, || served(container, 1));
    assert_begins_decodable(&next.leave_after(1000));
    wait_until_all_are_gone(container);
}

/// systemd gives up a service that is started too often, and closes its socket. Each viewer comes as soon as the service of the
/// one before has ended, which is as often as it can be started.
fn hurried_viewers_do_not_wear_the_unit_out(container: &Container) {
    options(container, SMALL_CARD, "--linger 0");
    let net = container.net();
    let before = starts(container);
    let begun = Instant::now();
    let mut viewers = 0;
    while viewers < 2 || begun.elapsed() < Duration::from_secs(8) {
        assert_begins_decodable(&Reader::come(&net, Pace::AsItComes).leave_after(1000));
        until("the service has ended", 60, || {
            service(container).is_none().then_some(())
        });
        viewers += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let count = starts(container) - before;
    assert!(
        count == viewers && count as f64 <= seconds + 2.0,
        "{count} starts for {viewers} viewers in {seconds} s"
    );
    assert_eq!(
        container.sh("systemctl is-active picam-camera.socket"),
        "active"
    );
    options(container, SMALL_CARD, "--linger 2");
    wait_until_all_are_gone(container);
}

fn starts(container: &Container) -> usize {
    journal(container, "picam-camera")
        .matches("Starting picam-camera")
        .count()
}

fn a_text_is_no_option_of_the_service(container: &Container) {
    options(container, SMALL_CARD, "--help");
    let reader = Reader::come(&container.net(), Pace::AsItComes);
    let port = reader.port;
    assert_eq!(reader.read_to_end().len(), 0);
    let said = journal(container, &format!("raspivid@*:{port}.service"));
    assert!(said.contains("type them in a terminal"), "{said}");
    options(container, SMALL_CARD, "--linger 2");
    wait_until_all_are_gone(container);
}

fn the_service_is_locked_up(container: &Container) {
    let reader = Reader::come(&container.net(), Pace::AsItComes);
    let pid = until("it is served", 60, || served(container, 1));
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    for line in [
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000000",
    ] {
        assert!(status.contains(line), "{line} is not in {status}");
    }
    let network = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/net")).unwrap();
    assert_ne!(network(pid), network(container.leader()));
    let table = container.sh("systemd-analyze security --no-pager picam-camera.service || true");
    let verdict = table
        .lines()
        .find(|line| line.contains("Overall exposure level"));
    let exposure = verdict.and_then(|line| {
        line.split(": ")
            .nth(1)?
            .split(' ')
            .next()?
            .parse::<f32>()
            .ok()
    });
    assert!(exposure.is_some_and(|exposure| exposure <= 1.0), "{table}");
    reader.leave();
    wait_until_all_are_gone(container);
}

fn an_instance_without_devices_shares_the_camera(container: &Container) {
    container.sh("install -D -m 644 -t /etc/systemd/system/raspivid@.service.d /usr/share/doc/picam-stream/examples/no-devices.conf");
    container
        .sh("systemctl daemon-reload; mknod -m 660 /dev/video0 c 81 0; chgrp video /dev/video0");
    let reader = Reader::come(&container.net(), Pace::AsItComes);
    let pid = until("it is served", 60, || served(container, 1));
    let unit = container
        .sh("systemctl list-units --plain --no-legend --full 'raspivid@*' | cut -d' ' -f1");
    let instance = container.sh(&format!(
        "systemctl show --property=MainPID --value '{unit}'"
    ));
    let devices = |place: &str| container.sh(&format!("ls {place}/dev"));
    assert!(!devices(&format!("/proc/{instance}/root")).contains("video0"));
    let inner = container.sh("systemctl show --property=MainPID --value picam-camera.service");
    assert!(
        devices(&format!("/proc/{inner}/root")).contains("video0"),
        "{pid}"
    );
    let page = container.try_sh("picam-stream doctor").out;
    for part in [
        "picam-camera.service runs since",
        "1 viewer,",
        "    127.0.0.1  port of raspivid.socket, since",
        "no problems",
    ] {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    assert_begins_decodable(&reader.leave_after(1000));
    container
        .sh("rm /etc/systemd/system/raspivid@.service.d/no-devices.conf; systemctl daemon-reload");
    wait_until_all_are_gone(container);
}

fn without_the_socket_the_instance_has_the_camera_itself(container: &Container) {
    container.sh("systemctl disable --now picam-camera.socket");
    let reader = Reader::come(&container.net(), Pace::AsItComes);
    until("it has pictures", 60, || {
        let said = journal(container, &format!("raspivid@*:{}.service", reader.port));
        said.contains("Camera Name test card").then_some(())
    });
    // What README installs wants the service all the same: it says what it lacks, and is no failure of the system.
    until("the service has gone", 60, || {
        let said = journal(container, "picam-camera");
        (said.contains("no socket was handed over") && service(container).is_none()).then_some(())
    });
    assert_eq!(container.sh("systemctl is-system-running"), "running");
    assert_begins_decodable(&reader.leave_after(1000));
    wait_until_all_are_gone(container);
}
