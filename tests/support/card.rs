//! Reads the test card back from decoded pictures: its frame counter and the colours of its bars.
//!
//! It knows the card only from the drawing in `src/source/test/layout.rs`, not from the code there, and
//! so also finds out when the two part.

/// The bars of an H.264 card from the left, as Y, Cb and Cr: 75 % in ITU-R BT.709, 16 to 235.
pub const BARS_H264: [[u8; 3]; 7] = [
    [180, 128, 128],
    [168, 44, 136],
    [145, 147, 44],
    [133, 63, 52],
    [63, 193, 204],
    [51, 109, 212],
    [28, 212, 120],
];

/// The bars of an MJPEG card: 75 % in ITU-R BT.601, 0 to 255, as decoded without a change of range (yuvj420p).
pub const BARS_MJPEG: [[u8; 3]; 7] = [
    [191, 128, 128],
    [169, 32, 144],
    [134, 160, 33],
    [112, 65, 48],
    [79, 191, 208],
    [57, 96, 224],
    [22, 224, 112],
];

/// A decoded picture. The colour differences are empty in a grey one.
#[derive(Clone, Debug)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub y: Vec<u8>,
    pub cb: Vec<u8>,
    pub cr: Vec<u8>,
}

impl Picture {
    /// The pictures of a decoder's output in I420 (`-f rawvideo -pix_fmt yuv420p`), one after another.
    pub fn all_i420(width: usize, height: usize, raw: &[u8]) -> Vec<Self> {
        let (luma, chroma) = (width * height, width.div_ceil(2) * height.div_ceil(2));
        assert_eq!(
            raw.len() % (luma + 2 * chroma),
            0,
            "not a whole number of {width}x{height} pictures"
        );
        let picture = |raw: &[u8]| {
            let (y, differences) = raw.split_at(luma);
            let (cb, cr) = differences.split_at(chroma);
            Self {
                width,
                height,
                y: y.to_vec(),
                cb: cb.to_vec(),
                cr: cr.to_vec(),
            }
        };
        raw.chunks_exact(luma + 2 * chroma).map(picture).collect()
    }

    /// The pictures of a decoder's output in grey (`-f rawvideo -pix_fmt gray`), enough for the counter.
    pub fn all_grey(width: usize, height: usize, raw: &[u8]) -> Vec<Self> {
        assert_eq!(
            raw.len() % (width * height),
            0,
            "not a whole number of {width}x{height} pictures"
        );
        let picture = |y: &[u8]| Self {
            width,
            height,
            y: y.to_vec(),
            cb: Vec::new(),
            cr: Vec::new(),
        };
        raw.chunks_exact(width * height).map(picture).collect()
    }

    /// The frame counter in the row of squares, or what is wrong with the squares.
    pub fn counter(&self) -> Result<u32, String> {
        let cells: Vec<u32> = (0..32).map(|n| self.cell(n)).collect();
        let (white, black) = ((cells[0] + cells[2]) / 2, (cells[1] + cells[3]) / 2);
        if white < black + 64 {
            return Err(format!("no sync squares: {:?}", &cells[..4]));
        }
        let threshold = (white + black) / 2;
        let bits = cells
            .iter()
            .fold(0u32, |bits, cell| bits << 1 | u32::from(*cell > threshold));
        let counter = bits >> 4 & 0xff_ffff;
        let check = (0..6).fold(0, |check, digit| check ^ counter >> (4 * digit) & 0xf);
        if bits >> 28 != 0xa || bits & 0xf != check {
            return Err(format!(
                "squares that make no sense: {bits:#010x} from {cells:?}"
            ));
        }
        Ok(counter)
    }

    /// Y, Cb and Cr of the seven bars from the left.
    pub fn bars(&self) -> [[u8; 3]; 7] {
        assert!(!self.cb.is_empty(), "a grey picture has no colours");
        std::array::from_fn(|n| {
            let (left, right) = (self.width * n / 7, self.width * (n + 1) / 7);
            let (left, right) = ((3 * left + right) / 4, (left + 3 * right) / 4);
            let (top, bottom) = (self.height * 59 / 96, self.height * 65 / 96);
            let half = self.width.div_ceil(2);
            [
                mean(&self.y, self.width, left..right, top..bottom) as u8,
                mean(&self.cb, half, left / 2..right / 2, top / 2..bottom / 2) as u8,
                mean(&self.cr, half, left / 2..right / 2, top / 2..bottom / 2) as u8,
            ]
        })
    }

    /// Checks the bars against `expected`, each of the three values within `tolerance`.
    pub fn assert_bars(&self, expected: &[[u8; 3]; 7], tolerance: u8) {
        for (n, (bar, expected)) in self.bars().iter().zip(expected).enumerate() {
            let near = bar
                .iter()
                .zip(expected)
                .all(|(is, should)| is.abs_diff(*should) <= tolerance);
            assert!(near, "bar {n} is {bar:?} and should be {expected:?}");
        }
    }

    /// The mean of the middle of square `n`.
    fn cell(&self, n: usize) -> u32 {
        let (left, right) = (self.width * n / 32, self.width * (n + 1) / 32);
        let (top, bottom) = (self.height * 22 / 24, self.height);
        let (inset_x, inset_y) = ((right - left) / 4, (bottom - top) / 4);
        mean(
            &self.y,
            self.width,
            left + inset_x..right - inset_x,
            top + inset_y..bottom - inset_y,
        )
    }
}

fn mean(
    plane: &[u8],
    stride: usize,
    columns: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
) -> u32 {
    let pixels = rows.flat_map(|row| &plane[row * stride..][columns.clone()]);
    let (sum, count) = pixels.fold((0, 0), |(sum, count), pixel| {
        (sum + u32::from(*pixel), count + 1)
    });
    assert!(count > 0, "the picture is too small to be read");
    sum / count
}
