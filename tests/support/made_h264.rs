//! H.264 streams made by hand, for shapes that no encoder at hand makes: fields, data partitions, redundant pictures, prefix
//! NAL units. Their headers are right; what follows is a few bytes that no decoder could use.

/// Writes the syntax elements of ITU-T H.264 clause 7.2.
#[derive(Default)]
struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    fn unsigned(&mut self, value: u32, count: u32) -> &mut Self {
        let bits = (0..count).rev().map(|bit| value >> bit & 1 == 1);
        self.bits.extend(bits);
        self
    }

    fn exp_golomb(&mut self, value: u32) -> &mut Self {
        let length = (value + 1).ilog2();
        self.unsigned(0, length).unsigned(value + 1, length + 1)
    }

    fn signed(&mut self, value: i32) -> &mut Self {
        let code = if value > 0 { 2 * value - 1 } else { -2 * value };
        self.exp_golomb(code.unsigned_abs())
    }

    /// A NAL unit behind a long start code, with its stop bit and without start codes in it.
    fn nal(&mut self, header: u8) -> Vec<u8> {
        self.unsigned(1, 1);
        let mut nal = vec![0, 0, 0, 1, header];
        let mut zeros = 0;
        for bits in self.bits.chunks(8) {
            let byte = bits
                .iter()
                .enumerate()
                .fold(0, |byte, (at, bit)| byte | u8::from(*bit) << (7 - at));
            if zeros == 2 && byte < 4 {
                nal.push(3);
                zeros = 0;
            }
            nal.push(byte);
            zeros = if byte == 0 { zeros + 1 } else { 0 };
        }
        nal
    }
}

/// An SPS of 320x240 in main profile, frame_num and pic_order_cnt_lsb in 8 bits each.
pub fn sps(id: u32, frames_only: bool, reorder_frames: Option<u32>) -> Vec<u8> {
    let mut sps = Writer::default();
    sps.unsigned(77, 8).unsigned(0, 8).unsigned(13, 8);
    sps.exp_golomb(id).exp_golomb(4).exp_golomb(0).exp_golomb(4);
    sps.exp_golomb(4).unsigned(0, 1).exp_golomb(19);
    sps.exp_golomb(if frames_only { 14 } else { 7 });
    sps.unsigned(u32::from(frames_only), 1);
    if !frames_only {
        sps.unsigned(0, 1);
    }
    sps.unsigned(0b10, 2);
    match reorder_frames {
        None => sps.unsigned(0, 1),
        Some(frames) => {
            sps.unsigned(0b1_0000_0000, 9).unsigned(0b11, 2);
            for _ in 0..4 {
                sps.exp_golomb(0);
            }
            sps.exp_golomb(frames).exp_golomb(4)
        }
    };
    sps.nal(0x67)
}

/// A PPS; with `redundant`, slices tell their redundant_pic_cnt.
pub fn pps(id: u32, sps_id: u32, redundant: bool) -> Vec<u8> {
    let mut pps = Writer::default();
    pps.exp_golomb(id).exp_golomb(sps_id).unsigned(0, 2);
    pps.exp_golomb(0).exp_golomb(0).exp_golomb(0).unsigned(0, 3);
    pps.signed(0).signed(0).signed(-2).unsigned(0, 2);
    pps.unsigned(u32::from(redundant), 1);
    pps.nal(0x68)
}

/// Which part of which picture a slice is.
#[derive(Clone, Copy)]
pub struct Slice {
    /// nal_unit_type: 1, 2 or 5.
    pub kind: u8,
    pub nal_ref_idc: u8,
    pub first_macroblock: u32,
    pub pps_id: u32,
    pub frame_num: u32,
    /// bottom_field_flag, of a field.
    pub field: Option<bool>,
    /// Whether the SPS allows fields.
    pub frames_only: bool,
    pub idr_pic_id: u32,
    /// pic_order_cnt_lsb.
    pub order: u32,
    /// redundant_pic_cnt, where the PPS has it.
    pub redundant: Option<u32>,
}

impl Slice {
    pub const IDR: Self = Self {
        kind: 5,
        nal_ref_idc: 3,
        first_macroblock: 0,
        pps_id: 0,
        frame_num: 0,
        field: None,
        frames_only: true,
        idr_pic_id: 0,
        order: 0,
        redundant: None,
    };

    /// A picture that others refer to.
    pub const fn p(frame_num: u32, order: u32) -> Self {
        Self {
            kind: 1,
            frame_num,
            order,
            ..Self::IDR
        }
    }

    /// A picture that none refers to.
    pub const fn b(frame_num: u32, order: u32) -> Self {
        Self {
            nal_ref_idc: 0,
            ..Self::p(frame_num, order)
        }
    }

    /// The slice of this picture that begins at another macroblock.
    pub const fn at(self, first_macroblock: u32) -> Self {
        Self {
            first_macroblock,
            ..self
        }
    }

    pub const fn field(self, bottom: bool) -> Self {
        Self {
            field: Some(bottom),
            frames_only: false,
            ..self
        }
    }

    pub fn nal(self) -> Vec<u8> {
        let mut slice = Writer::default();
        slice.exp_golomb(self.first_macroblock);
        slice.exp_golomb(7).exp_golomb(self.pps_id);
        slice.unsigned(self.frame_num, 8);
        if !self.frames_only {
            slice.unsigned(u32::from(self.field.is_some()), 1);
        }
        if let Some(bottom) = self.field {
            slice.unsigned(u32::from(bottom), 1);
        }
        if self.kind == 5 {
            slice.exp_golomb(self.idr_pic_id);
        }
        slice.unsigned(self.order, 8);
        if let Some(redundant) = self.redundant {
            slice.exp_golomb(redundant);
        }
        slice.unsigned(0x5a5a_5a5a, 32);
        slice.nal(self.nal_ref_idc << 5 | self.kind)
    }
}

/// Any other NAL unit.
pub fn other(kind: u8) -> Vec<u8> {
    vec![0, 0, 0, 1, 0x60 | kind, 0x9a, 0x5a]
}
