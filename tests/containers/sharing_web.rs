//! A browser, a player and a program that wants a picture, at one camera, through the real units.

use crate::repo::CONFFILE;
use crate::root::BOOKWORM_AMD64;
use crate::setups::installed_on;
use crate::shared::{Pace, Reader, SMALL_CARD, service, wait_until_all_are_gone};
use test_support::commands::{command, run, until};
use test_support::decoding::assert_begins_decodable;

const README: &str = include_str!("../../README.md");

#[test]
fn browsers_and_port_3333_share_one_camera() {
    let container = &installed_on(&BOOKWORM_AMD64);
    container.write(
        CONFFILE,
        format!("RASPIVID_OPTIONS = {SMALL_CARD}\nSERVE_OPTIONS = --linger 1\n"),
    );
    // Nobody has to enable the camera's own socket: the web needs it.
    let section = README
        .split("\n## In the browser\n")
        .nth(1)
        .expect("the section");
    let line = section
        .lines()
        .find(|line| line.starts_with("    "))
        .expect("a command");
    container.sh(&line.replace("sudo ", ""));
    let states = "systemctl is-active picam-web.socket picam-camera.socket";
    assert_eq!(container.sh(states), "active\nactive");

    let net = container.net();
    let get = |path: &str| {
        net.run(|| {
            run(command("curl")
                .args(["--silent", "--show-error", "--fail", "--max-time", "60"])
                .arg(format!("http://127.0.0.1:8080{path}")))
        })
        .good()
    };
    let page = get("/");
    assert!(page.contains("<video"), "{page}");
    let reader = Reader::come(&net, Pace::AsItComes);
    reader.wait_for(1000);
    let pid = service(container).expect("one has the camera");
    for path in ["/live.mp4", "/stream.ts", "/stream.mjpg", "/snapshot.jpg"] {
        let url = format!("http://127.0.0.1:8080{path}");
        let seen = net.run(|| {
            run(command("ffprobe")
                .args(["-v", "error", "-read_intervals", "%+#5", "-show_entries"])
                .args(["stream=width,height", "-of", "csv=p=0", &url]))
        });
        let seen = seen.good();
        assert!(seen.starts_with("320,240"), "{path}: {seen}");
    }
    assert_eq!(service(container), Some(pid));
    let status = get("/status.json");
    assert!(status.starts_with('{'), "{status}");
    assert_begins_decodable(&reader.leave());
    wait_until_all_are_gone(container);

    container.sh("systemctl disable --now picam-web.socket");
    until("the camera's socket goes with it", 30, || {
        let state = container
            .try_sh("systemctl is-active picam-camera.socket")
            .out;
        (state.trim() == "inactive").then_some(())
    });
}
