//! What `make bench` says of the page: how soon it shows a picture, and how old what it shows is.

use std::time::Duration;

use super::browser::Browser;
use super::card_service::{CARD, serve, url};
use super::playing::playing;
use super::seen::{ages_ms, watch};
use test_support::commands::say;

/// Machines that test are shared, and these are no promises.
const LATEST_MS: i64 = 20_000;

#[test]
fn figures_of_the_page() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    let mut ages = ages_ms(&watch(&browser, Duration::from_secs(20)));
    ages.sort_unstable();
    let (middle, late) = (ages[ages.len() / 2], ages[ages.len() * 95 / 100]);
    say(&format!(
        "figure: pictures in Chromium are {middle} ms old in the middle, 95 of 100 at most {late} ms (test card 640x480, 25 frames/s)"
    ));
    let mut first: Vec<i64> = (0..7)
        .map(|_| first_picture_ms(&browser, &url(&serving)))
        .collect();
    first.sort_unstable();
    say(&format!(
        "figure: {} ms from opening the page to its first picture in Chromium, the camera being on",
        first[3]
    ));
    assert!(late < LATEST_MS && first[3] < LATEST_MS);
}

fn first_picture_ms(browser: &Browser, url: &str) -> i64 {
    browser.open("about:blank");
    browser.open(url);
    browser.wait_until("window.observed && observed.pictures.length > 0");
    let at = "observed.pictures[0].at - performance.timeOrigin";
    browser
        .text(&format!("Math.round({at})"))
        .parse()
        .expect("a time")
}
