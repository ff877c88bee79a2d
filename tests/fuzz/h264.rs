//! The H.264 splitter and the parameter sets, on any bytes in any pieces: nothing is lost, nothing panics, and what is
//! called a key frame begins with an SPS.
#![no_main]

use libfuzzer_sys::fuzz_target;
use picam_stream::h264::access_unit::Splitter;
use picam_stream::h264::nal::{NalType, units};
use picam_stream::h264::parameter_sets::{ParameterSets, Picture};

fuzz_target!(|input: &[u8]| {
    let Some((&piece, stream)) = input.split_first() else { return };
    let (mut splitter, mut sets) = (Splitter::default(), ParameterSets::default());
    let (mut unit, mut bytes) = (Vec::new(), 0);
    let mut look = |unit: &mut Vec<u8>| {
        bytes += unit.len();
        if sets.lead(unit) == Picture::Key {
            assert_eq!(units(unit).next().map(|nal| nal.kind), Some(NalType::Sps));
        }
    };
    for part in stream.chunks(usize::from(piece).max(1)) {
        splitter.push(part);
        while splitter.next_unit(&mut unit) {
            look(&mut unit);
        }
    }
    if splitter.finish(&mut unit) {
        look(&mut unit);
    }
    assert_eq!(bytes, stream.len());
});
