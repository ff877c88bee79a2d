//! The tests of `fmp4`.

use super::*;
use crate::units::Pts;
use test_support::real_sps;
use test_support::samples::{IDR, IDR_SECOND_SLICE, P, PPS};

const DELIMITER: &[u8] = &[0, 0, 0, 1, 0x09, 0x10];
const FILLER: &[u8] = &[0, 0, 0, 1, 0x0c, 0xff, 0xff, 0x80];
const SEI: &[u8] = &[0, 0, 1, 0x06, 5, 9];
const INTERVAL: Duration = Duration::from_micros(40_000);

/// What stands behind the path of types, each the first of its kind in the one before.
fn find<'a>(bytes: &'a [u8], path: &[&str]) -> &'a [u8] {
    let Some((kind, inner)) = path.split_first() else {
        return bytes;
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let size = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let (this, following) = rest.split_at(size);
        if &this[4..8] == kind.as_bytes() {
            return find(&this[8..], inner);
        }
        rest = following;
    }
    panic!("no {kind} in {} bytes", bytes.len());
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_be_bytes(*word)).collect()
}

fn long_start(nal: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 1], nal].concat()
}

fn frame(units: &[&[u8]], key: bool) -> Frame {
    Frame {
        data: units.concat(),
        pts: Pts(0x1_0000_0123),
        key,
        ..Frame::default()
    }
}

#[test]
fn a_sample_has_lengths_for_start_codes_and_only_what_belongs_into_it() {
    let sps = long_start(real_sps::TELLING[0].1);
    let key = frame(
        &[DELIMITER, &sps, PPS, SEI, IDR, IDR_SECOND_SLICE, FILLER],
        true,
    );
    let bytes = fragment(&key, 7, INTERVAL);
    let expected = [
        &[0, 0, 0, 3][..],
        &SEI[3..],
        &[0, 0, 0, 4],
        &IDR[4..],
        &[0, 0, 0, 4],
        &IDR_SECOND_SLICE[3..],
    ]
    .concat();
    assert_eq!(find(&bytes, &["mdat"]), expected);
    assert_eq!(bytes.len(), 108 + expected.len());
}

#[test]
fn a_fragment_tells_when_and_how_long_and_whether_decoding_can_begin_there() {
    let sample_bytes = P.len() as u32;
    for (key, flags) in [(true, 0x0200_0000), (false, 0x0101_0000)] {
        let duration = duration_for_mse(INTERVAL);
        let bytes = fragment(&frame(&[P], key), (1 << 32) + 9, duration);
        assert_eq!(numbers(find(&bytes, &["moof", "mfhd"])), [0, 9]);
        assert_eq!(
            numbers(find(&bytes, &["moof", "traf", "tfdt"])),
            [1 << 24, 1, 0x123]
        );
        assert_eq!(
            numbers(find(&bytes, &["moof", "traf", "tfhd"])),
            [0x02_0000, 1]
        );
        assert_eq!(
            numbers(find(&bytes, &["moof", "traf", "trun"])),
            [0x701, 1, 108, 120_000, sample_bytes, flags]
        );
        assert_eq!(find(&bytes[100..], &["mdat"]), find(&bytes, &["mdat"]));
    }
}

#[test]
fn a_picture_that_is_shown_later_than_its_turn_says_by_how_much() {
    let mut late = frame(&[P], false);
    late.shown_after = Duration::from_micros(80_000);
    let bytes = fragment(&late, 1, INTERVAL);
    let time = numbers(find(&bytes, &["moof", "traf", "tfdt"]));
    assert_eq!(
        u64::from(time[1]) << 32 | u64::from(time[2]),
        late.pts.0 - 80_000
    );
    let run = numbers(find(&bytes, &["moof", "traf", "trun"]));
    assert_eq!((run[0], run[2], run[6]), (0xf01, 112, 80_000));
}

#[test]
fn what_carries_on_a_picture_comes_a_tick_later() {
    let mut rest = frame(&[IDR_SECOND_SLICE], false);
    rest.continues = true;
    let bytes = fragment(&rest, 1, INTERVAL);
    assert_eq!(numbers(find(&bytes, &["moof", "traf", "tfdt"]))[2], 0x124);
}

#[test]
fn an_interval_that_is_not_known_or_absurd_does_no_harm() {
    for (interval, expected) in [
        (Duration::ZERO, 1),
        (Duration::from_secs(1 << 20), u32::MAX),
    ] {
        let bytes = fragment(&frame(&[P], false), 1, interval);
        assert_eq!(
            numbers(find(&bytes, &["moof", "traf", "trun"]))[3],
            expected
        );
    }
}

const SAMPLE_ENTRY: [&str; 6] = ["moov", "trak", "mdia", "minf", "stbl", "stsd"];

/// The one sample entry, and the decoder configuration in it.
fn avc1(segment: &[u8]) -> (&[u8], &[u8]) {
    let entry = find(&find(segment, &SAMPLE_ENTRY)[8..], &["avc1"]);
    (entry, find(&entry[78..], &["avcC"]))
}

#[test]
fn the_init_segment_has_the_parameter_sets_and_what_they_say() {
    for (name, sps) in [real_sps::TELLING, real_sps::SILENT].concat() {
        let unit = [&long_start(sps), PPS, IDR].concat();
        let init = InitSegment::of_key_frame(&unit, false).expect(name);
        assert_eq!(
            init.codec.to_lowercase(),
            format!("avc1.{:02x}{:02x}{:02x}", sps[1], sps[2], sps[3])
        );
        let (entry, record) = avc1(&init.bytes);
        let side = |at: usize| u32::from(u16::from_be_bytes([entry[at], entry[at + 1]]));
        assert_eq!(
            (side(24), side(26)),
            (init.size.width, init.size.height),
            "{name}"
        );
        let sets = [
            &[1, sps[1], sps[2], sps[3], 0xff, 0xe1, 0, sps.len() as u8],
            sps,
            &[1, 0, 3],
            &PPS[4..],
        ]
        .concat();
        let expected = if name.contains("high") {
            [&sets[..], &[0xfd, 0xf8, 0xf8, 0]].concat()
        } else {
            sets
        };
        assert_eq!(record, expected, "{name}");
    }
}

#[test]
fn the_parameter_set_in_it_says_that_nothing_is_reordered_where_that_is_so() {
    let (_, sps) = real_sps::SILENT[0];
    let unit = [&long_start(sps), PPS, IDR].concat();
    let as_it_is = InitSegment::of_key_frame(&unit, false).unwrap();
    let told = InitSegment::of_key_frame(&unit, true).unwrap();
    assert_ne!(as_it_is.bytes, told.bytes);
    let set = crate::h264::shown_as_decoded::say_shown_as_decoded(sps);
    assert_eq!(avc1(&told.bytes).1[8..][..set.len()], *set);
    assert_eq!((as_it_is.codec, as_it_is.size), (told.codec, told.size));
}

#[test]
fn there_is_no_init_segment_without_parameter_sets_that_can_be_read() {
    let sps = long_start(real_sps::TELLING[0].1);
    for units in [
        vec![IDR],
        vec![&sps, IDR],
        vec![PPS, IDR],
        vec![&sps[..9], PPS, IDR],
        vec![],
    ] {
        assert_eq!(InitSegment::of_key_frame(&units.concat(), true), None);
    }
    // Nor are sets behind the picture those of the picture.
    assert_eq!(
        InitSegment::of_key_frame(&[IDR, &sps, PPS].concat(), true),
        None
    );
}
