//! The same page in two more engines: Firefox, and WebKit, which is Safari's. One browser of each goes through all of it, since
//! starting them is what takes time.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::browser::{Browser, Engine};
use super::card_service::{CARD, serve};
use super::fallbacks::{assert_grows, assert_moves};
use super::looks::keep;
use super::playing::{OLDEST_MS, PLAYING, pause_and_play, playing_in};
use super::processes::LIMIT;
use super::seen::{ages_if_known_ms, clear, median, readable_since_cleared};
use super::troubles::{long_groups, over_a_gap, take_and_give_back};
use test_support::service::Service;

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
    gets_over_gaps(&browser, &serving);
    pause_and_play(&browser, &serving);
    shows_the_urls_themselves(&browser);
    take_and_give_back(&browser, &serving, &format!("{CARD} -cd MJPEG"));
    stays_with_jpegs(&browser);
}

/// After what a loaded machine needs to settle.
fn is_live_and_says_so(browser: &Browser) {
    clear(browser);
    let begun = Instant::now();
    while let Err(why) = look_for_live(browser) {
        assert!(begun.elapsed() < LIMIT, "{why}");
    }
    assert_eq!(browser.text("size.textContent"), "640×480");
}

fn look_for_live(browser: &Browser) -> Result<(), String> {
    sleep(Duration::from_secs(5));
    let seen = readable_since_cleared(browser);
    // All of them tell the digits, which take a while to come by; the last ones how it is now.
    let ages = ages_if_known_ms(&seen)?;
    let age = median(ages[ages.len().saturating_sub(15)..].to_vec());
    let shown = browser.text("parseFloat(latency.textContent) * 1000");
    let shown: f64 = shown.parse().expect("a number");
    let last = &seen[seen.len().saturating_sub(50)..];
    if let Some(two) = last.windows(2).find(|two| two[0].counter > two[1].counter) {
        return Err(format!("{} before {}", two[0].counter, two[1].counter));
    }
    // The figure is of the last second, the other of some more, and a picture waits for the screen.
    if (0..OLDEST_MS).contains(&age) && (shown - age as f64).abs() < 500.0 {
        return Ok(());
    }
    Err(format!("pictures are {age} ms old, {shown} ms are told"))
}

/// Far fewer are missing than up to the next key frame, which is what a gap costs where a player stops at holes. A machine that
/// stands still for a moment itself makes the gap longer: once more, then.
fn gets_over_gaps(browser: &Browser, serving: &Service) {
    let gap = Duration::from_millis(200);
    let is_over = |seen: &Result<(u64, u64), String>| matches!(seen, Ok((missed, further)) if *missed < 40 && *further > 75);
    let mut tries = Vec::new();
    // A key frame may happen to come right behind one gap, not behind two.
    while tries.iter().filter(|seen| is_over(seen)).count() < 2 {
        assert!(tries.len() < 6, "missed, and seen further on: {tries:?}");
        tries.push(over_a_gap(browser, serving, gap));
    }
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
    sleep(Duration::from_secs(2));
    assert_moves(browser, "still");
    assert_eq!(browser.text("window.changes"), "0");
    browser.wait_until(PLAYING);
}
