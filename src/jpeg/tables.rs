//! Huffman tables (ITU-T T.81, annexes C and K.3). Many USB cameras leave them out of their JPEGs: those of annex K.3 are
//! meant then. Some decoders know that, browsers do not; so `STANDARD` can be put in.

use std::sync::LazyLock;

use jpeg_encoder::{ColorType, Encoder};

use super::marker;

/// So many bits of a code are looked up at once; few are longer.
const LOOKED_UP_BITS: u32 = 9;

/// The segments with the tables of annex K.3, as an encoder writes them that computes none of its own.
pub static STANDARD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 50)
        .encode(&[0; 3 * 8 * 8], 8, 8, ColorType::Ycbcr)
        .expect("eight by eight pixels have a JPEG");
    let (mut segments, mut at) = (Vec::new(), marker::START.len() - 1);
    while let Some((place, code)) = marker::next(&jpeg, at)
        && code != marker::SOS
        && let Some(segment) = marker::segment(&jpeg, place)
    {
        at = place + 4 + segment.len();
        if code == marker::DHT {
            segments.extend_from_slice(&jpeg[place..at]);
        }
    }
    segments
});

/// The same, to read codes with.
static STANDARD_TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let (mut tables, mut at) = (Tables::default(), 0);
    while let Some(segment) = marker::segment(&STANDARD, at) {
        tables.define(segment).expect("an encoder's own tables");
        at += 4 + segment.len();
    }
    tables
});

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    Dc = 0,
    Ac = 1,
}

/// The tables of a picture, four of each kind.
#[derive(Default)]
pub struct Tables {
    own: [[Option<Table>; 4]; 2],
}

impl Tables {
    /// Takes the tables of a DHT segment (B.2.4.2); `None` when they cannot be.
    pub fn define(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&kind_and_id, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let codes = counts.iter().map(|&count| usize::from(count)).sum();
            let (values, rest) = rest.split_at_checked(codes)?;
            let of_kind = self.own.get_mut(usize::from(kind_and_id >> 4))?;
            let place = of_kind.get_mut(usize::from(kind_and_id & 15))?;
            *place = Some(Table::new(counts, values)?);
            segment = rest;
        }
        Some(())
    }

    /// The picture's own.
    pub fn get(&self, kind: TableKind, id: u8) -> Option<&Table> {
        self.own[kind as usize].get(usize::from(id))?.as_ref()
    }

    /// The one of the standard: for luma 0, for colours 1.
    pub fn standard(kind: TableKind, id: u8) -> Option<&'static Table> {
        STANDARD_TABLES.get(kind, id)
    }
}

/// One table: for each code its length, and the value that it stands for.
pub struct Table {
    /// By the next bits of the data: length and value of the code that they begin with; 0 where it is longer.
    short: [u16; 1 << LOOKED_UP_BITS],
    /// By the length: the first code that is too great for it, at the top of 16 bits, and the place of the value of code 0.
    longer: [(u32, i32); 17],
    values: Vec<u8>,
}

impl Table {
    /// Codes count upwards within a length, and from length to length (C.2).
    fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: [0; 1 << LOOKED_UP_BITS],
            longer: [(0, 0); 17],
            values: values.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0);
        for length in 1..=16_u32 {
            let count = u32::from(counts[length as usize - 1]);
            if code + count > 1 << length {
                return None;
            }
            table.longer[length as usize] =
                ((code + count) << (16 - length), place as i32 - code as i32);
            for value in &values[place..place + count as usize] {
                if length <= LOOKED_UP_BITS {
                    let spare = LOOKED_UP_BITS - length;
                    let from = (code << spare) as usize;
                    table.short[from..from + (1 << spare)]
                        .fill((length as u16) << 8 | u16::from(*value));
                }
                code += 1;
            }
            place += count as usize;
            code <<= 1;
        }
        Some(table)
    }

    /// Length and value of the code that these bits begin with.
    #[inline]
    pub fn find(&self, next: u16) -> Option<(u8, u8)> {
        match self.short[usize::from(next >> (16 - LOOKED_UP_BITS))] {
            0 => self.find_longer(next),
            short => Some(((short >> 8) as u8, short as u8)),
        }
    }

    fn find_longer(&self, next: u16) -> Option<(u8, u8)> {
        for length in LOOKED_UP_BITS as usize + 1..=16 {
            let (end, first) = self.longer[length];
            if u32::from(next) < end {
                let place = i32::from(next >> (16 - length)) + first;
                return Some((length as u8, *self.values.get(place as usize)?));
            }
        }
        None
    }
}
