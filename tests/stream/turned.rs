//! What the tests of the stream alone ask of the card: its colours in JPEGs, and the card set upright again.

use test_support::card::Picture;

/// Undoes `-rot`, `-hf` and `-vf`, so that the card stands upright again.
pub fn set_upright(picture: &Picture, rotation_degrees: i32, hflip: bool, vflip: bool) -> Picture {
    let turns = rotation_degrees.rem_euclid(360) / 90;
    let (width, height) = if turns % 2 == 0 {
        (picture.width, picture.height)
    } else {
        (picture.height, picture.width)
    };
    let plane = |plane: &[u8], shrink: usize| {
        let (from_width, from_height) = (picture.width / shrink, picture.height / shrink);
        let (width, height) = (width / shrink, height / shrink);
        let mut upright = Vec::with_capacity(plane.len());
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let (x, y) = match turns {
                0 => (x, y),
                1 => (from_width - 1 - y, x),
                2 => (from_width - 1 - x, from_height - 1 - y),
                _ => (y, from_height - 1 - x),
            };
            let x = if hflip { from_width - 1 - x } else { x };
            let y = if vflip { from_height - 1 - y } else { y };
            upright.push(plane[y * from_width + x]);
        }
        upright
    };
    let difference = |differences: &[u8]| {
        if differences.is_empty() {
            Vec::new()
        } else {
            plane(differences, 2)
        }
    };
    Picture {
        width,
        height,
        y: plane(&picture.y, 1),
        cb: difference(&picture.cb),
        cr: difference(&picture.cr),
    }
}
