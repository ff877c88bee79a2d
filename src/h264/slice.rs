//! The beginning of a slice: which picture it belongs to (ITU-T H.264 clauses 7.3.3 and 7.4.1.2.4).

use super::bits::Bits;
use super::known_sets::KnownSets;
use super::nal::{NalType, first_unit};
use super::sps::OrderType;

/// No slice header is longer up to where it is read here, with the bytes that prevent start codes: 35 bits of
/// first_mb_in_slice, 7, 17, 2, 16, 2, 33, 16, thrice 63 of pic_order_cnt deltas and 15 of redundant_pic_cnt.
pub const MOST_HEADER_BYTES: usize = 64;

/// A slice, or the data partition that has its header (A).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub is_idr: bool,
    /// nal_ref_idc is not 0: other pictures refer to this one.
    pub is_reference: bool,
    /// first_mb_in_slice.
    pub first_macroblock: u32,
    /// What only the parameter sets let us read; `None` where they have not come.
    pub header: Option<SliceHeader>,
}

/// The fields that all slices of a picture share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceHeader {
    pub pps_id: u32,
    pub frame_num: u32,
    pub structure: Structure,
    /// 0 where the picture is no IDR picture.
    pub idr_pic_id: u32,
    pub order: Order,
    /// redundant_pic_cnt: 0 in the primary coded picture.
    pub redundant: u32,
}

/// What a picture is (field_pic_flag, bottom_field_flag).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    Frame,
    TopField,
    BottomField,
}

/// What slice headers tell of the order of pictures; zero where they tell nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// pic_order_cnt_lsb.
    pub lsb: u32,
    /// delta_pic_order_cnt_bottom.
    pub delta_bottom: i32,
    /// delta_pic_order_cnt.
    pub deltas: [i32; 2],
}

/// pic_parameter_set_id of the slice at the beginning of `bytes`, behind its start code.
pub fn pps_id_of_slice(bytes: &[u8]) -> Option<u32> {
    let (_, nal) = first_unit(bytes)?;
    let mut bits = Bits::new(nal.get(1..)?);
    bits.exp_golomb()?; // first_mb_in_slice
    bits.exp_golomb()?; // slice_type
    bits.exp_golomb_up_to(255)
}

impl Slice {
    /// From the first bytes of a NAL unit of type 1, 2 or 5; `None` where they are too few, or it is no slice.
    pub fn parse(nal: &[u8], sets: &KnownSets) -> Option<Self> {
        let (&first, payload) = nal.split_first()?;
        let kind = NalType::of(first);
        if !matches!(
            kind,
            NalType::Slice | NalType::PartitionA | NalType::IdrSlice
        ) {
            return None;
        }
        let mut bits = Bits::new(payload);
        let mut slice = Self {
            is_idr: kind == NalType::IdrSlice,
            is_reference: first & 0x60 != 0,
            first_macroblock: bits.exp_golomb()?,
            header: None,
        };
        if !sets.is_empty() {
            bits.exp_golomb()?; // slice_type
            slice.header = SliceHeader::parse(&mut bits, slice.is_idr, sets)?;
        }
        Some(slice)
    }

    /// A slice of which nothing can be read: its first bytes are those of no slice header.
    pub fn unreadable(nal: &[u8]) -> Self {
        Self::parse(nal, &KnownSets::default()).unwrap_or(Self {
            is_idr: nal
                .first()
                .is_some_and(|&first| NalType::of(first) == NalType::IdrSlice),
            is_reference: nal.first().is_some_and(|first| first & 0x60 != 0),
            first_macroblock: u32::MAX,
            header: None,
        })
    }

    /// Whether this is of another primary coded picture than `first`, the first slice of the picture before (clause
    /// 7.4.1.2.4). Where the order within the picture is that of the macroblocks, as with every camera, a
    /// picture also begins where the first macroblock comes again: encoders exist that give each IDR picture the same
    /// idr_pic_id.
    pub fn begins_picture_after(&self, first: &Self) -> bool {
        if self
            .header
            .as_ref()
            .is_some_and(|header| header.redundant > 0)
        {
            return false;
        }
        let differs = match (&self.header, &first.header) {
            (Some(ours), Some(theirs)) => ours != theirs,
            _ => self.first_macroblock == 0,
        };
        differs
            || self.is_idr != first.is_idr
            || self.is_reference != first.is_reference
            || self.first_macroblock == first.first_macroblock
    }

    /// Whether this picture is the second field of the frame whose first field is `first`.
    pub fn is_second_field_of(&self, first: &Self) -> bool {
        let (Some(ours), Some(theirs)) = (&self.header, &first.header) else {
            return false;
        };
        let opposite = matches!(
            (theirs.structure, ours.structure),
            (Structure::TopField, Structure::BottomField)
                | (Structure::BottomField, Structure::TopField)
        );
        opposite && ours.frame_num == theirs.frame_num && (first.is_idr || !self.is_idr)
    }

    pub fn is_field(&self) -> bool {
        self.header
            .as_ref()
            .is_some_and(|header| header.structure != Structure::Frame)
    }
}

impl SliceHeader {
    /// `Some(None)` where the parameter sets that it refers to are not known, `None` where there are too few bytes.
    #[expect(clippy::option_option, reason = "too few bytes, and never enough")]
    fn parse(bits: &mut Bits, is_idr: bool, sets: &KnownSets) -> Option<Option<Self>> {
        let pps_id = bits.exp_golomb()?;
        let Some((pps, sps)) = sets.of_picture(pps_id) else {
            return Some(None);
        };
        if sps.chroma.separate_planes {
            bits.unsigned(2)?; // colour_plane_id
        }
        let frame_num = bits.unsigned(sps.frame_num_bits)?;
        let structure = if sps.frames_only || !bits.flag()? {
            Structure::Frame
        } else if bits.flag()? {
            Structure::BottomField
        } else {
            Structure::TopField
        };
        let idr_pic_id = if is_idr { bits.exp_golomb()? } else { 0 };
        let has_second = pps.has_second_field_order && structure == Structure::Frame;
        let mut order = Order::default();
        match &sps.order {
            OrderType::Written { lsb_bits } => {
                order.lsb = bits.unsigned(*lsb_bits)?;
                if has_second {
                    order.delta_bottom = bits.signed_exp_golomb()?;
                }
            }
            OrderType::Cycle(cycle) if !cycle.delta_always_zero => {
                order.deltas[0] = bits.signed_exp_golomb()?;
                if has_second {
                    order.deltas[1] = bits.signed_exp_golomb()?;
                }
            }
            _ => {}
        }
        let redundant = if pps.has_redundant_pictures {
            bits.exp_golomb()?
        } else {
            0
        };
        Some(Some(Self {
            pps_id,
            frame_num,
            structure,
            idr_pic_id,
            order,
            redundant,
        }))
    }
}
