//! What is answered to a request: at once, or when there is a picture.

use std::net::IpAddr;

use super::super::door::{Origin, Place};
use super::super::guest::Ending;
use super::super::house::House;
use super::awaited::Wanted;
use super::content::Content;
use super::forms::Kind;
use super::hosts;
use super::known_urls::{self, LIST_POLICY, Resource};
use super::metrics;
use super::request::{Method, Request};
use super::response::{Response, Status};
use super::websocket;
use crate::options::Codec;
use crate::serve::users::{Attempt, Verdict};
use crate::units::Micros;

/// The page of the camera: one file.
const PAGE: &str = include_str!("../../../assets/page.html");

/// What it may do: what stands in it, and what comes from here.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
    connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'";

pub enum Answer {
    Now(Response),
    /// When there is a picture.
    Later(Wanted, Option<Place>),
}

/// Answers a request that was understood.
pub fn answer(request: &Request, from: IpAddr, house: &mut House, now: Micros) -> Answer {
    let answer = admit(request, from, house, now)
        .and_then(|resource| choose(resource, request, from, house, now))
        .unwrap_or_else(Answer::Now);
    match &answer {
        Answer::Now(response) if !response.is_good() => {
            let status = response.status as u16;
            let path = request.path_and_query().0.escape_debug();
            house
                .journal
                .refuse(&format!("{from}: {path}: refused with {status}"));
        }
        _ => {}
    }
    answer
}

/// What is asked for, by one who may.
fn admit(
    request: &Request,
    from: IpAddr,
    house: &mut House,
    now: Micros,
) -> Result<Resource, Response> {
    if let Some(host) = &request.host
        && !house.hosts.allow(host)
    {
        return Err(Response::text(Status::Forbidden, hosts::refusal()));
    }
    if let Some(users) = &mut house.users {
        let attempt = Attempt {
            method: request.method.name(),
            uri: &request.target,
            authorization: request.authorization.as_deref(),
            from,
        };
        match users.judge(attempt, now) {
            Verdict::Admitted => {}
            Verdict::Refused(challenges) => return Err(unauthorized(challenges)),
            Verdict::TooMany(wait) => {
                let seconds = wait.as_secs() + 1;
                return Err(Response::text(
                    Status::TooManyRequests,
                    format!("too many wrong passwords came from your address: wait {seconds} s"),
                )
                .with("Retry-After", seconds.to_string()));
            }
        }
    }
    let (path, query) = request.path_and_query();
    known_urls::find(path, query).ok_or_else(|| {
        let list = Content::Own(known_urls::list().into_bytes());
        Response::page(Status::NotFound, list, LIST_POLICY)
    })
}

fn unauthorized(challenges: [String; 2]) -> Response {
    challenges.into_iter().fold(
        Response::text(
            Status::Unauthorized,
            "this camera wants a name and a password",
        ),
        |response, challenge| response.with("WWW-Authenticate", challenge),
    )
}

fn choose(
    resource: Resource,
    request: &Request,
    from: IpAddr,
    house: &mut House,
    now: Micros,
) -> Result<Answer, Response> {
    let response = match resource {
        Resource::Page => {
            house.journal.page();
            Response::page(Status::Ok, Content::Built(PAGE), PAGE_POLICY)
        }
        Resource::Health => {
            house.journal.status();
            Response::text(Status::Ok, "ok")
        }
        Resource::Status => {
            house.journal.status();
            let json = Content::Own(house.status(now).json().into());
            Response::whole("application/json", json)
        }
        Resource::Metrics => {
            house.journal.status();
            let text = Content::Own(metrics::text(&house.status(now)).into());
            Response::whole(metrics::CONTENT_TYPE, text)
        }
        Resource::Snapshot => return Ok(snapshot(request)),
        Resource::Mp4 if request.is_for_range => return stream(Kind::Mp4, request, from, house),
        Resource::Mp4 => return stream(Kind::Mse, request, from, house),
        Resource::MpegTs => return stream(Kind::MpegTs, request, from, house),
        Resource::H264 => return stream(Kind::H264, request, from, house),
        Resource::Mjpeg if known_urls::asks_for(request.path_and_query().1, "bytes") => {
            return stream(Kind::MjpegBytes, request, from, house);
        }
        Resource::Mjpeg => return stream(Kind::Mjpeg, request, from, house),
        Resource::WebSocket => {
            refuse_foreign(request, house)?;
            let accepted = websocket::accept(request.upgrade.as_ref());
            if !accepted.is_good() {
                return Err(accepted);
            }
            return stream(Kind::WebSocket, request, from, house);
        }
    };
    Ok(Answer::Now(response))
}

/// A page of anywhere may open a WebSocket to here, and read all of it: no browser asks us first.
fn refuse_foreign(request: &Request, house: &House) -> Result<(), Response> {
    match &request.origin {
        Some(origin) if !house.hosts.allow_origin(origin) => Err(Response::text(
            Status::Forbidden,
            hosts::refusal_of_origin(),
        )),
        _ => Ok(()),
    }
}

/// The camera is not started for a head alone.
fn snapshot(request: &Request) -> Answer {
    match request.method {
        Method::Head => Answer::Now(Response::stream("image/jpeg")),
        Method::Get => {
            let is_fresh = known_urls::asks_for(request.path_and_query().1, "fresh");
            Answer::Later(Wanted::Snapshot { is_fresh }, None)
        }
    }
}

fn stream(kind: Kind, request: &Request, from: IpAddr, house: &House) -> Result<Answer, Response> {
    if house.camera.options().video.codec == Codec::Mjpeg && !kind.is_jpegs() {
        return Err(Response::text(
            Status::NotFound,
            "the camera gives JPEG pictures (-cd MJPEG), and no H.264: /stream.mjpg has them",
        ));
    }
    if request.method == Method::Head {
        return Ok(Answer::Now(Response::stream(kind.content_type())));
    }
    match house.door.let_in(Origin::of_address(from)) {
        Ok(place) => Ok(Answer::Later(Wanted::Stream(kind), Some(place))),
        Err(why) => Err(unavailable(why)),
    }
}

/// The origin that may read the answer: that of a page of ours on another port, as printers' front ends are.
pub fn origin<'a>(request: &'a Request, house: &House) -> Option<&'a str> {
    let origin = request.origin.as_deref()?;
    house.hosts.allow_origin(origin).then_some(origin)
}

/// There is no picture, and why.
pub fn no_picture(why: &Ending) -> Response {
    unavailable(match why {
        Ending::Failed(failure) => failure.text.clone(),
        Ending::Stopped => "the service has been told to stop: try again".into(),
        other => format!("no picture: {}", other.reason()),
    })
}

pub fn unavailable(why: String) -> Response {
    Response::text(Status::ServiceUnavailable, why).with("Retry-After", "2")
}
