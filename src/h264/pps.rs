//! The picture parameter set, as far as slice headers depend on it (ITU-T H.264 clause 7.3.2.2).

use super::bits::Bits;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pps {
    pub id: u32,
    pub sps_id: u32,
    /// bottom_field_pic_order_in_frame_present_flag: slice headers tell the order of the second field.
    pub has_second_field_order: bool,
    /// redundant_pic_cnt_present_flag: slice headers tell whether they are of a redundant coded picture.
    pub has_redundant_pictures: bool,
}

impl Pps {
    /// From the bytes of a NAL unit of type 8, header byte and all.
    pub fn parse(nal: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(nal.get(1..)?);
        let id = bits.exp_golomb_up_to(255)?;
        let sps_id = bits.exp_golomb_up_to(31)?;
        bits.flag()?; // entropy_coding_mode_flag
        let has_second_field_order = bits.flag()?;
        skip_slice_groups(&mut bits)?;
        bits.exp_golomb_up_to(31)?; // num_ref_idx_l0_default_active_minus1
        bits.exp_golomb_up_to(31)?; // num_ref_idx_l1_default_active_minus1
        bits.unsigned(3)?; // weighted_pred_flag, weighted_bipred_idc
        for _ in 0..3 {
            bits.signed_exp_golomb()?; // pic_init_qp_minus26, pic_init_qs_minus26, chroma_qp_index_offset
        }
        bits.unsigned(2)?; // deblocking_filter_control_present_flag, constrained_intra_pred_flag
        let has_redundant_pictures = bits.flag()?;
        Some(Self {
            id,
            sps_id,
            has_second_field_order,
            has_redundant_pictures,
        })
    }

    /// pic_parameter_set_id of a NAL unit of type 8.
    pub fn id_of(nal: &[u8]) -> Option<u32> {
        Bits::new(nal.get(1..)?).exp_golomb_up_to(255)
    }
}

fn skip_slice_groups(bits: &mut Bits) -> Option<()> {
    let groups = bits.exp_golomb_up_to(7)? + 1;
    if groups == 1 {
        return Some(());
    }
    match bits.exp_golomb_up_to(6)? {
        0 => (0..groups).try_for_each(|_| bits.exp_golomb().map(|_| ())), // run_length_minus1
        2 => (0..2 * (groups - 1)).try_for_each(|_| bits.exp_golomb().map(|_| ())), // top_left, bottom_right
        3..=5 => {
            bits.flag()?; // slice_group_change_direction_flag
            bits.exp_golomb().map(|_| ()) // slice_group_change_rate_minus1
        }
        6 => {
            let units = bits.exp_golomb_up_to(0xf_ffff)?;
            let id_bits = u32::BITS - (groups - 1).leading_zeros();
            (0..=units).try_for_each(|_| bits.unsigned(id_bits).map(|_| ()))
        }
        _ => Some(()),
    }
}
