//! One connection of a browser or another program: requests are heard and answered one after the other, until one of them
//! is for a stream, which lasts as long as the connection.

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{MsgFlags, recv};

use super::super::door::{Origin, Place};
use super::super::guest::{About, Ending, Guest, Stay};
use super::super::handed::packet;
use super::super::house::House;
use super::super::picture::Picture;
use super::answering::{Answering, Sent, turn_away};
use super::answers::{self, Answer};
use super::awaited::{Awaited, Came};
use super::head::Inbox;
use super::request::Request;
use super::response::{Response, Status, Terms};
use super::watching::Watching;
use crate::units::Micros;
use crate::viewer::limits::{FAREWELL, MOST_READS, PROBE_EVERY};
use crate::viewer::peer::Peer;
use crate::viewer::peer_name;

/// A head comes within this time of the connection's or the last answer's end.
const ASKS_WITHIN: Duration = Duration::from_secs(5);

/// So many requests are answered before others have their turn.
const MOST_AT_ONCE: usize = 8;

/// A connection.
pub struct Connection {
    socket: OwnedFd,
    from: IpAddr,
    name: String,
    inbox: Inbox,
    state: State,
    /// Since when it is in this state, or has made progress in it.
    since: Micros,
    /// When it is looked at again whose end may lie behind what is not read.
    look_again: Micros,
    has_asked: bool,
    /// It will ask nothing more.
    has_finished: bool,
    /// It has had its turn, and there is more.
    wants_turn: bool,
    _place: Place,
}

enum State {
    Listening,
    Answering(Answering),
    Awaiting(Box<Awaited>),
    Watching(Box<Watching>),
    /// All is said, and the end too: its own is awaited, or what was said last could be destroyed.
    Leaving,
}

impl Connection {
    /// Nothing where too many come from the same address, which is told so.
    pub fn new(socket: OwnedFd, house: &mut House, now: Micros) -> Option<Self> {
        Peer::prepare(socket.as_fd());
        let from = packet::address(socket.as_fd()).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let name = peer_name::of_connection(socket.as_fd()).unwrap_or_default();
        let Ok(place) = house.callers.let_in(Origin::of_address(from)) else {
            house
                .journal
                .refuse(&format!("{name}: too many connections"));
            turn_away(&socket, "too many connections from your address");
            return None;
        };
        Some(Self {
            socket,
            from,
            name,
            inbox: Inbox::default(),
            state: State::Listening,
            since: now,
            look_again: now,
            has_asked: false,
            has_finished: false,
            wants_turn: false,
            _place: place,
        })
    }

    /// Reads what has come into the inbox, as far as there is room. False when the connection has ended.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        for _ in 0..MOST_READS {
            let room = self.inbox.room().min(buffer.len());
            if room == 0 {
                break;
            }
            let flags = MsgFlags::MSG_DONTWAIT;
            match recv(self.socket.as_raw_fd(), &mut buffer[..room], flags) {
                Ok(0) => {
                    self.has_finished = true;
                    break;
                }
                Ok(bytes) => self.inbox.push(&buffer[..bytes]),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Err(_) => return false,
            }
        }
        true
    }

    /// Hears and answers, as far as that goes now.
    fn turn(&mut self, house: &mut House, now: Micros) -> Stay {
        self.wants_turn = false;
        for _ in 0..MOST_AT_ONCE {
            let goes_on = match &mut self.state {
                State::Listening => self.listen(house, now),
                State::Answering(_) => self.write(now),
                State::Awaiting(_) => self.wait(house, now),
                State::Watching(watching) => {
                    let stay = watching.go_on(house, now);
                    return stay;
                }
                State::Leaving => return self.leave(now),
            };
            match goes_on {
                Turn::GoesOn => {}
                Turn::Waits => return Stay::Stays,
                Turn::Ends => return Stay::Gone,
            }
        }
        self.wants_turn = true;
        Stay::Stays
    }

    fn listen(&mut self, house: &mut House, now: Micros) -> Turn {
        if !self.read() {
            return Turn::Ends;
        }
        match self.inbox.request() {
            Ok(Some(request)) => {
                self.has_asked = true;
                let answer = answers::answer(&request, self.from, house, now);
                self.begin(answer, request, house, now);
                Turn::GoesOn
            }
            Err(refusal) => {
                self.refuse(&refusal, house, now);
                Turn::GoesOn
            }
            Ok(None) if self.has_finished => Turn::Ends,
            Ok(None) if now.since(self.since) < ASKS_WITHIN => Turn::Waits,
            // A browser keeps connections for later: that is no fault.
            Ok(None) if self.has_asked && self.inbox.is_empty() => Turn::Ends,
            Ok(None) => {
                let refusal = Response::text(
                    Status::RequestTimeout,
                    format!(
                        "the head of a request comes within {} s",
                        ASKS_WITHIN.as_secs()
                    ),
                );
                self.refuse(&refusal, house, now);
                Turn::GoesOn
            }
        }
    }

    fn begin(&mut self, answer: Answer, request: Request, house: &mut House, now: Micros) {
        match answer {
            Answer::Now(response) => self.respond(&response, &request, house, now),
            Answer::Later(wanted, place) => {
                let awaited = Awaited::new(wanted, place, request, house, now);
                self.change(State::Awaiting(Box::new(awaited)), now);
            }
        }
    }

    fn respond(&mut self, response: &Response, request: &Request, house: &House, now: Micros) {
        let terms = Terms {
            origin: answers::origin(request, house),
            ..Terms::of(request)
        };
        let keeps_alive = response.keeps_alive(&terms) && !self.has_finished;
        let answering = Answering::new(response, &terms, keeps_alive, now);
        self.change(State::Answering(answering), now);
    }

    /// Answers what was not understood, after which nothing can be.
    fn refuse(&mut self, refusal: &Response, house: &mut House, now: Micros) {
        house.journal.refuse(&format!(
            "{}: refused with {}",
            self.name, refusal.status as u16
        ));
        let answering = Answering::new(refusal, &Terms::default(), false, now);
        self.change(State::Answering(answering), now);
    }

    fn change(&mut self, state: State, now: Micros) {
        self.state = state;
        self.since = now;
    }

    fn write(&mut self, now: Micros) -> Turn {
        let State::Answering(answering) = &mut self.state else {
            return Turn::GoesOn;
        };
        match answering.go_on(self.socket.as_fd(), now) {
            Sent::All => {}
            Sent::InPart => return Turn::Waits,
            Sent::Failed => return Turn::Ends,
        }
        if answering.keeps_alive {
            self.change(State::Listening, now);
        } else {
            Peer::end_sending(self.socket.as_fd());
            self.change(State::Leaving, now);
        }
        Turn::GoesOn
    }

    fn leave(&self, now: Micros) -> Stay {
        if Peer::has_ended(self.socket.as_fd()) || now.since(self.since) >= FAREWELL {
            Stay::Gone
        } else {
            Stay::Stays
        }
    }

    /// A picture is awaited, and nothing of what may have been asked for meanwhile is heard.
    fn wait(&mut self, house: &mut House, now: Micros) -> Turn {
        // Where nothing more can be read, its end is seen all the same.
        if !self.read() || self.has_finished || Peer::has_hung_up(self.socket.as_fd()) {
            return Turn::Ends;
        }
        self.look_again = now.after(PROBE_EVERY);
        let State::Awaiting(awaited) = &mut self.state else {
            return Turn::GoesOn;
        };
        let came = awaited.look(house, now);
        self.settle(came, house, now)
    }

    /// What is to be done about what came.
    fn settle(&mut self, came: Came, house: &mut House, now: Micros) -> Turn {
        match came {
            Came::Nothing => Turn::Waits,
            Came::Response(response) => {
                self.answer_awaited(&response, house, now);
                Turn::GoesOn
            }
            Came::Stream(picture) => self.watch(picture.as_ref(), house, now),
        }
    }

    fn answer_awaited(&mut self, response: &Response, house: &House, now: Micros) {
        if let State::Awaiting(awaited) = std::mem::replace(&mut self.state, State::Leaving) {
            self.respond(response, &awaited.request, house, now);
        }
    }

    /// The stream begins, with this picture where it is a new one.
    fn watch(&mut self, picture: Option<&Arc<Picture>>, house: &mut House, now: Micros) -> Turn {
        let Ok(socket) = self.socket.try_clone() else {
            return Turn::Ends;
        };
        let State::Awaiting(awaited) = std::mem::replace(&mut self.state, State::Leaving) else {
            return Turn::Ends;
        };
        let origin = answers::origin(&awaited.request, house).map(str::to_owned);
        // What was said ahead of the answer is the beginning of what a WebSocket says.
        let words = self.inbox.take();
        let watching = Watching::begin(
            *awaited,
            origin.as_deref(),
            socket,
            self.name.clone(),
            words,
            now,
        );
        let mut watching = Box::new(watching);
        let stay = watching.join(picture, house, now);
        self.change(State::Watching(watching), now);
        match stay {
            Stay::Stays => Turn::Waits,
            Stay::Gone => Turn::Ends,
        }
    }
}

/// What comes of a turn.
enum Turn {
    GoesOn,
    Waits,
    Ends,
}

impl Guest for Connection {
    fn poll_on<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        let events = match &self.state {
            State::Listening | State::Leaving => PollFlags::POLLIN,
            State::Answering(_) => PollFlags::POLLOUT,
            // With no room for more, what lies there would be news for ever.
            State::Awaiting(_) if self.inbox.room() == 0 => PollFlags::empty(),
            State::Awaiting(_) => PollFlags::POLLIN,
            State::Watching(watching) => return watching.poll_on(fds),
        };
        fds.push(PollFd::new(self.socket.as_fd(), events));
    }

    fn call_by(&self) -> Option<Micros> {
        if self.wants_turn {
            return Some(self.since);
        }
        match &self.state {
            State::Listening => Some(self.since.after(ASKS_WITHIN)),
            State::Answering(answering) => Some(answering.call_by()),
            State::Awaiting(awaited) => {
                let look_again = (self.inbox.room() == 0).then_some(self.look_again);
                awaited.call_by().into_iter().chain(look_again).min()
            }
            State::Watching(watching) => watching.call_by(),
            State::Leaving => Some(self.since.after(FAREWELL)),
        }
    }

    fn needs_pictures(&self) -> bool {
        match &self.state {
            State::Awaiting(_) => true,
            State::Watching(watching) => watching.needs_pictures(),
            _ => false,
        }
    }

    fn go_on(&mut self, house: &mut House, now: Micros) -> Stay {
        self.turn(house, now)
    }

    fn take(&mut self, picture: &Arc<Picture>, house: &mut House, now: Micros) -> Stay {
        let came = match &mut self.state {
            State::Watching(watching) => return watching.take(picture, house, now),
            State::Awaiting(awaited) => awaited.take(picture, house, now),
            _ => return Stay::Stays,
        };
        match self.settle(came, house, now) {
            Turn::GoesOn => self.turn(house, now),
            Turn::Waits => Stay::Stays,
            Turn::Ends => Stay::Gone,
        }
    }

    fn dismiss(&mut self, why: &Ending, house: &mut House, now: Micros) {
        match &mut self.state {
            State::Listening => {
                Peer::end_sending(self.socket.as_fd());
                self.change(State::Leaving, now);
            }
            State::Answering(answering) => answering.keeps_alive = false,
            State::Awaiting(_) => {
                let response = answers::no_picture(why);
                self.answer_awaited(&response, house, now);
            }
            State::Watching(watching) => watching.dismiss(why, now),
            State::Leaving => {}
        }
    }

    fn skip_forward(&mut self, now: Micros) {
        match &mut self.state {
            State::Watching(watching) => watching.skip_forward(now),
            State::Answering(answering) => answering.give_up_picture(),
            _ => {}
        }
    }

    fn about(&self) -> Option<About> {
        match &self.state {
            State::Watching(watching) => Some(watching.about()),
            _ => None,
        }
    }
}

impl Drop for Connection {
    /// PID 1 has no copy of it, but a viewer of ours may.
    fn drop(&mut self) {
        Peer::hang_up(self.socket.as_fd());
    }
}
