//! From the clock of a camera to ours: an even time for the stream, and when each picture was taken.
//!
//! A camera's clock (the VideoCore's, the capture program's) begins anywhere, drifts against the machine's and may be set
//! while it runs. Two facts are made of it, and kept apart:
//!
//! - the presentation time (`Pts`) is the camera's own time, step by step. Only where its clock was set is the step not
//!   its own, but the one before.
//! - the distance from that to the machine's clock is learnt from arrivals, and serves the age of a picture alone: of the
//!   last ten to twenty seconds, the picture that came quickest counts as having come at once.
//!
//! Pure work on numbers: whoever reads the clocks is elsewhere.

use std::time::Duration;

use crate::units::{Micros, Pts};

/// For how long a quickest picture counts, at least.
const WINDOW: Duration = Duration::from_secs(10);

/// A picture so much earlier than the quickest was not taken so much later: the clock was set forward.
const SET_FORWARD_US: i64 = 1_000_000;

/// Pictures that are all so much later than the quickest, and for so long, are not late: the clock was set back during a pause.
const SET_BACK_US: i64 = 1_000_000;
const SET_BACK_AFTER: Duration = Duration::from_secs(2);

/// Where the camera does not tell a step, it is taken to be the one before, unless so much more time has passed.
const PAUSE_US: i64 = 1_000_000;

/// The clock of one camera, as far as it is known.
#[derive(Debug, Default)]
pub struct Clock {
    /// The last time that the camera told, and what makes a presentation time of it.
    camera_us: Option<i64>,
    shift_us: i64,
    /// The last presentation time, and the last step that the camera told.
    pts_us: Option<i64>,
    step_us: Option<i64>,
    distance: ClockDistance,
    /// When the last picture came, and the smallest distance that was known before.
    arrived: Micros,
    known_us: Option<i64>,
}

impl Clock {
    /// The presentation time of a picture with the camera's time `camera_us`, if it told one, that came at `arrived`.
    ///
    /// A time that does not grow is a clock that was set, by however little; for pictures that do not come in the order
    /// of their times there is [`Self::reordered`].
    pub fn note(&mut self, camera_us: Option<i64>, arrived: Micros) -> Pts {
        if arrived > self.arrived {
            self.arrived = arrived;
            self.known_us = self.distance.smallest();
        }
        let arrived_us = i64::try_from(arrived.0).unwrap_or(i64::MAX);
        let told_us = camera_us.and_then(|camera_us| self.told(camera_us, arrived_us));
        let pts_us = told_us.unwrap_or_else(|| self.guess(arrived_us));
        if let Some(camera_us) = camera_us {
            if told_us.is_none() {
                self.shift_us = pts_us.saturating_sub(camera_us);
                self.distance = ClockDistance::default();
                self.known_us = None;
            }
            self.camera_us = Some(camera_us);
        }
        self.pts_us = Some(pts_us);
        self.distance
            .note(arrived_us.saturating_sub(pts_us), arrived);
        Pts(pts_us.max(0).cast_unsigned())
    }

    /// The presentation time of a picture that lies before one which came earlier (a B picture).
    pub fn reordered(&self, camera_us: i64) -> Pts {
        let pts_us = camera_us.saturating_add(self.shift_us);
        Pts(pts_us.max(0).cast_unsigned())
    }

    /// When the picture of this time was taken, on the machine's clock.
    pub fn captured(&self, pts: Pts) -> Micros {
        let distance_us = self.distance.smallest().unwrap_or(0);
        let captured_us = pts.0.cast_signed().saturating_add(distance_us);
        Micros(captured_us.max(0).cast_unsigned())
    }

    /// The time as the camera tells it; `None` where its clock was set.
    fn told(&mut self, camera_us: i64, arrived_us: i64) -> Option<i64> {
        let step_us = camera_us.saturating_sub(self.camera_us?);
        let pts_us = camera_us.saturating_add(self.shift_us);
        let distance_us = arrived_us.saturating_sub(pts_us);
        // Of pictures that come together, the first may have waited for any time: only the ones before tell.
        let set_forward = self
            .known_us
            .is_some_and(|known_us| known_us.saturating_sub(distance_us) > SET_FORWARD_US);
        if step_us <= 0 || self.pts_us >= Some(pts_us) || set_forward {
            return None;
        }
        self.step_us = Some(step_us);
        Some(pts_us)
    }

    /// The time where the camera does not tell it.
    fn guess(&self, arrived_us: i64) -> i64 {
        let Some(last_us) = self.pts_us else {
            return arrived_us;
        };
        let now_us = arrived_us.saturating_sub(self.distance.smallest().unwrap_or(0));
        match self.step_us.map(|step_us| last_us.saturating_add(step_us)) {
            Some(next_us) if now_us < next_us.saturating_add(PAUSE_US) => next_us,
            _ => now_us.max(last_us.saturating_add(1)),
        }
    }
}

/// How far the machine's clock is ahead of the presentation times, in microseconds.
#[derive(Debug, Default)]
struct ClockDistance {
    /// The smallest distance in this window and in the one before.
    this_us: Option<i64>,
    before_us: Option<i64>,
    begun: Micros,
    late: Option<Late>,
}

/// A row of pictures that are all late.
#[derive(Debug)]
struct Late {
    since: Micros,
    smallest_us: i64,
}

impl ClockDistance {
    fn note(&mut self, distance_us: i64, arrived: Micros) {
        self.turn_window(arrived);
        self.forget_if_set_back(distance_us, arrived);
        let this_us = self.this_us.map_or(distance_us, |us| us.min(distance_us));
        self.this_us = Some(this_us);
    }

    fn smallest(&self) -> Option<i64> {
        self.this_us.into_iter().chain(self.before_us).min()
    }

    fn turn_window(&mut self, arrived: Micros) {
        if arrived.since(self.begun) >= WINDOW {
            self.before_us = self.this_us.take();
            self.begun = arrived;
        }
    }

    fn forget_if_set_back(&mut self, distance_us: i64, arrived: Micros) {
        let late_us = self
            .smallest()
            .map_or(0, |smallest_us| distance_us.saturating_sub(smallest_us));
        if late_us <= SET_BACK_US {
            self.late = None;
            return;
        }
        let late = self.late.get_or_insert(Late {
            since: arrived,
            smallest_us: distance_us,
        });
        late.smallest_us = late.smallest_us.min(distance_us);
        if arrived.since(late.since) >= SET_BACK_AFTER {
            *self = Self {
                this_us: Some(late.smallest_us),
                begun: arrived,
                ..Self::default()
            };
        }
    }
}

#[cfg(test)]
mod tests;
