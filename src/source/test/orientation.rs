//! `-rot`, `-hf` and `-vf`: where in the picture a place of the scene comes to lie.

use embedded_graphics::primitives::Rectangle;

use crate::units::Size;

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
    pub fn place(self, area: Span, width: i32, height: i32) -> Span {
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
pub struct Span {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Span {
    /// All of a picture.
    pub fn whole(picture: Size) -> Self {
        Self {
            left: 0,
            top: 0,
            right: picture.width as i32,
            bottom: picture.height as i32,
        }
    }

    /// What of it lies in `outer`; the edges are the wrong way round when nothing does.
    pub fn within(self, outer: Self) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Where in a picture of 8x6 the pixel at the upper left corner of the scene is seen.
    fn corner(rotation_degrees: i32, hflip: bool, vflip: bool) -> (i32, i32) {
        let pixel = Span {
            left: 0,
            top: 0,
            right: 1,
            bottom: 1,
        };
        let seen = Orientation::new(rotation_degrees, hflip, vflip).place(pixel, 8, 6);
        assert_eq!((seen.right - seen.left, seen.bottom - seen.top), (1, 1));
        (seen.left, seen.top)
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
}
