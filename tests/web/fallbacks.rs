//! Browsers that lack something.

use super::browser::Browser;
use super::card_service::{CARD, serve, url};
use super::playing::PLAYING;
use super::seen::OBSERVER;

const COUNTER: &str = "readCard(picture).counter";

/// Two pictures of `element`, one some time after the other: the camera's, and the second newer.
pub fn assert_moves(browser: &Browser, element: &str) {
    assert_grows(
        browser,
        &COUNTER.replace("picture", &format!("document.getElementById('{element}')")),
    );
}

/// The number on a card goes on.
pub fn assert_grows(browser: &Browser, counter: &str) {
    browser.wait_until(&format!("{counter} !== null"));
    let first: u64 = browser.text(counter).parse().expect("a card");
    browser.wait_until(&format!("{counter} > {first}"));
}

#[test]
fn without_media_source_extensions_the_browsers_own_player_plays() {
    let serving = serve(CARD);
    let browser = Browser::start();
    browser.inject("delete window.MediaSource; delete window.ManagedMediaSource;");
    browser.inject(OBSERVER);
    browser.open(&url(&serving));
    browser.wait_until(PLAYING);
    assert!(browser.text("video.currentSrc").contains("/live.mp4"));
    assert_moves(&browser, "video");
}

#[test]
fn without_h264_the_pictures_are_shown_one_by_one() {
    let serving = serve(CARD);
    let browser = Browser::start();
    browser.inject("MediaSource.isTypeSupported = () => false; HTMLMediaElement.prototype.canPlayType = () => '';");
    browser.inject(OBSERVER);
    browser.open(&url(&serving));
    browser.wait_until(PLAYING);
    assert_moves(&browser, "still");
    browser.wait_until(
        "/^[0-9.]+ s$/.test(latency.textContent) && /^[0-9.]+$/.test(rate.textContent)",
    );
    assert_eq!(browser.text("size.textContent"), "640×480");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_camera_that_gives_jpegs_is_shown_as_it_is() {
    let serving = serve(&format!("{CARD} -cd MJPEG"));
    let browser = Browser::start();
    browser.inject(OBSERVER);
    browser.open(&url(&serving));
    browser.wait_until(PLAYING);
    assert_moves(&browser, "still");
}

#[test]
fn without_scripts_the_page_says_where_the_pictures_are() {
    let serving = serve(CARD);
    let browser = Browser::start();
    browser.devtools(
        "Emulation.setScriptExecutionDisabled",
        &serde_json::json!({ "value": true }),
    );
    browser.open(&url(&serving));
    assert!(
        browser
            .text("document.body.innerText")
            .contains("/stream.mjpg")
    );
}
