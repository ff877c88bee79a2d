//! The text that `-a` puts on the picture, composed as raspivid composes it.
//!
//! Only the text: how it looks is left to whoever draws it, the camera's firmware or the test card.

use jiff::ZonedDateTime;
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};

use crate::options::{Annotation, IntraRefresh, Options};

/// The bits of `-a NUMBER` that this program acts upon itself. The others are the firmware's.
pub mod bits {
    pub const USER_TEXT: u32 = 1;
    pub const APPLICATION_TEXT: u32 = 2;
    pub const DATE: u32 = 4;
    pub const TIME: u32 = 8;
    pub const FRAME_NUMBER: u32 = 512;
    pub const BLACK_BACKGROUND: u32 = 1024;
}

/// What the structure of the firmware holds, without the final NUL.
const MAX_BYTES: usize = 255;

/// The text for the time `now`: `text` of the options, or `application` with bit 2; strftime's codes
/// expanded when time or date is asked for too, and else the time and the date behind the text.
///
/// It is in the C locale, whatever the machine's. A code that strftime does not know stays as it is.
pub fn compose(annotation: &Annotation, application: &str, now: &ZonedDateTime) -> String {
    let has = |bit| annotation.bits & bit != 0;
    let mut text = String::new();
    if has(bits::APPLICATION_TEXT) {
        text.push_str(application);
    } else if has(bits::USER_TEXT) {
        text.push_str(&annotation.text);
    }
    if shows_clock(annotation) && text.contains('%') {
        text = expand(&text, now);
    } else {
        if has(bits::TIME) {
            append(&mut text, &expand("%X", now));
        }
        if has(bits::DATE) {
            append(&mut text, &expand("%x", now));
        }
    }
    while text.len() > MAX_BYTES {
        text.pop();
    }
    text
}

/// Whether the text tells the time or the date, and so has to be composed again as time goes by.
pub fn shows_clock(annotation: &Annotation) -> bool {
    annotation.bits & (bits::TIME | bits::DATE) != 0
}

/// The settings of the encoder in one line, for bit 2.
pub fn application_text(options: &Options) -> String {
    let video = &options.video;
    format!(
        "{}k,{}f,{},{},{},{}",
        video.bitrate.0 / 1000,
        options.effective_fps().0,
        video.intra_refresh.map_or("(none)", IntraRefresh::name),
        video.intra_period.map_or(-1, |gop| gop.0.cast_signed()),
        video.profile.name(),
        video.level.name(),
    )
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

fn expand(format: &str, now: &ZonedDateTime) -> String {
    let config = Config::new().custom(PosixCustom::new()).lenient(true);
    // Lenient: no format is an error. Should one be all the same, it is shown as it was given.
    BrokenDownTime::from(now)
        .to_string_with_config(&config, format)
        .unwrap_or_else(|_| format.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Gop;
    use jiff::civil::date;
    use jiff::tz::{TimeZone, offset};

    const APPLICATION: &str = "17000k,30f,(none),-1,high,4";

    fn composed(bits: u32, text: &str) -> String {
        let now = date(2024, 2, 9)
            .at(3, 5, 7, 0)
            .to_zoned_datetime(TimeZone::fixed(offset(1)))
            .unwrap();
        compose(
            &Annotation {
                bits,
                text: text.to_owned(),
                ..Annotation::default()
            },
            APPLICATION,
            &now,
        )
    }

    #[test]
    fn the_text_is_what_raspivid_makes_of_bits_and_words() {
        for (bits, text, expected) in [
            (0, "never shown", ""),
            (12, "", "03:05:07 02/09/24"),
            (8, "", "03:05:07"),
            (4, "", "02/09/24"),
            (1024, "", ""),
            (1036, "", "03:05:07 02/09/24"),
            (1, "garden", "garden"),
            (1 | 12, "garden", "garden 03:05:07 02/09/24"),
            (1 | 4, "garden", "garden 02/09/24"),
            (1 | 8, "two\nlines", "two\nlines 03:05:07"),
            (1, "50 % of %Y", "50 % of %Y"),
            (1 | 4, "%Y-%m-%d", "2024-02-09"),
            (1 | 8, "cam %H.%M", "cam 03.05"),
            (1 | 12, "%a %b %e %c", "Fri Feb  9 Fri Feb  9 03:05:07 2024"),
            (
                1 | 12,
                "%p %r %D %T %R",
                "AM 03:05:07 AM 02/09/24 03:05:07 03:05",
            ),
            (2, "", APPLICATION),
            (2 | 1 | 4, "loses", "17000k,30f,(none),-1,high,4 02/09/24"),
            (4, "no bit 1", "02/09/24"),
        ] {
            assert_eq!(composed(bits, text), expected, "-a {bits} -a {text:?}");
        }
    }

    #[test]
    fn odd_formats_are_shown_as_they_are() {
        for (text, expected) in [
            ("100 %", "100 %"),
            ("%", "%"),
            ("%%", "%"),
            ("%!", "%!"),
            ("%5", "%5"),
            ("é%ü", "é%ü"),
        ] {
            assert_eq!(composed(1 | 4, text), expected);
        }
        for code in (0..=u8::MAX).map(char::from) {
            for flag in [
                "",
                "-",
                "_",
                "0",
                "^",
                "#",
                ".",
                ":",
                "99",
                "255",
                "99999999999999999999",
                "E",
                "O",
            ] {
                assert!(composed(1 | 4, &format!("%{flag}{code}")).len() <= 255);
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_at_255_bytes_between_two_characters() {
        assert_eq!(composed(1, &"x".repeat(300)).len(), 255);
        assert_eq!(composed(1, &"é".repeat(200)).len(), 254);
        let (filler, filled) = ("x".repeat(250), composed(1 | 8, &"x".repeat(250)));
        assert_eq!(filled.strip_prefix(&filler), Some(" 03:0"));
        assert_eq!(composed(1 | 4, &"%A".repeat(127)).len(), 255);
    }

    #[test]
    fn the_application_text_tells_the_settings_of_the_encoder() {
        let mut options = Options::raspivid();
        assert_eq!(application_text(&options), APPLICATION);
        options.video.intra_period = Some(Gop(25));
        options.video.intra_refresh = Some(IntraRefresh::Cyclic);
        options.camera.shutter_us = 100_000;
        assert_eq!(application_text(&options), "17000k,0f,cyclic,25,high,4");
    }
}
