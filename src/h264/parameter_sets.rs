//! Makes every key frame decodable by itself: SPS first, then PPS, then the IDR picture.
//!
//! Encoders differ: some send the parameter sets once at the start, some before every key frame, some behind an
//! access unit delimiter. A viewer may come at any key frame, so each is brought to the one form.

use super::nal::{LONG_START_CODE, NalType, first_slice, units};

/// The parameter sets seen last.
#[derive(Debug, Default)]
pub struct ParameterSets {
    /// With their start codes.
    sps: Vec<u8>,
    pps: Vec<u8>,
    scratch: Vec<u8>,
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
    /// A unit that has this form already is left as it is.
    pub fn lead(&mut self, unit: &mut Vec<u8>) -> Picture {
        let shape = self.remember(unit);
        match shape.slice {
            None => Picture::None,
            Some(NalType::IdrSlice) if shape.in_form => Picture::Key,
            Some(NalType::IdrSlice) if !self.sps.is_empty() && !self.pps.is_empty() => {
                self.rebuild(unit);
                Picture::Key
            }
            Some(_) => Picture::Dependent,
        }
    }

    /// Looks at the NAL units up to the first slice: parameter sets never stand behind it.
    fn remember(&mut self, unit: &[u8]) -> Shape {
        let slice = first_slice(unit);
        let mut shape = Shape {
            slice: slice.map(|(_, kind)| kind),
            ..Shape::default()
        };
        let head = &unit[..slice.map_or(unit.len(), |(start, _)| start)];
        let (mut sps_count, mut pps_count) = (0, 0);
        for (index, nal) in units(head).enumerate() {
            match nal.kind {
                NalType::Sps => {
                    keep(&mut self.sps, nal.bytes, sps_count == 0);
                    sps_count += 1;
                    shape.begins_with_sps |= index == 0;
                }
                NalType::Pps => {
                    keep(&mut self.pps, nal.bytes, pps_count == 0);
                    pps_count += 1;
                    shape.in_form |= shape.begins_with_sps && index == sps_count;
                }
                _ => {}
            }
        }
        shape
    }

    fn rebuild(&mut self, unit: &mut Vec<u8>) {
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.sps);
        self.scratch.extend_from_slice(&self.pps);
        for nal in units(unit) {
            if !matches!(
                nal.kind,
                NalType::Sps | NalType::Pps | NalType::AccessUnitDelimiter
            ) {
                self.scratch.extend_from_slice(nal.with_start_code);
            }
        }
        std::mem::swap(unit, &mut self.scratch);
    }
}

#[derive(Default)]
struct Shape {
    begins_with_sps: bool,
    /// SPS first and a PPS right behind the last SPS.
    in_form: bool,
    slice: Option<NalType>,
}

/// Replaces what is kept by the first parameter set of a unit, and adds the further ones to it.
fn keep(kept: &mut Vec<u8>, bytes: &[u8], first: bool) {
    if first {
        kept.clear();
    }
    kept.extend_from_slice(&LONG_START_CODE);
    kept.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPS: &[u8] = &[0, 0, 0, 1, 0x67, 0x4d, 9];
    const PPS: &[u8] = &[0, 0, 0, 1, 0x68, 0xee, 9];
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
