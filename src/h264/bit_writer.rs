//! Writes the fields of a NAL unit bit by bit (ITU-T H.264 clauses 7.2 and 9.1), with the bytes that keep start codes away
//! (emulation_prevention_three_byte, clause 7.3.1): the other way round of `bits`.

/// A NAL unit that is being written.
#[derive(Debug)]
pub struct BitWriter {
    nal: Vec<u8>,
    byte: u8,
    bits: u32,
    /// Zero bytes at the end of what was written.
    zeros: u32,
}

impl BitWriter {
    /// Begins with the header of the NAL unit.
    pub fn new(header: u8) -> Self {
        Self {
            nal: vec![header],
            byte: 0,
            bits: 0,
            zeros: 0,
        }
    }

    /// u(1).
    pub fn flag(&mut self, flag: bool) {
        self.byte = self.byte << 1 | u8::from(flag);
        self.bits += 1;
        if self.bits == 8 {
            self.end_byte();
        }
    }

    /// u(n), the lowest `count` bits of `value`.
    pub fn unsigned(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            self.flag(value >> bit & 1 == 1);
        }
    }

    /// ue(v), for values below 2^32 - 1.
    pub fn exp_golomb(&mut self, value: u32) {
        let code = value + 1;
        let length = code.ilog2();
        self.unsigned(0, length);
        self.unsigned(code, length + 1);
    }

    /// rbsp_trailing_bits, and the NAL unit is whole.
    pub fn finish(mut self) -> Vec<u8> {
        self.flag(true);
        while self.bits > 0 {
            self.flag(false);
        }
        self.nal
    }

    fn end_byte(&mut self) {
        if self.zeros == 2 && self.byte <= 3 {
            self.nal.push(3);
            self.zeros = 0;
        }
        self.nal.push(self.byte);
        self.zeros = if self.byte == 0 { self.zeros + 1 } else { 0 };
        (self.byte, self.bits) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::Bits;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again_and_holds_no_start_code(
            fields in prop::collection::vec((prop_oneof![Just(0), Just(1), 0..u32::MAX], 1..33u32), 0..80),
        ) {
            let mut writer = BitWriter::new(0x67);
            for &(value, count) in &fields {
                writer.unsigned(value, count);
                writer.exp_golomb(value);
            }
            let nal = writer.finish();
            prop_assert!(!nal.windows(3).any(|three| three[..2] == [0, 0] && three[2] < 3));
            let mut bits = Bits::new(&nal[1..]);
            for &(value, count) in &fields {
                let low = u32::try_from(u64::from(value) & ((1 << count) - 1)).unwrap();
                prop_assert_eq!(bits.unsigned(count), Some(low));
                prop_assert_eq!(bits.exp_golomb(), Some(value));
            }
            prop_assert_eq!(bits.flag(), Some(true));
        }
    }
}
