//! A viewer over HTTP: a stream that has begun, and lasts as long as its connection.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::PollFd;
use nix::sys::socket::{MsgFlags, recv};

use super::super::guest::{About, Ending, Stay};
use super::super::house::House;
use super::super::journal::Visit;
use super::super::picture::Picture;
use super::super::watcher::{Begins, Watcher, departed};
use super::awaited::{Awaited, Wanted};
use super::forms::{Kind, Streamed};
use super::response::{Response, Terms};
use super::websocket::{self, Answer, CloseCode, Inbound};
use crate::error::{Departure, Error, Result};
use crate::serve::door::Place;
use crate::units::Micros;
use crate::viewer::Viewer;
use crate::viewer::channel::Channel;
use crate::viewer::limits::MOST_READS;

/// Answers to what a client says wait for no more room than this.
const MOST_ASIDE_BYTES: usize = 4096;

/// How soon a farewell is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub struct Watching {
    watcher: Watcher<Streamed>,
    kind: Kind,
    name: String,
    since: Micros,
    /// What a WebSocket says.
    inbound: Inbound,
    /// What it said before it was accepted.
    said: Vec<u8>,
    /// The JPEG that was offered last, where they are made of H.264.
    jpeg: Option<u64>,
    is_made: bool,
    /// Why it ends, when it does.
    ending: Option<Ending>,
    /// When the farewell is looked at again.
    look_again: Micros,
    _place: Option<Place>,
}

impl Watching {
    /// `said` is what came behind the request.
    pub fn begin(
        awaited: Awaited,
        origin: Option<&str>,
        socket: OwnedFd,
        name: String,
        said: Vec<u8>,
        now: Micros,
    ) -> Self {
        let kind = match awaited.wanted {
            Wanted::Stream(kind) => kind,
            Wanted::Snapshot { .. } => Kind::Mjpeg,
        };
        let head = match kind {
            Kind::WebSocket => websocket::accept(awaited.request.upgrade.as_ref()),
            _ => Response::stream(kind.content_type()),
        };
        let terms = Terms {
            origin,
            ..Terms::of(&awaited.request)
        };
        let form = Streamed::new(kind, head.head(&terms));
        let viewer = Viewer::with_words(Channel::Socket(socket), form, name.clone());
        let begins = if kind.catches_up() {
            Begins::WithThePast
        } else {
            Begins::Live
        };
        Self {
            watcher: Watcher::new(viewer, begins, None, now),
            kind,
            name,
            since: now,
            inbound: Inbound::default(),
            said,
            jpeg: None,
            is_made: awaited.is_made,
            ending: None,
            look_again: now,
            _place: awaited.place,
        }
    }

    /// Begins with a new picture, or with those that there are.
    pub fn join(&mut self, picture: Option<&Arc<Picture>>, house: &mut House, now: Micros) -> Stay {
        let joined = match picture {
            Some(picture) => {
                if self.is_made {
                    self.jpeg = Some(picture.number);
                }
                self.watcher.take(picture, house, now)
            }
            None => self.watcher.join(house, now),
        };
        let said = std::mem::take(&mut self.said);
        let heard = joined.and_then(|()| self.hear(&said, now));
        self.settle(heard, house, now)
    }

    pub fn poll_on<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        self.watcher.poll_on(fds);
    }

    pub fn call_by(&self) -> Option<Micros> {
        match self.ending {
            Some(_) => Some(self.look_again),
            None => self.watcher.call_by(),
        }
    }

    pub fn needs_pictures(&self) -> bool {
        self.ending.is_none()
    }

    pub fn go_on(&mut self, house: &mut House, now: Micros) -> Stay {
        if self.ending.is_some() {
            return self.leave(house, now);
        }
        let went = self
            .read(now)
            .and_then(|()| self.offer_jpeg(house, now))
            .and_then(|()| self.watcher.go_on(house, now));
        self.settle(went, house, now)
    }

    pub fn take(&mut self, picture: &Arc<Picture>, house: &mut House, now: Micros) -> Stay {
        if self.ending.is_some() {
            return Stay::Stays;
        }
        // Chromium shows nothing behind a long gap up to the next key frame: it is not to wait for the end of the group.
        if matches!(self.kind, Kind::Mp4 | Kind::Mse) && picture.follows_gap {
            house.camera.want_key_frame(now);
        }
        let taken = if self.is_made {
            house.feed_jpegs(picture, now);
            Ok(())
        } else {
            self.watcher.take(picture, house, now)
        };
        self.settle(taken, house, now)
    }

    /// The stream ends: a WebSocket is told why, the others see the end.
    pub fn dismiss(&mut self, why: &Ending, now: Micros) {
        if self.ending.is_some() {
            return;
        }
        if self.kind == Kind::WebSocket {
            let (code, reason) = match why {
                Ending::Failed(failure) => (CloseCode::TryAgainLater, failure.text.as_str()),
                other => (CloseCode::GoingAway, other.reason()),
            };
            let goodbye = websocket::close(code, reason);
            // Who does not take it is told nothing.
            let _ = self.watcher.viewer().put_aside(&goodbye, now);
        }
        self.ending = Some(why.clone());
    }

    pub fn skip_forward(&mut self, now: Micros) {
        self.watcher.skip_forward(now);
    }

    pub fn about(&self) -> About {
        About {
            kind: self.kind.name(),
            since: self.since,
            skipped: self.watcher.tally().skipped,
            lag: self.watcher.lag(Micros::now()),
        }
    }

    /// The newest picture that was made, if it is new.
    fn offer_jpeg(&mut self, house: &mut House, now: Micros) -> Result<()> {
        if !self.is_made {
            return Ok(());
        }
        match house.jpegs.newest() {
            Some(jpeg) if self.jpeg != Some(jpeg.number) => {
                self.jpeg = Some(jpeg.number);
                let jpeg = jpeg.clone();
                self.watcher.take(&jpeg, house, now)
            }
            _ => Ok(()),
        }
    }

    /// What the client sends. Its FIN means that it is gone.
    fn read(&mut self, now: Micros) -> Result<()> {
        let mut buffer = [0; 4096];
        for _ in 0..MOST_READS {
            let Some(socket) = self.watcher.socket() else {
                break;
            };
            match receive(socket, &mut buffer) {
                Ok(0) => return Err(Error::Viewer(Departure::Left)),
                Ok(bytes) => self.hear(&buffer[..bytes], now)?,
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Err(_) => return Err(Error::Viewer(Departure::Left)),
            }
        }
        Ok(())
    }

    /// Only a WebSocket has anything to say.
    fn hear(&mut self, said: &[u8], now: Micros) -> Result<()> {
        if self.kind != Kind::WebSocket || self.ending.is_some() {
            return Ok(());
        }
        match self.inbound.take(said) {
            Some(Answer::Close(goodbye)) => {
                self.watcher.viewer().put_aside(&goodbye, now)?;
                self.ending = Some(Ending::Departed(Departure::Left));
                Ok(())
            }
            Some(Answer::Pong(pong)) if self.watcher.viewer().aside_bytes() < MOST_ASIDE_BYTES => {
                self.watcher.viewer().put_aside(&pong, now)
            }
            _ => Ok(()),
        }
    }

    fn leave(&mut self, house: &mut House, now: Micros) -> Stay {
        if !self.watcher.viewer().say_farewell(now) {
            self.look_again = now.after(LOOK_AGAIN);
            return Stay::Stays;
        }
        let ending = self.ending.clone();
        self.record(&ending.unwrap_or(Ending::Stopped), house, now);
        Stay::Gone
    }

    fn settle(&mut self, tried: Result<()>, house: &mut House, now: Micros) -> Stay {
        match tried {
            Ok(()) => Stay::Stays,
            Err(error) => {
                self.record(&departed(&error), house, now);
                Stay::Gone
            }
        }
    }

    fn record(&self, ending: &Ending, house: &mut House, now: Micros) {
        let visit = Visit {
            name: &self.name,
            kind: self.kind.name(),
            told: "",
            since: self.since,
            tally: self.watcher.tally(),
            ending,
        };
        house.journal.visit(&visit, now);
    }
}

fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> nix::Result<usize> {
    recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)
}
