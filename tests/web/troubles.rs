//! What the page does when something is wrong, and that it comes back by itself.

use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::browser::Browser;
use super::card_service::{CARD, serve, url};
use super::playing::{PLAYING, playing};
use super::seen::{OBSERVER, clear, since_cleared, watch};
use test_support::service::Service;

const WAITING: &str = "document.getElementById('main').dataset.state === 'waiting'";

#[test]
fn a_camera_that_goes_and_comes_back_is_played_again_without_a_click() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    take_and_give_back(&browser, &serving, CARD);
    assert!(watch(&browser, Duration::from_secs(2)).len() > 5);
}

/// The camera of a page that plays goes, and another comes: it is played.
pub fn take_and_give_back(browser: &Browser, serving: &Service, other: &str) {
    serving.set_args("--source v4l2:/dev/video99");
    serving.signal(Signal::SIGTERM);
    browser.wait_until("/video99/.test(document.getElementById('notice').innerText)");
    // The last picture is still to be seen.
    let kept = "readCard(document.getElementById('still')).counter !== null";
    assert_eq!(browser.text(kept), "true");
    serving.set_args(other);
    serving.signal(Signal::SIGTERM);
    browser.wait_until(PLAYING);
}

#[test]
fn without_a_camera_the_page_says_so_and_what_to_do() {
    let serving = serve("--source v4l2:/dev/video99");
    let browser = Browser::start();
    browser.open(&url(&serving));
    browser.wait_until(WAITING);
    let page = browser.text("document.getElementById('notice').innerText");
    assert!(page.contains("/dev/video99"), "{page}");
    assert!(page.contains("Trying again"), "{page}");
    assert_eq!(
        browser.text("document.querySelector('[role=status]').contains(headline)"),
        "true"
    );
    super::looks::keep(&browser, "no-camera");
}

/// The card, with long groups of pictures.
pub fn long_groups() -> String {
    CARD.replace("-g 25", "-g 250")
}

/// The service stands still for so long, in the middle of a long group of pictures: how many pictures the page missed, and how
/// far it came afterwards.
pub fn over_a_gap(
    browser: &Browser,
    serving: &Service,
    gap: Duration,
) -> Result<(u64, u64), String> {
    clear(browser);
    sleep(Duration::from_secs(1));
    serving.signal(Signal::SIGSTOP);
    sleep(gap);
    serving.signal(Signal::SIGCONT);
    sleep(Duration::from_secs(4));
    let seen = since_cleared(browser)?;
    let pairs = seen.iter().zip(seen.iter().skip(1));
    let missed = pairs.map(|(before, after)| after.counter.saturating_sub(before.counter));
    let first = seen.first().ok_or("no picture")?;
    let further = seen[seen.len() - 1].counter - first.counter;
    Ok((missed.max().unwrap_or(0), further))
}

fn missed_in_a_gap(gap: Duration) -> u64 {
    let serving = serve(&long_groups());
    let browser = playing(&serving);
    sleep(Duration::from_secs(2));
    let (missed, after) = over_a_gap(&browser, &serving, gap).expect("cards");
    assert!(after > 75, "nothing came after the gap: {after}");
    missed
}

#[test]
fn a_gap_of_a_fifth_of_a_second_costs_nothing_more() {
    let missed = missed_in_a_gap(Duration::from_millis(200));
    assert!(missed < 15, "{missed} pictures of 40 ms are missing");
}

#[test]
fn a_gap_of_a_second_does_not_cost_the_rest_of_the_group() {
    let missed = missed_in_a_gap(Duration::from_secs(1));
    assert!(missed < 75, "{missed} pictures of 40 ms are missing");
}

#[test]
fn a_tab_in_the_background_stops_the_stream_and_goes_on_when_it_is_looked_at() {
    let serving = serve(CARD);
    let browser = Browser::start();
    // A minute is a second here, and the tab is hidden when the test says so.
    browser.inject(
        "const later = setTimeout; window.setTimeout = (act, ms, ...rest) => later(act, ms === 60000 ? 1000 : ms, ...rest); \
         window.isAway = false; Object.defineProperty(document, 'hidden', { get: () => window.isAway }); \
         window.lookAway = away => { window.isAway = away; document.dispatchEvent(new Event('visibilitychange')); };",
    );
    browser.inject(OBSERVER);
    browser.open(&url(&serving));
    browser.wait_until(PLAYING);
    browser.evaluate("lookAway(true)");
    browser.wait_until("document.getElementById('main').dataset.state === 'paused'");
    browser.evaluate("lookAway(false)");
    browser.wait_until(PLAYING);
    assert!(watch(&browser, Duration::from_secs(1)).len() > 3);
}
