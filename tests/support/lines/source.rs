//! What is streamed: the recording, at its own bitrate or filled up to another.

use std::fs;

use picam_stream::h264::access_unit::AccessUnitSplitter;

use crate::program::RECORDING;

pub const FPS: u64 = 25;

/// The pictures of the recording, each brought to at least `bytes` with a NAL unit of filler data (type 12).
pub fn pictures(bytes: usize) -> Vec<Vec<u8>> {
    let (mut splitter, mut unit, mut pictures) =
        (AccessUnitSplitter::default(), Vec::new(), Vec::new());
    splitter.push(&fs::read(RECORDING).expect("the recording"));
    while splitter.next_unit(&mut unit) {
        pictures.push(unit.clone());
    }
    if splitter.finish(&mut unit) {
        pictures.push(unit);
    }
    for picture in &mut pictures {
        if let Some(missing) = bytes.checked_sub(picture.len() + 6) {
            picture.extend_from_slice(&[0, 0, 0, 1, 0x0c]);
            picture.resize(picture.len() + missing, 0xff);
            picture.push(0x80);
        }
    }
    pictures
}
