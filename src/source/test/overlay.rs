//! The `-a` text over the test card, as the camera's firmware would show it.
//!
//! It stands upright at the top of the picture, however the scene is turned, because it is there to be read.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use embedded_graphics::prelude::{Point, Size as Extent};
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::Alignment;
use jiff::ZonedDateTime;

use super::canvas::{Canvas, Colour};
use super::card::Palette;
use super::card_text::{self, Ink, Lettering};
use super::orientation::Orientation;
use crate::annotation_text::{self, bits};
use crate::options::Annotation;
use crate::units::Size;

/// The height of letters in pixels that the firmware takes, and the one it takes instead of any other.
const HEIGHTS: RangeInclusive<u32> = 6..=160;
const DEFAULT_HEIGHT: u32 = 32;

/// The annotation and what of it is on the picture now.
pub struct Overlay {
    annotation: Annotation,
    application_text: String,
    ink: Ink,
    picture: Size,
    /// The text of options and clock, and the second that it tells.
    composed: String,
    second: Option<i64>,
    /// What is shown: that, and the frame number if asked for.
    text: String,
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
            composed: String::new(),
            second: None,
            text: String::new(),
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
        let same_second = self.second == Some(second);
        let shows_index = self.annotation.bits & bits::FRAME_NUMBER != 0;
        if same_second && !shows_index {
            return false;
        }
        if !same_second {
            self.second = Some(second);
            self.composed = annotation_text::compose(&self.annotation, &self.application_text, now);
        }
        self.text.clear();
        self.text.push_str(&self.composed);
        if shows_index {
            let blank = if self.composed.is_empty() { "" } else { " " };
            let _ = write!(self.text, "{blank}{index}");
        }
        true
    }

    /// Draws the text. The canvas is left with the picture's own orientation.
    pub fn draw(&mut self, canvas: &mut Canvas) {
        canvas.orient(Orientation::default());
        let (at, alignment) = self.place();
        self.covers = card_text::write(
            canvas,
            self.lettering(),
            self.ink,
            &self.text,
            at,
            alignment,
        );
    }

    fn lettering(&self) -> Lettering {
        let asked = u32::from(self.annotation.text_size);
        if HEIGHTS.contains(&asked) {
            return Lettering::of_height(asked);
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
        letters: annotation.text_colour.map_or(palette.white, letters),
        ground: annotation.background_colour.map(from_vuy).or(black),
    }
}

/// The examples in raspivid's documentation give white letters as 0xff: without U and V it is a grey.
fn letters(vuy: u32) -> Colour {
    if vuy <= 0xff {
        Colour::grey(vuy as u8)
    } else {
        from_vuy(vuy)
    }
}

/// A colour as `-ae` gives it, 0xVVUUYY.
fn from_vuy(vuy: u32) -> Colour {
    let [_, v, u, y] = vuy.to_be_bytes();
    Colour::new(y, u, v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    const PICTURE: Size = Size {
        width: 200,
        height: 60,
    };
    const GREY: Colour = Colour::grey(100);

    fn drawn(annotation: Annotation) -> (Canvas, Rectangle) {
        let mut canvas = Canvas::new(PICTURE, GREY);
        let annotation = Annotation {
            bits: annotation.bits | bits::USER_TEXT,
            text: "HH".to_owned(),
            ..annotation
        };
        let mut overlay =
            Overlay::new(&annotation, String::new(), Palette::BT709, PICTURE).unwrap();
        overlay.update(7, &Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC));
        overlay.draw(&mut canvas);
        (canvas, overlay.covers())
    }

    /// The first and last column that are not the ground's grey.
    fn columns(canvas: &Canvas) -> (usize, usize) {
        let changed = |x: &usize| (0..60).any(|y| canvas.y()[y * 200 + x] != GREY.y);
        let columns: Vec<usize> = (0..200).filter(changed).collect();
        (columns[0], columns[columns.len() - 1])
    }

    #[test]
    fn nothing_is_shown_without_bits() {
        assert!(
            Overlay::new(
                &Annotation::default(),
                String::new(),
                Palette::BT709,
                PICTURE
            )
            .is_none()
        );
    }

    #[test]
    fn the_text_stands_where_ae_puts_it() {
        let size = Annotation {
            text_size: 20,
            background_colour: Some(0x80_8010),
            ..Annotation::default()
        };
        let width = Lettering::of_height(20).character().width as usize * 2;
        for (justify, x, left) in [
            (0, 0, 101 - width / 2),
            (0, 30, 131 - width / 2),
            (1, 5, 5),
            (2, 5, 195 - width),
        ] {
            let (canvas, covers) = drawn(Annotation {
                justify,
                x,
                y: 11,
                ..size.clone()
            });
            assert_eq!(
                columns(&canvas),
                (left, left + width - 1),
                "justify {justify}, x {x}"
            );
            assert_eq!(
                (covers.top_left, covers.size.width as usize),
                (Point::new(left as i32, 11), width)
            );
        }
    }

    #[test]
    fn colours_are_those_of_ae_and_white_without_u_and_v_is_white() {
        let values = |annotation| {
            let (canvas, covers) = drawn(annotation);
            let first = (covers.top_left.y * 200 + covers.top_left.x) as usize;
            let mut y = canvas.y().to_vec();
            y.sort_unstable();
            y.dedup();
            (y, canvas.y()[first])
        };
        let plain = Annotation::default();
        assert_eq!(values(plain.clone()), (vec![100, 235], 100));
        assert_eq!(
            values(Annotation {
                bits: bits::BLACK_BACKGROUND,
                ..plain.clone()
            }),
            (vec![16, 100, 235], 16)
        );
        let documented = Annotation {
            text_colour: Some(0xff),
            background_colour: Some(0x80_8000),
            ..plain
        };
        assert_eq!(values(documented.clone()), (vec![0, 100, 255], 0));
        assert!(drawn(documented).0.cb().iter().all(|cb| *cb == 128));
    }

    #[test]
    fn other_heights_than_the_firmware_takes_are_its_own() {
        let height = |text_size| {
            drawn(Annotation {
                text_size,
                ..Annotation::default()
            })
            .1
            .size
            .height
        };
        assert_eq!(height(0), height(32));
        assert_eq!(height(5), height(32));
        assert_eq!(height(200), height(32));
        assert!(height(60) > height(32) && height(10) < height(32));
    }
}
