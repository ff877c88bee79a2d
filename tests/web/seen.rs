//! What the page showed, as `observer.js` saw it.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::browser::Browser;

/// The script that reads the card in the page.
pub const OBSERVER: &str = include_str!("observer.js");

const DAY_MS: i64 = 86_400_000;

/// One picture, when the browser showed it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub counter: u64,
    /// Pictures that the browser has put on the screen so far, and those that it decoded and left out.
    pub presented: u64,
    pub dropped: u64,
    /// When, in milliseconds of the day.
    at_ms: i64,
    /// The dots of the letters of the counter and the clock, of some pictures.
    lines: Option<(Vec<String>, Vec<String>)>,
}

impl Seen {
    fn read(picture: &Value) -> Option<Self> {
        let letters = |name: &str| -> Option<Vec<String>> {
            let letters = picture[name].as_array()?.iter();
            letters
                .map(|dots| Some(dots.as_str()?.to_owned()))
                .collect()
        };
        Some(Self {
            counter: picture["counter"].as_u64()?,
            presented: picture["presented"].as_u64().unwrap_or(0),
            dropped: picture["dropped"].as_u64().unwrap_or(0),
            at_ms: picture["at"].as_i64()? % DAY_MS,
            lines: letters("counterLine").zip(letters("clockLine")),
        })
    }
}

/// Looks for so long, and returns what was seen meanwhile. Every picture must be readable.
pub fn watch(browser: &Browser, time: Duration) -> Vec<Seen> {
    clear(browser);
    sleep(time);
    since_cleared(browser).unwrap_or_else(|why| panic!("{why}"))
}

/// What is seen from now on counts.
pub fn clear(browser: &Browser) {
    browser.evaluate("observed.pictures.length = 0");
}

/// What was seen since then, or the picture that cannot be read.
pub fn since_cleared(browser: &Browser) -> Result<Vec<Seen>, String> {
    let pictures = browser.evaluate("return observed.pictures");
    let pictures = pictures.as_array().expect("a list").iter();
    pictures
        .map(|picture| Seen::read(picture).ok_or_else(|| format!("no card: {picture}")))
        .collect()
}

/// The same, without the pictures that cannot be read: WebKit gives an empty one now and then while it seeks.
pub fn readable_since_cleared(browser: &Browser) -> Vec<Seen> {
    let pictures = browser.evaluate("return observed.pictures");
    let pictures = pictures.as_array().expect("a list").iter();
    pictures.filter_map(Seen::read).collect()
}

/// How many pictures of the camera never came to the browser's screen: between the first and the last that were seen, those
/// that it neither put there nor decoded and left out because it was too busy.
pub fn lost(seen: &[Seen]) -> i64 {
    let (first, last) = (&seen[0], &seen[seen.len() - 1]);
    let between = |of: fn(&Seen) -> u64| of(last).cast_signed() - of(first).cast_signed();
    between(|it| it.counter) - between(|it| it.presented) - between(|it| it.dropped)
}

/// How old each picture is whose clock was read: the time on the card against the machine's. The letters are learned from the
/// counter, whose digits are known, and are the same in the clock.
pub fn ages_ms(seen: &[Seen]) -> Vec<i64> {
    ages_if_known_ms(seen).unwrap_or_else(|why| panic!("{why}"))
}

/// The same, or what is missing.
pub fn ages_if_known_ms(seen: &[Seen]) -> Result<Vec<i64>, String> {
    let mut digits: BTreeMap<char, &str> = BTreeMap::new();
    for (picture, (counter, _)) in seen.iter().filter_map(|it| Some((it, it.lines.as_ref()?))) {
        for (digit, dots) in format!("{:08}", picture.counter).chars().zip(counter) {
            digits.insert(digit, dots);
        }
    }
    if digits.len() < 10 {
        return Err(format!("not every digit came by: {:?}", digits.keys()));
    }
    let with_clock = seen
        .iter()
        .filter_map(|it| Some((it.at_ms, &it.lines.as_ref()?.1)));
    let ages = with_clock.map(|(at_ms, clock)| {
        let age = at_ms - time_of(clock, &digits);
        // Midnight may lie between.
        (age + DAY_MS / 2).rem_euclid(DAY_MS) - DAY_MS / 2
    });
    Ok(ages.collect())
}

/// The time of day in a line such as 14:05:09.120, in milliseconds.
fn time_of(line: &[String], digits: &BTreeMap<char, &str>) -> i64 {
    let unlike = |a: &str, b: &str| a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count();
    let digit = |place: usize| -> i64 {
        let dots = &line[place];
        let best = digits.iter().min_by_key(|(_, known)| unlike(dots, known));
        let (digit, known) = best.expect("ten digits");
        assert!(unlike(dots, known) < 10, "no digit: {dots}");
        i64::from(*digit as u8 - b'0')
    };
    let pair = |place: usize| 10 * digit(place) + digit(place + 1);
    let seconds = 3600 * pair(0) + 60 * pair(3) + pair(6);
    1000 * seconds + 100 * digit(9) + pair(10)
}

/// For how long the same picture was to be seen at most, in milliseconds.
pub fn longest_still_ms(seen: &[Seen]) -> i64 {
    let pairs = seen.windows(2);
    let times = pairs.map(|two| (two[1].at_ms - two[0].at_ms).rem_euclid(DAY_MS));
    times.max().expect("pictures")
}

/// The middle one.
pub fn median(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    values[values.len() / 2]
}
