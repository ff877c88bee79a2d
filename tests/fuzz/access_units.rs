//! The H.264 splitter and the parameter sets, on any bytes in any pieces: nothing is lost, nothing panics, and what is
//! called a key frame begins with an SPS. What is made of them for MP4 is as long as it says.

#![no_main]

mod bounded;
mod edited;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use picam_stream::container::fmp4::{InitSegment, fragment};
use picam_stream::frame::Frame;
use picam_stream::h264::access_unit::AccessUnitSplitter;
use picam_stream::h264::nal::{NalType, units};
use picam_stream::h264::parameter_sets::{ParameterSets, Picture};

const RECORDING: &[u8] = include_bytes!("../data/card_320x240_baseline.h264");

fuzz_target!(|input: &[u8]| {
    bounded::run(input, Duration::from_millis(200), |input| match input {
        [0, edits @ ..] if edits.len() < 64 => cut(97, &edited::edited(&RECORDING[..8000], edits)),
        [piece, stream @ ..] => cut(usize::from(*piece).max(1), stream),
        [] => {}
    });
});

fn cut(piece: usize, stream: &[u8]) {
    let (mut splitter, mut sets) = (AccessUnitSplitter::default(), ParameterSets::default());
    let (mut unit, mut bytes) = (Vec::new(), 0);
    let mut look = |unit: &mut Vec<u8>| {
        bytes += unit.len();
        if sets.lead(unit) == Picture::Key {
            assert_eq!(units(unit).next().map(|nal| nal.kind), Some(NalType::Sps));
            wrap(unit);
        }
    };
    // A piece of one byte is a call a byte: a large stream comes in large pieces.
    for part in stream.chunks(piece.max(stream.len() / 10_000)) {
        splitter.push(part);
        while splitter.next_unit(&mut unit) {
            look(&mut unit);
        }
    }
    if splitter.finish(&mut unit) {
        look(&mut unit);
    }
    assert_eq!(bytes, stream.len());
}

fn wrap(unit: &[u8]) {
    if let Some(init) = InitSegment::of_key_frame(unit, true) {
        assert_boxes(&init.bytes, 2);
    }
    let frame = Frame {
        data: unit.to_vec(),
        key: true,
        ..Frame::default()
    };
    assert_boxes(&fragment(&frame, 1, Duration::from_millis(40)), 2);
}

/// So many boxes, one behind the other, and nothing else.
fn assert_boxes(bytes: &[u8], count: usize) {
    let mut rest = bytes;
    for _ in 0..count {
        let size = u32::from_be_bytes(rest[..4].try_into().expect("four bytes"));
        rest = &rest[size as usize..];
    }
    assert!(rest.is_empty());
}
