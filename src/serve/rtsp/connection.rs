//! One RTSP connection, and the session on it. Who closes the connection has left its session, too.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{MsgFlags, SockaddrStorage, getpeername, getsockname, recv};

use super::super::door::{Origin, Place};
use super::super::guest::{About, Ending, Guest, Stay};
use super::super::house::House;
use super::super::picture::Picture;
use super::super::watcher::{Begins, Watcher, departed};
use super::answers::Described;
use super::form::Packets;
use super::inbox::{Inbox, Message};
use super::request::Request;
use super::response::{Response, Status};
use super::session::{Session, TIMEOUT};
use super::udp::{Pair, socket_address};
use crate::container::rtp::Numbers;
use crate::error::{Departure, Error, Result};
use crate::units::Micros;
use crate::viewer::channel::Channel;
use crate::viewer::limits::{MOST_READS, PROBE_EVERY};
use crate::viewer::peer::Peer;
use crate::viewer::{Viewer, peer_name};

/// A message that was begun is whole within this time.
const SAYS_WITHIN: Duration = Duration::from_secs(10);

/// Who has described the stream plays it within this time: so long the camera stays on for it.
pub const PLAYS_WITHIN: Duration = Duration::from_secs(10);

/// A camera that has given no key frame for so long since one was asked for gives none; where it says so itself, it is
/// sooner.
const DESCRIBES_WITHIN: Duration = Duration::from_secs(20);

/// Answers that a client does not read: until it does, nothing more is heard from it.
const MOST_UNREAD_BYTES: usize = 16 << 10;

/// How soon a farewell is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub struct Connection {
    pub(super) connection: Watcher<Packets>,
    pub(super) pair: Option<Rc<Pair>>,
    /// Both ends, where the connection has addresses.
    pub(super) peer: Option<SocketAddr>,
    pub(super) local: Option<SocketAddr>,
    pub(super) interface: u32,
    pub(super) name: String,
    inbox: Inbox,
    pub(super) session: Option<Session>,
    /// A DESCRIBE that waits for the camera, and since when.
    pub(super) describing: Option<(Request, Micros)>,
    /// Until when the camera is kept on for it.
    pub(super) wants_camera_until: Option<Micros>,
    /// Somebody of the users' file: asked once, since it is one and the same connection.
    pub(super) is_admitted: bool,
    /// When a request, or a report, came last.
    heard: Micros,
    /// Since when a message is begun.
    begun: Option<Micros>,
    leaving: Option<Ending>,
    call_by: Option<Micros>,
    _place: Option<Place>,
}

impl Connection {
    pub fn new(socket: OwnedFd, pair: Option<Rc<Pair>>, house: &mut House, now: Micros) -> Self {
        let name = peer_name::of_connection(socket.as_fd()).unwrap_or_default();
        let peer: Option<SockaddrStorage> = getpeername(socket.as_raw_fd()).ok();
        let local: Option<SockaddrStorage> = getsockname(socket.as_raw_fd()).ok();
        let interface = peer.as_ref().and_then(SockaddrStorage::as_sockaddr_in6);
        let peer = peer.as_ref().and_then(socket_address);
        let form = Packets::new(Numbers::new(0, 0, 0));
        let viewer = Viewer::with_words(Channel::Socket(socket), form, name.clone());
        let mut connection = Self {
            connection: Watcher::new(viewer, Begins::WithThePast, None, now),
            pair,
            interface: interface.map_or(0, |address| address.scope_id()),
            peer,
            local: local.as_ref().and_then(socket_address),
            name,
            inbox: Inbox::default(),
            session: None,
            describing: None,
            wants_camera_until: None,
            is_admitted: false,
            heard: now,
            begun: None,
            leaving: None,
            call_by: None,
            _place: None,
        };
        connection.come_in(house, now);
        connection
    }

    /// One address cannot have all connections that there are.
    fn come_in(&mut self, house: &mut House, now: Micros) {
        self._place = house
            .callers
            .let_in(Origin::of_address(self.address()))
            .ok();
        if self._place.is_none() {
            let text = "too many connections from this address";
            house.journal.refuse(&format!("{}: {text}", self.name));
            let refusal = Response::refusal(Status::ServiceUnavailable, text);
            // Whoever has gone already is seen to have gone in the farewell.
            let _ = self.say(&refusal, now);
            let _ = self.leave(Ending::Departed(Departure::Left), now);
        }
    }

    /// Where the client is. What has no address is on this machine.
    pub(super) fn address(&self) -> IpAddr {
        self.peer
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip())
    }

    fn turn(&mut self, house: &mut House, now: Micros) -> Result<()> {
        self.hear(house, now)?;
        self.connection.go_on(house, now)?;
        if let Some(session) = &mut self.session {
            session.go_on(&mut self.connection, self.heard, house, now)?;
        }
        self.look_at_time(house, now)
    }

    fn has_room_for_words(&self) -> bool {
        self.inbox.room() > 0 && self.connection.unread_bytes() < MOST_UNREAD_BYTES
    }

    /// Reads what has come, and answers.
    fn hear(&mut self, house: &mut House, now: Micros) -> Result<()> {
        let mut buffer = [0; 4096];
        // What was left because answers were not read.
        self.understand(house, now)?;
        for _ in 0..MOST_READS {
            if self.leaving.is_some() {
                break;
            }
            let Some(socket) = self.connection.socket() else {
                break;
            };
            if !self.has_room_for_words() {
                // Its FIN may lie behind what is not read.
                if Peer::has_hung_up(socket) {
                    return Err(Error::Viewer(Departure::Left));
                }
                break;
            }
            let room = self.inbox.room().min(buffer.len());
            match recv(
                socket.as_raw_fd(),
                &mut buffer[..room],
                MsgFlags::MSG_DONTWAIT,
            ) {
                Ok(0) => return Err(Error::Viewer(Departure::Left)),
                Ok(bytes) => {
                    self.inbox.push(&buffer[..bytes]);
                    self.understand(house, now)?;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Err(_) => return Err(Error::Viewer(Departure::Left)),
            }
        }
        self.begun = self
            .inbox
            .is_within_message()
            .then(|| self.begun.unwrap_or(now))
            .filter(|_| self.describing.is_none());
        Ok(())
    }

    /// Answers what has come whole.
    fn understand(&mut self, house: &mut House, now: Micros) -> Result<()> {
        while self.describing.is_none()
            && self.leaving.is_none()
            && self.connection.unread_bytes() < MOST_UNREAD_BYTES
        {
            match self.inbox.message() {
                Ok(Some(Message::Request(request))) => {
                    self.heard = now;
                    self.begun = None;
                    self.answer(request, house, now)?;
                }
                Ok(Some(Message::Packet { bytes, .. })) => {
                    self.heard = now;
                    self.begun = None;
                    if let Some(session) = &mut self.session {
                        session.note_report(&bytes);
                    }
                }
                Ok(None) => break,
                Err(refusal) => {
                    let status = refusal.status as u16;
                    house
                        .journal
                        .refuse(&format!("{}: refused with {status}", self.name));
                    self.say(&refusal, now)?;
                    self.leave(Ending::Departed(Departure::Left), now)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn say(&mut self, response: &Response, now: Micros) -> Result<()> {
        self.connection.viewer().put_aside(&response.bytes(), now)
    }

    /// Ends the connection once all is said.
    pub(super) fn leave(&mut self, why: Ending, now: Micros) -> Result<()> {
        if let Some(session) = &mut self.session {
            session.part(&mut self.connection, now)?;
        }
        self.describing = None;
        self.leaving.get_or_insert(why);
        Ok(())
    }

    fn look_at_time(&mut self, house: &House, now: Micros) -> Result<()> {
        if self
            .begun
            .is_some_and(|begun| now.since(begun) >= SAYS_WITHIN)
        {
            let seconds = SAYS_WITHIN.as_secs();
            let text = format!("a request comes whole within {seconds} s");
            self.say(&Response::refusal(Status::RequestTimeout, text), now)?;
            return self.leave(Ending::Departed(Departure::Left), now);
        }
        let waits = |&(_, since): &(Request, Micros)| now.since(since) >= DESCRIBES_WITHIN;
        if self.describing.as_ref().is_some_and(waits) {
            self.answer_description(house, Described::TooLate, now)?;
        }
        let is_idle = self.describing.is_none() && !self.is_playing();
        if is_idle && now.since(self.heard) >= TIMEOUT {
            self.leave(Ending::Departed(Departure::Left), now)?;
        }
        Ok(())
    }

    fn is_playing(&self) -> bool {
        self.session.as_ref().is_some_and(Session::is_playing)
    }

    /// When something is due by itself.
    fn plan(&mut self, now: Micros) {
        let deadlines = [
            self.leaving.as_ref().map(|_| now.after(LOOK_AGAIN)),
            self.begun.map(|begun| begun.after(SAYS_WITHIN)),
            // Its end may lie behind what is not read.
            (!self.has_room_for_words()).then(|| now.after(PROBE_EVERY)),
            self.describing
                .as_ref()
                .map(|(_, since)| since.after(DESCRIBES_WITHIN)),
            self.wants_camera_until.filter(|&until| until > now),
            // What is playing over the connection is not idle, and looked at every now and then all the same.
            Some(self.heard.after(TIMEOUT)).filter(|&at| at > now),
            self.connection.call_by(),
            self.session.as_ref().and_then(Session::call_by),
            self.session
                .as_mut()
                .and_then(|session| session.paced_by(now)),
        ];
        self.call_by = deadlines.into_iter().flatten().min();
    }

    /// Goes on after something was tried.
    fn settle(&mut self, tried: Result<()>, house: &mut House, now: Micros) -> Stay {
        match tried {
            Ok(()) => {
                self.plan(now);
                Stay::Stays
            }
            Err(error) => self.end(&departed(&error), house, now),
        }
    }

    fn end(&mut self, ending: &Ending, house: &mut House, now: Micros) -> Stay {
        if let Some(mut session) = self.session.take() {
            // Over UDP there is a way to say it, whatever has become of the connection.
            let _ = session.part(&mut self.connection, now);
            session.close(&self.name, &mut self.connection, ending, house, now);
        }
        Stay::Gone
    }
}

impl Guest for Connection {
    fn poll_on<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        if let Some(socket) = self.connection.socket() {
            let mut events = PollFlags::empty();
            let hears = self.leaving.is_none() && self.has_room_for_words();
            events.set(PollFlags::POLLIN, hears);
            events.set(PollFlags::POLLOUT, self.connection.has_begun());
            fds.push(PollFd::new(socket, events));
        }
    }

    fn call_by(&self) -> Option<Micros> {
        self.call_by
    }

    fn needs_pictures(&self) -> bool {
        let waits = self
            .wants_camera_until
            .is_some_and(|until| until > Micros::now());
        self.leaving.is_none() && (self.describing.is_some() || self.is_playing() || waits)
    }

    fn go_on(&mut self, house: &mut House, now: Micros) -> Stay {
        if let Some(ending) = self.leaving.clone() {
            if self.connection.viewer().say_farewell(now) {
                return self.end(&ending, house, now);
            }
            self.plan(now);
            return Stay::Stays;
        }
        let tried = self.turn(house, now);
        self.settle(tried, house, now)
    }

    fn take(&mut self, picture: &Arc<Picture>, house: &mut House, now: Micros) -> Stay {
        if self.leaving.is_some() {
            return Stay::Stays;
        }
        let mut tried = Ok(());
        if self.describing.is_some() && picture.frame.key {
            tried = self.answer_description(house, Described::By(picture.clone()), now);
        }
        if let (Ok(()), Some(session)) = (&tried, &mut self.session) {
            tried = session
                .go_on(&mut self.connection, self.heard, house, now)
                .and_then(|()| session.take(picture, &mut self.connection, house, now));
        }
        self.settle(tried, house, now)
    }

    fn dismiss(&mut self, why: &Ending, house: &mut House, now: Micros) {
        if self.describing.is_some() {
            let _ = self.answer_description(house, Described::Failed(why.clone()), now);
        }
        let _ = self.leave(why.clone(), now);
        self.plan(now);
    }

    fn skip_forward(&mut self, now: Micros) {
        self.connection.skip_forward(now);
        if let Some(session) = &mut self.session {
            session.skip_forward(now);
        }
    }

    fn about(&self) -> Option<About> {
        let session = self
            .session
            .as_ref()
            .filter(|session| session.is_playing())?;
        Some(About {
            kind: session.kind(),
            since: session.since()?,
            skipped: session.skipped(&self.connection),
            lag: session.lag(&self.connection, Micros::now()),
        })
    }
}
