//! The order in which pictures are shown: PicOrderCnt (ITU-T H.264 clause 8.2.1). memory_management_control_operation 5,
//! which starts the count anew without an IDR picture, is not followed: no encoder in use writes it.

use super::known_sets::KnownSets;
use super::nal::{NalType, units};
use super::slice::{MOST_HEADER_BYTES, Slice, SliceHeader, Structure};
use super::sps::{Cycle, OrderType, Sps};

/// Follows the pictures of a stream in the order in which they come.
#[derive(Debug, Default)]
pub struct PictureOrder {
    sets: KnownSets,
    /// prevPicOrderCntMsb and prevPicOrderCntLsb.
    reference: (i64, i64),
    /// FrameNumOffset and prevFrameNum.
    frame_num: (i64, i64),
}

/// Where a picture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderPlace {
    /// The count begins anew: all pictures before are shown before this one.
    pub restarts: bool,
    /// Pictures are shown in the order of their counts.
    pub count: i64,
    /// How many frames at most are decoded before one that is shown before them, where the stream tells it.
    pub reorder_frames: Option<u32>,
}

impl PictureOrder {
    /// The place of the picture in an access unit; `None` where it cannot be read.
    pub fn place(&mut self, unit: &[u8]) -> Option<OrderPlace> {
        for nal in units(unit) {
            match nal.kind {
                NalType::Sps => self.sets.add_sps(nal.bytes),
                NalType::Pps => self.sets.add_pps(nal.bytes),
                kind if kind.is_slice() => {
                    let header = &nal.bytes[..nal.bytes.len().min(MOST_HEADER_BYTES)];
                    return self.of_slice(&Slice::parse(header, &self.sets)?);
                }
                _ => {}
            }
        }
        None
    }

    fn of_slice(&mut self, slice: &Slice) -> Option<OrderPlace> {
        let header = slice.header.as_ref()?;
        let (_, sps) = self.sets.of_picture(header.pps_id)?;
        if slice.is_idr {
            (self.reference, self.frame_num) = ((0, 0), (0, 0));
        }
        let reference = after_reference(self.reference, sps, header);
        let frame_num = after_frame_num(self.frame_num, sps, header);
        let count = match &sps.order {
            OrderType::Written { .. } => {
                let count = reference.0 + reference.1;
                count + i64::from(header.order.delta_bottom.min(0))
            }
            OrderType::Cycle(cycle) => {
                expected(cycle, frame_num, slice.is_reference) + differences(cycle, header)
            }
            OrderType::AsDecoded => {
                2 * (frame_num.0 + frame_num.1) - i64::from(!slice.is_reference)
            }
        };
        let reorder_frames = sps.reorder_frames;
        if slice.is_reference {
            self.reference = reference;
        }
        self.frame_num = frame_num;
        Some(OrderPlace {
            restarts: slice.is_idr,
            count,
            reorder_frames,
        })
    }
}

/// PicOrderCntMsb and pic_order_cnt_lsb (clause 8.2.1.1).
fn after_reference((msb, last): (i64, i64), sps: &Sps, header: &SliceHeader) -> (i64, i64) {
    let OrderType::Written { lsb_bits } = sps.order else {
        return (0, 0);
    };
    let (range, lsb) = (1_i64 << lsb_bits, i64::from(header.order.lsb));
    let msb = if lsb < last && last - lsb >= range / 2 {
        msb + range
    } else if lsb > last && lsb - last > range / 2 {
        msb - range
    } else {
        msb
    };
    (msb, lsb)
}

/// FrameNumOffset and frame_num (clauses 8.2.1.2 and 8.2.1.3).
fn after_frame_num((offset, last): (i64, i64), sps: &Sps, header: &SliceHeader) -> (i64, i64) {
    let frame_num = i64::from(header.frame_num);
    if last > frame_num {
        (offset + (1 << sps.frame_num_bits), frame_num)
    } else {
        (offset, frame_num)
    }
}

/// expectedPicOrderCnt (clause 8.2.1.2).
fn expected(cycle: &Cycle, (offset, frame_num): (i64, i64), is_reference: bool) -> i64 {
    let length = cycle.for_references.len() as i64;
    let absolute = if length > 0 { offset + frame_num } else { 0 };
    let before = absolute - i64::from(!is_reference && absolute > 0);
    let of_non_reference = if is_reference {
        0
    } else {
        i64::from(cycle.for_non_reference)
    };
    if before == 0 {
        return of_non_reference;
    }
    let sum = |deltas: &[i32]| deltas.iter().map(|&delta| i64::from(delta)).sum::<i64>();
    let (whole, part) = ((before - 1) / length, (before - 1) % length);
    whole * sum(&cycle.for_references)
        + sum(&cycle.for_references[..=part as usize])
        + of_non_reference
}

/// What the slice header adds to the expected count.
fn differences(cycle: &Cycle, header: &SliceHeader) -> i64 {
    let [first, second] = header.order.deltas.map(i64::from);
    let to_bottom = i64::from(cycle.top_to_bottom);
    match header.structure {
        Structure::Frame => first + (to_bottom + second).min(0),
        Structure::TopField => first,
        Structure::BottomField => first + to_bottom,
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::{self, Slice};
    use super::*;

    fn counts(pictures: &[Slice]) -> Vec<Option<i64>> {
        let mut order = PictureOrder::default();
        let sets = [made::sps(0, true, Some(2)), made::pps(0, 0, false)].concat();
        assert_eq!(order.place(&sets), None);
        let place = |picture: &Slice| order.place(&picture.nal());
        let places: Vec<_> = pictures.iter().map(place).collect();
        assert!(
            places
                .iter()
                .flatten()
                .all(|place| place.reorder_frames == Some(2))
        );
        places
            .iter()
            .map(|place| place.map(|place| place.count))
            .collect()
    }

    #[test]
    fn b_pictures_are_counted_before_those_they_come_behind() {
        let pictures = [
            Slice::IDR,
            Slice::p(1, 8),
            Slice::p(2, 4),
            Slice::b(3, 2),
            Slice::b(3, 6),
        ];
        assert_eq!(counts(&pictures), [0, 8, 4, 2, 6].map(Some));
    }

    #[test]
    fn the_count_goes_on_where_its_low_bits_start_again_and_anew_at_an_idr_picture() {
        let references = (0..400).map(|at| match at {
            0 => Slice::IDR,
            _ => Slice::p(at % 256, at * 2 % 256),
        });
        let pictures: Vec<_> = references
            .chain([Slice::b(144, 286 % 256), Slice::IDR])
            .collect();
        let mut expected: Vec<_> = (0..400).map(|at| Some(at * 2)).collect();
        expected.extend([Some(798), Some(0)]);
        assert_eq!(counts(&pictures)[..400], expected[..400]);
        assert_eq!(counts(&pictures)[401], Some(0));
    }

    #[test]
    fn without_parameter_sets_the_order_is_not_known() {
        assert_eq!(PictureOrder::default().place(&Slice::IDR.nal()), None);
    }
}
