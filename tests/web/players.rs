//! `/live.mp4` in programs that are no browsers: every picture, and no complaint.

use super::card_service::{CARD, never_drawn, serve, url};
use test_support::card::Picture;
use test_support::commands::tool;
use test_support::program::stderr;
use test_support::service::Service;

/// The card of 640x480 in grey pixels: its pictures follow one on the other, but for those that never were.
fn assert_no_gap(service: &Service, grey: &[u8], at_least: usize) {
    let pictures = Picture::all_grey(640, 480, grey);
    let counters: Vec<u32> = pictures
        .iter()
        .map(|picture| picture.counter().expect("a card"))
        .collect();
    assert!(counters.len() >= at_least, "{} pictures", counters.len());
    assert!(
        counters.is_sorted_by(|one, next| one < next),
        "{counters:?}"
    );
    let whole = u64::from(counters[counters.len() - 1] - counters[0]) + 1;
    let missing = whole - counters.len() as u64;
    assert!(missing <= never_drawn(service), "{counters:?}");
}

#[test]
fn ffmpeg_decodes_every_picture_of_live_mp4() {
    let service = serve(CARD);
    let address = format!("{}live.mp4", url(&service));
    let words =
        format!("-v warning -t 8 -i {address} -fps_mode passthrough -f rawvideo -pix_fmt gray -");
    let output = tool("ffmpeg", &words, &[]);
    assert_eq!(stderr(&output), "");
    assert_no_gap(&service, &output.stdout, 190);
}

#[test]
fn gstreamer_decodes_every_picture_of_live_mp4() {
    let service = serve(CARD);
    let address = format!("{}live.mp4", url(&service));
    let words = format!(
        "-q souphttpsrc location={address} ! qtdemux ! h264parse ! identity eos-after=150 ! avdec_h264 ! videoconvert ! \
         video/x-raw,format=GRAY8 ! fdsink"
    );
    let output = tool("gst-launch-1.0", &words, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_no_gap(&service, &output.stdout, 149);
}

#[test]
fn ffprobe_finds_the_times_of_the_camera_in_live_mp4() {
    let service = serve(CARD);
    let address = format!("{}live.mp4", url(&service));
    let words = format!(
        "-v warning -read_intervals %+5 -show_entries packet=pts_time,dts_time -of csv=p=0 {address}"
    );
    let output = tool("ffprobe", &words, &[]);
    assert_eq!(stderr(&output), "");
    let printed = String::from_utf8(output.stdout).expect("text");
    let times: Vec<f64> = printed
        .lines()
        .map(|line| {
            let (pts, dts) = line.split_once(',').expect("two times");
            assert_eq!(pts, dts, "nothing is reordered");
            pts.parse().expect("a time")
        })
        .collect();
    assert!(times.len() > 100, "{}", times.len());
    let apart = times.windows(2).map(|two| two[1] - two[0]);
    // The card's own clock: 25 a second, as even as the machine lets it.
    assert!(apart.clone().all(|seconds| seconds > 0.0));
    let whole = times[times.len() - 1] - times[0];
    let mean = whole / (times.len() - 1) as f64;
    assert!((0.039..0.06).contains(&mean), "{mean} s apart");
}
