//! Reads the fields of a NAL unit bit by bit (ITU-T H.264 clauses 7.2 and 9.1), over the bytes that keep start codes away
//! (emulation_prevention_three_byte, clause 7.3.1). What is not there or cannot be is `None`; nothing is read ahead.

/// A place in the payload of a NAL unit.
#[derive(Clone, Debug)]
pub struct Bits<'a> {
    rest: std::slice::Iter<'a, u8>,
    byte: u8,
    bits_left: u32,
    /// Zero bytes before the next one.
    zeros: u32,
    position: usize,
}

impl<'a> Bits<'a> {
    /// From the first byte behind the header of the NAL unit.
    pub fn new(payload: &'a [u8]) -> Self {
        Self {
            rest: payload.iter(),
            byte: 0,
            bits_left: 0,
            zeros: 0,
            position: 0,
        }
    }

    /// How many bits have been read, those that prevent start codes not counted.
    pub fn position(&self) -> usize {
        self.position
    }

    /// u(1), as a flag.
    pub fn flag(&mut self) -> Option<bool> {
        if self.bits_left == 0 {
            self.byte = self.next_byte()?;
            self.bits_left = 8;
        }
        self.bits_left -= 1;
        self.position += 1;
        Some(self.byte >> self.bits_left & 1 == 1)
    }

    /// u(n), for n up to 32.
    pub fn unsigned(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    /// ue(v).
    pub fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros == 32 {
                // Larger than any syntax element may be.
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.unsigned(zeros)?)
    }

    /// ue(v) where the standard allows no more than `most`.
    pub fn exp_golomb_up_to(&mut self, most: u32) -> Option<u32> {
        self.exp_golomb().filter(|&value| value <= most)
    }

    /// se(v).
    pub fn signed_exp_golomb(&mut self) -> Option<i32> {
        let code = self.exp_golomb()?;
        let magnitude = code.div_ceil(2).cast_signed();
        Some(if code % 2 == 1 { magnitude } else { -magnitude })
    }

    fn next_byte(&mut self) -> Option<u8> {
        let mut byte = *self.rest.next()?;
        if self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            byte = *self.rest.next()?;
        }
        self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_table_9_2_and_9_3() {
        // 1, 010, 011, 00100, 00101, 00110, 00111
        let bytes = [0b1010_0110, 0b0100_0010, 0b1001_1000, 0b1110_0000];
        let mut bits = Bits::new(&bytes);
        let codes: Vec<_> = std::iter::from_fn(|| bits.exp_golomb()).take(7).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
        let mut bits = Bits::new(&bytes);
        let codes: Vec<_> = std::iter::from_fn(|| bits.signed_exp_golomb())
            .take(7)
            .collect();
        assert_eq!(codes, [0, 1, -1, 2, -2, 3, -3]);
    }

    #[test]
    fn bytes_that_prevent_start_codes_are_passed_over() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0, 0, 3, 3, 3]);
        let bytes: Vec<_> = std::iter::from_fn(|| bits.unsigned(8)).collect();
        assert_eq!(bytes, [0, 0, 1, 0, 0, 3, 3]);
        assert_eq!(bits.position(), 7 * 8);
    }

    #[test]
    fn what_is_not_there_or_too_large_is_nothing() {
        assert_eq!(Bits::new(&[]).flag(), None);
        assert_eq!(Bits::new(&[0xff]).unsigned(9), None);
        assert_eq!(Bits::new(&[0; 40]).exp_golomb(), None);
        assert_eq!(Bits::new(&[0b0010_0000]).exp_golomb(), Some(3));
        assert_eq!(Bits::new(&[0b0010_0000]).exp_golomb_up_to(2), None);
        let largest = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe];
        assert_eq!(Bits::new(&largest).exp_golomb(), Some(u32::MAX - 1));
    }
}
