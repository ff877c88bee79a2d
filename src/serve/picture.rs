//! A frame that many viewers share: it is in memory once, and so are the bytes that a container makes of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use super::http::websocket;
use crate::container::fmp4::{self, InitSegment};
use crate::container::{mpegts, multipart, rtp};
use crate::frame::Frame;
use crate::units::{Micros, Pts};
use crate::viewer::Offered;

/// How many bytes of pictures are in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<AtomicUsize>);

impl Memory {
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    fn remove(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Bytes that are made of a picture when the first viewer wants them.
#[derive(Debug, Default)]
pub struct Made(OnceLock<Vec<u8>>);

impl Made {
    /// The bytes; made by `make` when they are wanted first.
    fn get(&self, memory: &Memory, make: impl FnOnce() -> Vec<u8>) -> &[u8] {
        self.0.get_or_init(|| {
            let bytes = make();
            memory.add(bytes.len());
            bytes
        })
    }

    fn len(&self) -> usize {
        self.0.get().map_or(0, Vec::len)
    }
}

/// One picture of the shared camera, and its place in the stream.
#[derive(Debug)]
pub struct Picture {
    pub frame: Frame,
    /// Its number since the camera was started.
    pub number: u64,
    /// The time between two pictures, smoothed.
    pub interval: Duration,
    /// Whether it comes so late that players of MP4 show nothing up to the next key frame (`fmp4::longest_gap`).
    pub follows_gap: bool,
    /// The time of the camera's first picture.
    first: Pts,
    /// Whether tables of a transport stream are due before it.
    with_tables: bool,
    /// Whether pictures are shown in the order in which they come: then decoders are told so.
    pub shows_as_decoded: bool,
    memory: Memory,
    mpegts: Made,
    fmp4: Made,
    mse: Made,
    rtp: Made,
    websocket: Made,
    multipart: Made,
    init_segment: OnceLock<Option<InitSegment>>,
}

impl Picture {
    /// Its packets in an MPEG transport stream, to be numbered for each viewer.
    pub fn mpegts(&self) -> &[u8] {
        self.mpegts.get(&self.memory, || {
            mpegts::packets_for_all(&self.frame, self.first, self.with_tables)
        })
    }

    /// Its fragment of an MP4 file.
    pub fn fmp4(&self) -> &[u8] {
        let make = || self.fragment(self.interval);
        self.fmp4.get(&self.memory, make)
    }

    /// The same for Media Source Extensions.
    pub fn mse(&self) -> &[u8] {
        let make = || self.fragment(fmp4::duration_for_mse(self.interval));
        self.mse.get(&self.memory, make)
    }

    fn fragment(&self, duration: Duration) -> Vec<u8> {
        // 0 is the number of no fragment (ISO/IEC 14496-12 clause 8.8.5).
        fmp4::fragment(&self.frame, self.number + 1, duration)
    }

    /// Its RTP packets, to be numbered for each viewer.
    pub fn rtp(&self) -> &[u8] {
        self.rtp.get(&self.memory, || {
            rtp::packets(&self.frame, self.shows_as_decoded)
        })
    }

    /// Its message to a WebSocket.
    pub fn websocket(&self) -> &[u8] {
        self.websocket
            .get(&self.memory, || websocket::binary_message(&self.frame.data))
    }

    /// Its part of a multipart stream, where it is a JPEG.
    pub fn multipart(&self) -> &[u8] {
        self.multipart.get(&self.memory, || {
            let age = Micros::now().since(self.frame.captured);
            let now = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default();
            multipart::part(&self.frame.data, now.saturating_sub(age))
        })
    }

    /// What an MP4 file that goes on with this key frame begins with; `None` where it is none.
    pub fn init_segment(&self) -> Option<&InitSegment> {
        let init = self.init_segment.get_or_init(|| {
            let unit = Some(&self.frame).filter(|frame| frame.key)?;
            InitSegment::of_key_frame(&unit.data, self.shows_as_decoded)
        });
        init.as_ref()
    }

    fn made_bytes(&self) -> usize {
        let made = [
            &self.mpegts,
            &self.fmp4,
            &self.mse,
            &self.rtp,
            &self.websocket,
            &self.multipart,
        ];
        made.map(Made::len).iter().sum()
    }
}

impl Offered for Arc<Picture> {
    fn frame(&self) -> &Frame {
        &self.frame
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.memory
            .remove(self.frame.data.len() + self.made_bytes());
    }
}

/// Gives the frames of one run of the camera their places.
#[derive(Debug)]
pub struct Numbering {
    memory: Memory,
    number: u64,
    first: Option<Pts>,
    last: Option<Pts>,
    tables_sent: Option<Pts>,
    interval: Duration,
    pub shows_as_decoded: bool,
}

/// What a smoothed interval begins with where nothing is known.
const FIRST_INTERVAL: Duration = Duration::from_millis(40);

/// A gap that is longer says nothing about the interval.
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

impl Numbering {
    /// Where nothing is known of the interval before there are pictures.
    pub fn new(memory: Memory) -> Self {
        Self::expecting(FIRST_INTERVAL, memory)
    }

    /// `interval` is what the camera was asked for.
    pub fn expecting(interval: Duration, memory: Memory) -> Self {
        Self {
            memory,
            number: 0,
            first: None,
            last: None,
            tables_sent: None,
            interval,
            shows_as_decoded: false,
        }
    }

    pub fn next(&mut self, frame: Frame) -> Arc<Picture> {
        let turn = frame.decoded_at();
        let first = *self.first.get_or_insert(turn);
        let gap = self.last.map_or(Duration::ZERO, |last| turn.since(last));
        let follows_gap = !frame.key && gap > fmp4::longest_gap(self.interval);
        if !frame.continues {
            self.smooth(turn);
        }
        let with_tables =
            !frame.continues && (frame.key || mpegts::are_tables_due(self.tables_sent, turn));
        if with_tables {
            self.tables_sent = Some(turn);
        }
        self.memory.add(frame.data.len());
        let picture = Picture {
            frame,
            number: self.number,
            interval: self.interval,
            follows_gap,
            first,
            with_tables,
            memory: self.memory.clone(),
            mpegts: Made::default(),
            shows_as_decoded: self.shows_as_decoded,
            fmp4: Made::default(),
            mse: Made::default(),
            rtp: Made::default(),
            websocket: Made::default(),
            multipart: Made::default(),
            init_segment: OnceLock::new(),
        };
        self.number += 1;
        Arc::new(picture)
    }

    fn smooth(&mut self, turn: Pts) {
        if let Some(last) = self.last {
            let gap = turn.since(last).min(LONGEST_INTERVAL);
            self.interval = if self.number == 1 {
                gap
            } else {
                (self.interval * 7 + gap) / 8
            };
        }
        self.last = Some(turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(ms: u64, key: bool) -> Frame {
        Frame {
            data: vec![0, 0, 0, 1, 0x65],
            pts: Pts(ms * 1000),
            key,
            ..Frame::default()
        }
    }

    #[test]
    fn what_is_in_memory_is_counted_until_the_last_viewer_lets_go() {
        let memory = Memory::default();
        let mut numbering = Numbering::new(memory.clone());
        let picture = numbering.next(frame(0, true));
        let another = picture.clone();
        assert_eq!(memory.bytes(), 5);
        let made = picture.mpegts().len();
        assert_eq!(picture.mpegts().len(), made);
        assert_eq!(memory.bytes(), 5 + made);
        drop(picture);
        assert_eq!(memory.bytes(), 5 + made);
        drop(another);
        assert_eq!(memory.bytes(), 0);
    }

    #[test]
    fn only_media_source_extensions_are_told_a_longer_duration() {
        let picture = Numbering::new(Memory::default()).next(frame(0, true));
        let duration = |fragment: &[u8]| {
            let run = fragment.windows(4).position(|it| it == b"trun").unwrap() + 16;
            u32::from_be_bytes(fragment[run..run + 4].try_into().unwrap())
        };
        assert_eq!(duration(picture.fmp4()), 40_000);
        assert_eq!(duration(picture.mse()), 120_000);
    }

    #[test]
    fn the_interval_follows_the_pictures() {
        let mut numbering = Numbering::new(Memory::default());
        let intervals: Vec<u128> = (0..3)
            .map(|index| numbering.next(frame(index * 100, index == 0)))
            .map(|picture| picture.interval.as_millis())
            .collect();
        assert_eq!(intervals, [40, 100, 100]);
    }

    #[test]
    fn a_picture_that_comes_late_is_known_and_a_key_frame_is_none() {
        let mut numbering = Numbering::new(Memory::default());
        let times = [
            (0, true),
            (40, false),
            (240, false),
            (280, false),
            (1280, false),
            (2280, true),
        ];
        let late = times.map(|(ms, key)| numbering.next(frame(ms, key)).follows_gap);
        assert_eq!(late, [false, false, false, false, true, false]);
    }
}
