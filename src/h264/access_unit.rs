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
pub struct AccessUnitSplitter {
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

impl AccessUnitSplitter {
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
    fn look(&self, at: usize) -> Option<UnitGlance> {
        let kind = NalType::of(*self.buffer.get(at)?);
        if kind.border() != Border::AsItsHeaderSays {
            return Some(UnitGlance { kind, slice: None });
        }
        let (header, is_all) = beginning(&self.buffer[at..]);
        let slice = Slice::parse(header, &self.sets);
        let slice = if slice.is_none() && is_all {
            Some(Slice::unreadable(header))
        } else {
            slice
        };
        slice.map(|slice| UnitGlance {
            kind,
            slice: Some(slice),
        })
    }

    /// Takes a NAL unit into account; the place where the picture before it ends, when it does.
    fn note(&mut self, code: &Range<usize>, nal: UnitGlance) -> Option<usize> {
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
struct UnitGlance {
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
mod tests;
