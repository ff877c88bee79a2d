//! Draws the test card: what never changes once, what changes with every frame piece by piece.

use std::fmt::Write as _;

use embedded_graphics::prelude::DrawTarget;
use embedded_graphics::primitives::Rectangle;
use jiff::civil::DateTime;

use super::canvas::{Canvas, Colour};
use super::card_text::{Ink, TextLine};
use super::layout::{self, CardLayout};

/// The colours of one kind of stream.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    pub bars: [Colour; 7],
    pub black: Colour,
    pub white: Colour,
    pub track: Colour,
}

impl Palette {
    /// ITU-R BT.709, 16 to 235.
    pub const BT709: Self = Self {
        bars: layout::BARS_BT709,
        black: Colour::grey(16),
        white: Colour::grey(235),
        track: Colour::grey(64),
    };

    /// ITU-R BT.601, 0 to 255.
    pub const JFIF: Self = Self {
        bars: layout::BARS_JFIF,
        black: Colour::grey(0),
        white: Colour::grey(255),
        track: Colour::grey(56),
    };
}

/// The card, without the annotation.
pub struct Card {
    layout: CardLayout,
    palette: Palette,
    title: TextLine,
    title_text: String,
    counter: TextLine,
    clock: TextLine,
    /// Reused for every text.
    text: String,
    shown_cells: Option<u32>,
    shown_mover: Rectangle,
    noise: Rectangle,
}

impl Card {
    /// A card that tells `title` on its plate and has about `noise` pixels of noise.
    pub fn new(layout: CardLayout, palette: Palette, title: String, noise: u32) -> Self {
        let ink = Ink {
            letters: palette.white,
            ground: Some(palette.black),
        };
        let characters = title.chars().count() as u32;
        Self {
            layout,
            palette,
            title: TextLine::new(layout.line(0), characters, ink),
            title_text: title,
            counter: TextLine::new(layout.line(1), 8, ink),
            clock: TextLine::new(layout.line(2), 12, ink),
            text: String::with_capacity(16),
            shown_cells: None,
            shown_mover: layout.mover(0),
            noise: layout.noise(noise),
        }
    }

    /// Draws what never changes, all of it.
    pub fn draw_ground(&mut self, canvas: &mut Canvas) {
        self.draw_bars(canvas);
        fill(canvas, self.layout.plate(), self.palette.black);
        fill(canvas, self.layout.track(), self.palette.track);
        self.title.show(canvas, &self.title_text);
    }

    /// Draws all of frame `index` once more, for where it was painted over.
    pub fn draw_anew(&mut self, canvas: &mut Canvas, index: u64, now: DateTime) {
        self.shown_cells = None;
        for line in [&mut self.title, &mut self.counter, &mut self.clock] {
            line.forget();
        }
        self.draw_ground(canvas);
        self.draw_frame(canvas, index, now);
    }

    /// Brings everything that moves to frame `index` and to the time of day `now`.
    pub fn draw_frame(&mut self, canvas: &mut Canvas, index: u64, now: DateTime) {
        self.draw_mover(canvas, index);
        self.draw_cells(canvas, index);
        self.text.clear();
        let _ = write!(self.text, "{:08}", index % 100_000_000);
        self.counter.show(canvas, &self.text);
        self.text.clear();
        let milliseconds = now.subsec_nanosecond() / 1_000_000;
        let _ = write!(
            self.text,
            "{:02}:{:02}:{:02}.{milliseconds:03}",
            now.hour(),
            now.minute(),
            now.second()
        );
        self.clock.show(canvas, &self.text);
    }

    fn draw_bars(&self, canvas: &mut Canvas) {
        for (n, colour) in (0..).zip(self.palette.bars) {
            fill(canvas, self.layout.bar(n), colour);
            let below = if n % 2 == 0 {
                self.palette.bars[6 - n as usize]
            } else {
                self.palette.black
            };
            fill(canvas, self.layout.reverse_bar(n), below);
        }
    }

    fn draw_mover(&mut self, canvas: &mut Canvas, index: u64) {
        fill(canvas, self.shown_mover, self.palette.track);
        canvas.scatter(&self.noise, index);
        self.shown_mover = self.layout.mover(index);
        fill(canvas, self.shown_mover, self.palette.white);
    }

    fn draw_cells(&mut self, canvas: &mut Canvas, index: u64) {
        let bits = layout::cell_bits(index);
        let changed = self.shown_cells.map_or(u32::MAX, |shown| shown ^ bits);
        for n in 0..layout::CELLS {
            let bit = 0x8000_0000 >> n;
            if changed & bit != 0 {
                let colour = if bits & bit != 0 {
                    self.palette.white
                } else {
                    self.palette.black
                };
                fill(canvas, self.layout.cell(n), colour);
            }
        }
        self.shown_cells = Some(bits);
    }
}

fn fill(canvas: &mut Canvas, area: Rectangle, colour: Colour) {
    let Ok(()) = canvas.fill_solid(&area, colour);
}
