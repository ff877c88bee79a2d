//! Streams of pictures, in pieces and with things between them.

use super::*;
use crate::frame::LARGEST_PICTURE_BYTES;
use crate::jpeg::{Fault, JpegSplitter};

/// SOI, an APP1 segment that holds a whole small picture, SOS with stuffing, fill bytes and a restart, EOI.
const PICTURE: &[u8] = &[
    0xff, 0xd8, 0xff, 0xe1, 0x00, 0x08, 0xff, 0xd8, 0xff, 0xd9, 0xff, 0xd9, 0xff, 0xda, 0x00, 0x03,
    0x01, 0x11, 0xff, 0x00, 0x22, 0xff, 0xd0, 0x33, 0xff, 0xff, 0xd9,
];

fn split_with(splitter: &mut JpegSplitter, stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let (mut pictures, mut picture) = (Vec::new(), Vec::new());
    for bytes in stream.chunks(piece) {
        splitter.push(bytes);
        while splitter.next_unit(&mut picture) {
            pictures.push(picture.clone());
        }
    }
    while splitter.flush(&mut picture) {
        pictures.push(picture.clone());
    }
    pictures
}

fn split(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
    split_with(&mut JpegSplitter::default(), stream, piece)
}

#[test]
fn pictures_are_cut_the_same_however_the_bytes_arrive() {
    let stream = [PICTURE, PICTURE, b"noise", PICTURE, &PICTURE[..20]].concat();
    for piece in 1..=stream.len() {
        assert_eq!(
            split(&stream, piece),
            [PICTURE, PICTURE, PICTURE],
            "in pieces of {piece} bytes"
        );
    }
}

#[test]
fn a_broken_picture_costs_no_other() {
    let broken = [&PICTURE[..6], &[0x00; 9]].concat();
    let mut splitter = JpegSplitter::default();
    let pictures = split_with(&mut splitter, &[&broken, PICTURE, PICTURE].concat(), 7);
    assert_eq!(pictures, [PICTURE, PICTURE]);
    assert_eq!(splitter.take_broken(), Some((1, Fault::NoScan)));
    assert_eq!(splitter.take_broken(), None);
    assert!(split(&[0xff; 100], 1).is_empty());
    assert!(split(b"", 1).is_empty());
}

#[test]
fn a_picture_is_held_until_something_follows_or_nothing_more_comes() {
    let mut splitter = JpegSplitter::default();
    let mut picture = Vec::new();
    splitter.push(PICTURE);
    assert!(!splitter.next_unit(&mut picture));
    splitter.push(&PICTURE[..1]);
    assert!(splitter.next_unit(&mut picture));
    assert_eq!(picture, PICTURE);
    splitter.push(&PICTURE[1..]);
    assert!(!splitter.next_unit(&mut picture));
    assert!(splitter.flush(&mut picture));
    assert_eq!(picture, PICTURE);
}

#[test]
fn pictures_without_an_end_marker_get_one_and_those_cut_short_are_dropped() {
    for coding in CODINGS {
        let whole = with_thumbnail(&picture(coding));
        let open = bare(&whole);
        let short = &open[..open.len() * 4 / 5];
        let stream = [open, short, &whole, short, open, open].concat();
        let mut splitter = JpegSplitter::default();
        let pictures = split_with(&mut splitter, &stream, 1000);
        assert_eq!(pictures, [&whole[..]; 4]);
        assert_eq!(splitter.take_broken(), Some((2, Fault::CutShort)));
    }
}

#[test]
fn the_rest_of_a_picture_can_come_after_a_pause_at_any_place() {
    let whole = picture(Coding::Restarts(3));
    for pause in 0..whole.len() - 2 {
        let mut splitter = JpegSplitter::default();
        let mut out = split_with(&mut splitter, &whole[..pause], 1000);
        assert!(out.is_empty(), "{pause}");
        out.extend(split_with(&mut splitter, &whole[pause..], 1000));
        assert_eq!(out, [&whole[..]], "{pause}");
    }
}

/// Bytes that begin pictures without end, or one that never ends: each is looked at a few times, so that megabytes take
/// no time to speak of, and no more is held than a picture may have.
#[test]
fn floods_are_neither_kept_nor_looked_at_again_and_again() {
    let floods: [&[u8]; 7] = [
        &[0xff, 0xd8],
        &[0xff],
        &[0x00],
        &[0xff, 0xd8, 0xff],
        &[0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff],
        &[0xff, 0xd8, 0xff, 0xda, 0x00, 0x02],
        &PICTURE[..20],
    ];
    for flood in floods {
        let stream = flood.repeat((2 << 20) / flood.len());
        let mut splitter = JpegSplitter::default();
        let mut picture = Vec::new();
        for bytes in stream.chunks(64) {
            splitter.push(bytes);
            while splitter.next_unit(&mut picture) {}
            while splitter.flush(&mut picture) {}
        }
        // A segment that was begun may take up to 64 KiB of it.
        let after = PICTURE.repeat(5000);
        let end = split_with(&mut splitter, &after, 64 << 10);
        assert_eq!(end.last().map(Vec::as_slice), Some(PICTURE), "{flood:?}");
    }
}

#[test]
fn a_picture_that_grows_beyond_any_camera_s_is_dropped_and_the_next_is_taken() {
    let mut splitter = JpegSplitter::default();
    let mut picture = Vec::new();
    splitter.push(&PICTURE[..20]);
    for _ in 0..LARGEST_PICTURE_BYTES / 65_536 + 1 {
        splitter.push(&[0x11; 65_536]);
        assert!(!splitter.next_unit(&mut picture));
        assert!(splitter.buffered() <= LARGEST_PICTURE_BYTES);
    }
    assert_eq!(splitter.take_broken(), Some((1, Fault::TooLarge)));
    splitter.push(PICTURE);
    assert!(splitter.flush(&mut picture));
    assert_eq!(picture, PICTURE);
}
