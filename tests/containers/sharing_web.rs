//! The camera in the browser: switched on as README says, with the viewers of port 3333 beside it, and off again.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use test_support::commands::{command, run, until};
use test_support::decoding::assert_begins_decodable;

use crate::container::Container;
use crate::repo::CONFFILE;
use crate::root::{BOOKWORM_AMD64, TRIXIE_AMD64};
use crate::setups::installed_on;
use crate::shared::{
    Pace, Reader, SMALL_CARD, journal, lines_of_readme, options, service, wait_until_all_are_gone,
};

/// More than any answer that ends.
const WHOLE: usize = 1 << 20;

/// How exposed a unit is by the measure of systemd-analyze.
fn exposure(container: &Container, unit: &str) -> f64 {
    let table = container.sh(&format!(
        "systemd-analyze security --no-pager {unit} 2>/dev/null || true"
    ));
    let verdict = table.lines().last().unwrap_or_default().to_owned();
    let mut words = verdict.split_whitespace().rev();
    words
        .find_map(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("{unit}: {verdict}"))
}

/// All that comes back for a GET from inside the container's network, up to `most` bytes.
fn get(container: &Container, address: &str, path: &str, most: usize) -> Vec<u8> {
    let mut stream = container
        .net()
        .run(|| TcpStream::connect(address))
        .expect("port 8080");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a limit");
    let request = format!("GET {path} HTTP/1.1\r\nHost: pi.local\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it is heard");
    let mut answer = vec![0; most];
    let mut length = 0;
    while length < most {
        match stream.read(&mut answer[length..]).expect("an answer") {
            0 => break,
            bytes => length += bytes,
        }
    }
    answer.truncate(length);
    answer
}

fn body(answer: &[u8]) -> &[u8] {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    &answer[end.expect("a head") + 4..]
}

fn state(container: &Container, verb: &str, unit: &str) -> String {
    let said = container.try_sh(&format!("systemctl {verb} {unit}")).out;
    said.trim().to_owned()
}

#[test]
fn the_page_is_there_once_it_is_enabled_and_nothing_is_left_when_it_is_off_again() {
    for root in [&BOOKWORM_AMD64, &TRIXIE_AMD64] {
        let container = &installed_on(root);
        options(container, SMALL_CARD, "--linger 1");
        assert_eq!(
            state(container, "is-enabled", "picam-web.socket"),
            "disabled"
        );
        for line in lines_of_readme("In the browser") {
            container.sh(&line);
        }
        assert_eq!(
            state(
                container,
                "is-active",
                "picam-web.socket picam-camera.socket"
            ),
            "active\nactive"
        );
        for address in ["127.0.0.1:8080", "[::1]:8080"] {
            let page = get(container, address, "/", WHOLE);
            assert!(page.starts_with(b"HTTP/1.1 200 OK\r\n"), "{address}");
            assert!(body(&page).starts_with(b"<!DOCTYPE html>"));
        }
        let snapshot = get(container, "127.0.0.1:8080", "/snapshot", WHOLE);
        assert!(
            body(&snapshot).starts_with(b"\xff\xd8"),
            "{}",
            String::from_utf8_lossy(&snapshot)
        );
        one_camera_serves_both_ports(container);
        let (shared, single) = (
            exposure(container, "picam-camera.service"),
            exposure(container, "raspivid@x.service"),
        );
        assert!(shared <= single, "{shared} and {single}");
        container
            .sh("systemctl disable --now picam-web.socket && systemctl stop picam-camera.service");
        wait_until_all_are_gone(container);
        until(
            "the socket of the camera is not needed any more",
            30,
            || (state(container, "is-active", "picam-camera.socket") == "inactive").then_some(()),
        );
        assert!(
            container
                .net()
                .run(|| TcpStream::connect("127.0.0.1:8080"))
                .is_err()
        );
        assert!(!container.path("run/picam-stream/camera.sock").exists());
        assert!(!container.read(CONFFILE).is_empty());
    }
}

fn one_camera_serves_both_ports(container: &Container) {
    let reader = Reader::come(&container.net(), Pace::AsItComes);
    reader.wait_for(20_000);
    let process = service(container).expect("the service");
    let stream = get(container, "127.0.0.1:8080", "/stream.h264", 40_000);
    assert_begins_decodable(body(&stream));
    for path in ["/live.mp4", "/stream.ts", "/stream.mjpg", "/snapshot.jpg"] {
        let url = format!("http://127.0.0.1:8080{path}");
        let seen = container.net().run(|| {
            run(command("ffprobe")
                .args(["-v", "error", "-read_intervals", "%+#5", "-show_entries"])
                .args(["stream=width,height", "-of", "csv=p=0", &url]))
        });
        let seen = seen.good();
        assert!(seen.starts_with("320,240"), "{path}: {seen}");
    }
    let status = get(container, "127.0.0.1:8080", "/status.json", WHOLE);
    let status = String::from_utf8_lossy(body(&status)).into_owned();
    assert!(status.contains("\"raw\":{"), "{status}");
    assert_eq!(service(container), Some(process));
    assert_begins_decodable(&reader.leave());
    wait_until_all_are_gone(container);
    let said = journal(container, "picam-camera");
    assert!(said.contains("snapshots"), "{said}");
}
