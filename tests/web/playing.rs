//! The page plays.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::browser::{Browser, Engine};
use super::seen::{OBSERVER, ages_ms, clear, lost, median, watch};
use test_support::commands::{printed, until};
use test_support::folders::Scratch;
use test_support::service::Service;

use super::card_service::{CARD, never_drawn, serve, url, viewers};

pub const PLAYING: &str = "document.getElementById('main').dataset.state === 'playing'";

/// What is promised is 300 ms; machines that test are shared.
pub const OLDEST_MS: i64 = 1500;

/// A page that plays, with the script that reads the card.
pub fn playing(serving: &Service) -> Browser {
    playing_in(Engine::Chromium, serving)
}

pub fn playing_in(engine: Engine, serving: &Service) -> Browser {
    let browser = Browser::of(engine);
    browser.inject(OBSERVER);
    browser.open(&url(serving));
    browser.wait_until(PLAYING);
    browser
}

#[test]
fn every_picture_is_shown_for_half_a_minute_and_none_is_old() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    // A machine that stands still for a moment makes the page skip to the live edge, which is right: once more, then.
    let mut tries = 0;
    let seen = loop {
        let undrawn_before = never_drawn(&serving);
        let seen = watch(&browser, Duration::from_secs(31));
        tries += 1;
        let counters = seen.last().unwrap().counter - seen[0].counter;
        // The script may be called late, with the next picture on the screen already: that one is then read twice.
        let backwards = seen.windows(2).find(|two| two[0].counter > two[1].counter);
        let backwards = backwards.map(|two| (two[0].counter, two[1].counter));
        let lost = lost(&seen) - (never_drawn(&serving) - undrawn_before).cast_signed();
        if counters >= 740 && lost <= 0 && backwards.is_none() {
            break seen;
        }
        assert!(
            tries < 3,
            "{lost} of {counters} pictures lost, one before another that it follows: {backwards:?}; {}",
            serving.log()
        );
    };
    let age = median(ages_ms(&seen));
    assert!((0..OLDEST_MS).contains(&age), "{age} ms old in the middle");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn latency_frame_rate_and_size_are_shown_and_true() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    browser.wait_until("/^0|^1/.test(latency.textContent)");
    assert_eq!(browser.text("size.textContent"), "640×480");
    let seen = watch(&browser, Duration::from_secs(10));
    let shown: f64 = browser
        .text("parseFloat(latency.textContent)")
        .parse()
        .unwrap();
    let age = median(ages_ms(&seen)) as f64 / 1000.0;
    // The figure is of the last second, the other of the last ten, and a picture waits for the screen.
    assert!(
        (shown - age).abs() < 0.5,
        "{shown} s shown, {age} s read from the card"
    );
    let rate: f64 = browser.text("rate.textContent").parse().unwrap();
    assert!(rate > 5.0 && rate < 35.0, "{rate} frames a second");
}

#[test]
fn a_name_without_encryption_plays_too() {
    let serving = serve(CARD);
    let rules = "--host-resolver-rules=MAP shed.local 127.0.0.1";
    let browser = Browser::with(None, &[rules]);
    browser.inject(OBSERVER);
    browser.open(&format!("http://shed.local:{}/", serving.web().port()));
    assert_eq!(browser.text("isSecureContext"), "false");
    browser.wait_until(PLAYING);
    let seen = watch(&browser, Duration::from_secs(3));
    assert!(seen.len() > 10, "{} pictures", seen.len());
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn pause_stops_the_stream_and_play_goes_on_with_live_pictures() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    pause_and_play(&browser, &serving);
}

/// Of a page that plays, and is the only viewer.
pub fn pause_and_play(browser: &Browser, serving: &Service) {
    assert_eq!(viewers(serving), 1);
    let before = next_counter(browser);
    browser.evaluate("document.getElementById('pause').click()");
    browser.wait_until("document.getElementById('main').dataset.state === 'paused'");
    until("nobody watches", 60, || {
        (viewers(serving) == 0).then_some(())
    });
    // The last picture stays.
    let kept = browser.text("readCard(document.getElementById('still')).counter");
    let kept: u64 = kept.parse().expect("the card is still there");
    assert!(kept >= before, "{kept} before {before}");
    std::thread::sleep(Duration::from_secs(2));
    browser.evaluate("document.getElementById('pause').click()");
    browser.wait_until(PLAYING);
    let after = next_counter(browser);
    assert!(after > kept + 10, "{after} after {kept}");
}

/// Of the next picture that is shown.
fn next_counter(browser: &Browser) -> u64 {
    clear(browser);
    browser.wait_until("observed.pictures.some(it => it.counter !== null)");
    let counter = "observed.pictures.find(it => it.counter !== null).counter";
    browser.text(counter).parse().expect("a card")
}

#[test]
fn a_page_behind_a_password_plays_and_its_other_links_work() {
    // MD5 of garden:picam-stream:gate, as htdigest makes it.
    let folder = Scratch::new();
    let users = folder.path("users");
    let line = printed(
        "sh",
        ["-c", "printf garden:picam-stream:gate | md5sum | cut -c-32"],
    );
    std::fs::write(&users, format!("garden:picam-stream:{line}")).unwrap();
    std::fs::set_permissions(&users, Permissions::from_mode(0o640)).unwrap();
    let serving = serve(&format!("--users {} {CARD}", users.display()));
    let browser = Browser::start();
    browser.inject(OBSERVER);
    browser.open(&format!("http://garden:gate@{}/", serving.web()));
    browser.wait_until(PLAYING);
    assert!(watch(&browser, Duration::from_secs(2)).len() > 5);
    let links = "[...document.querySelectorAll('.url, #snapshot')].map(it => it.href).join(' ')";
    let links = browser.text(links);
    for name in [
        "stream.ts",
        "stream.mjpg",
        "snapshot.jpg",
        "status.json",
        "snapshot.jpg?fresh",
    ] {
        assert!(
            links.contains(&format!("{}/{name}", serving.web())),
            "{links}"
        );
    }
}
