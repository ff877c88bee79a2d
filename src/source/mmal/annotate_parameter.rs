//! The text in the picture as the firmware takes it: MMAL_PARAMETER_CAMERA_ANNOTATE_T, of which
//! there are three versions.
//!
//! What the text says is composed in `crate::annotation_text`; here it becomes a structure.

use crate::options::Annotation;

/// Room for the text with the NUL behind it.
const TEXT_BYTES: usize = 256;

/// The bits of `-a` that switch something on, in the order of the structure: shutter, gain, lens, caf, motion, frame
/// number, background.
const SWITCHES: [u32; 7] = [16, 64, 128, 32, 256, 512, 1024];

/// The payloads of versions 4, 3 and 2 of the structure, of which a firmware takes those of its age: version 3 has no place
/// for the text, version 2 no colours and no size either.
pub fn versions(annotation: &Annotation, text: &str) -> [Vec<u32>; 3] {
    let is_on = annotation.bits != 0;
    let mut second = vec![u32::from(is_on)];
    second.extend(SWITCHES.map(|bit| u32::from(annotation.bits & bit != 0)));
    let mut third = second.clone();
    third.extend(colour(annotation.background_colour.filter(|_| is_on), 0));
    third.extend(colour(
        annotation.text_colour.filter(|_| is_on),
        if is_on { annotation.text_size } else { 0 },
    ));
    let text = padded(text);
    second.extend(text);
    third.extend(text);
    let mut fourth = third.clone();
    fourth.extend(
        [annotation.justify, annotation.x, annotation.y].map(|place| if is_on { place } else { 0 }),
    );
    [fourth, third, second]
}

/// Whether there is a colour; then the bytes Y, U, V of 0xVVUUYY, and one more.
fn colour(colour: Option<u32>, fourth: u8) -> [u32; 2] {
    let [y, u, v, _] = colour.unwrap_or(0).to_le_bytes();
    [
        u32::from(colour.is_some()),
        u32::from_le_bytes([y, u, v, fourth]),
    ]
}

fn padded(text: &str) -> [u32; TEXT_BYTES / 4] {
    let mut bytes = [0; TEXT_BYTES];
    let length = text.len().min(TEXT_BYTES - 1);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    std::array::from_fn(|word| {
        u32::from_le_bytes(std::array::from_fn(|byte| bytes[word * 4 + byte]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of the three structures in mmal_parameters_camera.h, less their headers.
    #[test]
    fn each_version_has_the_size_of_its_structure() {
        let words = versions(&Annotation::default(), "").map(|words| words.len());
        assert_eq!(words, [324, 312, 296].map(|bytes| (bytes - 8) / 4));
    }

    #[test]
    fn the_text_stands_where_each_version_has_it() {
        let annotation = Annotation {
            bits: 1 | 1024,
            text_size: 32,
            text_colour: Some(0x00_ff),
            ..Annotation::default()
        };
        let [fourth, third, second] = versions(&annotation, "abcd\u{e4}");
        let text = [
            u32::from_le_bytes(*b"abcd"),
            u32::from_le_bytes([0xc3, 0xa4, 0, 0]),
        ];
        assert_eq!(second[8..10], text);
        assert_eq!(
            third[8..14],
            [
                0,
                0,
                1,
                u32::from_le_bytes([0xff, 0, 0, 32]),
                text[0],
                text[1]
            ]
        );
        assert_eq!(fourth[..third.len()], third);
        assert_eq!(second[7], 1, "the black background");
    }

    #[test]
    fn without_bits_all_is_zero() {
        let annotation = Annotation {
            text_size: 32,
            x: 3,
            background_colour: Some(1),
            ..Annotation::default()
        };
        assert!(
            versions(&annotation, "")
                .concat()
                .iter()
                .all(|&word| word == 0)
        );
    }
}
