//! NAL units in a byte stream: where they begin, where they end, what they are (ITU-T H.264 clause 7.3.1 and annex B).

use memchr::memmem;

/// What stands before every NAL unit (clause B.1.1, start_code_prefix_one_3bytes).
pub const START_CODE: [u8; 3] = [0, 0, 1];

/// The start code with the zero_byte that must stand before SPS, PPS and the first NAL unit of an access unit.
pub const LONG_START_CODE: [u8; 4] = [0, 0, 0, 1];

/// nal_unit_type (table 7-1), as far as it decides anything here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NalType {
    /// A coded slice of a picture that is not an IDR picture (1).
    Slice,
    /// The first data partition of one, with its header (2).
    PartitionA,
    /// The other data partitions (3 and 4).
    FurtherPartition,
    /// A coded slice of an IDR picture (5).
    IdrSlice,
    Sei,
    Sps,
    Pps,
    AccessUnitDelimiter,
    /// Nothing but bytes that keep up a bitrate (12).
    Filler,
    SpsExtension,
    /// Says more about the slice behind it (14).
    Prefix,
    SubsetSps,
    /// Reserved for what begins an access unit (16 to 18).
    ReservedBeginning,
    /// What belongs to the picture before it: ends of sequence and stream, auxiliary pictures, slice
    /// extensions (20) and whatever is not specified.
    Other,
}

impl NalType {
    /// The type from the first byte of a NAL unit.
    pub fn of(header: u8) -> Self {
        match header & 0x1f {
            1 => Self::Slice,
            2 => Self::PartitionA,
            3 | 4 => Self::FurtherPartition,
            5 => Self::IdrSlice,
            6 => Self::Sei,
            7 => Self::Sps,
            8 => Self::Pps,
            9 => Self::AccessUnitDelimiter,
            12 => Self::Filler,
            13 => Self::SpsExtension,
            14 => Self::Prefix,
            15 => Self::SubsetSps,
            16..=18 => Self::ReservedBeginning,
            _ => Self::Other,
        }
    }

    /// Whether it carries data of a primary coded picture (VCL).
    pub fn is_slice(self) -> bool {
        matches!(
            self,
            Self::Slice | Self::PartitionA | Self::FurtherPartition | Self::IdrSlice
        )
    }

    /// What this NAL unit says about the border between two access units where it stands behind a slice (clause 7.4.1.2.3).
    pub fn border(self) -> Border {
        match self {
            Self::Slice | Self::PartitionA | Self::IdrSlice => Border::AsItsHeaderSays,
            Self::Prefix | Self::ReservedBeginning => Border::AsTheNextSliceSays,
            Self::FurtherPartition | Self::Filler | Self::Other => Border::No,
            _ => Border::Yes,
        }
    }
}

/// Whether an access unit begins at a NAL unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    Yes,
    No,
    /// A slice, or a first data partition.
    AsItsHeaderSays,
    /// It belongs to the slice behind it.
    AsTheNextSliceSays,
}

/// One NAL unit in a byte stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nal<'a> {
    pub kind: NalType,
    /// With its start code and the zero_byte before it.
    pub with_start_code: &'a [u8],
    /// Header byte and payload, without trailing zero bytes.
    pub bytes: &'a [u8],
}

/// The NAL units of `stream`, one after the other; what stands before the first start code is passed over.
pub fn units(stream: &[u8]) -> impl Iterator<Item = Nal<'_>> {
    let mut next = find_start_code(stream, 0);
    std::iter::from_fn(move || {
        loop {
            let code = next.take()?;
            let header = code.end;
            next = find_start_code(stream, header);
            let end = next
                .as_ref()
                .map_or(stream.len(), |following| following.start);
            let bytes = without_trailing_zeros(&stream[header..end]);
            if let Some(&first) = bytes.first() {
                let with_start_code = &stream[code.start..end];
                return Some(Nal {
                    kind: NalType::of(first),
                    with_start_code,
                    bytes,
                });
            }
        }
    })
}

/// The first NAL unit, where the bytes begin with one; only its first bytes are sure to be its own.
pub fn first_unit(stream: &[u8]) -> Option<(NalType, &[u8])> {
    let nal = stream
        .strip_prefix(&LONG_START_CODE)
        .or_else(|| stream.strip_prefix(&START_CODE))?;
    Some((NalType::of(*nal.first()?), nal))
}

/// Where the first slice begins, with its start code, and of which kind it is. What stands behind that is not looked at:
/// a slice is most of an access unit.
pub fn first_slice(stream: &[u8]) -> Option<(usize, NalType)> {
    let mut from = 0;
    loop {
        let code = find_start_code(stream, from)?;
        let kind = NalType::of(*stream.get(code.end)?);
        if kind.is_slice() {
            return Some((code.start, kind));
        }
        from = code.end;
    }
}

/// Whether this access unit is a B picture, which may be shown before one that came earlier.
///
/// Told by the byte behind the NAL header: first_mb_in_slice is 0 in the first slice, one bit; slice_type (table 7-6)
/// is 1 or 6, in Exp-Golomb code (clause 9.1) `010` or `00111`.
pub fn shows_b_picture(stream: &[u8]) -> bool {
    let header = first_slice(stream).and_then(|(at, _)| find_start_code(stream, at));
    let first = header.and_then(|code| stream.get(code.end + 1));
    first.is_some_and(|first| first & 0xf0 == 0b1010_0000 || first & 0xfc == 0b1001_1100)
}

/// The first start code at or after `from`, with the zero_byte before it where there is one.
pub fn find_start_code(stream: &[u8], from: usize) -> Option<std::ops::Range<usize>> {
    // Most are looked for where one lies: there, the search would be dearer to set up than to make.
    let ahead = match stream.get(from..)? {
        [0, 0, 1, ..] => 0,
        [0, 0, 0, 1, ..] => 1,
        rest => memmem::find(rest, &START_CODE)?,
    };
    let at = from + ahead;
    let start = if at > from && stream[at - 1] == 0 {
        at - 1
    } else {
        at
    };
    Some(start..at + START_CODE.len())
}

fn without_trailing_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    &bytes[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_slice_is_the_first_unit_that_is_one() {
        let stream = [
            0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 4, 0, 0, 1, 0x41, 5,
        ];
        assert_eq!(first_slice(&stream), Some((14, NalType::IdrSlice)));
        for length in 0..19 {
            assert_eq!(first_slice(&stream[..length]), None, "{length} bytes");
        }
        assert_eq!(first_slice(&stream[18..]), Some((2, NalType::Slice)));
    }

    #[test]
    fn units_are_found_behind_short_and_long_start_codes() {
        let stream = [
            0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 4, 0, 0,
        ];
        let found: Vec<_> = units(&stream).map(|nal| (nal.kind, nal.bytes)).collect();
        assert_eq!(
            found,
            [
                (NalType::Sps, &[0x67, 1, 2][..]),
                (NalType::Pps, &[0x68, 3][..]),
                (NalType::IdrSlice, &[0x65, 4][..])
            ]
        );
    }

    #[test]
    fn a_unit_with_its_start_code_keeps_every_byte_of_the_stream() {
        let stream = [0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 3, 0, 0];
        let joined: Vec<u8> = units(&stream)
            .flat_map(|nal| nal.with_start_code.to_vec())
            .collect();
        assert_eq!(joined, stream);
    }

    #[test]
    fn start_codes_with_nothing_behind_them_are_no_units() {
        assert_eq!(units(&[0, 0, 1, 0, 0, 1, 0, 0, 0]).count(), 0);
        assert_eq!(units(b"no start code").count(), 0);
        assert_eq!(units(&[]).count(), 0);
    }
}
