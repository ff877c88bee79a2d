//! Port 3333, a browser's URLs and RTSP at one camera, through the real units, and the end of the package under all of them.

use crate::container::Container;
use crate::files::Files;
use crate::install::install;
use crate::repo;
use crate::root::{BOOKWORM_AMD64, BULLSEYE_ARMHF, Root};
use crate::shared::{Pace, Reader, SMALL_CARD, options, purge, service};
use test_support::commands::{command, run};
use test_support::decoding::assert_begins_decodable;

/// Every kind of stream that a player knows by itself, with what it needs for that.
const STREAMS: [&[&str]; 5] = [
    &["http://127.0.0.1:8080/live.mp4"],
    &["http://127.0.0.1:8080/stream.ts"],
    &["http://127.0.0.1:8080/stream.mjpg"],
    &["-rtsp_transport", "tcp", "rtsp://127.0.0.1:8554/"],
    &["-rtsp_transport", "udp", "rtsp://127.0.0.1:8554/"],
];

#[test]
fn all_kinds_of_viewers_share_one_camera_and_a_purge_ends_them_all_on_systemd_247() {
    share_and_purge(&BULLSEYE_ARMHF);
}

#[test]
fn all_kinds_of_viewers_share_one_camera_and_a_purge_ends_them_all_on_systemd_252() {
    share_and_purge(&BOOKWORM_AMD64);
}

fn share_and_purge(root: &'static Root) {
    let container = &Container::boot(root);
    repo::add(container);
    let before = Files::of(container);
    install(container);
    options(container, SMALL_CARD, "--linger 5");
    container.sh("systemctl enable --now picam-web.socket picam-rtsp.socket");
    let units = "picam-camera.socket picam-web.socket picam-rtsp.socket";
    let states = container.sh(&format!("systemctl is-active {units}"));
    assert_eq!(states, "active\nactive\nactive");

    let net = container.net();
    let reader = Reader::come(&net, Pace::AsItComes);
    reader.wait_for(1000);
    let pid = service(container).expect("one has the camera");
    for stream in STREAMS {
        let seen = net.run(|| {
            run(command("ffprobe")
                .args(["-v", "error", "-read_intervals", "%+#5", "-show_entries"])
                .args(["stream=width,height", "-of", "csv=p=0"])
                .args(stream))
        });
        let seen = seen.good();
        assert!(seen.starts_with("320,240"), "{stream:?}: {seen}");
        assert_eq!(service(container), Some(pid), "{stream:?}");
    }
    assert_begins_decodable(&purge(container, &before, reader));
}
