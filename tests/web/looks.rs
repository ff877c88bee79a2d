//! How the page looks: light and dark, on a desk and on a phone, and for who uses no mouse.

use std::fs;
use std::path::Path;

use super::browser::{Browser, DESK, PHONE};
use super::card_service::{CARD, serve};
use super::playing::{PLAYING, playing};

use test_support::commands::tool;

/// Leaves a screenshot for people to look at.
pub fn keep(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("web");
    fs::create_dir_all(&folder).expect("a folder for screenshots");
    let picture = tool("base64", "-d", browser.screenshot().as_bytes()).stdout;
    assert!(picture.starts_with(b"\x89PNG"), "no PNG");
    fs::write(folder.join(format!("{name}.png")), picture).expect("a screenshot");
}

#[test]
fn it_fits_a_desk_and_a_phone_in_light_and_dark() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    browser.wait_until("latency.textContent !== '–'");
    for (place, size) in [("desk", DESK), ("phone", PHONE)] {
        browser.resize(size);
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            browser.wait_until(PLAYING);
            keep(&browser, &format!("{place}-{scheme}"));
            let wider = browser.text("document.documentElement.scrollWidth > innerWidth");
            assert_eq!(wider, "false", "{place}: it must be moved sideways");
            let brightness =
                "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[1]";
            let brightness: u32 = browser.text(brightness).parse().unwrap();
            assert_eq!(
                brightness > 128,
                scheme == "light",
                "{scheme}: {brightness}"
            );
            let picture = "(() => { const box = video.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight \
                           && box.width > 300; })()";
            assert_eq!(
                browser.text(picture),
                "true",
                "{place}: the picture is not on the screen"
            );
            let smallest = "Math.min(...[...document.querySelectorAll('.controls > *')].map(it => it.getBoundingClientRect().height))";
            let smallest: f64 = browser.text(smallest).parse().unwrap();
            assert!(
                smallest >= 44.0,
                "{place}: a button is {smallest} pixels high"
            );
        }
    }
}

#[test]
fn texts_stand_out_in_light_and_dark() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    // Contrast as WCAG 2.2 has it (1.4.3), of the colours that texts have.
    let contrast = "(() => { \
        const light = colour => { const part = colour.match(/\\d+/g).slice(0, 3).map(n => n / 255) \
            .map(n => n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4); return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2]; }; \
        const ground = it => { const own = getComputedStyle(it).backgroundColor; return own === 'rgba(0, 0, 0, 0)' ? ground(it.parentElement) : own; }; \
        return Math.min(...[...document.querySelectorAll('h1, small, button, .button, dt, dd, summary, footer a')].map(it => { \
            const both = [light(getComputedStyle(it).color), light(ground(it))].sort((a, b) => b - a); return (both[0] + 0.05) / (both[1] + 0.05); })); })()";
    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        let least: f64 = browser.text(contrast).parse().unwrap();
        assert!(least >= 4.5, "{scheme}: {least}");
    }
}

#[test]
fn keys_and_screen_readers_reach_everything() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    let tree = browser.devtools("Accessibility.getFullAXTree", &serde_json::json!({}));
    let nodes = tree["nodes"].as_array().expect("nodes").iter();
    let named: Vec<String> = nodes
        .map(|node| {
            let text = |field: &str| node[field]["value"].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("role"), text("name"))
        })
        .collect();
    for wanted in [
        "button Pause",
        "link Snapshot",
        "button Full screen",
        "heading 127.0.0.1",
    ] {
        assert!(
            named.iter().any(|it| it.starts_with(wanted)),
            "{wanted}: {named:#?}"
        );
    }
    // By keyboard from the picture on, in the order in which they stand there.
    let mut reached = Vec::new();
    for _ in 0..5 {
        browser.press("Tab");
        reached.push(browser.text("document.activeElement.id || document.activeElement.tagName"));
    }
    assert_eq!(reached, ["stage", "pause", "snapshot", "full", "SUMMARY"]);
}

#[test]
fn keys_do_what_they_do_in_every_player_where_the_picture_has_the_focus() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    browser.press(" ");
    browser.wait_until(PLAYING);
    browser.evaluate("stage.focus()");
    browser.press(" ");
    browser.wait_until("document.getElementById('main').dataset.state === 'paused'");
    assert_eq!(
        browser.text("document.getElementById('pause').textContent"),
        "Play"
    );
    browser.press(" ");
    browser.wait_until(PLAYING);
    browser.press("f");
    browser.wait_until(
        "document.fullscreenElement === main && full.textContent === 'Leave full screen'",
    );
    keep(&browser, "full-screen");
    browser.press("f");
    browser.wait_until("document.fullscreenElement === null");
}

#[test]
fn the_snapshot_is_a_picture_of_now() {
    let serving = serve(CARD);
    let browser = playing(&serving);
    let shown = "observed.pictures[observed.pictures.length - 1].counter";
    let shown: u64 = browser.text(shown).parse().expect("a picture");
    browser.evaluate(
        "window.taken = null; const image = new Image(); image.onload = () => { window.taken = readCard(image).counter; }; \
         image.src = snapshot.href;",
    );
    browser.wait_until("window.taken !== null");
    let taken: u64 = browser.text("window.taken").parse().expect("a card");
    assert!(
        taken + 25 >= shown,
        "{taken} on the snapshot, {shown} on the page before"
    );
}
