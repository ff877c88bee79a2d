//! Text on the card: embedded-graphics' fonts, enlarged by whole factors so that they fill their place.

use embedded_graphics::Drawable;
use embedded_graphics::Pixel;
use embedded_graphics::mono_font::iso_8859_1::{
    FONT_4X6, FONT_5X8, FONT_6X10, FONT_6X13_BOLD, FONT_7X14_BOLD, FONT_9X15_BOLD, FONT_9X18_BOLD,
};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle, MonoTextStyleBuilder};
use embedded_graphics::prelude::{Dimensions, DrawTarget, Point, Size as Extent};
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};

use super::canvas::{Canvas, Colour};

/// From the smallest to the largest.
const FONTS: [&MonoFont<'static>; 7] = [
    &FONT_4X6,
    &FONT_5X8,
    &FONT_6X10,
    &FONT_6X13_BOLD,
    &FONT_7X14_BOLD,
    &FONT_9X15_BOLD,
    &FONT_9X18_BOLD,
];

/// A font and how many times it is enlarged.
#[derive(Clone, Copy, Debug)]
pub struct Lettering {
    font: &'static MonoFont<'static>,
    scale: u32,
}

impl Lettering {
    /// About the tallest in which a line of `characters` fits into `room`; the smallest font when none does.
    pub fn that_fits(characters: u32, room: Extent) -> Self {
        Self::choose(room.height, |character| {
            character.width.saturating_mul(characters) <= room.width
        })
    }

    /// About the tallest that is not higher than `height`; the smallest font when none is.
    pub fn of_height(height: u32) -> Self {
        Self::choose(height, |_| true)
    }

    /// The size of one character.
    pub fn character(self) -> Extent {
        self.font.character_size * self.scale
    }

    /// Of what fits and is at least three quarters as high as the tallest, the largest font: it has the finest forms.
    fn choose(height: u32, fits: impl Fn(Extent) -> bool) -> Self {
        let tallest_of = |font: &'static MonoFont<'static>| {
            let scales = 1..=height / font.character_size.height;
            scales
                .rev()
                .map(|scale| Self { font, scale })
                .find(|lettering| fits(lettering.character()))
        };
        let height_of = |lettering: &Self| lettering.character().height;
        let tallest = FONTS
            .into_iter()
            .filter_map(tallest_of)
            .map(|lettering| height_of(&lettering))
            .max();
        FONTS
            .into_iter()
            .rev()
            .filter_map(tallest_of)
            .find(|lettering| Some(height_of(lettering) * 4) >= tallest.map(|height| height * 3))
            .unwrap_or(Self {
                font: FONTS[0],
                scale: 1,
            })
    }
}

/// Writes one or more lines with their upper edge, and their left edge, middle or right edge, at `at`.
/// Returns what they cover.
pub fn write(
    canvas: &mut Canvas,
    lettering: Lettering,
    ink: Ink,
    text: &str,
    at: Point,
    alignment: Alignment,
) -> Rectangle {
    let scale = lettering.scale;
    // embedded-graphics lets the last column of right-aligned text lie on its place, here it ends before it.
    let last_column = if alignment == Alignment::Right {
        scale as i32
    } else {
        0
    };
    let origin = at - Point::new(last_column, 0);
    let mut target = Enlarged {
        canvas,
        origin,
        scale,
    };
    let style = TextStyleBuilder::new()
        .alignment(alignment)
        .baseline(Baseline::Top)
        .build();
    let text = Text::with_text_style(text, Point::zero(), ink.style(lettering.font), style);
    let Ok(_) = text.draw(&mut target);
    let Rectangle { top_left, size } = text.bounding_box();
    Rectangle::new(origin + top_left * scale as i32, size * scale)
}

/// The colours of a text.
#[derive(Clone, Copy, Debug)]
pub struct Ink {
    pub letters: Colour,
    /// `None` leaves the picture to be seen between the letters.
    pub ground: Option<Colour>,
}

impl Ink {
    fn style(self, font: &'static MonoFont<'static>) -> MonoTextStyle<'static, Colour> {
        let style = MonoTextStyleBuilder::new()
            .font(font)
            .text_color(self.letters);
        match self.ground {
            Some(ground) => style.background_color(ground).build(),
            None => style.build(),
        }
    }
}

/// A line in the middle of its place, of which only the characters that change are written anew.
pub struct TextLine {
    lettering: Lettering,
    ink: Ink,
    at: Point,
    shown: String,
}

impl TextLine {
    /// A line of `characters` ASCII characters, as large as `room` allows.
    pub fn new(room: Rectangle, characters: u32, ink: Ink) -> Self {
        let lettering = Lettering::that_fits(characters, room.size * 9 / 10);
        let size = lettering.character();
        let spare = room
            .size
            .saturating_sub(Extent::new(size.width * characters, size.height));
        let at = room.top_left + spare / 2;
        Self {
            lettering,
            ink,
            at,
            shown: String::with_capacity(characters as usize),
        }
    }

    /// The next text is written whole.
    pub fn forget(&mut self) {
        self.shown.clear();
    }

    pub fn show(&mut self, canvas: &mut Canvas, text: &str) {
        let width = self.lettering.character().width;
        for (n, character) in text.char_indices() {
            if self.shown.as_bytes().get(n) == text.as_bytes().get(n) {
                continue;
            }
            let at = self.at + Point::new((n as u32 * width) as i32, 0);
            let mut buffer = [0; 4];
            write(
                canvas,
                self.lettering,
                self.ink,
                character.encode_utf8(&mut buffer),
                at,
                Alignment::Left,
            );
        }
        self.shown.clear();
        self.shown.push_str(text);
    }
}

/// Draws every pixel as a square.
struct Enlarged<'a> {
    canvas: &'a mut Canvas,
    origin: Point,
    scale: u32,
}

impl Dimensions for Enlarged<'_> {
    fn bounding_box(&self) -> Rectangle {
        // Letters outside are cut off by the canvas, not here.
        Rectangle::new(
            Point::new(i32::MIN / 2, i32::MIN / 2),
            Extent::new(i32::MAX as u32, i32::MAX as u32),
        )
    }
}

impl DrawTarget for Enlarged<'_> {
    type Color = Colour;
    type Error = <Canvas as DrawTarget>::Error;

    fn draw_iter<I: IntoIterator<Item = Pixel<Colour>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Self::Error> {
        for Pixel(at, colour) in pixels {
            let square = Rectangle::new(
                self.origin + at * self.scale as i32,
                Extent::new(self.scale, self.scale),
            );
            self.canvas.fill_solid(&square, colour)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fill_the_room_and_do_not_leave_it() {
        let lettering = Lettering::that_fits(8, Extent::new(960, 140));
        assert_eq!(lettering.character(), Extent::new(63, 126));
        assert!(
            Lettering::that_fits(8, Extent::new(100, 140))
                .character()
                .width
                <= 12
        );
        assert_eq!(
            Lettering::that_fits(28, Extent::new(1, 1)).character(),
            Extent::new(4, 6)
        );
    }

    #[test]
    fn letters_are_never_higher_than_asked_and_not_much_lower() {
        for height in 6..=160 {
            let character = Lettering::of_height(height).character();
            assert!(
                character.height <= height && character.height * 10 >= height * 6,
                "{height}: {character:?}"
            );
        }
    }
}
