//! A viewer of the shared camera: how it joins a stream that runs already, when it wants to be looked at again, and when its
//! own time is over. What holds for every viewer is in `viewer`.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags};

use super::guest::Ending;
use super::house::House;
use super::picture::Picture;
use crate::error::{Error, Result};
use crate::units::Micros;
use crate::viewer::limits::PROBE_EVERY;
use crate::viewer::{Form, Tally, Viewer, Want};

/// How soon a viewer is looked at again while something waits for the line to become free.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What a viewer begins with.
///
/// Measured with MPEG-TS, joining 0.88 s after a key frame; milliseconds behind the camera ten seconds later, with the past
/// and live: GStreamer 920 and 150, mpv as it is 1080 and 930, VLC 1170 and 1170, mpv and ffplay told to be quick 105 and 105.
/// A player that goes by the time stamps stays as far behind as it began: MPEG-TS begins live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// With the pictures since the last key frame: whoever plays them goes to the live edge by itself.
    WithThePast,
    /// With the next key frame.
    Live,
}

pub struct Watcher<F: Form> {
    viewer: Viewer<F>,
    begins: Begins,
    since: Micros,
    time_limit: Option<Duration>,
    first: Option<Micros>,
    call_by: Option<Micros>,
}

impl<F: Form<Item = Arc<Picture>>> Watcher<F> {
    pub fn new(
        viewer: Viewer<F>,
        begins: Begins,
        time_limit: Option<Duration>,
        now: Micros,
    ) -> Self {
        Self {
            viewer,
            begins,
            since: now,
            time_limit,
            first: None,
            call_by: None,
        }
    }

    /// Begins with what is there, if that is allowed and anything is.
    pub fn join(&mut self, house: &mut House, now: Micros) -> Result<()> {
        if self.begins == Begins::WithThePast {
            let past = house.camera.gop().to_begin_with(now).to_vec();
            for picture in &past {
                self.viewer.offer(picture, now)?;
                self.first.get_or_insert(now);
            }
        }
        if self.first.is_none() {
            house.camera.want_key_frame(now);
        }
        self.plan(now);
        Ok(())
    }

    /// Takes a new picture, from a key frame on.
    pub fn take(&mut self, picture: &Arc<Picture>, house: &mut House, now: Micros) -> Result<()> {
        // The loop has waited for its socket, too: one system call less for each viewer and picture.
        self.viewer.proceed(now)?;
        if self.first.is_none() && !picture.frame.key {
            house.camera.want_key_frame(now);
        } else {
            self.first.get_or_insert(now);
            self.viewer.offer(picture, now)?;
        }
        self.pass_on_wish(house, now);
        Ok(())
    }

    /// Goes on with what waits.
    pub fn go_on(&mut self, house: &mut House, now: Micros) -> Result<()> {
        self.viewer.go_on(now)?;
        self.viewer.probe(now)?;
        self.pass_on_wish(house, now);
        Ok(())
    }

    /// Whether its own time is over.
    pub fn is_time_over(&self, now: Micros) -> bool {
        self.ends_at().is_some_and(|end| end <= now)
    }

    pub fn call_by(&self) -> Option<Micros> {
        self.call_by.into_iter().chain(self.ends_at()).min()
    }

    /// What poll(2) is to wait for. A viewer that has sent its FIN is readable for ever.
    pub fn poll_on<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        if let Some(socket) = self.socket() {
            let mut events = PollFlags::empty();
            events.set(PollFlags::POLLIN, self.viewer.finished().is_none());
            events.set(PollFlags::POLLOUT, self.viewer.has_begun());
            fds.push(PollFd::new(socket, events));
        }
    }

    pub fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.viewer.socket()
    }

    pub fn viewer(&mut self) -> &mut Viewer<F> {
        &mut self.viewer
    }

    /// Whether something that was begun waits for room.
    pub fn has_begun(&self) -> bool {
        self.viewer.has_begun()
    }

    /// How many bytes wait to go between two pictures.
    pub fn unread_bytes(&self) -> usize {
        self.viewer.aside_bytes()
    }

    pub fn skip_forward(&mut self, now: Micros) {
        self.viewer.skip_forward(now);
    }

    /// For how long the oldest picture waits that the viewer has not been given.
    pub fn lag(&self, now: Micros) -> Duration {
        self.viewer.lag(now)
    }

    pub fn tally(&self) -> Tally {
        self.viewer.tally()
    }

    pub fn since(&self) -> Micros {
        self.since
    }

    /// When it was given its first picture.
    pub fn first(&self) -> Option<Micros> {
        self.first
    }

    fn ends_at(&self) -> Option<Micros> {
        Some(self.first?.after(self.time_limit?))
    }

    fn pass_on_wish(&mut self, house: &mut House, now: Micros) {
        if self.viewer.take_want() == Want::KeyFrame {
            house.camera.want_key_frame(now);
        }
        self.plan(now);
    }

    /// While pictures flow each of them is a look; what is due without them is planned here.
    fn plan(&mut self, now: Micros) {
        let wait = if self.viewer.pending() && !self.viewer.has_begun() {
            Some(LOOK_AGAIN)
        } else if self.viewer.finished().is_some()
            || self.viewer.pending()
            || self.viewer.holds_bytes()
        {
            Some(PROBE_EVERY)
        } else {
            None
        };
        self.call_by = wait.map(|wait| now.after(wait));
    }
}

/// How a viewer has gone, by the error that says so.
pub fn departed(error: &Error) -> Ending {
    match error {
        Error::Viewer(departure) => Ending::Departed(*departure),
        // A socket gives no other.
        _ => Ending::Departed(crate::error::Departure::Left),
    }
}
