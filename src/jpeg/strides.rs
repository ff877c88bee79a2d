//! Several codes of a block at once: what the next bits hold of them is looked up, so that counting the blocks of a picture
//! costs little beside sending it.

use super::tables::Table;

/// So many bits are looked up. More would hold more codes, but the tables have to be made for each picture.
const LOOKED_UP_BITS: u32 = 11;

/// It is not worth it for less data; many small pictures would cost more than they are.
pub const LEAST_DATA_BYTES: usize = 8192;

/// No difference of first coefficients has more (F.1.2.1).
pub const MOST_DC_BITS: u8 = 16;

/// How far some bits lead in the coefficients of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stride {
    /// Those of the codes and of the values behind them; 0: not even one code is whole.
    pub bits: u8,
    /// How many coefficients they stand for.
    pub passed: u8,
    /// The last code is the end of the block.
    pub ends: bool,
}

/// Of the blocks that are coded by two tables.
pub struct BlockStrides {
    /// From the beginning of a block: many are not longer than what is looked up.
    pub from_start: Strides,
    /// Of the coefficients behind the first.
    pub within: Strides,
}

impl BlockStrides {
    pub fn of(dc: &Table, ac: &Table) -> Self {
        let left = LOOKED_UP_BITS as u8;
        Self {
            from_start: Strides::with(|next| Stride::from_start(dc, ac, next)),
            within: Strides::with(|next| Stride::default().followed_by(ac, next, left)),
        }
    }
}

/// By the next bits of the data.
pub struct Strides(Box<[Stride; 1 << LOOKED_UP_BITS]>);

impl Strides {
    fn with(stride: impl Fn(u16) -> Stride) -> Self {
        let mut strides = Box::new([Stride::default(); 1 << LOOKED_UP_BITS]);
        for (next, place) in (0..).zip(strides.iter_mut()) {
            *place = stride(next << (u16::BITS - LOOKED_UP_BITS));
        }
        Self(strides)
    }

    /// Of the bits at the top.
    #[inline]
    pub fn find(&self, held: u64) -> Stride {
        self.0[(held >> (u64::BITS - LOOKED_UP_BITS)) as usize]
    }
}

impl Stride {
    fn from_start(dc: &Table, ac: &Table, next: u16) -> Self {
        let left = LOOKED_UP_BITS as u8;
        match dc.find(next) {
            Some((length, size)) if length <= left && size <= MOST_DC_BITS => {
                let first = Self {
                    bits: length + size,
                    passed: 1,
                    ends: false,
                };
                match left.checked_sub(first.bits) {
                    Some(left) => first.followed_by(ac, next << first.bits, left),
                    None => first,
                }
            }
            _ => Self::default(),
        }
    }

    /// And as many codes as are whole in the bits that are left. Of the value behind the last, its length alone is needed.
    fn followed_by(self, ac: &Table, mut rest: u16, mut left: u8) -> Self {
        let mut stride = self;
        while let Some((length, value)) = ac.find(rest)
            && length <= left
        {
            let (zeros, size) = (value >> 4, value & 0x0f);
            let bits = length + size;
            stride.bits += bits;
            if size == 0 && zeros < 15 {
                stride.ends = true;
                break;
            }
            stride.passed += zeros + 1;
            if bits >= left {
                break;
            }
            left -= bits;
            rest <<= bits;
        }
        stride
    }
}
