//! The room of `camera.sock`: viewers whose connections the instances of raspivid@ hand over. An instance keeps the other
//! end of a socket of its own, on which it hears what its journal is to say; when that ends, its viewer is ended.

pub mod client;
mod form;
pub mod message;
pub mod packet;
pub mod record;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::Uid;

use self::form::Wanted;
use self::message::{Ask, CANNOT_HOLD_JPEG, Ended, Garbage, Kind, Say, VERSION, Watch};
use self::packet::Came;
use super::camera::Word;
use super::door::{Origin, Place};
use super::guest::{About, Ending, Guest, Stay};
use super::house::House;
use super::journal::Visit;
use super::picture::Picture;
use super::watcher::{Begins, Watcher, departed};
use crate::error::{Departure, Error, Result};
use crate::log;
use crate::options::Codec;
use crate::units::Micros;
use crate::viewer::channel::Channel;
use crate::viewer::limits::MOST_READS;
use crate::viewer::{Viewer, peer_name};

/// Who connects says at once what it wants.
const ASKS_WITHIN: Duration = Duration::from_secs(2);

/// How soon a farewell is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Of the name that an instance gives its viewer.
const MOST_NAME_LETTERS: usize = 100;

/// An instance and its viewer.
pub struct Handed {
    control: OwnedFd,
    since: Micros,
    state: State,
    /// When a farewell is looked at again.
    look_again: Micros,
}

enum State {
    /// It has not said yet what it wants.
    Unasked,
    Watching(Box<Watching>),
    /// The viewer is given what was begun, and the end.
    Leaving(Box<Watching>, Ending),
}

struct Watching {
    watcher: Watcher<Wanted>,
    kind: Kind,
    name: String,
    /// How many words of the source it has heard.
    heard: usize,
    _place: Place,
}

impl Handed {
    pub fn new(control: OwnedFd, now: Micros) -> Self {
        Self {
            control,
            since: now,
            state: State::Unasked,
            look_again: now,
        }
    }

    fn say(&self, say: &Say) {
        // Who does not read loses lines of its own journal, and nobody else anything.
        let _ = packet::send(self.control.as_fd(), &say.encode(), None);
    }

    /// Tells it that nothing comes of what it wants.
    fn refuse(&self, error: &Error, house: &mut House) -> Stay {
        house.journal.refuse(&error.to_string());
        self.say(&Say::Ended(Ended {
            exit_status: error.exit_status(),
            reason: "not served".into(),
            error: error.to_string(),
            ..Ended::default()
        }));
        Stay::Gone
    }

    /// Its viewer has gone before it could be served, which is no failure.
    fn miss(&self) -> Stay {
        let reason = Ending::Departed(Departure::Left).reason().into();
        let ended = Ended {
            reason,
            ..Ended::default()
        };
        self.say(&Say::Ended(ended));
        Stay::Gone
    }

    /// Reads what it wants.
    fn hear(&mut self, house: &mut House, now: Micros) -> Stay {
        match packet::receive(self.control.as_fd()) {
            Came::Nothing if now.since(self.since) < ASKS_WITHIN => Stay::Stays,
            Came::Nothing | Came::End => Stay::Gone,
            Came::TooLong => self.refuse_garbage(Garbage::NoMessage, house),
            Came::Packet(bytes, connection) => match (Ask::decode(&bytes), connection) {
                (Ok(Ask::Watch(watch)), Some(connection)) => {
                    self.welcome(watch, connection, house, now)
                }
                (Ok(Ask::Watch(_)), None) => self.refuse_garbage(Garbage::NoMessage, house),
                (Err(garbage), _) => self.refuse_garbage(garbage, house),
            },
        }
    }

    fn refuse_garbage(&self, garbage: Garbage, house: &mut House) -> Stay {
        let error = match garbage {
            Garbage::NoMessage => "camera.sock takes messages of picam-stream alone".into(),
            Garbage::Version(version) => format!(
                "the running picam-camera.service is of another version of picam-stream: it speaks version {VERSION} on \
                 camera.sock, not {version}; it ends with its last viewer, or now with: systemctl restart picam-camera"
            ),
        };
        self.refuse(&Error::Camera(error), house)
    }

    fn welcome(
        &mut self,
        watch: Watch,
        connection: OwnedFd,
        house: &mut House,
        now: Micros,
    ) -> Stay {
        match packet::kind(&connection) {
            packet::Descriptor::Connection => {}
            packet::Descriptor::EndedConnection => return self.miss(),
            packet::Descriptor::NoConnection => {
                let error = "only a connected stream socket can be handed over on camera.sock";
                return self.refuse(&Error::Camera(error.into()), house);
            }
        }
        let wanted = watch.camera_hash;
        let has_other_options = wanted.is_some_and(|hash| hash != house.camera_hash());
        let is_useless = has_other_options && house.door.count() == 0 && !house.is_just_begun(now);
        if is_useless {
            // Its camera lingers for nobody: the next service begins with what is wanted now.
            house.end_for_other_options();
        }
        if is_useless || house.is_closed() {
            self.say(&Say::AskAgain);
            return Stay::Gone;
        }
        let codec = house.camera.options().video.codec;
        if watch.kind == Kind::MpegTs && codec == Codec::Mjpeg {
            return self.refuse(&Error::Usage(CANNOT_HOLD_JPEG.into()), house);
        }
        let user = getsockopt(&self.control, sockopt::PeerCredentials)
            .map_or(Uid::from_raw(u32::MAX), |peer| Uid::from_raw(peer.uid()));
        let origin =
            packet::address(connection.as_fd()).map_or(Origin::of_user(user), Origin::of_address);
        let place = match house.door.let_in(origin) {
            Ok(place) => place,
            Err(why) => return self.refuse(&Error::Camera(why), house),
        };
        self.say(&Say::Welcome {
            other_options: has_other_options,
        });
        self.begin(watch, connection, place, house, now)
    }

    fn begin(
        &mut self,
        watch: Watch,
        connection: OwnedFd,
        place: Place,
        house: &mut House,
        now: Micros,
    ) -> Stay {
        let codec = house.camera.options().video.codec;
        let name = match packet::address(connection.as_fd()) {
            Some(_) => peer_name::of_connection(connection.as_fd()),
            None => None,
        };
        let name = name.unwrap_or_else(|| presentable(&watch.name));
        let form = Wanted::new(watch.kind, codec);
        let viewer = Viewer::new(Channel::Socket(connection), form, name.clone());
        // Whatever the kind: who takes records may pass them on without their times.
        let mut watcher = Watcher::new(viewer, Begins::Live, watch.time_limit, now);
        let joined = watcher.join(house, now);
        self.state = State::Watching(Box::new(Watching {
            watcher,
            kind: watch.kind,
            name,
            heard: 0,
            _place: place,
        }));
        self.settle(joined, house, now)
    }

    /// Goes on after something was tried with the viewer.
    fn settle(&mut self, tried: Result<()>, house: &mut House, now: Micros) -> Stay {
        match tried {
            Ok(()) => {
                self.tell(house);
                Stay::Stays
            }
            Err(error) => {
                let ending = departed(&error);
                self.end(&ending, house, now);
                Stay::Gone
            }
        }
    }

    /// What the instance's journal is to say.
    fn tell(&mut self, house: &House) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        let mut lines = watching.unheard(house.camera.words());
        if let Some(text) = watching.watcher.viewer().take_skip_notice() {
            lines.push(Say::Line {
                priority: Some(log::priority(log::Level::Warn)),
                text,
            });
        }
        lines.iter().for_each(|line| self.say(line));
    }

    /// Says how the viewer was served, to its instance and in the service's own journal.
    fn end(&mut self, ending: &Ending, house: &mut House, now: Micros) {
        let (State::Watching(watching) | State::Leaving(watching, _)) = &self.state else {
            return;
        };
        let tally = watching.watcher.tally();
        let failure = match ending {
            Ending::Failed(failure) => Some(failure),
            _ => None,
        };
        let first = watching.watcher.first();
        self.say(&Say::Ended(Ended {
            exit_status: failure.map_or(0, |failure| failure.exit_status),
            tally,
            dropped: house.camera.dropped(),
            first_frame_ms: first.map(|at| {
                u64::try_from(at.since(watching.watcher.since()).as_millis()).unwrap_or(0)
            }),
            reason: ending.reason().into(),
            error: failure.map_or(String::new(), |failure| failure.text.clone()),
        }));
        let visit = Visit {
            name: &watching.name,
            kind: watching.kind.name(),
            told: "",
            since: watching.watcher.since(),
            tally,
            ending,
        };
        house.journal.visit(&visit, now);
    }

    /// Whether the instance is there. What it says after it has asked is nothing.
    fn has_instance(&self) -> bool {
        for _ in 0..MOST_READS {
            match packet::receive(self.control.as_fd()) {
                Came::End => return false,
                Came::Nothing => return true,
                Came::Packet(..) | Came::TooLong => {}
            }
        }
        true
    }
}

impl Watching {
    /// Of the words of the source those that the instance has not heard.
    fn unheard(&mut self, words: &[Word]) -> Vec<Say> {
        let lines = words.iter().skip(self.heard).map(|word| Say::Line {
            priority: word.level.map(log::priority),
            text: word.text.clone(),
        });
        let lines = lines.collect();
        self.heard = self.heard.max(words.len());
        lines
    }
}

/// A name that a peer gave, for the journal: in one line, and not too long for it.
fn presentable(name: &str) -> String {
    let letters = name.chars().take(MOST_NAME_LETTERS);
    letters.flat_map(char::escape_debug).collect()
}

impl Guest for Handed {
    fn poll_on<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        fds.push(PollFd::new(self.control.as_fd(), PollFlags::POLLIN));
        if let State::Watching(watching) = &self.state {
            watching.watcher.poll_on(fds);
        }
    }

    fn call_by(&self) -> Option<Micros> {
        match &self.state {
            State::Unasked => Some(self.since.after(ASKS_WITHIN)),
            State::Watching(watching) => watching.watcher.call_by(),
            State::Leaving(..) => Some(self.look_again),
        }
    }

    fn needs_pictures(&self) -> bool {
        matches!(self.state, State::Watching(_))
    }

    fn go_on(&mut self, house: &mut House, now: Micros) -> Stay {
        if matches!(self.state, State::Unasked) {
            return self.hear(house, now);
        }
        if !self.has_instance() {
            let ending = match &self.state {
                State::Leaving(_, ending) => ending.clone(),
                _ => Ending::Departed(Departure::Left),
            };
            self.end(&ending, house, now);
            return Stay::Gone;
        }
        match &mut self.state {
            State::Unasked => Stay::Stays,
            State::Watching(watching) => {
                if watching.watcher.is_time_over(now) {
                    self.dismiss(&Ending::TimeOver, house, now);
                    return Stay::Stays;
                }
                let went = watching.watcher.go_on(house, now);
                self.settle(went, house, now)
            }
            State::Leaving(watching, ending) => {
                if !watching.watcher.viewer().say_farewell(now) {
                    self.look_again = now.after(LOOK_AGAIN);
                    return Stay::Stays;
                }
                let ending = ending.clone();
                self.end(&ending, house, now);
                Stay::Gone
            }
        }
    }

    fn take(&mut self, picture: &Arc<Picture>, house: &mut House, now: Micros) -> Stay {
        let State::Watching(watching) = &mut self.state else {
            return Stay::Stays;
        };
        let taken = watching.watcher.take(picture, house, now);
        self.settle(taken, house, now)
    }

    fn dismiss(&mut self, why: &Ending, _house: &mut House, _now: Micros) {
        self.state = match std::mem::replace(&mut self.state, State::Unasked) {
            State::Watching(mut watching) => {
                if let Ending::Failed(failure) = why {
                    let lines = watching.unheard(&failure.words);
                    lines.iter().for_each(|line| self.say(line));
                }
                State::Leaving(watching, why.clone())
            }
            other => other,
        };
    }

    fn skip_forward(&mut self, now: Micros) {
        if let State::Watching(watching) = &mut self.state {
            watching.watcher.skip_forward(now);
        }
    }

    fn about(&self) -> Option<About> {
        let State::Watching(watching) = &self.state else {
            return None;
        };
        Some(About {
            kind: watching.kind.name(),
            since: watching.watcher.since(),
            skipped: watching.watcher.tally().skipped,
            lag: watching.watcher.lag(Micros::now()),
        })
    }
}
