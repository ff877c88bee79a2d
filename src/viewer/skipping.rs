//! Whether the next frame may be begun, and which wait no longer: rule 2 of live video, by the age of a picture when it
//! arrives.

use std::time::Duration;

use super::limits::{ARRIVES_WITHIN, LEAST_WAIT, MOST_ANSWER_BYTES, MOST_UNSENT};
use super::{Form, Viewer, Want};
use crate::units::Micros;

impl<F: Form> Viewer<F> {
    /// Throws away what waits, as for a viewer that is behind: the memory is needed.
    pub fn skip_forward(&mut self, now: Micros) {
        self.drop_older(Duration::ZERO, now);
    }

    /// The line about a viewer that was skipped forward for the first time; once.
    pub fn take_skip_notice(&mut self) -> Option<String> {
        let is_news = self.tally.skipped > 0 && !self.skip_is_told;
        self.skip_is_told |= is_news;
        is_news.then(|| {
            format!(
                "{}: the viewer is too slow for this stream and is skipped forward",
                self.name
            )
        })
    }

    /// For how long the oldest frame waits that was not begun.
    pub fn lag(&self, now: Micros) -> Duration {
        self.queue
            .oldest()
            .map_or(Duration::ZERO, |offered| now.since(offered))
    }

    /// Whether the next frame may be begun now. What carries on a begun picture may, as soon as that one has room. A new
    /// picture may not while more lies before it than the viewer has taken of late: in the queue whole pictures can still
    /// be dropped, in the kernel none, and what waits there makes all behind it old.
    pub(super) fn may_begin(&self, continues: bool, now: Micros) -> bool {
        if self.has_begun() {
            return false;
        }
        let held = self.backlog.held();
        let is_answer_alone = self.tally.frames == 0 && held <= MOST_ANSWER_BYTES;
        if continues || held == 0 || is_answer_alone {
            return true;
        }
        let may_lie_unsent = self.backlog.gone_within(MOST_UNSENT, now);
        held <= may_lie_unsent
            || (!self.backlog.is_line_full(now) && self.channel.unsent_bytes() <= may_lie_unsent)
    }

    /// For how long a picture may wait here, so that it arrives in time.
    fn most_wait(&self, now: Micros) -> Duration {
        ARRIVES_WITHIN
            .saturating_sub(self.backlog.transit(now))
            .max(LEAST_WAIT)
    }

    /// Skips forward: what is overdue goes, and what depends on it.
    pub(super) fn drop_overdue(&mut self, now: Micros) {
        self.drop_older(self.most_wait(now), now);
    }

    fn drop_older(&mut self, limit: Duration, now: Micros) {
        let form = &mut self.form;
        let dropped = self
            .queue
            .drop_overdue(limit, now, |item| form.release(item));
        self.tally.skipped += dropped;
        if dropped > 0 && !self.queue.has_key() {
            self.gate.close();
            self.want = Want::KeyFrame;
        }
    }
}
