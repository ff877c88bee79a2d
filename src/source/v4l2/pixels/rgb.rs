//! Red, green and blue to luma and colours (ITU-R BT.601 and BT.709, clause 3 of each), 16 to 235 whatever came in.

use super::{PixelLayout, Planes};
use crate::source::encode::Matrix;

/// The weights have so many bits behind the point.
const POINT: u32 = 16;
const HALF: i32 = 1 << (POINT - 1);

/// Of red, green and blue.
type Sum = [i32; 3];

/// How luma, Cb and Cr are summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    y: Sum,
    /// What black has.
    black: i32,
    cb: Sum,
    cr: Sum,
}

impl Weights {
    /// For red, green and blue from 0 to 255, or from 16 to 235.
    pub fn new(matrix: Matrix, full_range: bool) -> Self {
        let (red, blue) = match matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        };
        let luma = [red, 1.0 - red - blue, blue];
        let range = if full_range { 255.0 } else { 219.0 };
        let sum = |of: [f64; 3], scale: f64| {
            of.map(|weight| (weight * scale / range * f64::from(1 << POINT)).round() as i32)
        };
        // What a colour is more than luma, so that full saturation is half of the 224 steps.
        let difference = |colour: usize| {
            let mut of = luma.map(|weight| -weight);
            of[colour] += 1.0;
            sum(of, 224.0 / 2.0 / of[colour])
        };
        Self {
            y: sum(luma, 219.0),
            black: if full_range { 16 } else { 0 },
            cb: difference(2),
            cr: difference(0),
        }
    }

    fn luma(&self, rgb: Sum) -> u8 {
        summed(self.y, rgb, self.black)
    }
}

fn summed(weights: Sum, rgb: Sum, offset: i32) -> u8 {
    let products = weights.iter().zip(rgb).map(|(weight, of)| weight * of);
    (((products.sum::<i32>() + HALF) >> POINT) + offset).clamp(0, 255) as u8
}

impl Planes {
    /// Three bytes a pixel, red and blue at these places.
    pub(super) fn read_rgb<const RED: usize, const BLUE: usize>(
        &mut self,
        layout: &PixelLayout,
        bytes: &[u8],
    ) -> Option<()> {
        let (width, stride) = (self.width(), layout.stride);
        let rgb = |pixel: &[u8]| [pixel[RED], pixel[1], pixel[BLUE]].map(i32::from);
        let weights = layout.weights;
        for pair in 0..self.height() / 2 {
            let top = bytes.get(2 * pair * stride..)?.get(..3 * width)?;
            let bottom = bytes.get((2 * pair + 1) * stride..)?.get(..3 * width)?;
            let luma = self.y[2 * pair * width..][..2 * width].chunks_exact_mut(width);
            for (row, pixels) in luma.zip([top, bottom]) {
                for (y, pixel) in row.iter_mut().zip(pixels.chunks_exact(3)) {
                    *y = weights.luma(rgb(pixel));
                }
            }
            let both = top.chunks_exact(6).zip(bottom.chunks_exact(6));
            for ((cb, cr), (top, bottom)) in self.colours_of(pair).zip(both) {
                let four = [&top[..3], &top[3..], &bottom[..3], &bottom[3..]].map(rgb);
                let sum = |colour: usize| four.iter().map(|pixel| pixel[colour]).sum::<i32>();
                let middle = [sum(0), sum(1), sum(2)].map(|sum| (sum + 2) / 4);
                *cb = summed(weights.cb, middle, 128);
                *cr = summed(weights.cr, middle, 128);
            }
        }
        Some(())
    }
}
