//! Where everything lies on the test card, and which colours it has: arithmetic alone, the same for
//! every size from 160x120 up.
//!
//! The height is cut into 24 equal steps (`height * n / 24`, rounded down to even):
//!
//! ```text
//!  0 +---------------------------------------------------------+
//!    | the -a text            seven bars at 75 %               |
//!  4 |   +-------------------------------------------------+   |
//!    |   |  picam-stream   1280x720   25 fps               |   |
//!    |   |               00000123          <- frame counter|   |
//!    |   |             14:05:09.120        <- local time   |   |
//! 14 |   +-------------------------------------------------+   |
//!    | white  yellow  cyan  green  magenta  red  blue          |
//! 17 +---------------------------------------------------------+
//!    | the same from the right, every other one black          |
//! 19 +---------------------------------------------------------+
//!    |         noise, and [] that moves to and fro over it     |
//! 22 +---------------------------------------------------------+
//!    |#.#.bbbbbbbbbbbbbbbbbbbbbbbbcccc   32 cells              |
//! 24 +---------------------------------------------------------+
//! ```
//!
//! The noise is as wide as it takes to fill the bitrate (`noise_pixels` in `mod.rs`).
//!
//! The bars are `width * n / 7` to `width * (n + 1) / 7`, rounded down to even: they can be measured
//! in the middle between steps 14 and 17, where nothing else is drawn.
//!
//! The cells are the 32 bits of one number, the highest bit first, white for 1 and black for 0. Cell
//! `n` goes from `width * n / 32` to `width * (n + 1) / 32`. A reader takes the mean of the middle of
//! each cell and compares it with the mean of cells 0 to 3:
//!
//! | cells | bits | hold |
//! | --- | --- | --- |
//! | 0 to 3 | 31 to 28 | `1010`: what is white and what is black in this picture |
//! | 4 to 27 | 27 to 4 | the frame counter, modulo 2^24 |
//! | 28 to 31 | 3 to 0 | the six hexadecimal digits of the counter, XOR-ed, to catch a misreading |

use embedded_graphics::prelude::{Point, Size as Extent};
use embedded_graphics::primitives::Rectangle;

use super::canvas::Colour;
use crate::units::Size;

/// White, yellow, cyan, green, magenta, red and blue at 75 % in ITU-R BT.709, 16 to 235: what the H.264 card shows.
pub const BARS_BT709: [Colour; 7] = [
    Colour::new(180, 128, 128),
    Colour::new(168, 44, 136),
    Colour::new(145, 147, 44),
    Colour::new(133, 63, 52),
    Colour::new(63, 193, 204),
    Colour::new(51, 109, 212),
    Colour::new(28, 212, 120),
];

/// The same colours in ITU-R BT.601, 0 to 255, as JFIF wants them: what the MJPEG card shows.
pub const BARS_JFIF: [Colour; 7] = [
    Colour::new(191, 128, 128),
    Colour::new(169, 32, 144),
    Colour::new(134, 160, 33),
    Colour::new(112, 65, 48),
    Colour::new(79, 191, 208),
    Colour::new(57, 96, 224),
    Colour::new(22, 224, 112),
];

/// How many cells the row of squares has.
pub const CELLS: u32 = 32;

/// The places of everything on a card of one size.
#[derive(Clone, Copy, Debug)]
pub struct CardLayout {
    size: Size,
}

impl CardLayout {
    pub fn new(scene: Size) -> Self {
        Self { size: scene }
    }

    /// Bar `n` of the seven, from the left.
    pub fn bar(self, n: u32) -> Rectangle {
        self.part(n, 7, 0, 17)
    }

    /// Piece `n` of the strip below the bars.
    pub fn reverse_bar(self, n: u32) -> Rectangle {
        self.part(n, 7, 17, 19)
    }

    /// The black plate with the texts.
    pub fn plate(self) -> Rectangle {
        let (left, right) = (self.size.width / 8, self.size.width * 7 / 8);
        self.between(left, right, 4, 14)
    }

    /// Line `n` of the three on the plate, without a margin.
    pub fn line(self, n: u32) -> Rectangle {
        let (top, bottom) = [(4, 6), (6, 11), (11, 14)][n as usize];
        let (left, right) = (self.size.width * 9 / 64, self.size.width * 55 / 64);
        self.between(left, right, top, bottom)
    }

    /// What the mover moves in.
    pub fn track(self) -> Rectangle {
        self.between(0, self.size.width, 19, 22)
    }

    /// The middle of the track, of about so many pixels.
    pub fn noise(self, pixels: u32) -> Rectangle {
        let track = self.track();
        let width = (pixels / track.size.height.max(1)).min(track.size.width);
        let left = track.top_left.x + ((track.size.width - width) / 2) as i32;
        Rectangle::new(
            Point::new(left, track.top_left.y),
            Extent::new(width, track.size.height),
        )
    }

    /// The mover in frame `index`: there and back in 100 frames.
    pub fn mover(self, index: u64) -> Rectangle {
        let track = self.track();
        let margin = track.size.height / 6;
        let side = track.size.height - 2 * margin;
        let step = (index % 100) as u32;
        let step = step.min(100 - step);
        let x = self.size.width.saturating_sub(side) * step / 50;
        Rectangle::new(
            Point::new(x as i32, track.top_left.y + margin as i32),
            Extent::new(side, side),
        )
    }

    /// Cell `n` of the row of squares.
    pub fn cell(self, n: u32) -> Rectangle {
        let edge = |n| self.size.width * n / CELLS;
        self.between(edge(n), edge(n + 1), 22, 24)
    }

    fn part(self, n: u32, of: u32, top: u32, bottom: u32) -> Rectangle {
        let edge = |n| {
            if n == of {
                self.size.width
            } else {
                (self.size.width * n / of) & !1
            }
        };
        self.between(edge(n), edge(n + 1), top, bottom)
    }

    fn between(self, left: u32, right: u32, top_step: u32, bottom_step: u32) -> Rectangle {
        let row = |step| (self.size.height * step / 24) & !1;
        let (top, bottom) = (row(top_step), row(bottom_step));
        Rectangle::new(
            Point::new(left as i32, top as i32),
            Extent::new(right - left, bottom - top),
        )
    }
}

/// The number that the cells show for frame `index`.
pub fn cell_bits(index: u64) -> u32 {
    let counter = (index & 0xff_ffff) as u32;
    let check = (0..6).fold(0, |check, digit| check ^ (counter >> (4 * digit)) & 0xf);
    0xa << 28 | counter << 4 | check
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [Size; 6] = [
        Size {
            width: 160,
            height: 120,
        },
        Size {
            width: 320,
            height: 240,
        },
        Size {
            width: 640,
            height: 480,
        },
        Size {
            width: 1280,
            height: 720,
        },
        Size {
            width: 1920,
            height: 1080,
        },
        Size {
            width: 120,
            height: 160,
        },
    ];

    #[test]
    fn the_cells_lie_side_by_side_across_the_whole_width() {
        for size in SIZES {
            let layout = CardLayout::new(size);
            let mut right = 0;
            for n in 0..CELLS {
                let cell = layout.cell(n);
                assert_eq!(cell.top_left.x, right);
                assert!(
                    cell.size.width >= 3 && cell.size.height >= 8,
                    "{size}: {cell:?}"
                );
                right += cell.size.width as i32;
            }
            assert_eq!(right, size.width as i32);
        }
    }

    #[test]
    fn the_mover_moves_with_every_frame_and_stays_on_its_track() {
        for size in SIZES {
            let layout = CardLayout::new(size);
            for index in 0..300 {
                let mover = layout.mover(index);
                assert_ne!(mover, layout.mover(index + 1), "{size}: frame {index}");
                assert_eq!(mover.intersection(&layout.track()), mover);
            }
        }
    }

    #[test]
    fn the_counter_stands_between_the_sync_cells_and_the_check_digit() {
        assert_eq!(cell_bits(0), 0xa000_0000);
        assert_eq!(cell_bits(1), 0xa000_0011);
        assert_eq!(cell_bits(0x12_3456), 0xa123_4567);
        assert_eq!(cell_bits(0x1ff_ffff), 0xaff_ffff0);
    }

    #[test]
    fn the_jfif_bars_are_the_colours_that_a_jpeg_encoder_makes_of_them() {
        let rgb = [
            (191, 191, 191),
            (191, 191, 0),
            (0, 191, 191),
            (0, 191, 0),
            (191, 0, 191),
            (191, 0, 0),
            (0, 0, 191),
        ];
        for (bar, (r, g, b)) in BARS_JFIF.iter().zip(rgb) {
            let (y, cb, cr) = jpeg_encoder::rgb_to_ycbcr(r, g, b);
            assert!(
                bar.y.abs_diff(y) <= 1 && bar.cb.abs_diff(cb) <= 1 && bar.cr.abs_diff(cr) <= 1,
                "{bar:?}"
            );
        }
    }
}
