//! The JPEG splitter and what looks at its pictures, on any bytes in any pieces: every picture is one, no byte comes out
//! twice.

#![no_main]

mod bounded;
mod edited;
mod pictures;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::jpeg::JpegSplitter;
use picam_stream::jpeg::whole::Whole;

fuzz_target!(|input: &[u8]| {
    bounded::run(input, Duration::from_millis(200), |input| match input {
        [0, edits @ ..] if edits.len() < 64 => {
            cut(97, &edited::edited(&pictures::JPEG, edits).repeat(2))
        }
        [piece, stream @ ..] => cut(usize::from(*piece).max(1), stream),
        [] => {}
    });
});

fn cut(piece: usize, stream: &[u8]) {
    let mut splitter = JpegSplitter::default();
    let (mut picture, mut room, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut look = |picture: &[u8]| {
        assert!(picture.starts_with(&[0xff, 0xd8, 0xff]));
        bytes += picture.len();
        if let Ok(whole) = Whole::of(picture) {
            let completed = whole.completed(&mut room);
            assert!(completed.len() <= picture.len() + 1024);
        }
    };
    for (index, part) in stream.chunks(piece.max(stream.len() / 10_000)).enumerate() {
        splitter.push(part);
        while splitter.next_unit(&mut picture) {
            look(&picture);
        }
        // As where no line tells that a picture has ended.
        if piece % 2 == 1 && index % 8 == 0 && splitter.flush(&mut picture) {
            look(&picture);
        }
    }
    while splitter.flush(&mut picture) {
        look(&picture);
    }
    // An end marker that was missing may have been put in: two bytes, and a picture has more.
    assert!(bytes <= 2 * stream.len());
}
