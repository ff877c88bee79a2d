//! The next pictures of a recording. Where pictures are reordered (B pictures) and a container has to tell when each is
//! shown, some are read ahead: how many of them are shown before a picture tells its time.

use std::collections::VecDeque;

use crate::frame::LARGEST_PICTURE_BYTES;
use crate::h264::order::OrderPlace;

/// No picture is shown before more pictures that were decoded before it (ITU-T H.264 clause E.2.1, max_num_reorder_frames).
const MOST_REORDERED: usize = 16;

/// No picture is decoded before more pictures that are shown before it: twice what any encoder puts between two references.
const MOST_AHEAD: usize = 32;

/// A picture that was read.
#[derive(Debug, Default)]
pub struct PictureAhead {
    pub data: Vec<u8>,
    pub key: bool,
    /// Carries on the picture before.
    pub continues: bool,
    /// Where it is shown; `None` where nobody asks for it.
    pub place: Option<OrderPlace>,
}

/// Pictures in the order in which they are decoded.
#[derive(Debug, Default)]
pub struct Ahead {
    pictures: VecDeque<PictureAhead>,
    bytes: usize,
    /// The counts of pictures that were handed out, since the count began.
    before: VecDeque<i64>,
    /// By how many periods all pictures are shown later than their turn, so that none is shown before it.
    delay: Option<usize>,
    spare: Vec<PictureAhead>,
}

impl Ahead {
    /// Whether enough was read to hand out the first picture.
    pub fn is_enough(&self) -> bool {
        let Some(first) = self.pictures.front() else {
            return false;
        };
        let is_reordered = first
            .place
            .is_some_and(|place| place.reorder_frames != Some(0));
        let wanted = if is_reordered { MOST_AHEAD } else { 0 };
        self.pictures.len() > wanted || self.bytes > LARGEST_PICTURE_BYTES
    }

    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    /// Room for another picture, with memory that was used before.
    pub fn room(&mut self) -> PictureAhead {
        self.spare.pop().unwrap_or_default()
    }

    /// Gives a picture's memory back.
    pub fn recycle(&mut self, picture: PictureAhead) {
        self.spare.push(picture);
    }

    pub fn push(&mut self, picture: PictureAhead) {
        self.bytes += picture.data.len();
        self.pictures.push_back(picture);
    }

    /// How many frame periods after its turn the first picture is shown.
    pub fn shown_after(&mut self) -> usize {
        let Some(place) = self.pictures.front().and_then(|picture| picture.place) else {
            return 0;
        };
        if place.restarts {
            self.before.clear();
        }
        let learnt = self.reordered();
        let told = place
            .reorder_frames
            .map_or(learnt, |frames| frames as usize);
        let delay = *self.delay.insert(self.delay.unwrap_or(0).max(told));
        let earlier_ahead = self.upcoming().skip(1).filter(|&count| count < place.count);
        let later_before = self.before.iter().filter(|&&count| count > place.count);
        (delay + earlier_ahead.count()).saturating_sub(later_before.count())
    }

    /// Whether a picture that follows those here is shown before one that came before it.
    pub fn is_reordered(&self, picture: &PictureAhead) -> bool {
        let Some(place) = picture.place.filter(|place| !place.restarts) else {
            return false;
        };
        let before = self.before.iter().copied().chain(self.upcoming());
        before.last().is_some_and(|last| last > place.count)
    }

    /// Takes the first picture.
    pub fn pop(&mut self) -> Option<PictureAhead> {
        let picture = self.pictures.pop_front()?;
        self.bytes -= picture.data.len();
        if let Some(place) = picture.place {
            self.before.push_back(place.count);
            if self.before.len() > MOST_REORDERED {
                self.before.pop_front();
            }
        }
        Some(picture)
    }

    /// The counts of the pictures that were read, up to where the count begins anew.
    fn upcoming(&self) -> impl Iterator<Item = i64> + Clone {
        let places = self.pictures.iter().map(|picture| picture.place);
        places
            .enumerate()
            .take_while(|(at, place)| place.is_some_and(|place| *at == 0 || !place.restarts))
            .filter_map(|(_, place)| place.map(|place| place.count))
    }

    /// The most pictures, of those that were read, that come before one that is shown before them.
    fn reordered(&self) -> usize {
        let later_than = |at: usize, count: i64| {
            let before = self.upcoming().take(at);
            before.filter(|&other| other > count).count()
        };
        let each = self.upcoming().enumerate();
        each.map(|(at, count)| later_than(at, count))
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shown times, in periods, of pictures with these counts; 0 begins the count anew.
    fn shown(counts: &[i64], reorder_frames: Option<u32>) -> Vec<usize> {
        let mut ahead = Ahead::default();
        let (mut left, mut shown) = (counts.iter(), Vec::new());
        loop {
            while !ahead.is_enough()
                && let Some(&count) = left.next()
            {
                let place = OrderPlace {
                    restarts: count == 0,
                    count,
                    reorder_frames,
                };
                ahead.push(PictureAhead {
                    place: Some(place),
                    ..PictureAhead::default()
                });
            }
            let after = ahead.shown_after();
            if ahead.pop().is_none() {
                return shown;
            }
            shown.push(shown.len() + after);
        }
    }

    const PYRAMID: [i64; 11] = [0, 8, 4, 2, 6, 16, 12, 10, 14, 0, 2];

    #[test]
    fn reordered_pictures_are_shown_evenly_in_their_order() {
        for reorder_frames in [Some(2), None] {
            let expected = [2, 6, 4, 3, 5, 10, 8, 7, 9, 11, 12];
            assert_eq!(
                shown(&PYRAMID, reorder_frames),
                expected,
                "{reorder_frames:?}"
            );
        }
        // The steps of the count do not matter: pictures left out, a count by fields or by frames.
        assert_eq!(shown(&[0, 3, 1, 2, 300, 100], None), [1, 4, 2, 3, 6, 5]);
    }

    #[test]
    fn pictures_in_their_order_are_shown_at_once() {
        let counts: Vec<_> = (0..40).map(|at| at * 2).collect();
        let expected: Vec<_> = (0..40).collect();
        assert_eq!(shown(&counts, None), expected);
        assert_eq!(shown(&counts, Some(0)), expected);
    }
}
