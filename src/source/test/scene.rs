//! The whole picture: the card, as `-rot`, `-hf` and `-vf` turn it, and the `-a` text over it.

use embedded_graphics::primitives::Rectangle;
use jiff::ZonedDateTime;

use super::canvas::{Canvas, Orientation};
use super::card::{Card, Palette};
use super::layout::Layout;
use super::overlay::Overlay;
use crate::annotation;
use crate::options::Options;
use crate::units::Size;

/// The picture and what is needed to bring it to the next frame.
pub struct Scene {
    canvas: Canvas,
    orientation: Orientation,
    card: Card,
    overlay: Option<Overlay>,
    /// From this row of the picture on there are parts that change with every frame.
    first_moving_row: i32,
}

impl Scene {
    /// A picture of even width and height, with about `noise` pixels of noise.
    pub fn new(options: &Options, size: Size, palette: Palette, noise: u32) -> Self {
        let camera = &options.camera;
        let orientation = Orientation::new(camera.rotation_degrees, camera.hflip, camera.vflip);
        let layout = Layout::new(orientation.scene(size));
        let title = format!(
            "picam-stream  {size}  {} fps",
            options.video.fps.or_default().0
        );
        let mut card = Card::new(layout, palette, title, noise);
        let mut canvas = Canvas::new(size, palette.black);
        canvas.orient(orientation);
        card.draw_ground(&mut canvas);
        let application_text = annotation::application_text(&options.video);
        let overlay = Overlay::new(&options.annotation, application_text, palette, size);
        let upright = orientation == Orientation::default();
        let first_moving_row = if upright {
            layout.plate().top_left.y
        } else {
            0
        };
        Self {
            canvas,
            orientation,
            card,
            overlay,
            first_moving_row,
        }
    }

    /// Brings the picture to frame `index` and the time `now`.
    pub fn draw(&mut self, index: u64, now: &ZonedDateTime) -> &Canvas {
        self.card
            .draw_frame(&mut self.canvas, index, now.datetime());
        if let Some(overlay) = &mut self.overlay {
            let covered = overlay.covers();
            if overlay.update(index, now) || bottom(&covered) > self.first_moving_row {
                self.canvas.clip(Some(covered));
                self.card.draw_anew(&mut self.canvas, index, now.datetime());
                self.canvas.clip(None);
                overlay.draw(&mut self.canvas);
                self.canvas.orient(self.orientation);
            }
        }
        &self.canvas
    }
}

fn bottom(area: &Rectangle) -> i32 {
    area.top_left.y.saturating_add_unsigned(area.size.height)
}
