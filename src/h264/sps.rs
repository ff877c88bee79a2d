//! The sequence parameter set, as far as it decides where a picture begins and when it is shown (ITU-T H.264 clause 7.3.2.1
//! and annex E).

use super::bits::Bits;

/// Profiles whose parameter sets tell the colour format (clause 7.3.2.1.1).
const PROFILES_WITH_CHROMA: [u32; 13] =
    [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// max_dec_frame_buffering is never more.
const MOST_DECODED_FRAMES: u32 = 16;

/// What is known of a sequence of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sps {
    pub id: u32,
    pub separate_colour_planes: bool,
    /// log2_max_frame_num.
    pub frame_num_bits: u32,
    pub order: OrderType,
    /// frame_mbs_only_flag: there are no fields.
    pub frames_only: bool,
    /// max_num_reorder_frames: how many frames at most are decoded before one that is shown before them. `None` where
    /// nothing tells it.
    pub reorder_frames: Option<u32>,
}

/// pic_order_cnt_type: how the order of pictures is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderType {
    /// 0: each picture says it.
    Written {
        /// log2_max_pic_order_cnt_lsb.
        lsb_bits: u32,
    },
    /// 1: a cycle that repeats, and what differs from it.
    Cycle(Cycle),
    /// 2: pictures are shown as they come.
    AsDecoded,
}

/// What pic_order_cnt_type 1 counts with (clause 8.2.1.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cycle {
    pub delta_always_zero: bool,
    pub for_non_reference: i32,
    pub top_to_bottom: i32,
    pub for_references: Vec<i32>,
}

impl Sps {
    /// From the bytes of a NAL unit of type 7, header byte and all.
    pub fn parse(nal: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(nal.get(1..)?);
        let profile = bits.unsigned(8)?;
        let constraints = bits.unsigned(8)?;
        bits.unsigned(8)?; // level_idc
        let id = bits.exp_golomb_up_to(31)?;
        let separate_colour_planes =
            PROFILES_WITH_CHROMA.contains(&profile) && skip_colour_format(&mut bits)?;
        let frame_num_bits = 4 + bits.exp_golomb_up_to(12)?;
        let order = order_type(&mut bits)?;
        bits.exp_golomb()?; // max_num_ref_frames
        bits.flag()?; // gaps_in_frame_num_value_allowed_flag
        bits.exp_golomb()?; // pic_width_in_mbs_minus1
        bits.exp_golomb()?; // pic_height_in_map_units_minus1
        let frames_only = bits.flag()?;
        let mut sps = Self {
            id,
            separate_colour_planes,
            frame_num_bits,
            order,
            frames_only,
            reorder_frames: Some(0),
        };
        let is_as_decoded = match profile {
            _ if sps.order == OrderType::AsDecoded => true,
            // Baseline has no B slices, and intra profiles nothing to reorder (clause A.2).
            66 | 44 => true,
            86 | 100 | 110 | 122 | 244 => constraints & 0x10 != 0,
            _ => false,
        };
        if !is_as_decoded {
            sps.reorder_frames = written_reordering(&mut bits, frames_only);
        }
        Some(sps)
    }

    /// seq_parameter_set_id of a NAL unit of type 7 or 15.
    pub fn id_of(nal: &[u8]) -> Option<u32> {
        Bits::new(nal.get(4..)?).exp_golomb_up_to(31)
    }
}

/// Up to the scaling matrices; whether the colour planes are separate.
fn skip_colour_format(bits: &mut Bits) -> Option<bool> {
    let chroma_format = bits.exp_golomb_up_to(3)?;
    let separate = chroma_format == 3 && bits.flag()?;
    bits.exp_golomb()?; // bit_depth_luma_minus8
    bits.exp_golomb()?; // bit_depth_chroma_minus8
    bits.flag()?; // qpprime_y_zero_transform_bypass_flag
    if bits.flag()? {
        for list in 0..if chroma_format == 3 { 12 } else { 8 } {
            if bits.flag()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(separate)
}

/// Clause 7.3.2.1.1.1.
fn skip_scaling_list(bits: &mut Bits, size: u32) -> Option<()> {
    let (mut last, mut next) = (8_i32, 8_i32);
    for _ in 0..size {
        if next != 0 {
            next = last.wrapping_add(bits.signed_exp_golomb()?) & 0xff;
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

fn order_type(bits: &mut Bits) -> Option<OrderType> {
    match bits.exp_golomb_up_to(2)? {
        0 => Some(OrderType::Written {
            lsb_bits: 4 + bits.exp_golomb_up_to(12)?,
        }),
        1 => Some(OrderType::Cycle(Cycle {
            delta_always_zero: bits.flag()?,
            for_non_reference: bits.signed_exp_golomb()?,
            top_to_bottom: bits.signed_exp_golomb()?,
            for_references: (0..bits.exp_golomb_up_to(255)?)
                .map(|_| bits.signed_exp_golomb())
                .collect::<Option<_>>()?,
        })),
        _ => Some(OrderType::AsDecoded),
    }
}

/// max_num_reorder_frames, where the usability information tells it (clause E.1.1).
fn written_reordering(bits: &mut Bits, frames_only: bool) -> Option<u32> {
    if !frames_only {
        bits.flag()?; // mb_adaptive_frame_field_flag
    }
    bits.flag()?; // direct_8x8_inference_flag
    if bits.flag()? {
        for _ in 0..4 {
            bits.exp_golomb()?; // frame_crop_*_offset
        }
    }
    let has_usability_information = bits.flag()?;
    if !has_usability_information {
        return None;
    }
    skip_look(bits)?;
    if bits.flag()? {
        bits.unsigned(32)?; // num_units_in_tick
        bits.unsigned(32)?; // time_scale
        bits.flag()?; // fixed_frame_rate_flag
    }
    skip_buffering(bits)?;
    let has_restriction = bits.flag()?;
    if !has_restriction {
        return None;
    }
    bits.flag()?; // motion_vectors_over_pic_boundaries_flag
    for _ in 0..4 {
        bits.exp_golomb()?; // max_bytes_per_pic_denom to log2_max_mv_length_vertical
    }
    bits.exp_golomb_up_to(MOST_DECODED_FRAMES)
}

/// How the picture is to be shown: the beginning of vui_parameters (clause E.1.1).
fn skip_look(bits: &mut Bits) -> Option<()> {
    if bits.flag()? && bits.unsigned(8)? == 255 {
        bits.unsigned(32)?; // sar_width, sar_height
    }
    if bits.flag()? {
        bits.flag()?; // overscan_appropriate_flag
    }
    if bits.flag()? {
        bits.unsigned(4)?; // video_format, video_full_range_flag
        if bits.flag()? {
            bits.unsigned(24)?; // colour_primaries, transfer_characteristics, matrix_coefficients
        }
    }
    if bits.flag()? {
        bits.exp_golomb()?; // chroma_sample_loc_type_top_field
        bits.exp_golomb()?; // chroma_sample_loc_type_bottom_field
    }
    Some(())
}

/// nal_hrd_parameters to pic_struct_present_flag (clause E.1.1).
fn skip_buffering(bits: &mut Bits) -> Option<()> {
    let for_units = bits.flag()?;
    if for_units {
        skip_hypothetical_decoder(bits)?;
    }
    let for_slices = bits.flag()?;
    if for_slices {
        skip_hypothetical_decoder(bits)?;
    }
    if for_units || for_slices {
        bits.flag()?; // low_delay_hrd_flag
    }
    bits.flag()?; // pic_struct_present_flag
    Some(())
}

/// hrd_parameters (clause E.1.2).
fn skip_hypothetical_decoder(bits: &mut Bits) -> Option<()> {
    let schedules = bits.exp_golomb_up_to(31)? + 1;
    bits.unsigned(8)?; // bit_rate_scale, cpb_size_scale
    for _ in 0..schedules {
        bits.exp_golomb()?; // bit_rate_value_minus1
        bits.exp_golomb()?; // cpb_size_value_minus1
        bits.flag()?; // cbr_flag
    }
    bits.unsigned(20).map(|_| ()) // lengths of the delays and of time_offset
}

#[cfg(test)]
mod tests {
    use super::super::made;
    use super::*;

    #[test]
    fn what_decides_about_pictures_is_read() {
        for (frames_only, reordering) in [(true, None), (false, Some(2)), (true, Some(0))] {
            let sps = Sps::parse(&made::sps(3, frames_only, reordering)[4..]).unwrap();
            let expected = Sps {
                id: 3,
                separate_colour_planes: false,
                frame_num_bits: 8,
                order: OrderType::Written { lsb_bits: 8 },
                frames_only,
                reorder_frames: reordering,
            };
            assert_eq!(sps, expected);
        }
    }

    /// As x264 writes it, high profile with 2 B pictures, timing and a bitstream restriction.
    const X264: [u8; 26] = [
        0x67, 0x64, 0x00, 0x0d, 0xac, 0xd9, 0x41, 0x41, 0xfb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00,
        0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0x99, 0x60, 0x00,
    ];

    #[test]
    fn one_of_a_real_encoder_is_read() {
        let sps = Sps::parse(&X264).unwrap();
        assert_eq!(
            (sps.id, sps.frames_only, sps.reorder_frames),
            (0, true, Some(2))
        );
        assert_eq!(sps.order, OrderType::Written { lsb_bits: 6 });
    }

    #[test]
    fn one_that_is_cut_short_says_nothing() {
        let whole = made::sps(0, true, None);
        for bytes in 0..8 {
            assert_eq!(Sps::parse(&whole[4..4 + bytes]), None, "{bytes} bytes");
        }
    }
}
