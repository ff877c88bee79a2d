//! A session: what SETUP makes and TEARDOWN ends. Its pictures go over the RTSP connection, between the answers, or over UDP
//! beside it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::super::clock::StreamClock;
use super::super::door::Place;
use super::super::guest::Ending;
use super::super::house::House;
use super::super::journal::Visit;
use super::super::picture::Picture;
use super::super::watcher::{Begins, Watcher};
use super::form::Packets;
use super::outlet::Outlet;
use super::rtcp::{self, REPORT_EVERY, Reception, Report};
use super::udp::{Destination, Pair, Port};
use crate::container::rtp::{INTERLEAVED_MARK, Numbers, ticks};
use crate::error::{Departure, Error, Result};
use crate::units::Micros;
use crate::viewer::Viewer;
use crate::viewer::channel::Channel;

/// Without a request or a report for so long, a client that has its pictures over UDP has gone.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// How soon a packet goes on that had to wait for its pace.
const PACE: Duration = Duration::from_millis(4);

/// What the source is called, to tell the streams of one sender apart.
const NAME: &str = "picam-stream";

/// How the packets leave.
pub enum Way {
    Interleaved {
        /// The channel of reports.
        rtcp: u8,
    },
    Udp {
        stream: Box<Watcher<Packets>>,
        pair: Rc<Pair>,
        there: Destination,
    },
}

/// The RTSP connection as it carries pictures.
pub type Connected = Watcher<Packets>;

pub struct Session {
    pub id: String,
    /// What SETUP called the stream.
    pub url: String,
    source: u32,
    way: Way,
    is_playing: bool,
    /// PLAY was answered, and nothing was sent yet.
    is_prepared: bool,
    awaits_key_frame: bool,
    /// The camera's, as it stood at the last picture: the end is told when the camera may be off.
    clock: StreamClock,
    reported: Option<Micros>,
    reception: Option<Reception>,
    /// When PLAY came first.
    since: Option<Micros>,
    _place: Place,
}

/// What a session begins with.
pub struct Beginning {
    pub id: String,
    pub url: String,
    pub numbers: Numbers,
    pub place: Place,
}

impl Session {
    pub fn interleaved(beginning: Beginning, rtcp: u8, connection: &mut Connected) -> Self {
        connection.viewer().form_mut().numbers = beginning.numbers;
        Self::new(beginning, Way::Interleaved { rtcp })
    }

    pub fn over_udp(
        beginning: Beginning,
        pair: Rc<Pair>,
        there: Destination,
        name: String,
        now: Micros,
    ) -> Self {
        pair.enter(beginning.numbers.source, there, now);
        let outlet = Box::new(Outlet::new(pair.clone(), there, now));
        let form = Packets::new(beginning.numbers);
        let viewer = Viewer::new(Channel::Packets(outlet), form, name);
        let stream = Watcher::new(viewer, Begins::WithThePast, None, now);
        let stream = Box::new(stream);
        Self::new(
            beginning,
            Way::Udp {
                stream,
                pair,
                there,
            },
        )
    }

    fn new(beginning: Beginning, way: Way) -> Self {
        Self {
            source: beginning.numbers.source,
            id: beginning.id,
            url: beginning.url,
            way,
            is_playing: false,
            is_prepared: false,
            awaits_key_frame: false,
            clock: StreamClock::default(),
            reported: None,
            reception: None,
            since: None,
            _place: beginning.place,
        }
    }

    pub fn is_playing(&self) -> bool {
        self.is_playing
    }

    pub fn prepare(&mut self) {
        self.is_prepared = true;
    }

    pub fn is_prepared(&self) -> bool {
        self.is_prepared
    }

    fn stream<'a>(&'a mut self, connection: &'a mut Connected) -> &'a mut Watcher<Packets> {
        match &mut self.way {
            Way::Interleaved { .. } => connection,
            Way::Udp { stream, .. } => stream,
        }
    }

    /// The value of `RTP-Info` (RFC 2326 clause 12.33) for a PLAY at this moment.
    pub fn info(&mut self, connection: &mut Connected, house: &House, now: Micros) -> String {
        let url = self.url.clone();
        let sequence = self.stream(connection).viewer().form().numbers.sequence;
        let first = self.past(house, now).first();
        let time = first.map_or(String::new(), |first| {
            format!(";rtptime={}", ticks(first.frame.pts))
        });
        format!("url={url};seq={sequence}{time}")
    }

    pub fn play(
        &mut self,
        connection: &mut Connected,
        house: &mut House,
        now: Micros,
    ) -> Result<()> {
        self.is_playing = true;
        self.is_prepared = false;
        self.awaits_key_frame = self.past(house, now).is_empty();
        self.since.get_or_insert(now);
        self.clock = house.camera.clock();
        let awaits_key_frame = self.awaits_key_frame;
        let stream = self.stream(connection);
        if awaits_key_frame {
            house.camera.want_key_frame(now);
        } else {
            stream.join(house, now)?;
        }
        stream.go_on(house, now)
    }

    /// The pictures that PLAY begins with. Behind a pause there are none: what was sent once does not come again.
    fn past<'a>(&self, house: &'a House, now: Micros) -> &'a [Arc<Picture>] {
        match self.since {
            None => house.camera.gop().to_begin_with(now),
            Some(_) => &[],
        }
    }

    /// What waits is thrown away: another PLAY begins with a key frame.
    pub fn pause(&mut self, connection: &mut Connected, now: Micros) {
        self.is_playing = false;
        self.stream(connection).skip_forward(now);
    }

    pub fn take(
        &mut self,
        picture: &Arc<Picture>,
        connection: &mut Connected,
        house: &mut House,
        now: Micros,
    ) -> Result<()> {
        if !self.is_playing {
            return Ok(());
        }
        self.clock = house.camera.clock();
        if self.awaits_key_frame && !picture.frame.key {
            house.camera.want_key_frame(now);
            return Ok(());
        }
        self.awaits_key_frame = false;
        if let Way::Udp { pair, .. } = &self.way {
            pair.set_rate(house.camera.rate().bits_a_second);
        }
        self.stream(connection).take(picture, house, now)?;
        self.report_if_due(connection, now)
    }

    /// Goes on with what waits, and looks whether the client is there.
    pub fn go_on(
        &mut self,
        connection: &mut Connected,
        heard: Micros,
        house: &mut House,
        now: Micros,
    ) -> Result<()> {
        let Way::Udp { stream, pair, .. } = &mut self.way else {
            return self.report_if_due(connection, now);
        };
        let line = pair.line(self.source);
        if line.is_some_and(|line| line.is_refused) {
            return Err(Error::Viewer(Departure::Left));
        }
        self.reception = line.and_then(|line| line.reception).or(self.reception);
        let heard = line.map_or(heard, |line| line.heard.max(heard));
        if now.since(heard) >= TIMEOUT {
            return Err(Error::Viewer(Departure::Stuck));
        }
        if self.is_playing {
            stream.go_on(house, now)?;
        }
        self.report_if_due(connection, now)
    }

    pub fn call_by(&self) -> Option<Micros> {
        let report = self.reported.map(|last| last.after(REPORT_EVERY));
        let stream = match &self.way {
            Way::Udp { stream, .. } => stream.call_by(),
            Way::Interleaved { .. } => None,
        };
        let report = report.filter(|_| self.is_playing);
        report.into_iter().chain(stream).min()
    }

    /// Whether packets wait for their pace: the time when they go on.
    pub fn paced_by(&mut self, now: Micros) -> Option<Micros> {
        match &mut self.way {
            Way::Udp { stream, .. } => stream.viewer().pending().then(|| now.after(PACE)),
            Way::Interleaved { .. } => None,
        }
    }

    /// A report of the client's came over the connection.
    pub fn note_report(&mut self, bytes: &[u8]) {
        self.reception = rtcp::reception(bytes, self.source).or(self.reception);
    }

    fn report_if_due(&mut self, connection: &mut Connected, now: Micros) -> Result<()> {
        let is_due = |last| now.since(last) >= REPORT_EVERY;
        if !self.is_playing || !self.reported.is_none_or(is_due) {
            return Ok(());
        }
        let Some(report) = self.report(connection, now) else {
            return Ok(());
        };
        self.reported = Some(now);
        self.send(&rtcp::sender_report(&report, NAME), connection, now)
    }

    /// Nothing before the first packet.
    fn report(&mut self, connection: &mut Connected, now: Micros) -> Option<Report> {
        let ticks = ticks(self.clock.at(now)?);
        let numbers = self.stream(connection).viewer().form().numbers;
        let wall_clock = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        (numbers.packets > 0).then_some(Report {
            source: self.source,
            wall_clock,
            ticks,
            packets: numbers.packets,
            payload_bytes: numbers.payload_bytes,
        })
    }

    fn send(&mut self, packet: &[u8], connection: &mut Connected, now: Micros) -> Result<()> {
        match &self.way {
            Way::Interleaved { rtcp } => {
                let length = packet.len() as u16;
                let mut bytes = vec![INTERLEAVED_MARK, *rtcp];
                bytes.extend_from_slice(&length.to_be_bytes());
                bytes.extend_from_slice(packet);
                connection.viewer().put_aside(&bytes, now)
            }
            Way::Udp { pair, there, .. } => {
                let _ = pair.send(Port::Rtcp, packet, there);
                Ok(())
            }
        }
    }

    /// TEARDOWN: what waits is thrown away, and the end is said.
    pub fn pause_for_good(&mut self, connection: &mut Connected, now: Micros) {
        let _ = self.part(connection, now);
        self.pause(connection, now);
    }

    /// Says BYE.
    pub fn part(&mut self, connection: &mut Connected, now: Micros) -> Result<()> {
        if !std::mem::take(&mut self.is_playing) {
            return Ok(());
        }
        match self.report(connection, now) {
            Some(report) => self.send(&rtcp::bye(&report, NAME), connection, now),
            None => Ok(()),
        }
    }

    /// Tells the journal how it was.
    pub fn close(
        &mut self,
        name: &str,
        connection: &mut Connected,
        ending: &Ending,
        house: &mut House,
        now: Micros,
    ) {
        let Some(since) = self.since.take() else {
            return;
        };
        let told = self.reception.map_or(String::new(), |told| {
            let jitter_ms = told.jitter.as_secs_f64() * 1000.0;
            format!(
                ", {} packets lost, jitter {jitter_ms:.1} ms",
                told.lost.max(0)
            )
        });
        let visit = Visit {
            name,
            kind: self.kind(),
            told: &told,
            since,
            tally: self.stream(connection).tally(),
            ending,
        };
        house.journal.visit(&visit, now);
    }

    pub fn kind(&self) -> &'static str {
        match self.way {
            Way::Interleaved { .. } => "rtsp",
            Way::Udp { .. } => "rtsp-udp",
        }
    }

    /// For how long the oldest picture waits that the client has not been given.
    pub fn lag(&self, connection: &Connected, now: Micros) -> Duration {
        match &self.way {
            Way::Interleaved { .. } => connection.lag(now),
            Way::Udp { stream, .. } => stream.lag(now),
        }
    }

    /// Pictures that were skipped for the client.
    pub fn skipped(&self, connection: &Connected) -> u64 {
        match &self.way {
            Way::Interleaved { .. } => connection.tally().skipped,
            Way::Udp { stream, .. } => stream.tally().skipped,
        }
    }

    pub fn since(&self) -> Option<Micros> {
        self.since
    }

    pub fn skip_forward(&mut self, now: Micros) {
        if let Way::Udp { stream, .. } = &mut self.way {
            stream.skip_forward(now);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Way::Udp { pair, .. } = &self.way {
            pair.leave(self.source);
        }
    }
}
