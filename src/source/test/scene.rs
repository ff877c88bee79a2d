//! The whole picture: the card, as `-rot`, `-hf` and `-vf` turn it, and the `-a` text over it.

use embedded_graphics::primitives::Rectangle;
use jiff::ZonedDateTime;

use super::canvas::Canvas;
use super::card::{Card, Palette};
use super::layout::CardLayout;
use super::orientation::Orientation;
use super::overlay::Overlay;
use crate::annotation_text;
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
        let layout = CardLayout::new(orientation.scene(size));
        let title = format!(
            "picam-stream  {size}  {} fps",
            options.video.fps.or_default().0
        );
        let mut card = Card::new(layout, palette, title, noise);
        let mut canvas = Canvas::new(size, palette.black);
        canvas.orient(orientation);
        card.draw_ground(&mut canvas);
        let application_text = annotation_text::application_text(options);
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
#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{self, Command};
    use crate::source::test::layout;
    use jiff::SignedDuration;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    const SIZE: Size = Size {
        width: 320,
        height: 240,
    };

    fn scene(size: Size, arguments: &str) -> Scene {
        let Ok(Command::Stream(options)) = options::parse(arguments.split(' ').map(Into::into))
        else {
            panic!("{arguments} are options of a stream");
        };
        Scene::new(&options, size, Palette::BT709, 500)
    }

    /// The time of day at frame `index` of a card at 25 fps.
    fn time(index: u64) -> ZonedDateTime {
        let start = date(2024, 2, 9)
            .at(23, 59, 50, 0)
            .to_zoned_datetime(TimeZone::UTC)
            .unwrap();
        start + SignedDuration::from_millis(index as i64 * 40)
    }

    fn planes(canvas: &Canvas) -> [Vec<u8>; 3] {
        [
            canvas.y().to_vec(),
            canvas.cb().to_vec(),
            canvas.cr().to_vec(),
        ]
    }

    #[test]
    fn drawing_only_what_changes_gives_the_same_picture_as_drawing_all() {
        for arguments in [
            "-n",
            "-a 12",
            "-a 1036 -ae 20,0x80ff10",
            "-a 524 -ae 60,0xff,0x808000,2,10,30",
            "-a %S -a 8 -ae 160 -rot 90",
            "-a 12 -ae 24,0xff,0x808000,1,3,200 -rot 270 -hf",
            "-a 12 -vf",
        ] {
            let mut kept = scene(SIZE, arguments);
            for index in (0..30).chain([99, 100, 999_999, 16_777_215]) {
                let seen = planes(kept.draw(index, &time(index)));
                let expected = planes(scene(SIZE, arguments).draw(index, &time(index)));
                assert!(seen == expected, "{arguments}: frame {index}");
            }
        }
    }

    #[test]
    fn every_frame_differs_from_the_one_before() {
        let mut scene = scene(SIZE, "-n");
        let mut before = Vec::new();
        for index in 0..300 {
            let y = scene.draw(index, &time(0)).y().to_vec();
            assert!(y != before, "frame {index}");
            before = y;
        }
    }

    #[test]
    fn the_bars_have_exactly_the_colours_that_are_written_down() {
        let mut scene = scene(SIZE, "-a 12");
        let canvas = scene.draw(0, &time(0));
        for (n, bar) in layout::BARS_BT709.iter().enumerate() {
            let (x, y) = (320 * (2 * n + 1) / 14, 240 * 15 / 24);
            let chroma = y / 2 * 160 + x / 2;
            let seen = (
                canvas.y()[y * 320 + x],
                canvas.cb()[chroma],
                canvas.cr()[chroma],
            );
            assert_eq!(seen, (bar.y, bar.cb, bar.cr), "bar {n}");
        }
    }

    #[test]
    fn the_annotation_stays_upright_when_the_scene_is_turned() {
        let white_in_the_middle = |arguments| {
            let mut scene = scene(SIZE, arguments);
            let y = scene.draw(1, &time(1)).y().to_vec();
            y.chunks_exact(320)
                .take(15)
                .map(|row| row[150..170].iter().filter(|y| **y == 235).count())
                .collect::<Vec<_>>()
        };
        let upright = white_in_the_middle("-a T -ae 15");
        assert!(
            upright.iter().sum::<usize>() > 20,
            "the letter is there: {upright:?}"
        );
        assert_eq!(white_in_the_middle("-a T -ae 15 -rot 90"), upright);
    }

    #[test]
    fn no_size_is_too_odd_to_be_drawn() {
        for (width, height) in [
            (16, 16),
            (16, 2160),
            (3840, 16),
            (18, 34),
            (160, 120),
            (722, 578),
        ] {
            for arguments in [
                "-a 1548 -a text -ae 160",
                "-a 12 -ae 0,0xff,0x0,2,70000,4000000000 -rot 90",
            ] {
                scene(Size { width, height }, arguments).draw(12_345_678, &time(0));
            }
        }
    }
}
