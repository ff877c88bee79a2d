//! The sequence parameter set, as far as it decides where a picture begins, when it is shown, and how large it is (ITU-T
//! H.264 clause 7.3.2.1).

use super::bits::Bits;
use super::vui::{self, Colour, Crop, Restriction};
use crate::units::Size;

/// Profiles whose parameter sets tell the colour format (clause 7.3.2.1.1).
const PROFILES_WITH_CHROMA: [u32; 13] =
    [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// No level has wider or higher pictures (65,535 samples, which is what MP4 can say, too), in macroblocks.
const MOST_MACROBLOCKS: u32 = 4095;

/// What is known of a sequence of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sps {
    pub id: u32,
    pub chroma: Chroma,
    /// log2_max_frame_num.
    pub frame_num_bits: u32,
    pub order: OrderType,
    /// max_num_ref_frames.
    pub reference_frames: u32,
    /// Of the picture that is shown, in samples.
    pub size: Size,
    /// frame_mbs_only_flag: there are no fields.
    pub frames_only: bool,
    /// max_num_reorder_frames: how many frames at most are decoded before one that is shown before them. `None` where
    /// nothing tells it.
    pub reorder_frames: Option<u32>,
    /// What the numbers mean.
    pub colour: Colour,
    /// What is written of that, whatever the profile says.
    pub restriction: Restriction,
}

/// How colours are sampled. Profiles that do not tell it have 4:2:0 in 8 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chroma {
    /// chroma_format_idc.
    pub format: u32,
    /// bit_depth_luma_minus8.
    pub luma_bits_beyond_8: u32,
    /// bit_depth_chroma_minus8.
    pub chroma_bits_beyond_8: u32,
    pub separate_planes: bool,
}

impl Chroma {
    const YUV420: Self = Self {
        format: 1,
        luma_bits_beyond_8: 0,
        chroma_bits_beyond_8: 0,
        separate_planes: false,
    };
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
        let chroma = if has_chroma(profile) {
            read_chroma(&mut bits)?
        } else {
            Chroma::YUV420
        };
        let frame_num_bits = 4 + bits.exp_golomb_up_to(12)?;
        let order = order_type(&mut bits)?;
        let reference_frames = bits.exp_golomb()?;
        bits.flag()?; // gaps_in_frame_num_value_allowed_flag
        let width_mbs = 1 + bits.exp_golomb_up_to(MOST_MACROBLOCKS - 1)?;
        let height_units = 1 + bits.exp_golomb_up_to(MOST_MACROBLOCKS - 1)?;
        let frames_only = bits.flag()?;
        // What follows decides less: a set whose end cannot be read still tells where pictures begin.
        let (crop, colour, restriction) = read_end(&mut bits, frames_only).unwrap_or_default();
        let fields = if frames_only { 1 } else { 2 };
        let coded = Size {
            width: width_mbs * 16,
            height: height_units * 16 * fields,
        };
        let is_as_decoded = match profile {
            _ if order == OrderType::AsDecoded => true,
            // Baseline has no B slices, and intra profiles nothing to reorder (clause A.2).
            66 | 44 => true,
            86 | 100 | 110 | 122 | 244 => constraints & 0x10 != 0,
            _ => false,
        };
        Some(Self {
            id,
            chroma,
            frame_num_bits,
            order,
            reference_frames,
            size: cropped(coded, crop, chroma, fields),
            frames_only,
            reorder_frames: match restriction {
                _ if is_as_decoded => Some(0),
                Restriction::ReorderFrames(frames) => Some(frames),
                _ => None,
            },
            colour,
            restriction,
        })
    }

    /// seq_parameter_set_id of a NAL unit of type 7 or 15.
    pub fn id_of(nal: &[u8]) -> Option<u32> {
        Bits::new(nal.get(4..)?).exp_golomb_up_to(31)
    }
}

/// Whether the parameter sets of a profile (profile_idc) tell the colour format.
pub fn has_chroma(profile: u32) -> bool {
    PROFILES_WITH_CHROMA.contains(&profile)
}

/// chroma_format_idc to the scaling matrices.
fn read_chroma(bits: &mut Bits) -> Option<Chroma> {
    let format = bits.exp_golomb_up_to(3)?;
    let separate_planes = format == 3 && bits.flag()?;
    let luma_bits_beyond_8 = bits.exp_golomb_up_to(6)?;
    let chroma_bits_beyond_8 = bits.exp_golomb_up_to(6)?;
    bits.flag()?; // qpprime_y_zero_transform_bypass_flag
    if bits.flag()? {
        for list in 0..if format == 3 { 12 } else { 8 } {
            if bits.flag()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(Chroma {
        format,
        luma_bits_beyond_8,
        chroma_bits_beyond_8,
        separate_planes,
    })
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

/// What stands behind frame_mbs_only_flag.
fn read_end(bits: &mut Bits, frames_only: bool) -> Option<(Crop, Colour, Restriction)> {
    if !frames_only {
        bits.flag()?; // mb_adaptive_frame_field_flag
    }
    bits.flag()?; // direct_8x8_inference_flag
    let crop = vui::crop(bits)?;
    let colour = vui::colour(&mut bits.clone());
    Some((crop, colour, vui::restriction(bits)))
}

/// What is left of the coded picture (clause 7.4.2.1.1, CropUnitX and CropUnitY). A crop that leaves nothing is none.
fn cropped(coded: Size, crop: Crop, chroma: Chroma, fields: u32) -> Size {
    let is_subsampled = |formats: &[u32]| formats.contains(&chroma.format);
    let unit_x = if is_subsampled(&[1, 2]) { 2 } else { 1 };
    let unit_y = if is_subsampled(&[1]) {
        2 * fields
    } else {
        fields
    };
    let left = |whole: u32, unit: u32, first: u32, last: u32| {
        let away = first.saturating_add(last).saturating_mul(unit);
        if away < whole { whole - away } else { whole }
    };
    Size {
        width: left(coded.width, unit_x, crop.left, crop.right),
        height: left(coded.height, unit_y, crop.top, crop.bottom),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{made, real_sps};
    use super::*;

    #[test]
    fn what_decides_about_pictures_is_read() {
        for (frames_only, reordering) in [(true, None), (false, Some(2)), (true, Some(0))] {
            let sps = Sps::parse(&made::sps(3, frames_only, reordering)[4..]).unwrap();
            let expected = Sps {
                id: 3,
                chroma: Chroma::YUV420,
                frame_num_bits: 8,
                order: OrderType::Written { lsb_bits: 8 },
                reference_frames: 4,
                size: Size {
                    width: 320,
                    height: if frames_only { 240 } else { 256 },
                },
                frames_only,
                reorder_frames: reordering,
                colour: Colour::default(),
                restriction: sps.restriction,
            };
            assert_eq!(sps, expected);
            assert_eq!(
                matches!(sps.restriction, Restriction::NoVuiAt { .. }),
                reordering.is_none()
            );
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
    fn the_size_is_that_of_the_picture_that_is_shown() {
        for (name, sps) in [real_sps::TELLING, real_sps::SILENT].concat() {
            let size = Sps::parse(sps).unwrap().size;
            assert!(name.contains(&format!(", {size},")), "{name}: {size}");
        }
    }

    #[test]
    fn one_that_is_cut_short_says_nothing() {
        let whole = made::sps(0, true, None);
        for bytes in 0..8 {
            assert_eq!(Sps::parse(&whole[4..4 + bytes]), None, "{bytes} bytes");
        }
    }
}
