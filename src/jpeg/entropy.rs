//! Whether the coded blocks of a picture are all there. Its end marker does not tell: what was lost in a USB transfer is
//! missing before it, and some cameras never write one. So the blocks are counted, by reading the length of each Huffman
//! code (ITU-T T.81, annex F.2.2) and nothing more, as many codes at once as `strides` can.

use std::rc::Rc;

use super::frame_header::{ColourPlane, FrameHeader};
use super::marker;
use super::strides::{BlockStrides, LEAST_DATA_BYTES, MOST_DC_BITS, Strides};
use super::tables::{Table, TableKind, Tables};
use super::whole::Fault;

/// What was found out about the scans of a whole picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scans {
    /// Where the data of the last one ends.
    pub end: usize,
    /// A table was missing: the standard's own is meant.
    pub lacks_tables: bool,
}

/// Goes through all scans of the picture that begins at the start of the bytes.
pub fn count(picture: &[u8]) -> Result<Scans, Fault> {
    let mut tables = Tables::default();
    let (mut header, mut restart_interval, mut seen) = (None, 0, 0);
    let (mut scans, mut lacks_tables) = (None, false);
    let mut at = marker::START.len() - 1;
    while let Some((place, code)) = marker::next(picture, at) {
        at = place + 2;
        if !marker::has_segment(code) {
            continue;
        }
        let segment = marker::segment(picture, place).ok_or(Fault::CutShort)?;
        at += 2 + segment.len();
        match code {
            marker::DHT => tables.define(segment).ok_or(Fault::BadHeader)?,
            marker::DRI => {
                let interval = segment.first_chunk().ok_or(Fault::BadHeader)?;
                restart_interval = u32::from(u16::from_be_bytes(*interval));
            }
            marker::SOS => {
                let header = header.as_ref().ok_or(Fault::BadHeader)?;
                let mut scan = Scan::new(header, segment, &tables, restart_interval)
                    .ok_or(Fault::BadHeader)?;
                seen += scan.components.len();
                at = scan.walk(picture, at)?;
                lacks_tables |= scan.lacks_tables;
                scans = Some(Scans {
                    end: at,
                    lacks_tables,
                });
                if seen >= header.components().len() {
                    break;
                }
            }
            _ if marker::is_frame(code) => {
                header = Some(FrameHeader::of_segment(code, segment).ok_or(Fault::BadHeader)?);
            }
            _ => {}
        }
    }
    match (scans, header) {
        (None, _) => Err(Fault::NoScan),
        (Some(_), Some(header)) if seen < header.components().len() => Err(Fault::CutShort),
        (Some(scans), _) => Ok(scans),
    }
}

/// One scan: how many MCUs of which blocks.
struct Scan<'a> {
    components: Vec<Coded<'a>>,
    mcus: u32,
    restart_interval: u32,
    lacks_tables: bool,
}

/// The blocks of one component in an MCU, and their codes.
struct Coded<'a> {
    blocks: u32,
    dc: &'a Table,
    ac: &'a Table,
    strides: Option<Rc<BlockStrides>>,
}

impl<'a> Scan<'a> {
    fn new(
        header: &FrameHeader,
        segment: &[u8],
        tables: &'a Tables,
        restart_interval: u32,
    ) -> Option<Self> {
        let count = usize::from(*segment.first()?);
        let of_frame = header.components();
        if count == 0 || count > of_frame.len() {
            return None;
        }
        let mut chosen = Vec::with_capacity(count);
        for selector in segment[1..].chunks_exact(2).take(count) {
            let found = of_frame.iter().find(|found| found.id == selector[0])?;
            chosen.push((found, selector[1]));
        }
        if chosen.len() < count {
            return None;
        }
        // A component alone has no MCUs of several blocks (A.2.2).
        let alone = count == 1;
        let mcus = if alone {
            blocks(header, chosen[0].0)
        } else {
            mcus(header)
        };
        let mut lacks_tables = false;
        let mut table = |kind, id| {
            tables.get(kind, id).or_else(|| {
                lacks_tables = true;
                Tables::standard(kind, id)
            })
        };
        let components = chosen.into_iter().map(|(component, ids)| {
            let in_mcu = u32::from(component.across) * u32::from(component.down);
            let dc = table(TableKind::Dc, ids >> 4)?;
            let ac = table(TableKind::Ac, ids & 15)?;
            Some(Coded {
                blocks: if alone { 1 } else { in_mcu },
                dc,
                ac,
                strides: None,
            })
        });
        let components = components.collect::<Option<_>>()?;
        Some(Self {
            components,
            mcus,
            restart_interval,
            lacks_tables,
        })
    }

    /// Components that are coded alike have the same.
    fn look_up_strides(&mut self) {
        for index in 0..self.components.len() {
            let (before, rest) = self.components.split_at_mut(index);
            let Coded { dc, ac, .. } = rest[0];
            let alike = before
                .iter()
                .find(|it| std::ptr::eq(it.dc, dc) && std::ptr::eq(it.ac, ac));
            rest[0].strides = match alike {
                Some(other) => other.strides.clone(),
                None => Some(Rc::new(BlockStrides::of(dc, ac))),
            };
        }
    }

    /// Goes through the data, which begins at `at`; where it ends.
    fn walk(&mut self, picture: &[u8], at: usize) -> Result<usize, Fault> {
        if picture.len() - at >= LEAST_DATA_BYTES {
            self.look_up_strides();
        }
        let mut bits = EntropyBits::new(picture, at);
        for mcu in 0..self.mcus {
            if mcu > 0 && self.restart_interval > 0 && mcu % self.restart_interval == 0 {
                bits.restart()?;
            }
            for component in &self.components {
                for _ in 0..component.blocks {
                    bits.pass_block(component)?;
                }
            }
        }
        Ok(bits.position())
    }
}

/// How many samples a component has on a side where the picture has `side` of them, in blocks (A.1.1).
fn in_blocks(side: u32, factor: u8, most: u8) -> u32 {
    (side * u32::from(factor))
        .div_ceil(u32::from(most))
        .div_ceil(8)
}

fn most(header: &FrameHeader, factor: impl Fn(&ColourPlane) -> u8) -> u8 {
    header.components().iter().map(factor).max().unwrap_or(1)
}

fn blocks(header: &FrameHeader, component: &ColourPlane) -> u32 {
    let (across, down) = (most(header, |c| c.across), most(header, |c| c.down));
    in_blocks(header.size.width, component.across, across)
        * in_blocks(header.size.height, component.down, down)
}

fn mcus(header: &FrameHeader) -> u32 {
    let (across, down) = (most(header, |c| c.across), most(header, |c| c.down));
    header.size.width.div_ceil(8 * u32::from(across))
        * header.size.height.div_ceil(8 * u32::from(down))
}

/// Whether one of them is 0xff.
fn has_marker_byte(bytes: [u8; 4]) -> bool {
    // A byte of the complement is zero (the classic test for a zero byte in a word).
    let complement = !u32::from_ne_bytes(bytes);
    complement.wrapping_sub(0x0101_0101) & !complement & 0x8080_8080 != 0
}

/// The data of a scan, bit by bit (F.2.2.5).
struct EntropyBits<'a> {
    bytes: &'a [u8],
    /// What has been taken from the bytes.
    at: usize,
    /// The next bits, the first at the top, and how many they are. Behind the last there are zeros.
    held: u64,
    count: u32,
}

impl<'a> EntropyBits<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            held: 0,
            count: 0,
        }
    }

    /// At least 32 bits are held afterwards, or all up to the next marker. Fewer are held before.
    #[inline]
    fn fill(&mut self) {
        match self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(&next) if !has_marker_byte(next) => {
                self.held |= u64::from(u32::from_be_bytes(next)) << (32 - self.count);
                self.at += 4;
                self.count += 32;
            }
            _ => self.fill_bytewise(),
        }
    }

    #[cold]
    fn fill_bytewise(&mut self) {
        while self.count <= 56 {
            let Some(&byte) = self.bytes.get(self.at) else {
                return;
            };
            if byte == 0xff {
                if self.bytes.get(self.at + 1) != Some(&marker::STUFFING) {
                    return;
                }
                self.at += 1;
            }
            self.at += 1;
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Steps over one code and the bits behind it, as many as its value says under this mask; the value.
    #[inline]
    fn pass_code(&mut self, table: &Table, size_mask: u8) -> Result<u8, Fault> {
        if self.count < 32 {
            self.fill();
        }
        let Some((length, value)) = table.find((self.held >> 48) as u16) else {
            return Err(self.no_code());
        };
        let length = u32::from(length) + u32::from(value & size_mask);
        if length > self.count {
            return Err(Fault::CutShort);
        }
        self.held <<= length;
        self.count -= length;
        Ok(value)
    }

    #[cold]
    fn no_code(&self) -> Fault {
        if self.count < 16 {
            Fault::CutShort
        } else {
            Fault::Damaged
        }
    }

    /// Steps over several codes of one block, where it certainly goes beyond none of its ends; whether the last of them ends it.
    #[inline]
    fn pass_stride(&mut self, strides: &Strides, passed: &mut u8) -> Option<bool> {
        if self.count < 32 {
            self.fill();
        }
        let stride = strides.find(self.held);
        let bits = u32::from(stride.bits);
        if bits == 0 || bits > self.count || *passed + stride.passed >= 64 {
            return None;
        }
        self.held <<= bits;
        self.count -= bits;
        *passed += stride.passed;
        Some(stride.ends)
    }

    fn pass_block(&mut self, component: &Coded) -> Result<(), Fault> {
        let strides = component.strides.as_deref();
        let mut passed = 0;
        match strides.and_then(|it| self.pass_stride(&it.from_start, &mut passed)) {
            Some(true) => return Ok(()),
            Some(false) => {}
            None => {
                if self.pass_code(component.dc, 0x1f)? > MOST_DC_BITS {
                    return Err(Fault::Damaged);
                }
                passed = 1;
            }
        }
        while passed < 64 {
            match strides.and_then(|it| self.pass_stride(&it.within, &mut passed)) {
                Some(true) => return Ok(()),
                Some(false) => continue,
                None => {}
            }
            let value = self.pass_code(component.ac, 0x0f)?;
            let (zeros, size) = (value >> 4, value & 0x0f);
            if size == 0 && zeros < 15 {
                // The end of the block.
                return Ok(());
            }
            passed += zeros + 1;
        }
        if passed > 64 {
            return Err(Fault::Damaged);
        }
        Ok(())
    }

    /// Goes on behind the next restart marker. Some cameras put bytes before it that mean nothing.
    fn restart(&mut self) -> Result<(), Fault> {
        match marker::next(self.bytes, self.at) {
            Some((place, code)) if marker::is_restart(code) => {
                *self = Self::new(self.bytes, place + 2);
                Ok(())
            }
            _ => Err(Fault::CutShort),
        }
    }

    /// Behind the byte of which the last bit was used.
    fn position(&self) -> usize {
        let mut at = self.at;
        for _ in 0..self.count / 8 {
            let is_stuffed = at >= 2 && self.bytes[at - 2..at] == [0xff, marker::STUFFING];
            at -= if is_stuffed { 2 } else { 1 };
        }
        at
    }
}
