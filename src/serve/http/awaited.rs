//! A request that is answered when there is a picture: a snapshot, or a stream, which begins with its first picture. Until
//! then the answer can still be that there is none, and why.

use std::sync::Arc;
use std::time::Duration;

use super::super::door::Place;
use super::super::house::House;
use super::super::picture::Picture;
use super::answers;
use super::content::Content;
use super::forms::Kind;
use super::request::Request;
use super::response::Response;
use crate::options::Codec;
use crate::units::Micros;

/// An old key frame is no picture of now: the next one is asked for.
const YOUNG: Duration = Duration::from_secs(3);

/// One decoded picture serves all who ask within this time.
const SERVES_ALL_WITHIN: Duration = Duration::from_secs(1);

/// A snapshot comes within this time, or not at all. A camera has 15 s for its first picture.
const COMES_WITHIN: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Stream(Kind),
    Snapshot { is_fresh: bool },
}

pub struct Awaited {
    pub wanted: Wanted,
    pub place: Option<Place>,
    pub request: Request,
    since: Micros,
    /// A snapshot that was taken then, or later, will do.
    least: Option<Micros>,
    /// JPEGs are made of H.264 for this.
    pub is_made: bool,
}

/// What has come.
pub enum Came {
    Nothing,
    Response(Response),
    /// A stream can begin: with this picture, or with those that there are already.
    Stream(Option<Arc<Picture>>),
}

impl Awaited {
    pub fn new(
        wanted: Wanted,
        place: Option<Place>,
        request: Request,
        house: &House,
        now: Micros,
    ) -> Self {
        let is_jpegs = match wanted {
            Wanted::Stream(kind) => kind.is_jpegs(),
            Wanted::Snapshot { .. } => true,
        };
        let is_made = is_jpegs && house.camera.options().video.codec == Codec::H264;
        Self {
            wanted,
            place,
            request,
            since: now,
            least: None,
            is_made,
        }
    }

    pub fn call_by(&self) -> Option<Micros> {
        match self.wanted {
            Wanted::Snapshot { .. } => Some(self.since.after(COMES_WITHIN)),
            Wanted::Stream(_) => None,
        }
    }

    /// Looks for what is there already.
    pub fn look(&mut self, house: &mut House, now: Micros) -> Came {
        if self.is_made
            && let Some(failure) = house.jpegs.failure_since(self.since)
        {
            return Came::Response(answers::unavailable(failure.to_owned()));
        }
        match self.wanted {
            Wanted::Stream(_) if self.is_made => {
                let newest = house
                    .jpegs
                    .newest()
                    .filter(|it| now.since(it.frame.captured) < SERVES_ALL_WITHIN);
                newest.map_or(Came::Nothing, |jpeg| Came::Stream(Some(jpeg.clone())))
            }
            Wanted::Stream(kind)
                if kind.catches_up() && !house.camera.gop().to_begin_with(now).is_empty() =>
            {
                Came::Stream(None)
            }
            Wanted::Stream(_) => {
                house.camera.want_key_frame(now);
                Came::Nothing
            }
            Wanted::Snapshot { .. } if now.since(self.since) >= COMES_WITHIN => {
                Came::Response(answers::unavailable(format!(
                    "no picture came within {} s",
                    COMES_WITHIN.as_secs()
                )))
            }
            Wanted::Snapshot { is_fresh } if self.is_made => {
                self.look_for_jpeg(is_fresh, house, now)
            }
            Wanted::Snapshot { is_fresh: true } => Came::Nothing,
            Wanted::Snapshot { is_fresh: false } => match house.camera.gop().key_frame() {
                Some(jpeg) => self.respond(&jpeg.clone(), house),
                None => Came::Nothing,
            },
        }
    }

    /// A snapshot of H.264: one that was made just now, or the newest key frame.
    fn look_for_jpeg(&mut self, is_fresh: bool, house: &mut House, now: Micros) -> Came {
        if let Some(jpeg) = house.jpegs.newest() {
            let captured = jpeg.frame.captured;
            let is_young = !is_fresh && now.since(captured) < SERVES_ALL_WITHIN;
            if is_young || self.least.is_some_and(|least| captured >= least) {
                return self.respond(&jpeg.clone(), house);
            }
        }
        if self.least.is_some() {
            return Came::Nothing;
        }
        let key = house.camera.gop().key_frame().cloned();
        match key.filter(|key| !is_fresh && now.since(key.frame.captured) < YOUNG) {
            Some(key) => {
                self.least = Some(key.frame.captured);
                house.jpegs.want(&key, now);
            }
            None => house.camera.want_key_frame(now),
        }
        Came::Nothing
    }

    fn respond(&self, jpeg: &Arc<Picture>, house: &mut House) -> Came {
        house.journal.snapshot();
        Came::Response(Response::whole(
            "image/jpeg",
            Content::Picture(jpeg.clone()),
        ))
    }

    /// A new picture.
    pub fn take(&mut self, picture: &Arc<Picture>, house: &mut House, now: Micros) -> Came {
        match self.wanted {
            Wanted::Stream(_) if self.is_made => {
                house.feed_jpegs(picture, now);
                Came::Nothing
            }
            Wanted::Stream(_) if picture.frame.key => Came::Stream(Some(picture.clone())),
            Wanted::Stream(_) => {
                house.camera.want_key_frame(now);
                Came::Nothing
            }
            Wanted::Snapshot { .. } if !self.is_made => self.respond(picture, house),
            Wanted::Snapshot { .. } => {
                if self.least.is_none() {
                    if picture.frame.key {
                        self.least = Some(picture.frame.captured);
                        house.jpegs.want(picture, now);
                    } else {
                        house.camera.want_key_frame(now);
                    }
                }
                Came::Nothing
            }
        }
    }
}
