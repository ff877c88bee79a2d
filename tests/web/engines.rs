//! The same page in two more engines: Firefox, and WebKit, which is Safari's. One browser of each goes through all of it, since
//! starting them is what takes time.

use std::time::{Duration, Instant};

use super::browser::{Browser, Engine};
use super::card_service::{CARD, serve};
use super::fallbacks::{assert_grows, assert_moves};
use super::looks::keep;
use super::playing::{OLDEST_MS, PLAYING, pause_and_play, playing_in};
use super::processes::LIMIT;
use super::seen::{ages_ms, median, watch};
use super::troubles::{long_groups, missed_in_a_gap, take_and_give_back};

#[test]
fn firefox_plays_live_pauses_and_gets_over_gaps_and_the_loss_of_the_camera() {
    plays(Engine::Firefox);
}

#[test]
fn webkit_plays_live_pauses_and_gets_over_gaps_and_the_loss_of_the_camera() {
    plays(Engine::WebKit);
}

fn plays(engine: Engine) {
    let serving = serve(&long_groups());
    let browser = playing_in(engine, &serving);
    is_live_and_says_so(&browser);
    keep(&browser, &format!("{engine:?}").to_lowercase());
    let missed = missed_in_a_gap(&browser, &serving, Duration::from_millis(200));
    // Far fewer than up to the next key frame, which is what such a gap costs where a player stops at holes.
    assert!(missed < 40, "{missed} pictures of 40 ms are missing");
    pause_and_play(&browser, &serving);
    shows_the_urls_themselves(&browser);
    take_and_give_back(&browser, &serving, &format!("{CARD} -cd MJPEG"));
    stays_with_jpegs(&browser);
}

/// After what a loaded machine needs to settle.
fn is_live_and_says_so(browser: &Browser) {
    let begun = Instant::now();
    loop {
        let seen = watch(browser, Duration::from_secs(6));
        let backwards = seen.windows(2).find(|two| two[0].counter > two[1].counter);
        let age = median(ages_ms(&seen));
        let shown = browser.text("parseFloat(latency.textContent) * 1000");
        let shown: f64 = shown.parse().expect("a latency");
        // The figure is of the last second, the other of the last six, and a picture waits for the screen.
        let is_true = (shown - age as f64).abs() < 500.0;
        if (0..OLDEST_MS).contains(&age) && is_true && backwards.is_none() {
            break;
        }
        assert!(
            begun.elapsed() < LIMIT,
            "pictures are {age} ms old, {shown} ms are told; one before another that it follows: {backwards:?}"
        );
    }
    assert_eq!(browser.text("size.textContent"), "640×480");
}

/// `/live.mp4` and `/stream.mjpg` as any other page shows them.
fn shows_the_urls_themselves(browser: &Browser) {
    browser.evaluate(
        "const plain = document.createElement('video'); Object.assign(plain, { id: 'plain', muted: true, src: 'live.mp4' }); \
         document.body.prepend(plain); plain.play();",
    );
    assert_moves(browser, "plain");
    // By way of a bitmap: Firefox draws the first picture of such an <img> again and again, whatever it shows.
    browser.evaluate(
        "const image = new Image(); Object.assign(image, { id: 'image', src: 'stream.mjpg' }); document.body.prepend(image); \
         window.onImage = null; window.reading = setInterval(async () => { \
             if (image.naturalWidth > 0) window.onImage = readCard(await createImageBitmap(image)).counter; }, 200);",
    );
    assert_grows(browser, "window.onImage");
    browser.evaluate(
        "clearInterval(window.reading); \
         for (const id of ['plain', 'image']) { const it = document.getElementById(id); it.removeAttribute('src'); it.remove(); }",
    );
}

/// One connection gives them all.
fn stays_with_jpegs(browser: &Browser) {
    assert_moves(browser, "still");
    browser.evaluate(
        "window.changes = 0; new MutationObserver(() => { window.changes += 1; }).observe(main, { attributes: true, attributeFilter: ['data-state'] })",
    );
    assert_moves(browser, "still");
    std::thread::sleep(Duration::from_secs(2));
    assert_moves(browser, "still");
    assert_eq!(browser.text("window.changes"), "0");
    browser.wait_until(PLAYING);
}
