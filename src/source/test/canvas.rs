//! The picture in memory: three I420 planes that embedded-graphics draws into.
//!
//! What is drawn is turned and mirrored on its way into the planes (`orientation`), so that the card itself
//! knows nothing of it. Rectangles of one colour are what is fast here; everything else is
//! made of them.

use std::convert::Infallible;
use std::ops::Range;

use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::PixelColor;
use embedded_graphics::prelude::{Dimensions, DrawTarget, Point};
use embedded_graphics::primitives::Rectangle;

use super::orientation::{Orientation, Span};
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
            clip: Span::whole(size),
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
        self.clip = area.map_or(Span::whole(self.size), |area| {
            Span::from(&area).within(Span::whole(self.size))
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
