//! The picture in memory: three I420 planes that embedded-graphics draws into.
//!
//! What is drawn is turned and mirrored on its way into the planes (`-rot`, `-hf`, `-vf`), so that the
//! card itself knows nothing of it. Rectangles of one colour are what is fast here; everything else is
//! made of them.

use std::convert::Infallible;
use std::ops::Range;

use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::PixelColor;
use embedded_graphics::prelude::{Dimensions, DrawTarget, Point};
use embedded_graphics::primitives::Rectangle;

use crate::units::Size;

/// A colour as the encoder takes it: luma and the two colour differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    pub y: u8,
    pub cb: u8,
    pub cr: u8,
}

impl Colour {
    pub const fn new(y: u8, cb: u8, cr: u8) -> Self {
        Self { y, cb, cr }
    }

    pub const fn grey(y: u8) -> Self {
        Self::new(y, 128, 128)
    }
}

impl PixelColor for Colour {
    type Raw = ();
}

/// How the scene lies in the picture: first turned clockwise, then mirrored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    quarter_turns: u8,
    hflip: bool,
    vflip: bool,
}

impl Orientation {
    /// From `-rot` (whole quarter turns, negative too), `-hf` and `-vf`.
    pub fn new(rotation_degrees: i32, hflip: bool, vflip: bool) -> Self {
        let quarter_turns = (rotation_degrees.rem_euclid(360) / 90) as u8;
        Self {
            quarter_turns,
            hflip,
            vflip,
        }
    }

    /// The size of the scene that fills a picture of this size.
    pub fn scene(self, picture: Size) -> Size {
        if self.quarter_turns.is_multiple_of(2) {
            picture
        } else {
            Size {
                width: picture.height,
                height: picture.width,
            }
        }
    }

    /// Where in a picture `width` wide and `height` high the corners of a rectangle of the scene come to lie.
    fn place(self, area: Span, width: i32, height: i32) -> Span {
        let Span {
            left,
            top,
            right,
            bottom,
        } = area;
        let mut span = match self.quarter_turns {
            1 => Span {
                left: width - bottom,
                top: left,
                right: width - top,
                bottom: right,
            },
            2 => Span {
                left: width - right,
                top: height - bottom,
                right: width - left,
                bottom: height - top,
            },
            3 => Span {
                left: top,
                top: height - right,
                right: bottom,
                bottom: height - left,
            },
            _ => area,
        };
        if self.hflip {
            (span.left, span.right) = (width - span.right, width - span.left);
        }
        if self.vflip {
            (span.top, span.bottom) = (height - span.bottom, height - span.top);
        }
        span
    }
}

/// A rectangle by its edges, the right and lower one outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Span {
    fn within(self, outer: Self) -> Self {
        Self {
            left: self.left.max(outer.left),
            top: self.top.max(outer.top),
            right: self.right.min(outer.right),
            bottom: self.bottom.min(outer.bottom),
        }
    }
}

impl From<&Rectangle> for Span {
    fn from(area: &Rectangle) -> Self {
        let (left, top) = (area.top_left.x, area.top_left.y);
        let (width, height) = (area.size.width, area.size.height);
        Self {
            left,
            top,
            right: left.saturating_add_unsigned(width),
            bottom: top.saturating_add_unsigned(height),
        }
    }
}

fn whole(size: Size) -> Span {
    Span {
        left: 0,
        top: 0,
        right: size.width as i32,
        bottom: size.height as i32,
    }
}

/// A picture, drawn into in the coordinates of the scene. Width and height are even.
pub struct Canvas {
    size: Size,
    orientation: Orientation,
    /// Where in the picture, not in the scene, drawing has an effect.
    clip: Span,
    y: Vec<u8>,
    cb: Vec<u8>,
    cr: Vec<u8>,
}

impl Canvas {
    /// A picture of even width and height, all of one colour.
    pub fn new(size: Size, colour: Colour) -> Self {
        let pixels = size.width as usize * size.height as usize;
        Self {
            size,
            orientation: Orientation::default(),
            clip: whole(size),
            y: vec![colour.y; pixels],
            cb: vec![colour.cb; pixels / 4],
            cr: vec![colour.cr; pixels / 4],
        }
    }

    /// The size of the picture, whichever way the scene lies in it.
    pub fn size(&self) -> Size {
        self.size
    }

    /// From now on what is drawn lies this way.
    pub fn orient(&mut self, orientation: Orientation) {
        self.orientation = orientation;
    }

    /// From now on drawing changes only this part of the picture; `None`: all of it.
    pub fn clip(&mut self, area: Option<Rectangle>) {
        self.clip = area.map_or(whole(self.size), |area| {
            Span::from(&area).within(whole(self.size))
        });
    }

    /// Luma, row after row without gaps.
    pub fn y(&self) -> &[u8] {
        &self.y
    }

    /// Blue difference, half as wide and half as high.
    pub fn cb(&self) -> &[u8] {
        &self.cb
    }

    /// Red difference, as `cb`.
    pub fn cr(&self) -> &[u8] {
        &self.cr
    }

    /// Covers `area` with grey noise, another one for each `seed`.
    pub fn scatter(&mut self, area: &Rectangle, seed: u64) {
        let Some((columns, rows)) = self.place(Span::from(area)) else {
            return;
        };
        // Any odd factor spreads the seeds; a generator of this kind must not start at 0.
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for row in self
            .y
            .chunks_exact_mut(self.size.width as usize)
            .take(rows.end)
            .skip(rows.start)
        {
            for pixels in row[columns.clone()].chunks_mut(8) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let greys = (state & 0x3f3f_3f3f_3f3f_3f3f) + 0x4040_4040_4040_4040;
                pixels.copy_from_slice(&greys.to_ne_bytes()[..pixels.len()]);
            }
        }
    }

    fn fill(&mut self, area: Span, colour: Colour) {
        let Some((columns, rows)) = self.place(area) else {
            return;
        };
        let stride = self.size.width as usize;
        fill_plane(&mut self.y, stride, columns.clone(), rows.clone(), colour.y);
        let columns = columns.start / 2..columns.end.div_ceil(2);
        let rows = rows.start / 2..rows.end.div_ceil(2);
        fill_plane(
            &mut self.cb,
            stride / 2,
            columns.clone(),
            rows.clone(),
            colour.cb,
        );
        fill_plane(&mut self.cr, stride / 2, columns, rows, colour.cr);
    }

    /// The columns and rows of the picture on which an area of the scene comes to lie, if any.
    fn place(&self, area: Span) -> Option<(Range<usize>, Range<usize>)> {
        let (width, height) = (self.size.width as i32, self.size.height as i32);
        let span = self
            .orientation
            .place(area, width, height)
            .within(self.clip);
        let columns = span.left as usize..span.right as usize;
        let rows = span.top as usize..span.bottom as usize;
        (span.left < span.right && span.top < span.bottom).then_some((columns, rows))
    }
}

fn fill_plane(
    plane: &mut [u8],
    stride: usize,
    columns: Range<usize>,
    rows: Range<usize>,
    value: u8,
) {
    for row in plane
        .chunks_exact_mut(stride)
        .take(rows.end)
        .skip(rows.start)
    {
        row[columns.clone()].fill(value);
    }
}

impl Dimensions for Canvas {
    fn bounding_box(&self) -> Rectangle {
        let scene = self.orientation.scene(self.size);
        Rectangle::new(
            Point::zero(),
            embedded_graphics::prelude::Size::new(scene.width, scene.height),
        )
    }
}

impl DrawTarget for Canvas {
    type Color = Colour;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Colour>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            self.fill(
                Span {
                    left: at.x,
                    top: at.y,
                    right: at.x + 1,
                    bottom: at.y + 1,
                },
                colour,
            );
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, colour: Colour) -> Result<(), Infallible> {
        self.fill(Span::from(area), colour);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: Size = Size {
        width: 8,
        height: 6,
    };

    /// Where in the picture the mark at the upper left corner of the scene is seen.
    fn corner(rotation_degrees: i32, hflip: bool, vflip: bool) -> (usize, usize) {
        let mut canvas = Canvas::new(PICTURE, Colour::grey(16));
        canvas.orient(Orientation::new(rotation_degrees, hflip, vflip));
        canvas
            .draw_iter([Pixel(Point::zero(), Colour::grey(235))])
            .unwrap();
        let at = canvas
            .y()
            .iter()
            .position(|y| *y == 235)
            .expect("the mark lies in the picture");
        assert_eq!(canvas.y().iter().filter(|y| **y == 235).count(), 1);
        (at % 8, at / 8)
    }

    #[test]
    fn the_scene_turns_clockwise() {
        assert_eq!(corner(0, false, false), (0, 0));
        assert_eq!(corner(90, false, false), (7, 0));
        assert_eq!(corner(180, false, false), (7, 5));
        assert_eq!(corner(270, false, false), (0, 5));
        assert_eq!(corner(-90, false, false), (0, 5));
        assert_eq!(corner(-270, false, false), (7, 0));
    }

    #[test]
    fn the_picture_is_mirrored_after_it_is_turned() {
        assert_eq!(corner(0, true, false), (7, 0));
        assert_eq!(corner(0, false, true), (0, 5));
        assert_eq!(corner(180, true, true), (0, 0));
        assert_eq!(corner(90, true, false), (0, 0));
        assert_eq!(corner(90, false, true), (7, 5));
    }

    #[test]
    fn a_scene_turned_by_a_quarter_still_fills_the_picture() {
        let mut canvas = Canvas::new(PICTURE, Colour::grey(16));
        canvas.orient(Orientation::new(90, false, false));
        let scene = canvas.bounding_box();
        assert_eq!((scene.size.width, scene.size.height), (6, 8));
        canvas.fill_solid(&scene, Colour::new(50, 60, 70)).unwrap();
        assert!(canvas.y().iter().all(|y| *y == 50));
        assert!(canvas.cb().iter().all(|cb| *cb == 60));
        assert!(canvas.cr().iter().all(|cr| *cr == 70));
    }

    #[test]
    fn only_what_lies_in_the_clip_changes() {
        let mut canvas = Canvas::new(PICTURE, Colour::grey(16));
        canvas.orient(Orientation::new(180, false, false));
        canvas.clip(Some(Rectangle::new(
            Point::new(-3, 2),
            embedded_graphics::prelude::Size::new(5, 2),
        )));
        let scene = canvas.bounding_box();
        canvas.fill_solid(&scene, Colour::grey(90)).unwrap();
        let changed: Vec<usize> = (0..48).filter(|at| canvas.y()[*at] == 90).collect();
        assert_eq!(changed, [16, 17, 24, 25]);
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let mut canvas = Canvas::new(PICTURE, Colour::grey(16));
        let huge = Rectangle::new(
            Point::new(6, 4),
            embedded_graphics::prelude::Size::new(u32::MAX, u32::MAX),
        );
        canvas.fill_solid(&huge, Colour::grey(90)).unwrap();
        canvas
            .draw_iter([
                Pixel(Point::new(-1, -1), Colour::grey(235)),
                Pixel(Point::new(8, 0), Colour::grey(235)),
            ])
            .unwrap();
        assert_eq!(canvas.y().iter().filter(|y| **y == 90).count(), 4);
        assert!(!canvas.y().contains(&235));
    }
}
