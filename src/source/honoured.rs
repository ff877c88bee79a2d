//! Which options each source acts upon, where that does not depend on the camera: by their long names. What a capture program
//! or a V4L2 device takes of them is found out when it is asked (`rpicam/argument_table.rs`, `v4l2/controls.rs`).

use crate::options::{self, Codec, Fate, names};

/// A recording: all else of camera and encoder was decided when it was made.
pub const RECORDING: &[&str] = &[names::FRAMERATE, names::INLINE, names::CODEC];

/// What the encoders of this program act upon.
const SOFTWARE_H264: &[&str] = &[
    names::BITRATE,
    names::INTRA,
    names::PROFILE,
    names::LEVEL,
    names::QP,
];
const SOFTWARE_JPEG: &[&str] = &[names::BITRATE];

/// What the capture programs of libcamera are given in any case.
pub const RPICAM_ALWAYS: &[&str] = &[names::CODEC, names::INLINE];
/// What only their software encoder has something for.
pub const RPICAM_SOFTWARE: &[&str] = &[names::QP, names::SLICES];

/// What a V4L2 camera is asked for in any case: the nearest that it has, and SPS and PPS before every key frame.
pub const V4L2_NEAREST: &[&str] = &[names::WIDTH, names::HEIGHT, names::FRAMERATE];
pub const V4L2_ALWAYS: &[&str] = &[names::CODEC, names::INLINE];

/// What the card draws.
const TEST_CARD: &[&str] = &[
    names::WIDTH,
    names::HEIGHT,
    names::FRAMERATE,
    names::CODEC,
    names::INLINE,
    names::ANNOTATE,
    names::ANNOTATEEX,
    names::ROTATION,
    names::HFLIP,
    names::VFLIP,
];

/// The encoder of this program for the codec.
pub fn by_software(codec: Codec) -> &'static [&'static str] {
    match codec {
        Codec::H264 => SOFTWARE_H264,
        Codec::Mjpeg => SOFTWARE_JPEG,
    }
}

/// The test card.
pub fn by_the_test_card() -> Vec<&'static str> {
    [TEST_CARD, SOFTWARE_H264].concat()
}

/// The camera of the legacy stack, whose options they are.
pub fn by_mmal() -> Vec<&'static str> {
    let of_picture = |row: &&options::Row| matches!(row.fate, Fate::Encoder | Fate::Camera);
    options::rows()
        .filter(of_picture)
        .map(|row| row.long)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Command, Options};
    use crate::source::{rpicam, v4l2};

    fn parsed(words: &[&str]) -> Options {
        match options::parse(words.iter().map(Into::into)) {
            Ok(Command::Stream(options)) => *options,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    /// A match on the words' enum without a catch-all is what makes the answer; here each is asked for.
    #[test]
    fn every_source_answers_for_every_word() {
        for row in options::rows() {
            for word in row.kind.words() {
                let options = parsed(&[&format!("--{}", row.long), word]);
                let answers = [
                    rpicam::argument_table::answered(&options),
                    v4l2::controls::of_the_picture(&options),
                    by_the_test_card(),
                    RECORDING.to_vec(),
                    by_mmal(),
                ];
                for honoured in answers {
                    let told = options::unhonoured(&options, &honoured);
                    let is_of_picture = matches!(row.fate, Fate::Encoder | Fate::Camera);
                    let texts = [told.warning, told.note].into_iter().flatten();
                    let is_told = texts.into_iter().any(|text| text.contains(&row.name()));
                    let is_honoured = honoured.contains(&row.long);
                    let is_default = options.restated.contains(&row.long);
                    assert_eq!(
                        is_told,
                        is_of_picture && !is_honoured && !is_default,
                        "{} {word}",
                        row.long
                    );
                }
            }
        }
    }

    #[test]
    fn the_test_card_and_a_recording_honour_only_what_is_for_camera_and_encoder() {
        for name in by_the_test_card().iter().chain(RECORDING) {
            assert!(by_mmal().contains(name), "{name}");
        }
    }
}
