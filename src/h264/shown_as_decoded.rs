//! Tells a decoder that pictures are shown in the order in which they come. Where a parameter set says nothing of it, decoders
//! hold back as many pictures as the level allows, up to 16, before they show the first (ITU-T H.264 clause E.2.1,
//! max_dec_frame_buffering).
//!
//! Only for streams that have no reordered pictures: `Source::shows_as_decoded` knows.

use std::borrow::Cow;

use super::bit_writer::BitWriter;
use super::bits::Bits;
use super::sps::Sps;
use super::vui::Restriction;

/// The flags of vui_parameters before bitstream_restriction_flag, where nothing else is told (clause E.1.1): from
/// aspect_ratio_info_present_flag to pic_struct_present_flag without low_delay_hrd_flag.
const ABSENT_VUI_FLAGS: u32 = 8;

/// What holds where bitstream_restriction is absent (clause E.2.1): written out, these change nothing.
const BYTES_PER_PICTURE_DENOMINATOR: u32 = 2;
const BITS_PER_MACROBLOCK_DENOMINATOR: u32 = 1;
const LOG2_MOTION_VECTOR_LENGTH: u32 = 15;

/// A sequence parameter set (a NAL unit of type 7, header byte and all) with max_num_reorder_frames 0, and
/// max_dec_frame_buffering as many as pictures refer to. One that tells how many pictures to hold, or that cannot be read, is
/// left as it is; of any other, every bit that was there stays.
pub fn say_shown_as_decoded(sps: &[u8]) -> Cow<'_, [u8]> {
    rewritten(sps).map_or(Cow::Borrowed(sps), Cow::Owned)
}

fn rewritten(nal: &[u8]) -> Option<Vec<u8>> {
    let sps = Sps::parse(nal)?;
    let (Restriction::NoneAt { flag_bit } | Restriction::NoVuiAt { flag_bit }) = sps.restriction
    else {
        return None;
    };
    let (&header, payload) = nal.split_first()?;
    let mut bits = Bits::new(payload);
    let mut writer = BitWriter::new(header);
    for _ in 0..flag_bit {
        writer.flag(bits.flag()?);
    }
    bits.flag()?; // the flag itself, which was 0
    if !ends_here(bits) {
        return None;
    }
    if let Restriction::NoVuiAt { .. } = sps.restriction {
        writer.flag(true);
        writer.unsigned(0, ABSENT_VUI_FLAGS);
    }
    writer.flag(true); // bitstream_restriction_flag
    writer.flag(true); // motion_vectors_over_pic_boundaries_flag
    writer.exp_golomb(BYTES_PER_PICTURE_DENOMINATOR);
    writer.exp_golomb(BITS_PER_MACROBLOCK_DENOMINATOR);
    writer.exp_golomb(LOG2_MOTION_VECTOR_LENGTH); // horizontal
    writer.exp_golomb(LOG2_MOTION_VECTOR_LENGTH); // vertical
    writer.exp_golomb(0); // max_num_reorder_frames
    writer.exp_golomb(sps.reference_frames.max(1));
    Some(writer.finish())
}

/// Whether nothing but rbsp_trailing_bits is left: a one, then zeros.
fn ends_here(mut bits: Bits) -> bool {
    bits.flag() == Some(true) && std::iter::from_fn(|| bits.flag()).all(|bit| !bit)
}

#[cfg(test)]
mod tests {
    use super::super::made;
    use super::super::real_sps;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_set_that_says_nothing_is_told_and_keeps_everything_else() {
        for (name, sps) in real_sps::SILENT {
            let told = say_shown_as_decoded(sps);
            let (before, after) = (Sps::parse(sps).unwrap(), Sps::parse(&told).unwrap());
            let restriction = before.restriction;
            let expected = Sps {
                reorder_frames: Some(0),
                restriction: Restriction::ReorderFrames(0),
                ..before
            };
            assert_eq!(after, expected, "{name}");
            // The same bits up to where it said nothing; a shorter or longer set differs in nothing before that.
            let (Restriction::NoneAt { flag_bit } | Restriction::NoVuiAt { flag_bit }) =
                restriction
            else {
                panic!("{name}: {restriction:?}");
            };
            let bits = |nal: &[u8]| {
                let mut bits = Bits::new(&nal[1..]);
                (0..flag_bit)
                    .map(|_| bits.flag().unwrap())
                    .collect::<Vec<_>>()
            };
            assert_eq!(bits(sps), bits(&told), "{name}");
            assert_eq!(say_shown_as_decoded(&told), told, "{name}: told once");
        }
    }

    #[test]
    fn a_set_that_says_it_is_left_alone() {
        for (name, sps) in real_sps::TELLING {
            assert!(
                matches!(say_shown_as_decoded(sps), Cow::Borrowed(same) if same == *sps),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_behind_the_end_or_missing_leaves_a_set_alone() {
        let (_, whole) = real_sps::SILENT[0];
        for bytes in 0..whole.len() {
            let cut = &whole[..bytes];
            assert_eq!(say_shown_as_decoded(cut), cut, "{bytes} bytes");
        }
        let longer = [whole, &[0x80]].concat();
        assert_eq!(say_shown_as_decoded(&longer), longer);
    }

    proptest! {
        #[test]
        fn whatever_it_is_told_of_it_never_grows_much_and_never_holds_a_start_code(
            bytes in prop::collection::vec(prop_oneof![Just(0), Just(1), Just(3), any::<u8>()], 0..80),
            id in 0..32u32,
        ) {
            for sps in [bytes, made::sps(id, true, None)[4..].to_vec()] {
                let told = say_shown_as_decoded(&sps);
                if let Cow::Owned(told) = &told {
                    prop_assert!(told.len() <= sps.len() + 16);
                    prop_assert!(!told.windows(3).any(|three| three[..2] == [0, 0] && three[2] < 3));
                }
            }
        }
    }
}
