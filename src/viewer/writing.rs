//! What leaves, and what is left of a frame that did not fit.

use nix::errno::Errno;

use super::{Form, Offered, Viewer, peer};
use crate::error::{Error, Result};
use crate::units::Micros;

/// A frame of which only a part fitted.
#[derive(Debug)]
pub(super) struct Begun<T> {
    pub item: T,
    pub done: usize,
}

impl<F: Form> Viewer<F> {
    /// Goes on with what was begun, and what goes behind it.
    pub(super) fn write_begun(&mut self, now: Micros) -> Result<()> {
        self.write_frame(now)?;
        if self.begun.is_none() && !self.aside.is_empty() {
            let written = self.channel.write(&self.aside);
            let done = self.account(written, now)?;
            self.aside.drain(..done);
        }
        Ok(())
    }

    /// Goes on with the begun frame alone.
    fn write_frame(&mut self, now: Micros) -> Result<()> {
        let Some(mut begun) = self.begun.take() else {
            return Ok(());
        };
        let bytes = self.form.bytes(&begun.item);
        let all = bytes.len();
        let written = self.channel.write(&bytes[begun.done..]);
        begun.done += self.account(written, now)?;
        if begun.done < all {
            self.begun = Some(begun);
        } else {
            self.form.forget_bytes();
            self.form.release(begun.item);
        }
        Ok(())
    }

    /// Goes on when no frame comes any more: what waits is begun whatever lies before it, since it makes nothing behind it
    /// old.
    pub fn write_last(&mut self, now: Micros) -> Result<()> {
        self.write_begun(now)?;
        while !self.has_begun()
            && let Some(item) = self.queue.pop()
        {
            self.begin_waiting(item, now)?;
        }
        Ok(())
    }

    pub(super) fn write_waiting(&mut self, now: Micros) -> Result<()> {
        if self.queue.is_empty() {
            return Ok(());
        }
        self.drop_overdue(now);
        while self.may_begin(self.queue.continues(), now) {
            let Some(item) = self.queue.pop() else { break };
            self.begin_waiting(item, now)?;
        }
        Ok(())
    }

    fn begin_waiting(&mut self, item: F::Item, now: Micros) -> Result<()> {
        match self.begin(&item, now)? {
            Some(done) => self.begun = Some(Begun { item, done }),
            None => self.form.release(item),
        }
        Ok(())
    }

    /// Begins a frame. Says how much of it has left, when that is not all.
    pub(super) fn begin(&mut self, item: &F::Item, now: Micros) -> Result<Option<usize>> {
        self.form.begin(item);
        let bytes = self.form.bytes(item);
        let all = bytes.len();
        self.backlog.begin(all, now);
        self.tally.frames += u64::from(!item.frame().continues);
        let written = self.channel.write(bytes);
        let done = self.account(written, now)?;
        if done == all {
            self.form.forget_bytes();
            return Ok(None);
        }
        Ok(Some(done))
    }

    pub(super) fn account(
        &mut self,
        written: std::result::Result<usize, Errno>,
        now: Micros,
    ) -> Result<usize> {
        match written {
            Ok(bytes) => {
                self.backlog.take(bytes);
                self.tally.bytes = self.backlog.taken();
                if bytes > 0 {
                    self.last_write = Some(now);
                }
                Ok(bytes)
            }
            Err(error) if self.channel.has_viewer() => {
                Err(Error::Viewer(peer::departure_for(error)))
            }
            Err(error) => Err(Error::Output(format!(
                "writing to {} failed: {}; is there room, and may this user write there?",
                self.name,
                error.desc()
            ))),
        }
    }
}
