//! The loop of the service: it waits for something to happen on any descriptor, or for somebody's time to come, and passes
//! on what did. It ends when nobody is there any more.

use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags};

use super::accept::accept;
use super::guest::{Ending, Guest, Stay};
use super::handed::Handed;
use super::house::House;
use super::http;
use super::notify::Notifier;
use super::picture::Picture;
use super::rtsp;
use super::shared_camera::{News, State};
use super::sockets::{Room, Sockets};
use super::waiting::Waiting;
use crate::log;
use crate::stop::Stop;
use crate::units::Micros;

/// The longest wait: how soon a signal is seen at the latest that came just before it.
const WAIT: Duration = Duration::from_millis(100);

/// Started though nobody comes, it ends.
const COMES_WITHIN: Duration = Duration::from_secs(10);

/// How long it lasts at least, though the camera is free before: systemd gives a unit up, and with it closes its socket, that
/// is started too often (StartLimitBurst= in picam-camera.service).
const LASTS_AT_LEAST: Duration = Duration::from_secs(1);

/// How long it lasts at least once the camera has failed.
const FAILED_LASTS: Duration = Duration::from_secs(1);

/// What is left after a signal is left behind.
const STOPS_WITHIN: Duration = Duration::from_millis(1800);

/// So many connections of all rooms at once beside those of the viewers that may watch: requests that are answered.
const GUESTS_BESIDE_VIEWERS: usize = 200;

/// How many connections are taken before the others are looked at again.
const MOST_ACCEPTS: usize = 32;

/// Pictures in memory, those that wait for viewers included.
const MOST_PICTURE_BYTES: usize = 32 << 20;

/// How old the count of those who are there may be.
const COUNTED_EVERY: Duration = Duration::from_millis(100);

pub struct Service {
    house: House,
    sockets: Sockets,
    /// What RTP goes out of.
    datagrams: Option<Rc<rtsp::Pair>>,
    guests: Vec<Box<dyn Guest>>,
    waiting: Waiting,
    notifier: Notifier,
    /// Since when nobody is there.
    empty_since: Micros,
    has_had_guests: bool,
    stopping_since: Option<Micros>,
    /// When those who are there were counted.
    counted: Micros,
}

/// What has happened.
#[derive(Debug, Default)]
struct Ready {
    /// Their places.
    guests: Vec<usize>,
    has_callers: bool,
    has_datagrams: bool,
}

impl Service {
    pub fn new(house: House, mut sockets: Sockets, now: Micros) -> Self {
        let pair = sockets.rtsp.take_datagrams();
        Self {
            datagrams: pair
                .and_then(|(rtp, rtcp)| rtsp::Pair::new(rtp, rtcp))
                .map(Rc::new),
            house,
            sockets,
            guests: Vec::new(),
            waiting: Waiting::new(),
            notifier: Notifier::ready(now),
            empty_since: now,
            has_had_guests: false,
            stopping_since: None,
            counted: Micros(0),
        }
    }

    /// Serves until it is over. Returns the exit status.
    pub fn run(mut self, stop: &Stop) -> u8 {
        loop {
            let ready = self.wait();
            let now = Micros::now();
            if ready.has_datagrams {
                self.hear_datagrams(now);
            }
            if stop.requested() && self.stopping_since.is_none() {
                self.stop(&Ending::Stopped, now);
            }
            self.count_present(now);
            self.visit(|place| ready.guests.contains(&place), now);
            if ready.has_callers && self.accepts() {
                self.accept_all(now);
            }
            let hangs = self.look_after_camera(now);
            self.look_at_house(now);
            if hangs || self.is_over(now) {
                break;
            }
        }
        self.leave()
    }

    /// Waits until something happens or somebody's time has come.
    fn wait(&mut self) -> Ready {
        let longest = self.time_left(Micros::now());
        let mut fds = Vec::with_capacity(2 * self.guests.len() + 8);
        if self.accepts() {
            fds.extend(
                self.sockets
                    .listeners()
                    .map(|(_, it)| PollFd::new(it.as_fd(), PollFlags::POLLIN)),
            );
        }
        let callers = 0..fds.len();
        if let Some(pair) = &self.datagrams {
            pair.poll_on(&mut fds);
        }
        let datagrams = callers.end..fds.len();
        let threads = [self.house.camera.wake(), self.house.jpegs.wake()];
        let threads = threads.into_iter().flatten();
        fds.extend(threads.map(|wake| PollFd::new(wake, PollFlags::POLLIN)));
        let wakes = datagrams.end..fds.len();
        // The guests at the end: one that comes changes nothing for those before it.
        let mut ends = Vec::with_capacity(self.guests.len());
        for guest in &self.guests {
            guest.poll_on(&mut fds);
            ends.push(fds.len());
        }
        let happened = self.waiting.wait(&fds, &wakes, longest);
        let on_guests = happened.iter().filter(|&&at| at >= wakes.end);
        Ready {
            guests: on_guests
                .map(|&at| ends.partition_point(|&end| end <= at))
                .collect(),
            has_callers: happened.iter().any(|at| callers.contains(at)),
            has_datagrams: happened.iter().any(|at| datagrams.contains(at)),
        }
    }

    fn time_left(&self, now: Micros) -> Duration {
        let guests = self.guests.iter().filter_map(|guest| guest.call_by());
        let others = [
            self.house.camera.call_by(),
            self.notifier.call_by(),
            self.ends_at(),
        ];
        guests
            .chain(others.into_iter().flatten())
            .map(|at| at.since(now))
            .min()
            .map_or(WAIT, |left| left.min(WAIT))
    }

    /// While the service ends to begin anew, who comes waits for the next.
    fn accepts(&self) -> bool {
        self.stopping_since.is_none()
    }

    fn accept_all(&mut self, now: Micros) {
        let mut callers = Vec::new();
        for (room, listener) in self.sockets.listeners() {
            let waiting = std::iter::from_fn(|| accept(listener)).take(MOST_ACCEPTS);
            callers.extend(waiting.map(|caller| (room, caller)));
        }
        for (room, caller) in callers {
            match room {
                Room::Camera => self.let_in(Box::new(Handed::new(caller, now)), now),
                Room::Rtsp => {
                    let guest =
                        rtsp::Connection::new(caller, self.datagrams.clone(), &mut self.house, now);
                    self.let_in(Box::new(guest), now);
                }
                Room::Web => {
                    if let Some(guest) = http::Connection::new(caller, &mut self.house, now) {
                        self.let_in(Box::new(guest), now);
                    }
                }
            }
        }
    }

    fn let_in(&mut self, mut guest: Box<dyn Guest>, now: Micros) {
        if self.guests.len() >= self.house.options.max_viewers + GUESTS_BESIDE_VIEWERS {
            self.house.journal.refuse("too many connections at once");
            // Who has asked for nothing makes room for who may ask.
            let mut guests = self.guests.iter();
            let Some(idle) = guests.position(|guest| !guest.needs_pictures()) else {
                return;
            };
            self.guests.remove(idle);
            self.waiting.begin_anew();
        }
        self.has_had_guests = true;
        // What it asks for is there already, most often.
        if guest.go_on(&mut self.house, now) == Stay::Stays {
            self.guests.push(guest);
        }
    }

    /// Lets those go on to whom something has happened, or whose time has come.
    fn visit(&mut self, is_ready: impl Fn(usize) -> bool, now: Micros) {
        let mut places = 0..;
        self.keep(|guest, house| {
            let is_due =
                places.next().is_some_and(&is_ready) || guest.call_by().is_some_and(|at| at <= now);
            if is_due {
                guest.go_on(house, now)
            } else {
                Stay::Stays
            }
        });
    }

    /// Forgets those who are gone.
    fn keep(&mut self, mut look: impl FnMut(&mut dyn Guest, &mut House) -> Stay) {
        let (before, house) = (self.guests.len(), &mut self.house);
        self.guests
            .retain_mut(|guest| look(guest.as_mut(), house) == Stay::Stays);
        if self.guests.len() < before {
            self.waiting.begin_anew();
        }
    }

    /// True when the camera's library hangs, and only the end of the process frees the camera.
    fn look_after_camera(&mut self, now: Micros) -> bool {
        let is_needed =
            self.stopping_since.is_none() && self.guests.iter().any(|guest| guest.needs_pictures());
        let news = self.house.camera.look_after(is_needed, now);
        self.pass_on(&news.pictures, now);
        if let Some(end) = &news.end {
            let ending = match end {
                Ok(()) => Ending::SourceEnded,
                Err(failure) => Ending::Failed(failure.clone()),
            };
            self.dismiss(|guest| guest.needs_pictures(), &ending, now);
        }
        let has_jpeg = self.house.jpegs.collect(now);
        if news.changed || has_jpeg {
            self.visit(|_| true, now);
        }
        if news.is_off {
            self.waiting.begin_anew();
            self.house.jpegs.camera_is_off();
            self.house.journal.sum_up();
        }
        self.has_hung(&news, now)
    }

    fn pass_on(&mut self, pictures: &[Arc<Picture>], now: Micros) {
        for picture in pictures {
            self.keep(|guest, house| guest.take(picture, house, now));
        }
        if self.house.camera.memory().bytes() > MOST_PICTURE_BYTES {
            self.house.camera.forget_pictures();
            self.guests
                .iter_mut()
                .for_each(|guest| guest.skip_forward(now));
        }
    }

    fn dismiss(&mut self, which: impl Fn(&dyn Guest) -> bool, why: &Ending, now: Micros) {
        for guest in self.guests.iter_mut().filter(|guest| which(guest.as_ref())) {
            guest.dismiss(why, &mut self.house, now);
        }
    }

    /// Nobody can be served while the thread hangs. Those who are told why have the time that they need for it.
    fn has_hung(&mut self, news: &News, now: Micros) -> bool {
        if !news.hangs {
            return false;
        }
        if self.stopping_since.is_none() {
            let failure = self.house.camera.hang(now);
            self.stop(&Ending::Failed(failure), now);
        }
        self.guests.is_empty()
    }

    fn look_at_house(&mut self, now: Micros) {
        if !self.guests.is_empty() {
            self.empty_since = now;
        }
        if self.house.is_to_end() && self.stopping_since.is_none() {
            log::info!("other options are wanted and nobody is watching: the service begins anew");
            self.stop(&Ending::Stopped, now);
        }
        let house = &self.house;
        self.notifier.turn(now, || house.status_line());
    }

    /// Who is there, for whoever asks in this turn.
    fn count_present(&mut self, now: Micros) {
        if now.since(self.counted) >= COUNTED_EVERY {
            self.counted = now;
            let present = self.guests.iter().filter_map(|guest| guest.about());
            self.house.present = present.collect();
        }
    }

    fn stop(&mut self, why: &Ending, now: Micros) {
        self.stopping_since = Some(now);
        self.house.close();
        self.notifier.stopping();
        self.dismiss(|_| true, why, now);
        self.house.camera.stop(now);
    }

    /// When nobody comes any more.
    fn ends_at(&self) -> Option<Micros> {
        if let Some(since) = self.stopping_since {
            return Some(since.after(STOPS_WITHIN));
        }
        if !self.guests.is_empty() || self.house.camera.state() != State::Off {
            return None;
        }
        let wait = if self.has_had_guests {
            self.house.options.linger
        } else {
            COMES_WITHIN
        };
        // A service that cannot be of use is not started again at once.
        let failed = self.house.camera.failure().map(|_| FAILED_LASTS);
        let end = self.empty_since.after(wait.max(failed.unwrap_or_default()));
        Some(end.max(self.house.started.after(LASTS_AT_LEAST)))
    }

    fn is_over(&mut self, now: Micros) -> bool {
        let is_done = self.guests.is_empty() && self.house.camera.state() == State::Off;
        match self.stopping_since {
            Some(_) if is_done => true,
            None if self.ends_at().is_none_or(|end| now < end) => false,
            Some(since) => now.since(since) >= STOPS_WITHIN,
            // Who has come in the last moment is served.
            None => {
                self.accept_all(now);
                self.guests.is_empty()
            }
        }
    }

    /// What came by UDP: for those who have sessions. It starts nothing, and nothing lasts longer for it.
    fn hear_datagrams(&self, now: Micros) {
        if let Some(pair) = &self.datagrams {
            pair.hear(now);
        }
    }

    fn leave(mut self) -> u8 {
        // Whatever is left unread would start the service again.
        self.hear_datagrams(Micros::now());
        self.house.journal.sum_up();
        self.notifier.ended();
        let failure = self.house.camera.failure();
        failure.map_or(0, |failure| failure.exit_status)
    }
}
