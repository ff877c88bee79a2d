//! What holds for every command line: no bytes make the parser panic, and what the help names is
//! understood.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{parse_words, stream};
use crate::error::{Error, Result};
use crate::options::table::{Row, find, rows};
use crate::options::{Command, Group, Kind, help, parse};

/// A word of a command line: an option, something like a value, or any bytes.
fn word() -> impl Strategy<Value = OsString> {
    let names: Vec<String> = rows().flat_map(Row::all_names).collect();
    prop_oneof![
        3 => select(names).prop_map(OsString::from),
        1 => any::<i64>().prop_map(|n| n.to_string().into()),
        1 => (0..4000_i64).prop_map(|n| n.to_string().into()),
        1 => "-?[0-9.,:xkM]{0,12}".prop_map(OsString::from),
        1 => "(tcp|udp|file)://?\\PC{0,12}".prop_map(OsString::from),
        1 => "\\PC{0,300}".prop_map(OsString::from),
        1 => vec(any::<u8>(), 0..20).prop_map(OsString::from_vec),
    ]
}

/// What must be true of anything that the parser says.
fn check(result: Result<Command>) {
    match result {
        Ok(Command::Stream(options)) => {
            assert!(options.video.bitrate.0 <= 62_500_000);
            assert!(options.video.slices >= 1);
            assert!(options.annotation.text.len() <= 255);
            assert!(options.camera.rotation_degrees % 90 == 0);
            // What is no number at all reaches the firmware as raspivid sends it.
            let right_edge = options.camera.roi.x + options.camera.roi.width;
            assert!(right_edge.is_nan() || right_edge <= 1.0);
            assert!(
                options
                    .given
                    .iter()
                    .all(|long| rows().any(|row| row.long == *long))
            );
        }
        Ok(_) => {}
        Err(Error::Usage(text)) => {
            assert!(!text.is_empty() && !text.contains(['\n', '\0']), "{text:?}")
        }
        Err(other) => panic!("another error than usage: {other:?}"),
    }
}

/// A value that the row's own help says is allowed.
fn allowed(row: &Row) -> BoxedStrategy<String> {
    match row.kind {
        Kind::Flag(_) | Kind::Stop(_) => Just(String::new()).boxed(),
        Kind::Whole(whole) | Kind::MaybeWhole(whole) => {
            (whole.min..=whole.max).prop_map(|n| n.to_string()).boxed()
        }
        Kind::Decimal { max, .. } => (0.0..=max).prop_map(|n| n.to_string()).boxed(),
        Kind::Words { words, .. } => select(words).prop_map(str::to_owned).boxed(),
        Kind::Special { .. } => special(row.long),
    }
}

fn special(long: &str) -> BoxedStrategy<String> {
    let unit = 0.0..=1.0_f64;
    match long {
        "source" => prop_oneof![
            Just("auto".to_owned()),
            Just("test".to_owned()),
            Just("shared".to_owned()),
            "file:[a-z/]{1,9}"
        ]
        .boxed(),
        "bitrate" => prop_oneof![
            any::<u32>().prop_map(|n| n.to_string()),
            "[0-9]{1,6}k",
            "[0-9]{1,3}(\\.[0-9]{1,3})?M"
        ]
        .boxed(),
        "save-pts" | "vectors" | "raw" => "[a-z/.]{1,20}".boxed(),
        "output" => prop_oneof![
            Just("-".to_owned()),
            "[a-z/.]{1,20}",
            "(tcp|udp)://[a-z]{1,9}:[1-9][0-9]{0,3}"
        ]
        .boxed(),
        "timeout" => (-1_i32..=i32::MAX).prop_map(|n| n.to_string()).boxed(),
        "stall-timeout" => (1..=3_600_000_u64).prop_map(|n| n.to_string()).boxed(),
        "linger" => prop_oneof![
            (0..=3600_u32).prop_map(|n| n.to_string()),
            "[0-9]{1,3}\\.[0-9]{1,3}"
        ]
        .boxed(),
        "max-viewers" | "max-viewers-per-address" => {
            (1..=1000_u32).prop_map(|n| n.to_string()).boxed()
        }
        "users" => "[a-z/.]{1,20}".boxed(),
        "hosts" => "[A-Za-z0-9.-]{0,20}[a-z](,[a-z][a-z0-9]{0,9}){0,3}".boxed(),
        "mjpeg-fps" => (1..=30_u32).prop_map(|n| n.to_string()).boxed(),
        "start" => (0..=i32::MAX).prop_map(|n| n.to_string()).boxed(),
        "timed" => "[0-9]{1,9},[0-9]{1,9}".boxed(),
        "preview" => "[0-9]{1,4}(,[0-9]{1,4}){0,3}".boxed(),
        "colfx" => (any::<u8>(), any::<u8>())
            .prop_map(|(u, v)| format!("{u}:{v}"))
            .boxed(),
        "roi" => (0.0..0.9_f64, 0.0..0.9_f64, 0.01..=1.0_f64, 0.01..=1.0_f64)
            .prop_map(|(x, y, w, h)| format!("{x},{y},{w},{h}"))
            .boxed(),
        "awbgains" => (unit.clone(), unit)
            .prop_map(|(r, b)| format!("{},{}", r * 8.0, b * 8.0))
            .boxed(),
        "annotate" => {
            prop_oneof![any::<u32>().prop_map(|n| n.to_string()), "[A-Za-z %]{0,40}"].boxed()
        }
        "annotateex" => "[1-9][0-9]?(,(-1|0x[0-9a-f]{1,6})){0,2}".boxed(),
        other => panic!("no values are known for {other}"),
    }
}

/// An option with a value that is allowed, and what it needs around it.
fn use_of(row: &'static Row) -> impl Strategy<Value = Vec<String>> {
    let needs: &[&str] = match row.long {
        "listen" => &["-o", "tcp://0.0.0.0:3333"],
        // MJPEG has no limit of macroblocks.
        "width" | "height" | "framerate" => &["-cd", "MJPEG"],
        _ => &[],
    };
    (0..=1_usize, allowed(row)).prop_map(move |(name, value)| {
        let mut words: Vec<String> = needs.iter().map(|word| (*word).to_owned()).collect();
        if row.group == Group::Serve {
            words.insert(0, "serve".to_owned());
        }
        words.extend(row.all_names().take(name + 1).last());
        words.extend((!row.placeholder.is_empty()).then_some(value));
        words
    })
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(words in vec(vec(any::<u8>(), 0..40), 0..8)) {
        check(parse(words.into_iter().map(OsString::from_vec)));
    }

    #[test]
    fn no_mixture_of_options_and_values_makes_the_parser_panic(words in vec(word(), 0..12)) {
        check(parse(words));
    }

    #[test]
    fn every_option_takes_what_its_help_allows(
        words in select(rows().collect::<Vec<_>>()).prop_flat_map(use_of)
    ) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let result = parse_words(&words);
        prop_assert!(result.is_ok(), "{words:?}: {result:?}");
    }
}

#[test]
fn every_name_in_the_help_is_an_option() {
    let help = help();
    let mut seen = 0;
    for line in help
        .lines()
        .filter(|line| line.starts_with('-') && line.contains(": "))
    {
        for name in line
            .split([' ', ','])
            .take_while(|word| word.starts_with('-') || word.is_empty())
        {
            if !name.is_empty() {
                assert!(find(name.as_ref()).is_some(), "{name}");
                seen += 1;
            }
        }
    }
    assert_eq!(seen, rows().flat_map(Row::all_names).count());
}

#[test]
fn examples_in_the_help_are_understood() {
    let words = ["-t", "0", "-l", "-o", "tcp://0.0.0.0:3333"];
    assert!(help().contains(&words.join(" ")));
    assert!(stream(parse_words(&words)).listen);
}
