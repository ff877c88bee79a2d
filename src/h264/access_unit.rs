//! Cuts a byte stream into access units (ITU-T H.264 clause 7.4.1.2.3), however it arrives in pieces. The two fields of a
//! frame stay together.
//!
//! An access unit ends where the next begins, which is known one picture later. Who knows better that a picture has come,
//! since nothing more comes or since he was told, takes it with `flush`; should it go on all the same, the rest is told
//! from a new picture (`carries_on`).

use std::ops::Range;

use crate::frame::LARGEST_PICTURE_BYTES;

use super::known_sets::KnownSets;
use super::nal::{Border, NalType, find_start_code, first_slice, first_unit};
use super::slice::{MOST_HEADER_BYTES, Slice};

/// What stands before a picture (delimiter, parameter sets, messages) is never so much.
const MOST_BYTES_BEFORE_PICTURE: usize = 1 << 20;

/// Takes bytes, gives access units.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// Where the unit that is being collected begins.
    begin: usize,
    /// How far start codes have been looked for.
    scanned: usize,
    /// The first slice of the picture that is being collected.
    first_slice: Option<Slice>,
    /// Whether the picture being collected has both its fields.
    has_second_field: bool,
    /// Where the next unit begins if the next slice is not of this picture; and whether it may only be the second field's.
    border: Option<(usize, Border)>,
    /// Where a parameter set lies whose end has not come.
    open_set: Option<usize>,
    /// Whether a part of this picture was given out.
    is_begun: bool,
    /// Whether this picture is too large, and dropped to its end; and how many were.
    is_lost: bool,
    too_large: u64,
    /// Whether the unit given last carries on the one before.
    carries_on: bool,
    sets: KnownSets,
}

impl Splitter {
    /// Adds what has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.begin > 0 && self.begin >= self.buffer.len() / 2 {
            self.buffer.drain(..self.begin);
            self.scanned -= self.begin;
            self.open_set = self.open_set.map(|at| at - self.begin);
            self.border = self.border.map(|(at, kind)| (at - self.begin, kind));
            self.begin = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Writes the next whole access unit to `unit` (replacing what was there); false when more bytes are needed.
    pub fn next_unit(&mut self, unit: &mut Vec<u8>) -> bool {
        while let Some(code) = find_start_code(&self.buffer, self.scanned) {
            self.close_set(code.start);
            let Some(nal) = self.look(code.end) else {
                // The zero_byte before the start code must be seen again next time.
                self.scanned = code.start;
                return false;
            };
            self.scanned = code.end;
            if self
                .note(&code, nal)
                .is_some_and(|end| self.end_picture(end, unit))
            {
                return true;
            }
        }
        // A start code may lie across the end of what is here: up to three zero bytes of it.
        self.scanned = self.scanned.max(self.buffer.len().saturating_sub(3));
        if self.buffered() > LARGEST_PICTURE_BYTES {
            let end = unfinished_start(&self.buffer, self.scanned);
            if end - self.begin > LARGEST_PICTURE_BYTES {
                self.give(end, unit);
            }
        }
        false
    }

    /// Gives what has come of the picture that is being collected, once `next_unit` has nothing: it is taken to be
    /// whole. False where there is nothing of a picture. What may be the beginning of the next NAL unit stays.
    pub fn flush(&mut self, unit: &mut Vec<u8>) -> bool {
        if self.first_slice.is_none() && self.buffered() <= MOST_BYTES_BEFORE_PICTURE {
            return false;
        }
        let end = match self.border {
            Some((at, _)) => at,
            None => unfinished_start(&self.buffer, self.scanned),
        };
        if end <= self.begin {
            return false;
        }
        let given = self.give(end, unit);
        self.is_begun = self.first_slice.is_some();
        given
    }

    /// The stream has ended: writes what is left to `unit`; false when nothing is.
    pub fn finish(&mut self, unit: &mut Vec<u8>) -> bool {
        let left = self.buffered() > 0 && self.give(self.buffer.len(), unit);
        let (carries_on, too_large) = (self.carries_on, self.too_large);
        *self = Self {
            buffer: std::mem::take(&mut self.buffer),
            carries_on,
            too_large,
            sets: std::mem::take(&mut self.sets),
            ..Self::default()
        };
        self.buffer.clear();
        left
    }

    /// Whether the unit given last is no picture of its own: it carries on the one that `flush` gave before.
    pub fn carries_on(&self) -> bool {
        self.carries_on
    }

    /// Whether a picture has begun and its end has not been seen.
    pub fn is_within_picture(&self) -> bool {
        self.first_slice.is_some()
    }

    /// How many pictures were larger than any may be since this was asked last: they are not given.
    pub fn take_too_large(&mut self) -> u64 {
        std::mem::take(&mut self.too_large)
    }

    /// How many bytes wait for the end of their access unit.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.begin
    }

    /// The NAL unit at `at`; `None` while too little of it is here to tell what it means.
    fn look(&self, at: usize) -> Option<Nal> {
        let kind = NalType::of(*self.buffer.get(at)?);
        if kind.border() != Border::AsItsHeaderSays {
            return Some(Nal { kind, slice: None });
        }
        let (header, is_all) = beginning(&self.buffer[at..]);
        let slice = Slice::parse(header, &self.sets);
        let slice = if slice.is_none() && is_all {
            Some(Slice::unreadable(header))
        } else {
            slice
        };
        slice.map(|slice| Nal {
            kind,
            slice: Some(slice),
        })
    }

    /// Takes a NAL unit into account; the place where the picture before it ends, when it does.
    fn note(&mut self, code: &Range<usize>, nal: Nal) -> Option<usize> {
        if matches!(nal.kind, NalType::Sps | NalType::Pps) {
            self.open_set = Some(code.end);
        }
        let Some(first) = &self.first_slice else {
            self.first_slice = nal.slice;
            return None;
        };
        match (nal.kind.border(), nal.slice) {
            (Border::Yes, _) if !first.is_field() || self.has_second_field => {
                let end = self.border.take().map_or(code.start, |(at, _)| at);
                self.first_slice = None;
                Some(end)
            }
            (Border::No, _) => None,
            (_, Some(slice)) => self.note_slice(code.start, slice),
            (kind, None) => {
                let (at, before) = self.border.unwrap_or((code.start, kind));
                let kind = if kind == Border::Yes { kind } else { before };
                self.border = Some((at, kind));
                None
            }
        }
    }

    fn note_slice(&mut self, at: usize, slice: Slice) -> Option<usize> {
        let first = self.first_slice.as_ref()?;
        let border = self.border.take();
        let is_apart = border.is_some_and(|(_, kind)| kind == Border::Yes);
        if !is_apart && !slice.begins_picture_after(first) {
            return None;
        }
        if !self.has_second_field && slice.is_second_field_of(first) {
            // From here on its slices are compared with one another.
            self.first_slice = Some(slice);
            self.has_second_field = true;
            return None;
        }
        self.first_slice = Some(slice);
        Some(border.map_or(at, |(at, _)| at))
    }

    /// Remembers the parameter set that ends at `end`.
    fn close_set(&mut self, end: usize) {
        if let Some(at) = self.open_set.take() {
            let set = &self.buffer[at..end];
            match NalType::of(set[0]) {
                NalType::Sps => self.sets.add_sps(set),
                _ => self.sets.add_pps(set),
            }
        }
    }

    /// The picture in hand ends at `end`; false where all of it was given already.
    fn end_picture(&mut self, end: usize, unit: &mut Vec<u8>) -> bool {
        // Of a picture that was given, no zero bytes behind it (clause B.1.1, trailing_zero_8bits).
        let is_given = self.is_begun && self.buffer[self.begin..end].iter().all(|&byte| byte == 0);
        let left = end > self.begin && self.give(end, unit) && !is_given;
        self.is_begun = false;
        self.is_lost = false;
        self.has_second_field = false;
        left
    }

    /// Gives what lies before `end`; false where it is of a picture that is too large, which is lost to its end.
    fn give(&mut self, end: usize, unit: &mut Vec<u8>) -> bool {
        if end - self.begin > LARGEST_PICTURE_BYTES {
            self.too_large += u64::from(!self.is_lost);
            self.is_lost = true;
        }
        unit.clear();
        if !self.is_lost {
            unit.extend_from_slice(&self.buffer[self.begin..end]);
        }
        self.begin = end;
        self.scanned = self.scanned.max(end);
        self.open_set = self.open_set.filter(|&at| at >= end);
        self.border = self.border.filter(|&(at, _)| at >= end);
        self.carries_on = self.is_begun;
        !self.is_lost
    }
}

/// A NAL unit, as far as it decides where pictures begin.
#[derive(Debug)]
struct Nal {
    kind: NalType,
    slice: Option<Slice>,
}

/// Whether the bytes, which come behind a picture that may have ended, begin the next one. Only their first NAL unit is
/// looked at, and no parameter sets are known: the first macroblock tells a first slice, which holds for every stream
/// without arbitrary slice order.
pub fn begins_access_unit(bytes: &[u8]) -> bool {
    let Some((kind, nal)) = first_unit(bytes) else {
        return false;
    };
    match kind.border() {
        Border::Yes | Border::AsTheNextSliceSays => true,
        Border::No => false,
        Border::AsItsHeaderSays => Slice::parse(nal, &KnownSets::default())
            .is_some_and(|slice| slice.first_macroblock == 0),
    }
}

/// Whether the first slice of an access unit is not the first of its picture: what came before it is lost. As above, that
/// holds where slices come in the order of their macroblocks.
pub fn lacks_beginning(unit: &[u8]) -> bool {
    first_slice(unit)
        .and_then(|(at, _)| first_unit(&unit[at..]))
        .and_then(|(_, nal)| Slice::parse(nal, &KnownSets::default()))
        .is_some_and(|slice| slice.first_macroblock != 0)
}

/// The first bytes of a NAL unit up to its end, as many as a slice header may have; and whether more will not come.
fn beginning(nal: &[u8]) -> (&[u8], bool) {
    let bytes = &nal[..nal.len().min(MOST_HEADER_BYTES)];
    // Two zero bytes and no 3 behind them: the end of the NAL unit (clause 7.4.1).
    let end = bytes
        .windows(3)
        .position(|three| three[..2] == [0, 0] && three[2] < 3);
    match end {
        Some(end) => (&bytes[..end], true),
        None if nal.len() > MOST_HEADER_BYTES => (bytes, true),
        None => {
            let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
            (&bytes[..bytes.len() - zeros], false)
        }
    }
}

/// Where the beginning of the next NAL unit may lie at the end of `bytes`: zeros, or a start code whose NAL unit is not
/// understood yet, at or behind `scanned`. A NAL unit itself never ends with a zero byte (clause 7.4.1).
fn unfinished_start(bytes: &[u8], scanned: usize) -> usize {
    let end = find_start_code(bytes, scanned).map_or(bytes.len(), |code| code.start);
    let zeros = bytes[..end].iter().rev().take(3);
    end - zeros.take_while(|&&byte| byte == 0).count()
}

#[cfg(test)]
mod tests {
    use super::super::made;
    use super::*;
    use proptest::prelude::*;
    use test_support::samples::{IDR, IDR_SECOND_SLICE, P, PPS, SPS};

    const SEI: &[u8] = &[0, 0, 1, 0x06, 0x80, 1];

    fn split(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::default();
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
        let mut splitter = Splitter::default();
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
            let slices = [0, 100, 200]
                .map(|at| [made::other(14), slice.at(at).nal(), made::other(20)].concat());
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
            let mut splitter = Splitter::default();
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
        let mut splitter = Splitter::default();
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
        let mut splitter = Splitter::default();
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
            let mut splitter = Splitter::default();
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
        let mut splitter = Splitter::default();
        let mut unit = Vec::new();
        for _ in 0..2 {
            splitter.push(IDR);
            assert!(!splitter.next_unit(&mut unit));
            assert!(splitter.finish(&mut unit));
            assert_eq!(unit, IDR);
        }
    }
}
