//! A recording in place of the camera, and what is in it: whoever plays the stream must get these pictures, in this order.

use test_support::commands::printed;
use test_support::service::{Room, Service};

pub const FILE: &str = "tests/data/card_1280x720_main_g25.h264";

pub const FPS: u32 = 25;

/// The recording is shown at its own pace, for ever.
pub fn serve(more: &str) -> Service {
    let options = format!("--source file:{FILE} -fps {FPS} --linger 1 {more}");
    Service::start(&[Room::Rtsp], &options)
}

/// Of the stream; every path is.
pub fn url(service: &Service) -> String {
    format!("rtsp://{}/live", service.rtsp())
}

/// The pictures of the recording, decoded, as MD5 sums.
pub fn pictures() -> Vec<String> {
    let words = [
        "-v", "error", "-f", "h264", "-i", FILE, "-f", "framemd5", "-",
    ];
    let pictures = last_words(&printed("ffmpeg", words));
    assert!(pictures.len() > 50, "{pictures:?}");
    pictures
}

/// The last word of each line that is no comment.
pub fn last_words(lines: &str) -> Vec<String> {
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_whitespace().next_back())
        .map(str::to_owned)
        .collect()
}

/// Whether `seen` is what a player of the recording gets, from whichever key frame on: no picture is missing, doubled or
/// different.
#[track_caller]
pub fn assert_are_in_order(seen: &[String], recorded: &[String]) {
    let place_of = |picture: &String| recorded.iter().position(|it| it == picture);
    let first = seen
        .first()
        .and_then(place_of)
        .expect("a first picture of the recording");
    assert_eq!(
        first % FPS as usize,
        0,
        "it begins at picture {first}, which is no key frame"
    );
    for (index, picture) in seen.iter().enumerate() {
        let expected = &recorded[(first + index) % recorded.len()];
        assert_eq!(
            picture,
            expected,
            "picture {index} is number {:?} of the recording, and follows number {first} by {index}",
            place_of(picture)
        );
    }
}

/// Whether times in ticks of 90 kHz are as even as the camera's: to a millisecond.
#[track_caller]
pub fn assert_are_even(ticks: &[i64]) {
    let interval = 90_000 / i64::from(FPS);
    for pair in ticks.windows(2) {
        let off = (pair[1] - pair[0] - interval).abs();
        assert!(
            off <= 90,
            "{} ticks between two pictures: {ticks:?}",
            pair[1] - pair[0]
        );
    }
}
