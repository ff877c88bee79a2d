//! The text in the picture as the firmware takes it: MMAL_PARAMETER_CAMERA_ANNOTATE_V4_T.
//!
//! What the text says is composed in `crate::annotation`; here it becomes a structure.

use mmal_sys::{MMAL_PARAMETER_CAMERA_ANNOTATE_V3_T, MMAL_PARAMETER_CAMERA_ANNOTATE_V4_T, MMAL_PARAMETER_HEADER_T};

use crate::options::Annotation;

/// The words of version 3, which has everything but the place of the text.
pub const VERSION_3_WORDS: usize = payload_words::<MMAL_PARAMETER_CAMERA_ANNOTATE_V3_T>();
const VERSION_4_WORDS: usize = payload_words::<MMAL_PARAMETER_CAMERA_ANNOTATE_V4_T>();
/// Room for the text with the NUL behind it.
const TEXT_BYTES: usize = 256;

/// The bits of `-a` that switch something on, in the order of the structure: shutter, gain, lens, caf, motion, frame
/// number, background.
const SWITCHES: [u32; 7] = [16, 64, 128, 32, 256, 512, 1024];

/// The payload of the structure.
pub fn words(annotation: &Annotation, text: &str) -> Vec<u32> {
    let mut words = Vec::with_capacity(VERSION_4_WORDS);
    if annotation.bits == 0 {
        words.resize(VERSION_4_WORDS, 0);
        return words;
    }
    words.push(1);
    words.extend(SWITCHES.map(|bit| u32::from(annotation.bits & bit != 0)));
    words.extend(colour(annotation.background_colour, 0));
    words.extend(colour(annotation.text_colour, annotation.text_size));
    words.extend(padded(text));
    words.extend([annotation.justify, annotation.x, annotation.y]);
    words
}

/// Whether there is a colour; then the bytes Y, U, V of 0xVVUUYY, and one more.
fn colour(colour: Option<u32>, fourth: u8) -> [u32; 2] {
    let [y, u, v, _] = colour.unwrap_or(0).to_le_bytes();
    [u32::from(colour.is_some()), u32::from_le_bytes([y, u, v, fourth])]
}

fn padded(text: &str) -> impl Iterator<Item = u32> {
    let mut bytes = [0; TEXT_BYTES];
    let length = text.len().min(TEXT_BYTES - 1);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word)).collect::<Vec<_>>().into_iter()
}

const fn payload_words<T>() -> usize {
    (size_of::<T>() - size_of::<MMAL_PARAMETER_HEADER_T>()) / size_of::<u32>()
}
