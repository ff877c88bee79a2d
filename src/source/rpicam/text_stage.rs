//! `-a` through the stage of rpicam-apps that writes text on pictures (annotate_cv, on OpenCV), where it is installed.
//!
//! The stage reads its settings from a file of JSON and gives the text to strftime for each picture
//! (post_processing_stages/annotate_cv_stage.cpp): so the format goes over, not the time.

use serde_json::json;

use crate::annotation_text::{application_text, bits};
use crate::options::Options;

/// The option that takes the stages' file.
pub const OPTION: &str = "post-process-file";

/// What the file says; nothing where there is no text to write.
pub fn stages(options: &Options) -> Option<String> {
    let text = format(options);
    let black = options.annotation.bits & bits::BLACK_BACKGROUND != 0;
    let alpha = if black { 1.0 } else { 0.3 };
    let stage =
        json!({ "text": text, "fg": 255, "bg": 0, "scale": 1.0, "thickness": 2, "alpha": alpha });
    (!text.is_empty()).then(|| json!({ "annotate_cv": stage }).to_string())
}

/// What `annotation_text::compose` makes a text of, as a format of strftime. The stage writes one line, and knows the number of
/// the frame as %frame.
fn format(options: &Options) -> String {
    let annotation = &options.annotation;
    let has = |bit| annotation.bits & bit != 0;
    let given = if has(bits::APPLICATION_TEXT) {
        application_text(options)
    } else if has(bits::USER_TEXT) {
        annotation.text.replace('\n', " ")
    } else {
        String::new()
    };
    let expanded = has(bits::TIME | bits::DATE) && given.contains('%');
    let mut parts = vec![if expanded {
        given
    } else {
        given.replace('%', "%%")
    }];
    if !expanded {
        parts.extend(has(bits::TIME).then(|| "%X".to_owned()));
        parts.extend(has(bits::DATE).then(|| "%x".to_owned()));
    }
    parts.extend(has(bits::FRAME_NUMBER).then(|| "%frame".to_owned()));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_gets_the_format_that_raspivid_would_expand() {
        for (bits, text, expected) in [
            (12, "", "%X %x"),
            (1, "garden", "garden"),
            (1 | 12, "garden", "garden %X %x"),
            (1, "50 % of %Y", "50 %% of %%Y"),
            (1 | 4, "%Y-%m-%d", "%Y-%m-%d"),
            (1 | 512, "two\nlines", "two lines %frame"),
            (2, "", "17000k,30f,(none),-1,high,4"),
        ] {
            let mut options = Options::raspivid();
            options.annotation.bits = bits;
            options.annotation.text = text.into();
            assert_eq!(format(&options), expected, "-a {bits} -a {text:?}");
        }
        let mut options = Options::raspivid();
        assert_eq!(stages(&options), None);
        options.annotation.bits = 16;
        assert_eq!(stages(&options), None, "what only the firmware knows");
        options.annotation.bits = 1;
        options.annotation.text = r#"a "b" \ é"#.into();
        let file = stages(&options).expect("a text");
        assert!(file.contains(r#""text":"a \"b\" \\ é""#), "{file}");
    }
}
