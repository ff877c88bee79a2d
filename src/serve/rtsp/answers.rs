//! What is answered to each request (RFC 2326 clause 10).

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

use super::super::door::Origin;
use super::super::guest::Ending;
use super::super::house::House;
use super::super::picture::Picture;
use super::super::users::{Attempt, Verdict};
use super::connection::{Connection, PLAYS_WITHIN};
use super::random;
use super::request::{Method, Request};
use super::response::{Response, Status};
use super::sdp;
use super::session::{Beginning, Session, TIMEOUT};
use super::transport::Transport;
use super::udp::{Destination, Pair};
use crate::container::rtp::Numbers;
use crate::error::{Departure, Result};
use crate::options::Codec;
use crate::units::{Fps, Micros};

/// Where the pictures of a camera that gives JPEGs are to be had.
const JPEGS: &str = "/stream.mjpg";

/// What became of a description that was waited for.
pub enum Described {
    By(Arc<Picture>),
    Failed(Ending),
    TooLate,
}

type Answer = std::result::Result<Response, Response>;

impl Connection {
    pub(super) fn answer(
        &mut self,
        request: Request,
        house: &mut House,
        now: Micros,
    ) -> Result<()> {
        let ends = request.ends_connection;
        match self.respond(&request, house, now) {
            Ok(Some(response)) => self.say(&response.answering(&request), now)?,
            // It comes with the first picture.
            Ok(None) => self.describing = Some((request.clone(), now)),
            Err(refusal) => {
                let status = refusal.status as u16;
                let text = format!(
                    "{}: {} refused with {status}",
                    self.name, request.method_name
                );
                house.journal.refuse(&text);
                self.say(&refusal.answering(&request), now)?;
            }
        }
        if request.method == Method::Play {
            self.play(house, now)?;
        }
        if ends {
            self.leave(Ending::Departed(Departure::Left), now)?;
        }
        Ok(())
    }

    fn respond(
        &mut self,
        request: &Request,
        house: &mut House,
        now: Micros,
    ) -> std::result::Result<Option<Response>, Response> {
        if let Some(feature) = &request.require {
            let refusal = Response::new(Status::OptionNotSupported);
            return Err(refusal.with("Unsupported", feature.clone()));
        }
        self.admit(request, house, now)?;
        self.check_session(request)?;
        let response = match request.method {
            Method::Options => Response::new(Status::Ok).with("Public", Method::served()),
            Method::Describe => return self.describe(request, house, now),
            Method::Setup => self.set_up(request, house, now)?,
            Method::Play => self.begin_to_play(request, house, now)?,
            Method::Pause => self.pause(request, now)?,
            Method::GetParameter | Method::SetParameter => parameters(request)?,
            Method::Teardown => self.tear_down(request, house, now)?,
            Method::NotAllowed => {
                let refusal = Response::new(Status::MethodNotAllowed);
                return Err(refusal.with("Allow", Method::served()));
            }
            Method::Unknown => {
                let refusal = Response::new(Status::NotImplemented);
                return Err(refusal.with("Public", Method::served()));
            }
        };
        let has_id = request.method != Method::Setup && request.session.is_some();
        let id = self.session.as_ref().filter(|_| has_id);
        Ok(Some(match id {
            Some(session) => response.with("Session", session.id.clone()),
            None => response,
        }))
    }

    /// Whoever asks what is spoken here need not say who it is: ffmpeg does not.
    fn admit(
        &mut self,
        request: &Request,
        house: &mut House,
        now: Micros,
    ) -> std::result::Result<(), Response> {
        let Some(users) = &mut house.users else {
            return Ok(());
        };
        if self.is_admitted || request.method == Method::Options {
            return Ok(());
        }
        let attempt = Attempt {
            method: &request.method_name,
            uri: &request.target,
            authorization: request.authorization.as_deref().map(str::as_bytes),
            from: self.address(),
        };
        match users.judge(attempt, now) {
            Verdict::Admitted => {
                self.is_admitted = true;
                Ok(())
            }
            Verdict::Refused([digest, basic]) => Err(Response::new(Status::Unauthorized)
                .with("WWW-Authenticate", digest)
                .with("WWW-Authenticate", basic)),
            Verdict::TooMany(wait) => {
                let text = format!(
                    "too many wrong passwords: try again in {} s",
                    wait.as_secs() + 1
                );
                Err(Response::refusal(Status::Forbidden, text))
            }
        }
    }

    /// A session that is named must be the one of this connection: nobody can meddle with another's.
    fn check_session(&self, request: &Request) -> std::result::Result<(), Response> {
        let known = self.session.as_ref().map(|session| &session.id);
        match &request.session {
            Some(named) if Some(named) != known => Err(Response::new(Status::SessionNotFound)),
            _ => Ok(()),
        }
    }

    fn describe(
        &mut self,
        request: &Request,
        house: &mut House,
        now: Micros,
    ) -> std::result::Result<Option<Response>, Response> {
        if house.camera.options().video.codec == Codec::Mjpeg {
            return Err(Response::refusal(
                Status::UnsupportedMediaType,
                format!(
                    "this camera gives JPEGs (-cd MJPEG), and RTSP carries H.264 alone: the pictures are at {JPEGS} of \
                     picam-web.socket, port 8080"
                ),
            ));
        }
        let takes_sdp = |kinds: &str| {
            let kinds = kinds.to_ascii_lowercase();
            [sdp::CONTENT_TYPE, "application/*", "*/*"]
                .iter()
                .any(|kind| kinds.contains(kind))
        };
        if request
            .accept
            .as_deref()
            .is_some_and(|kinds| !takes_sdp(kinds))
        {
            let text = format!("a stream is described as {} here", sdp::CONTENT_TYPE);
            return Err(Response::refusal(Status::NotAcceptable, text));
        }
        self.wants_camera_until = Some(now.after(PLAYS_WITHIN));
        let Some(key_frame) = house.camera.gop().key_frame().cloned() else {
            house.camera.want_key_frame(now);
            return Ok(None);
        };
        self.description(request, &key_frame, house).map(Some)
    }

    fn description(&self, request: &Request, key_frame: &Picture, house: &House) -> Answer {
        let Fps(fps) = house.camera.options().effective_fps();
        let stream = sdp::Stream {
            key_frame: &key_frame.frame.data,
            shows_as_decoded: key_frame.shows_as_decoded,
            frames_a_second: (fps > 0).then_some(fps),
            address: self
                .local
                .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |local| local.ip()),
            session: house.camera.started().map_or(0, |started| started.0),
        };
        let Some(text) = sdp::describe(&stream) else {
            return Err(Response::refusal(
                Status::ServiceUnavailable,
                "the camera's stream has no parameter sets that can be read",
            ));
        };
        Ok(Response::new(Status::Ok)
            .with("Content-Base", format!("{}/", request.base_url()))
            .with("Cache-Control", "no-cache")
            .with_body(sdp::CONTENT_TYPE, text))
    }

    /// Answers the DESCRIBE that waits.
    pub(super) fn answer_description(
        &mut self,
        house: &House,
        described: Described,
        now: Micros,
    ) -> Result<()> {
        let Some((request, _)) = self.describing.take() else {
            return Ok(());
        };
        let unavailable = |text: String| Response::refusal(Status::ServiceUnavailable, text);
        let answer = match described {
            Described::By(key_frame) => self.description(&request, &key_frame, house),
            Described::Failed(Ending::Failed(failure)) => Err(unavailable(failure.text)),
            Described::Failed(why) => {
                Err(unavailable(format!("no picture came: {}", why.reason())))
            }
            Described::TooLate => Err(unavailable("no key frame came from the camera".into())),
        };
        self.wants_camera_until = Some(now.after(PLAYS_WITHIN));
        let response = answer.unwrap_or_else(|refusal| refusal);
        self.say(&response.answering(&request), now)
    }

    fn set_up(&mut self, request: &Request, house: &House, now: Micros) -> Answer {
        if self.session.as_ref().is_some_and(Session::is_playing) {
            return Err(Response::new(Status::NotValidInThisState));
        }
        let has_udp = self.destination(0, 0).is_some();
        let list = request.transport.as_deref().unwrap_or_default();
        let Some(transport) = Transport::choose(list, has_udp) else {
            return Err(Response::new(Status::UnsupportedTransport));
        };
        // A second SETUP takes the place of the first, whose name it keeps if it is for that one (RFC 2326 clause 10.4).
        let before = self.session.take();
        let id_before = before
            .filter(|_| request.session.is_some())
            .map(|session| session.id.clone());
        let unavailable = |text| Response::refusal(Status::ServiceUnavailable, text);
        let origin = self
            .peer
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.ip());
        let place = house
            .door
            .let_in(Origin::of_address(origin))
            .map_err(unavailable)?;
        let random = random::bytes::<14>().map_err(|error| {
            unavailable(format!("no random numbers from /dev/urandom: {error}"))
        })?;
        let [a, b, c, d, e, f, id @ ..] = random;
        let source = u32::from_be_bytes([a, b, c, d]);
        let channel = match transport {
            Transport::Interleaved { rtp, .. } => rtp,
            Transport::Udp { .. } => 0,
        };
        let beginning = Beginning {
            id: id_before.unwrap_or_else(|| format!("{:016x}", u64::from_be_bytes(id))),
            url: request.base_url().to_owned(),
            numbers: Numbers::new(channel, source, u16::from_be_bytes([e, f])),
            place,
        };
        let id = format!("{};timeout={}", beginning.id, TIMEOUT.as_secs());
        let ports = self.pair.as_ref().map(|pair| pair.ports());
        let answer = transport.answer(ports, source);
        self.session = match transport {
            Transport::Interleaved { rtcp, .. } => {
                Some(Session::interleaved(beginning, rtcp, &mut self.connection))
            }
            Transport::Udp { rtp, rtcp } => self.destination(rtp, rtcp).map(|(pair, there)| {
                Session::over_udp(beginning, pair, there, self.name.clone(), now)
            }),
        };
        Ok(Response::new(Status::Ok)
            .with("Session", id)
            .with("Transport", answer))
    }

    /// Where packets to these ports go: never anywhere but where the request came from.
    fn destination(&self, rtp: u16, rtcp: u16) -> Option<(Rc<Pair>, Destination)> {
        let (pair, peer, local) = (self.pair.as_ref()?, self.peer?, self.local?);
        let there = Destination {
            to: peer.ip(),
            rtp,
            rtcp,
            from: local.ip(),
            interface: self.interface,
        };
        pair.reaches(peer.ip()).then(|| (pair.clone(), there))
    }

    fn begin_to_play(&mut self, request: &Request, house: &House, now: Micros) -> Answer {
        let session = named(request, &mut self.session)?;
        let response = Response::new(Status::Ok).with("Range", "npt=now-");
        if session.is_playing() {
            return Ok(response);
        }
        let info = session.info(&mut self.connection, house, now);
        session.prepare();
        Ok(response.with("RTP-Info", info))
    }

    /// The pictures come behind the answer.
    fn play(&mut self, house: &mut House, now: Micros) -> Result<()> {
        match &mut self.session {
            Some(session) if session.is_prepared() => {
                session.play(&mut self.connection, house, now)
            }
            _ => Ok(()),
        }
    }

    fn pause(&mut self, request: &Request, now: Micros) -> Answer {
        let session = named(request, &mut self.session)?;
        session.pause(&mut self.connection, now);
        self.wants_camera_until = Some(now.after(PLAYS_WITHIN));
        Ok(Response::new(Status::Ok))
    }

    fn tear_down(&mut self, request: &Request, house: &mut House, now: Micros) -> Answer {
        named(request, &mut self.session)?;
        if let Some(mut session) = self.session.take() {
            session.pause_for_good(&mut self.connection, now);
            let ending = Ending::Departed(Departure::Left);
            session.close(&self.name, &mut self.connection, &ending, house, now);
        }
        self.wants_camera_until = None;
        Ok(Response::new(Status::Ok))
    }
}

/// The session that a request is about. Without one, PLAY and its kin are not valid in this state; without its name they are
/// about none.
fn named<'a>(
    request: &Request,
    session: &'a mut Option<Session>,
) -> std::result::Result<&'a mut Session, Response> {
    match (session, &request.session) {
        (None, _) if request.method == Method::Teardown => {
            Err(Response::new(Status::SessionNotFound))
        }
        (None, _) => Err(Response::new(Status::NotValidInThisState)),
        (Some(_), None) => Err(Response::new(Status::SessionNotFound)),
        (Some(session), Some(_)) => Ok(session),
    }
}

/// Nothing can be asked for or set; without a body it is the sign that a client is there.
fn parameters(request: &Request) -> Answer {
    if request.has_body {
        return Err(Response::new(Status::ParameterNotUnderstood));
    }
    Ok(Response::new(Status::Ok))
}
