//! The numbers of a video picture as those of a JPEG: JFIF has BT.601 and the full range from 0 to 255, video most often 16
//! to 235, and BT.709 from 720 lines on.

use crate::h264::vui::Colour;
use crate::source::encode::jpeg_encoder::Planes;

/// matrix_coefficients of BT.709 (ITU-T H.264 table E-5), and what says nothing.
const BT709: u32 = 1;
const UNSPECIFIED: u32 = 2;

/// A picture of this height, where nothing is said, is BT.709: so players take it, too.
const HIGH_DEFINITION_LINES: u32 = 720;

/// Sixteen bits behind the point.
const ONE: f64 = 65_536.0;

/// A picture whose planes are its own, without padding.
#[derive(Debug)]
pub struct Converted {
    y: Vec<u8>,
    cb: Vec<u8>,
    cr: Vec<u8>,
}

/// How chroma becomes what is added to luma, and chroma, as fractions of `ONE`.
struct Weights {
    luma: [i32; 2],
    cb: [i32; 2],
    cr: [i32; 2],
}

impl Weights {
    fn new(is_bt709: bool, chroma_scale: f64) -> Self {
        let fixed = |[of_cb, of_cr]: [f64; 2]| {
            [of_cb, of_cr].map(|weight| (weight * chroma_scale * ONE).round() as i32)
        };
        if is_bt709 {
            // From one matrix to red, green and blue, and back by the other (ITU-R BT.709-6 3.2 and BT.601-7 2.5).
            Self {
                luma: fixed([0.101_579, 0.196_076]),
                cb: fixed([0.989_854, -0.110_653]),
                cr: fixed([-0.072_453, 0.983_398]),
            }
        } else {
            Self {
                luma: [0, 0],
                cb: fixed([1.0, 0.0]),
                cr: fixed([0.0, 1.0]),
            }
        }
    }
}

fn weighed([of_cb, of_cr]: [i32; 2], cb: i32, cr: i32) -> i32 {
    (of_cb * cb + of_cr * cr + (1 << 15)) >> 16
}

fn byte(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

/// Converts a picture of which the stream says `colour`.
pub fn for_jpeg(picture: Planes, colour: Colour) -> Converted {
    let is_bt709 = match colour.matrix {
        None | Some(UNSPECIFIED) => picture.size.height >= HIGH_DEFINITION_LINES,
        Some(matrix) => matrix == BT709,
    };
    let (luma_scale, black, chroma_scale) = if colour.full_range {
        (1.0, 0.0, 1.0)
    } else {
        (255.0 / 219.0, 16.0, 255.0 / 224.0)
    };
    let weights = Weights::new(is_bt709, chroma_scale);
    let luma: Vec<i32> = (0..=255)
        .map(|value| ((f64::from(value) - black) * luma_scale).round() as i32)
        .collect();
    let (width, height) = (picture.size.width as usize, picture.size.height as usize);
    let mut converted = Converted {
        y: vec![0; width * height],
        cb: vec![0; width / 2 * (height / 2)],
        cr: vec![0; width / 2 * (height / 2)],
    };
    for row in 0..height / 2 {
        for column in 0..width / 2 {
            let from = row * picture.chroma_stride + column;
            let cb = i32::from(picture.cb[from]) - 128;
            let cr = i32::from(picture.cr[from]) - 128;
            let to = row * (width / 2) + column;
            converted.cb[to] = byte(128 + weighed(weights.cb, cb, cr));
            converted.cr[to] = byte(128 + weighed(weights.cr, cb, cr));
            let more = weighed(weights.luma, cb, cr);
            for (line, pixel) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (y, x) = (2 * row + line, 2 * column + pixel);
                let value = picture.y[y * picture.luma_stride + x];
                converted.y[y * width + x] = byte(luma[usize::from(value)] + more);
            }
        }
    }
    converted
}

impl Converted {
    /// As `like`, which it was made of.
    pub fn planes<'a>(&'a self, like: &Planes) -> Planes<'a> {
        let width = like.size.width as usize;
        Planes {
            size: like.size,
            y: &self.y,
            cb: &self.cb,
            cr: &self.cr,
            luma_stride: width,
            chroma_stride: width / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Size;

    /// One colour, as BT.601 or BT.709 in the limited range would have it.
    fn converted(y: u8, cb: u8, cr: u8, colour: Colour) -> [u8; 3] {
        let picture = Planes {
            size: Size {
                width: 2,
                height: 2,
            },
            y: &[y; 8],
            cb: &[cb; 4],
            cr: &[cr; 4],
            luma_stride: 4,
            chroma_stride: 4,
        };
        let made = for_jpeg(picture, colour);
        assert_eq!((made.y.len(), made.cb.len()), (4, 1));
        [made.y[3], made.cb[0], made.cr[0]]
    }

    #[test]
    fn black_white_and_red_are_the_same_colours_afterwards() {
        let bt601 = Colour {
            full_range: false,
            matrix: Some(6),
        };
        let bt709 = Colour {
            full_range: false,
            matrix: Some(BT709),
        };
        for colour in [bt601, bt709] {
            assert_eq!(converted(16, 128, 128, colour), [0, 128, 128]);
            assert_eq!(converted(235, 128, 128, colour), [255, 128, 128]);
        }
        // Red: in JFIF 76, 85, 255.
        assert_eq!(converted(81, 90, 240, bt601), [76, 85, 255]);
        let near = converted(63, 102, 240, bt709);
        let differences = near
            .iter()
            .zip([76_u8, 85, 255])
            .map(|(a, b)| a.abs_diff(b));
        assert!(differences.max() <= Some(1), "{near:?}");
    }

    #[test]
    fn the_full_range_stays_as_it_is() {
        let full = Colour {
            full_range: true,
            matrix: None,
        };
        assert_eq!(converted(7, 250, 3, full), [7, 250, 3]);
    }
}
