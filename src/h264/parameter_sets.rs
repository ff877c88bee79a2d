//! Makes every key frame decodable by itself: SPS first, then PPS, then the IDR picture.
//!
//! Encoders differ: some send the parameter sets once at the start, some before every key frame, some behind an
//! access unit delimiter. A viewer may come at any key frame, so each is brought to the one form.

use std::collections::BTreeMap;

use super::nal::{LONG_START_CODE, NalType, first_slice, first_unit, units};
use super::pps::Pps;
use super::slice::pps_id_of_slice;
use super::sps::Sps;

/// What all parameter sets together may take: far more than a camera has, and no way to fill the memory.
const MOST_BYTES: usize = 1 << 20;

/// The parameter sets seen last, by what they are and by their number, in the order in which they lead a picture.
#[derive(Debug, Default)]
pub struct ParameterSets {
    /// Without their start codes.
    kept: BTreeMap<(SetKind, u32), Vec<u8>>,
    bytes: usize,
    scratch: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SetKind {
    Sps,
    SpsExtension,
    SubsetSps,
    Pps,
}

/// What an access unit is, as far as a stream has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// An IDR picture behind SPS and PPS: decoding can begin here.
    Key,
    /// Any other picture, and an IDR picture for which no parameter sets have been seen yet.
    Dependent,
    /// No picture at all: parameter sets, SEI or a delimiter alone.
    None,
}

impl ParameterSets {
    /// Remembers the parameter sets in `unit` and, when it is an IDR picture, brings it to the form SPS, PPS, rest.
    /// A unit that has this form already is left as it is. What stands behind the first slice is not looked at.
    pub fn lead(&mut self, unit: &mut Vec<u8>) -> Picture {
        let slice = first_slice(unit);
        let head_bytes = slice.map_or(unit.len(), |(start, _)| start);
        let mut head = self.remember(&unit[..head_bytes]);
        // Nor may anything stand before the first start code.
        head.is_in_form &= first_unit(unit).is_some();
        match slice {
            None => Picture::None,
            Some((start, NalType::IdrSlice)) => {
                let pps = pps_id_of_slice(&unit[start..]).map(|id| (SetKind::Pps, id));
                let is_elsewhere =
                    pps.is_some_and(|id| self.kept.contains_key(&id) && !head.has(id.1));
                if head.is_in_form && !is_elsewhere {
                    return Picture::Key;
                }
                if !self.has(SetKind::Sps) || !self.has(SetKind::Pps) {
                    return Picture::Dependent;
                }
                self.rebuild(unit, head_bytes);
                Picture::Key
            }
            Some(_) => Picture::Dependent,
        }
    }

    fn has(&self, kind: SetKind) -> bool {
        self.kept.keys().any(|key| key.0 == kind)
    }

    /// Takes the parameter sets before the first slice.
    fn remember(&mut self, head: &[u8]) -> Head {
        let mut shape = Head::default();
        let mut only_sps_before = false;
        for (index, nal) in units(head).enumerate() {
            let set = match nal.kind {
                NalType::Sps => Some((SetKind::Sps, Sps::id_of(nal.bytes))),
                NalType::SpsExtension => Some((SetKind::SpsExtension, Pps::id_of(nal.bytes))),
                NalType::SubsetSps => Some((SetKind::SubsetSps, Sps::id_of(nal.bytes))),
                NalType::Pps => Some((SetKind::Pps, Pps::id_of(nal.bytes))),
                _ => None,
            };
            only_sps_before |= index == 0 && nal.kind == NalType::Sps;
            match set {
                Some((SetKind::Pps, id)) => {
                    shape.is_in_form |= only_sps_before;
                    shape.note_pps(id.unwrap_or(0));
                }
                Some(_) => {}
                None => only_sps_before = false,
            }
            if let Some((kind, id)) = set {
                self.keep((kind, id.unwrap_or(0)), nal.bytes);
            }
        }
        shape
    }

    fn keep(&mut self, key: (SetKind, u32), bytes: &[u8]) {
        let kept = self.kept.entry(key).or_default();
        let after = self.bytes - kept.len() + bytes.len();
        if kept != bytes && after <= MOST_BYTES {
            kept.clear();
            kept.extend_from_slice(bytes);
            self.bytes = after;
        }
    }

    /// Puts all parameter sets that are known before the picture, in place of those in its first `head_bytes`.
    fn rebuild(&mut self, unit: &mut Vec<u8>, head_bytes: usize) {
        self.scratch.clear();
        for set in self.kept.values().filter(|set| !set.is_empty()) {
            self.scratch.extend_from_slice(&LONG_START_CODE);
            self.scratch.extend_from_slice(set);
        }
        for nal in units(&unit[..head_bytes]) {
            let is_led = matches!(
                nal.kind,
                NalType::Sps
                    | NalType::SpsExtension
                    | NalType::SubsetSps
                    | NalType::Pps
                    | NalType::AccessUnitDelimiter
            );
            if !is_led {
                self.scratch.extend_from_slice(nal.with_start_code);
            }
        }
        self.scratch.extend_from_slice(&unit[head_bytes..]);
        std::mem::swap(unit, &mut self.scratch);
    }
}

/// What stands before the first slice.
#[derive(Default)]
struct Head {
    /// SPS first and a PPS right behind the last SPS.
    is_in_form: bool,
    /// A bit for each pic_parameter_set_id, of which there are 256.
    pps_ids: [u64; 4],
}

impl Head {
    fn note_pps(&mut self, id: u32) {
        self.pps_ids[id as usize / 64] |= 1 << (id % 64);
    }

    fn has(&self, pps_id: u32) -> bool {
        self.pps_ids[pps_id as usize / 64] >> (pps_id % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_support::samples::{PPS, SPS};

    const DELIMITER: &[u8] = &[0, 0, 0, 1, 0x09, 0x10];
    const SEI: &[u8] = &[0, 0, 0, 1, 0x06, 5, 9];
    const IDR: &[u8] = &[0, 0, 1, 0x65, 0x88, 7, 7];
    const P: &[u8] = &[0, 0, 1, 0x41, 0x9a, 5];

    #[test]
    fn a_key_frame_in_good_form_is_left_alone() {
        let mut unit = [SPS, PPS, SEI, IDR].concat();
        assert_eq!(ParameterSets::default().lead(&mut unit), Picture::Key);
        assert_eq!(unit, [SPS, PPS, SEI, IDR].concat());
    }

    #[test]
    fn a_bare_key_frame_gets_the_parameter_sets_seen_before() {
        let mut sets = ParameterSets::default();
        assert_eq!(sets.lead(&mut [SPS, PPS].concat()), Picture::None);
        let mut unit = IDR.to_vec();
        assert_eq!(sets.lead(&mut unit), Picture::Key);
        assert_eq!(unit, [SPS, PPS, IDR].concat());
    }

    #[test]
    fn a_delimiter_before_the_parameter_sets_is_taken_away() {
        let mut unit = [DELIMITER, SPS, PPS, SEI, IDR].concat();
        assert_eq!(ParameterSets::default().lead(&mut unit), Picture::Key);
        assert_eq!(unit, [SPS, PPS, SEI, IDR].concat());
    }

    #[test]
    fn a_key_frame_without_any_parameter_sets_is_no_place_to_begin() {
        assert_eq!(
            ParameterSets::default().lead(&mut IDR.to_vec()),
            Picture::Dependent
        );
        assert_eq!(
            ParameterSets::default().lead(&mut [SPS, IDR].concat()),
            Picture::Dependent
        );
        assert_eq!(
            ParameterSets::default().lead(&mut P.to_vec()),
            Picture::Dependent
        );
    }

    #[test]
    fn newer_parameter_sets_replace_older_ones() {
        let newer_pps = [0, 0, 0, 1, 0x68, 0xce, 8];
        let mut sets = ParameterSets::default();
        sets.lead(&mut [SPS, PPS, IDR].concat());
        sets.lead(&mut newer_pps.to_vec());
        let mut unit = IDR.to_vec();
        sets.lead(&mut unit);
        assert_eq!(unit, [SPS, &newer_pps, IDR].concat());
    }

    proptest! {
        #[test]
        fn whatever_is_called_a_key_frame_begins_with_sps_and_pps(
            units in prop::collection::vec(prop::collection::vec(
                prop_oneof![Just(0), Just(0), Just(1), Just(0x65), Just(0x67), Just(0x68), Just(9), any::<u8>()], 0..60), 1..6),
        ) {
            let mut sets = ParameterSets::default();
            for mut unit in units {
                if sets.lead(&mut unit) == Picture::Key {
                    let mut types = super::units(&unit).map(|nal| nal.kind).skip_while(|&kind| kind == NalType::Sps);
                    prop_assert_eq!(super::units(&unit).next().map(|nal| nal.kind), Some(NalType::Sps));
                    prop_assert_eq!(types.next(), Some(NalType::Pps));
                }
            }
        }
    }
}
