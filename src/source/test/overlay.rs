//! The `-a` text over the test card, as the camera's firmware would show it.
//!
//! It stands upright at the top of the picture, however the scene is turned, because it is there to be read.

use embedded_graphics::prelude::{Point, Size as Extent};
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::Alignment;
use jiff::ZonedDateTime;

use super::canvas::{Canvas, Colour, Orientation};
use super::card::Palette;
use super::text::{self, Ink, Lettering};
use crate::annotation::{self, bits};
use crate::options::Annotation;
use crate::units::Size;

/// The firmware's height of letters in pixels when `-ae` does not say, and its limits.
const DEFAULT_HEIGHT: u32 = 32;
const HEIGHT_LIMITS: (u32, u32) = (6, 160);

/// The annotation and what of it is on the picture now.
pub struct Overlay {
    annotation: Annotation,
    application_text: String,
    ink: Ink,
    picture: Size,
    text: String,
    /// The second that `text` tells.
    second: Option<i64>,
    covers: Rectangle,
}

impl Overlay {
    /// `None` when nothing is to be shown.
    pub fn new(
        annotation: &Annotation,
        application_text: String,
        palette: Palette,
        picture: Size,
    ) -> Option<Self> {
        if annotation.bits == 0 {
            return None;
        }
        Some(Self {
            annotation: annotation.clone(),
            application_text,
            ink: ink(annotation, palette),
            picture,
            text: String::new(),
            second: None,
            covers: Rectangle::zero(),
        })
    }

    /// What the text covered when it was drawn last.
    pub fn covers(&self) -> Rectangle {
        self.covers
    }

    /// Brings the text to frame `index` and the time `now`; whether it changed.
    pub fn update(&mut self, index: u64, now: &ZonedDateTime) -> bool {
        let second = now.timestamp().as_second();
        let frame_number = self.annotation.bits & bits::FRAME_NUMBER != 0;
        if self.second == Some(second) && !frame_number {
            return false;
        }
        self.second = Some(second);
        let mut text = annotation::compose(&self.annotation, &self.application_text, now);
        if frame_number {
            let blank = if text.is_empty() { "" } else { " " };
            text = format!("{text}{blank}{index}");
        }
        let changed = text != self.text;
        self.text = text;
        changed
    }

    /// Draws the text. The canvas is left with the picture's own orientation.
    pub fn draw(&mut self, canvas: &mut Canvas) {
        canvas.orient(Orientation::default());
        let (at, alignment) = self.place();
        self.covers = text::write(
            canvas,
            self.lettering(),
            self.ink,
            &self.text,
            at,
            alignment,
        );
    }

    fn lettering(&self) -> Lettering {
        if self.annotation.text_size != 0 {
            let (least, most) = HEIGHT_LIMITS;
            return Lettering::of_height(u32::from(self.annotation.text_size).clamp(least, most));
        }
        let longest = self
            .text
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0);
        Lettering::that_fits(
            longest as u32,
            Extent::new(self.picture.width, DEFAULT_HEIGHT),
        )
    }

    /// The offsets count from the edge to which the text is justified.
    fn place(&self) -> (Point, Alignment) {
        let clip = |offset: u32| offset.min(1 << 16) as i32;
        let (x, y, width) = (
            clip(self.annotation.x),
            clip(self.annotation.y),
            self.picture.width as i32,
        );
        match self.annotation.justify {
            1 => (Point::new(x, y), Alignment::Left),
            2 => (Point::new(width - x, y), Alignment::Right),
            _ => (Point::new(width / 2 + x, y), Alignment::Center),
        }
    }
}

/// White letters, without a ground unless one is asked for, by bit 1024 or as a colour.
fn ink(annotation: &Annotation, palette: Palette) -> Ink {
    let black = (annotation.bits & bits::BLACK_BACKGROUND != 0).then_some(palette.black);
    Ink {
        letters: annotation.text_colour.map_or(palette.white, from_vuy),
        ground: annotation.background_colour.map(from_vuy).or(black),
    }
}

/// A colour as `-ae` gives it, 0xVVUUYY.
fn from_vuy(vuy: u32) -> Colour {
    let [_, v, u, y] = vuy.to_be_bytes();
    Colour::new(y, u, v)
}
