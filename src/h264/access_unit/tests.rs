//! The tests of `access_unit`.

use super::super::made;
use super::*;
use proptest::prelude::*;
use test_support::samples::{IDR, IDR_SECOND_SLICE, P, PPS, SPS};

const SEI: &[u8] = &[0, 0, 1, 0x06, 0x80, 1];

fn split(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let mut splitter = AccessUnitSplitter::default();
    let (mut units, mut unit) = (Vec::new(), Vec::new());
    for bytes in stream.chunks(piece) {
        splitter.push(bytes);
        while splitter.next_unit(&mut unit) {
            units.push(unit.clone());
        }
    }
    if splitter.finish(&mut unit) {
        units.push(unit);
    }
    units
}

#[test]
fn pictures_are_cut_the_same_however_the_bytes_arrive() {
    let expected = [
        [SPS, PPS, IDR, IDR_SECOND_SLICE].concat(),
        P.to_vec(),
        [SEI, P].concat(),
        [SPS, PPS, IDR].concat(),
    ];
    let stream = expected.concat();
    for piece in 1..=stream.len() {
        assert_eq!(
            split(&stream, piece),
            expected,
            "in pieces of {piece} bytes"
        );
    }
}

/// Cut into the units given, whatever the pieces, and again when each picture is followed by a flush.
fn assert_units(expected: &[Vec<u8>]) {
    let stream = expected.concat();
    for piece in [1, 2, 3, 7, 100, stream.len()] {
        assert_eq!(split(&stream, piece), expected, "in pieces of {piece}");
    }
    let mut splitter = AccessUnitSplitter::default();
    let mut unit = Vec::new();
    for picture in expected {
        splitter.push(picture);
        let early = splitter.next_unit(&mut unit);
        assert!(!early, "{unit:?} is part of what has come");
        assert!(splitter.flush(&mut unit) && !splitter.carries_on());
        assert_eq!(unit, *picture);
    }
}

/// SPS and PPS of frames.
fn sets() -> Vec<u8> {
    [made::sps(0, true, None), made::pps(0, 0, false)].concat()
}

#[test]
fn prefix_units_and_slice_extensions_belong_to_the_picture_they_describe() {
    let picture = |slice: made::Slice| {
        let slices =
            [0, 100, 200].map(|at| [made::other(14), slice.at(at).nal(), made::other(20)].concat());
        slices.concat()
    };
    assert_units(&[
        [sets(), made::other(15), picture(made::Slice::IDR)].concat(),
        picture(made::Slice::p(1, 2)),
        [made::other(6), picture(made::Slice::b(2, 4))].concat(),
    ]);
}

#[test]
fn data_partitions_belong_together() {
    let picture = |frame_num: u32| {
        let slices = [0, 150].map(|at| {
            let header = made::Slice {
                kind: 2,
                ..made::Slice::p(frame_num, 2 * frame_num)
            };
            [header.at(at).nal(), made::other(3), made::other(4)].concat()
        });
        slices.concat()
    };
    let key = [sets(), made::Slice::IDR.nal()].concat();
    assert_units(&[key, picture(1), picture(2)]);
}

#[test]
fn slices_in_any_order_and_redundant_pictures_are_one_unit() {
    let slice = |frame_num, at, redundant| {
        let slice = made::Slice::p(frame_num, 2 * frame_num).at(at);
        made::Slice {
            redundant: Some(redundant),
            ..slice
        }
        .nal()
    };
    let sets = [made::sps(0, true, None), made::pps(0, 0, true)].concat();
    let key = made::Slice {
        redundant: Some(0),
        ..made::Slice::IDR
    };
    let repeated = made::Slice {
        redundant: Some(1),
        ..made::Slice::IDR
    };
    assert_units(&[
        [sets, key.nal(), repeated.nal()].concat(),
        [
            slice(1, 200, 0),
            slice(1, 0, 0),
            slice(1, 100, 0),
            slice(1, 0, 1),
        ]
        .concat(),
        [slice(2, 100, 0), slice(2, 0, 0)].concat(),
    ]);
}

#[test]
fn pictures_are_told_apart_by_each_field_of_their_headers() {
    let sets = [
        made::sps(0, true, None),
        made::pps(0, 0, false),
        made::pps(1, 0, false),
    ];
    let p = made::Slice::p(1, 2);
    let others = [
        made::Slice { frame_num: 2, ..p },
        made::Slice { pps_id: 1, ..p },
        made::Slice { order: 4, ..p },
        made::Slice {
            nal_ref_idc: 0,
            ..p
        },
        made::Slice::IDR,
    ];
    for other in others {
        // Its first slice is lost: the number of the macroblock does not tell.
        let units = [[sets.concat(), p.nal()].concat(), other.at(20).nal()];
        assert_units(&units);
    }
    let again = made::Slice {
        idr_pic_id: 1,
        ..made::Slice::IDR
    };
    let key = made::Slice::IDR;
    assert_units(&[
        [sets.concat(), key.nal(), key.at(9).nal()].concat(),
        again.at(20).nal(),
    ]);
    // Encoders exist whose IDR pictures all have one number.
    assert_units(&[
        [sets.concat(), key.nal(), key.at(9).nal()].concat(),
        key.nal(),
    ]);
}

#[test]
fn two_fields_are_one_frame_with_what_stands_between_them() {
    let sets = [made::sps(0, false, None), made::pps(0, 0, false)].concat();
    let field = |slice: made::Slice, bottom, at| slice.field(bottom).at(at).nal();
    let pair = |first: made::Slice, second: made::Slice| {
        [
            field(first, false, 0),
            field(first, false, 80),
            made::other(9),
            made::other(6),
            made::pps(0, 0, false),
            field(second, true, 0),
            field(second, true, 80),
        ]
        .concat()
    };
    let key = pair(made::Slice::IDR, made::Slice::p(0, 1));
    let unpaired = field(made::Slice::p(3, 6), false, 0);
    let frame = made::Slice {
        frames_only: false,
        ..made::Slice::p(5, 10)
    };
    let streams = [
        [sets, key].concat(),
        [
            made::other(9),
            pair(made::Slice::p(1, 2), made::Slice::p(1, 3)),
        ]
        .concat(),
        pair(made::Slice::b(2, 4), made::Slice::b(2, 5)),
        unpaired,
        field(made::Slice::p(4, 8), false, 0),
        [made::other(6), frame.nal()].concat(),
    ];
    assert_units(&streams);
}

#[test]
fn what_follows_a_picture_stays_with_it_and_what_leads_one_does_not() {
    let p = |frame_num: u32| made::Slice::p(frame_num, 2 * frame_num).nal();
    let mut streams = vec![[sets(), made::Slice::IDR.nal(), made::other(12)].concat()];
    for behind in [10, 11, 12, 19, 21, 24, 31] {
        streams.push([p(streams.len() as u32), made::other(behind)].concat());
    }
    for before in [6, 7, 8, 9, 13, 14, 15, 16, 17, 18] {
        streams.push([made::other(before), p(streams.len() as u32)].concat());
    }
    assert_units(&streams);
}

#[test]
fn a_picture_that_was_taken_too_early_is_carried_on() {
    let pictures = [
        [
            sets(),
            made::Slice::IDR.nal(),
            made::Slice::IDR.at(100).nal(),
        ]
        .concat(),
        [made::other(14), made::Slice::p(1, 2).nal(), made::other(12)].concat(),
    ];
    let stream = pictures.concat();
    for early in 0..stream.len() {
        let mut splitter = AccessUnitSplitter::default();
        let (mut whole, mut unit) = (Vec::<Vec<u8>>::new(), Vec::new());
        for bytes in [&stream[..early], &stream[early..]] {
            splitter.push(bytes);
            while splitter.next_unit(&mut unit) || splitter.flush(&mut unit) {
                if splitter.carries_on() {
                    whole.last_mut().unwrap().extend_from_slice(&unit);
                } else {
                    whole.push(unit.clone());
                }
            }
        }
        assert_eq!(whole, pictures, "taken after {early} bytes");
    }
}

#[test]
fn a_picture_without_end_is_dropped_up_to_the_next_and_takes_no_memory() {
    let mut splitter = AccessUnitSplitter::default();
    let (mut units, mut unit) = (Vec::new(), Vec::new());
    let mut push = |bytes: &[u8]| {
        splitter.push(bytes);
        while splitter.next_unit(&mut unit) {
            units.push(unit.clone());
        }
        assert!(splitter.buffered() <= LARGEST_PICTURE_BYTES + bytes.len());
    };
    push(&[sets(), made::Slice::IDR.nal()].concat());
    for _ in 0..40 {
        push(&[0xa5; 1 << 20]);
    }
    let next = made::Slice::p(1, 2).nal();
    push(&[next.clone(), made::Slice::p(2, 4).nal()].concat());
    assert_eq!(units, [next]);
    assert_eq!(splitter.take_too_large(), 1);
    assert_eq!(splitter.take_too_large(), 0);
}

#[test]
fn zeros_behind_a_picture_that_was_given_are_no_part_of_the_next() {
    let mut splitter = AccessUnitSplitter::default();
    let mut unit = Vec::new();
    let key = [sets(), made::Slice::IDR.nal()].concat();
    for _ in 0..3 {
        splitter.push(&[&key[..], &[0; 9]].concat());
        assert!(!splitter.next_unit(&mut unit));
        assert!(splitter.flush(&mut unit) && !splitter.carries_on());
        assert!(unit.starts_with(&key));
    }
}

#[test]
fn sets_that_change_the_headers_are_heeded_at_once() {
    // The second SPS allows fields, and its slices have a bit more.
    let second = [made::sps(0, false, None), made::pps(0, 0, false)].concat();
    let frame = |slice: made::Slice, at| {
        made::Slice {
            frames_only: false,
            ..slice
        }
        .at(at)
        .nal()
    };
    assert_units(&[
        [sets(), made::Slice::IDR.nal()].concat(),
        [
            second,
            frame(made::Slice::IDR, 0),
            frame(made::Slice::IDR, 100),
        ]
        .concat(),
        [
            frame(made::Slice::p(1, 2), 0),
            frame(made::Slice::p(1, 2), 100),
        ]
        .concat(),
    ]);
}

#[test]
fn nothing_is_lost_when_the_stream_is_no_h264() {
    let noise: Vec<u8> = (0..=255).cycle().take(5000).collect();
    assert_eq!(split(&noise, 7).concat(), noise);
    assert!(split(&[], 1).is_empty());
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_come_out_whole_and_cut_at_the_same_places(
        stream in stream_like_bytes(),
        pieces in prop::collection::vec(1..40usize, 1..20),
    ) {
        let mut splitter = AccessUnitSplitter::default();
        let (mut units, mut unit, mut left) = (Vec::new(), Vec::new(), &stream[..]);
        for &piece in pieces.iter().cycle() {
            let (bytes, rest) = left.split_at(piece.min(left.len()));
            splitter.push(bytes);
            while splitter.next_unit(&mut unit) {
                units.push(unit.clone());
            }
            left = rest;
            if left.is_empty() {
                break;
            }
        }
        if splitter.finish(&mut unit) {
            units.push(unit.clone());
        }
        prop_assert_eq!(units.concat(), stream.clone());
        prop_assert_eq!(units, split(&stream, stream.len().max(1)));
    }
}

/// Bytes in which start codes and NAL headers are as frequent as everything else.
fn stream_like_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(0),
        Just(0),
        Just(1),
        Just(0x65),
        Just(0x41),
        Just(0x67),
        any::<u8>()
    ];
    prop::collection::vec(byte, 0..300)
}

#[test]
fn a_splitter_can_be_used_again_after_its_end() {
    let mut splitter = AccessUnitSplitter::default();
    let mut unit = Vec::new();
    for _ in 0..2 {
        splitter.push(IDR);
        assert!(!splitter.next_unit(&mut unit));
        assert!(splitter.finish(&mut unit));
        assert_eq!(unit, IDR);
    }
}
