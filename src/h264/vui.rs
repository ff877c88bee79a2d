//! The end of a sequence parameter set: which part of the picture is shown, and what a decoder is told beyond decoding
//! (frame_cropping, vui_parameters; ITU-T H.264 clause 7.3.2.1.1 and annex E).

use super::bits::Bits;

/// max_dec_frame_buffering is never more.
const MOST_DECODED_FRAMES: u32 = 16;

/// frame_crop_*_offset, in crop units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crop {
    pub left: u32,
    pub right: u32,
    pub top: u32,
    pub bottom: u32,
}

/// What is said of how many frames a decoder must hold (bitstream_restriction).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restriction {
    /// max_num_reorder_frames.
    ReorderFrames(u32),
    /// Nothing, though there are vui_parameters: bitstream_restriction_flag is this bit.
    NoneAt { flag_bit: usize },
    /// Nothing, since there are no vui_parameters: vui_parameters_present_flag is this bit.
    NoVuiAt { flag_bit: usize },
    /// What stands there cannot be read.
    #[default]
    Unreadable,
}

/// frame_cropping_flag to frame_crop_bottom_offset.
pub fn crop(bits: &mut Bits) -> Option<Crop> {
    if !bits.flag()? {
        return Some(Crop::default());
    }
    Some(Crop {
        left: bits.exp_golomb()?,
        right: bits.exp_golomb()?,
        top: bits.exp_golomb()?,
        bottom: bits.exp_golomb()?,
    })
}

/// vui_parameters_present_flag and vui_parameters.
pub fn restriction(bits: &mut Bits) -> Restriction {
    read_restriction(bits).unwrap_or(Restriction::Unreadable)
}

fn read_restriction(bits: &mut Bits) -> Option<Restriction> {
    let flag_bit = bits.position();
    let has_usability_information = bits.flag()?;
    if !has_usability_information {
        return Some(Restriction::NoVuiAt { flag_bit });
    }
    skip_look(bits)?;
    if bits.flag()? {
        bits.unsigned(32)?; // num_units_in_tick
        bits.unsigned(32)?; // time_scale
        bits.flag()?; // fixed_frame_rate_flag
    }
    skip_buffering(bits)?;
    let flag_bit = bits.position();
    let has_restriction = bits.flag()?;
    if !has_restriction {
        return Some(Restriction::NoneAt { flag_bit });
    }
    bits.flag()?; // motion_vectors_over_pic_boundaries_flag
    for _ in 0..4 {
        bits.exp_golomb()?; // max_bytes_per_pic_denom to log2_max_mv_length_vertical
    }
    bits.exp_golomb_up_to(MOST_DECODED_FRAMES)
        .map(Restriction::ReorderFrames)
}

/// What the numbers of a picture mean: where nothing is said, what video has always been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Colour {
    /// video_full_range_flag: 0 to 255, not 16 to 235.
    pub full_range: bool,
    /// matrix_coefficients (table E-5); 2 where nothing is said.
    pub matrix: Option<u32>,
}

/// The colours of vui_parameters, which begin here.
pub fn colour(bits: &mut Bits) -> Colour {
    read_colour(bits).unwrap_or_default()
}

fn read_colour(bits: &mut Bits) -> Option<Colour> {
    let has_usability_information = bits.flag()?;
    if !has_usability_information {
        return None;
    }
    skip_shape(bits)?;
    let has_signal_type = bits.flag()?;
    if !has_signal_type {
        return None;
    }
    bits.unsigned(3)?; // video_format
    let full_range = bits.flag()?;
    let mut matrix = None;
    if bits.flag()? {
        bits.unsigned(16)?; // colour_primaries, transfer_characteristics
        matrix = bits.unsigned(8);
    }
    Some(Colour { full_range, matrix })
}

/// aspect_ratio_info_present_flag to overscan_appropriate_flag.
fn skip_shape(bits: &mut Bits) -> Option<()> {
    if bits.flag()? && bits.unsigned(8)? == 255 {
        bits.unsigned(32)?; // sar_width, sar_height
    }
    if bits.flag()? {
        bits.flag()?; // overscan_appropriate_flag
    }
    Some(())
}

/// How the picture is to be shown: the beginning of vui_parameters (clause E.1.1).
fn skip_look(bits: &mut Bits) -> Option<()> {
    skip_shape(bits)?;
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
