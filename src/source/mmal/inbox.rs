//! Between the library's threads and ours: what the ports hand out goes in on their side, whole frames and news come out on
//! ours.
//!
//! The lock is held for the copying of one buffer on one side and the swapping of one frame on the other, so neither
//! side ever waits for the viewer. The room for frames is taken once. When our side is so late that all of it is
//! full, frames are dropped up to the next key frame: what refers to a dropped frame cannot be decoded.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::arrival::{Arrival, EVENT_EOS, EVENT_ERROR, EVENT_PARAMETER_CHANGED, FLAG_EOS, STREAM};
use super::assembly::{Assembly, Finished};
use super::settings::Settings;
use crate::frame::Frame;
use crate::gate::KeyGate;
use crate::options::Codec;
use crate::units::Micros;

/// A second of pictures: our side is never so late unless the machine is.
const ROOM_FRAMES: usize = 32;

/// The one place where both sides meet.
#[derive(Debug)]
pub struct Inbox {
    inner: Mutex<InboxState>,
    news: Condvar,
}

/// What there was to take.
#[derive(Debug)]
pub enum Arrived {
    Frame,
    /// The camera chose other settings, which was asked for (`-set`).
    Settings(Settings),
    /// The camera said that its sensor gives nothing.
    Failed,
    /// The encoder said that the stream has ended.
    Ended,
    Nothing,
}

#[derive(Debug)]
struct InboxState {
    assembly: Assembly,
    ready: VecDeque<Frame>,
    spare: Vec<Frame>,
    gate: KeyGate,
    dropped: u64,
    settings: Option<Settings>,
    failed: bool,
    ended: bool,
}

impl Inbox {
    /// Room for frames that begin with `frame_bytes` each and grow where they must.
    pub fn new(codec: Codec, frame_bytes: usize) -> Self {
        let room = || Frame {
            data: Vec::with_capacity(frame_bytes),
            ..Frame::default()
        };
        let inner = InboxState {
            assembly: Assembly::new(codec, room().data),
            ready: VecDeque::with_capacity(ROOM_FRAMES),
            spare: std::iter::repeat_with(room).take(ROOM_FRAMES).collect(),
            gate: KeyGate::open(),
            dropped: 0,
            settings: None,
            failed: false,
            ended: false,
        };
        Self {
            inner: Mutex::new(inner),
            news: Condvar::new(),
        }
    }

    /// Takes what a port handed out. Called on the library's threads: copies, never waits for more than the lock.
    pub fn receive(&self, arrival: &Arrival) {
        let mut inner = self.lock();
        let is_news = match arrival.command {
            STREAM => inner.take_in(arrival),
            event => inner.note(event, arrival.data),
        };
        // Who is woken up while the lock is held runs into it.
        drop(inner);
        if is_news {
            self.news.notify_one();
        }
    }

    /// Swaps the next frame into `frame`, or tells what else happened. Frames come first. Waits once, for at most `wait`:
    /// nothing may be said early, the caller has the clock.
    pub fn take(&self, frame: &mut Frame, wait: Duration) -> Arrived {
        let mut inner = self.lock();
        match inner.hand_out(frame) {
            Arrived::Nothing if !wait.is_zero() => {}
            taken => return taken,
        }
        let waited = self.news.wait_timeout(inner, wait);
        let mut inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        inner.hand_out(frame)
    }

    /// How many frames were dropped so far, and whether a key frame would end the dropping.
    pub fn dropped(&self) -> (u64, bool) {
        let inner = self.lock();
        (inner.dropped, inner.gate.is_closed())
    }

    /// No code panics with the lock held; if it did, the frames would still be whole.
    fn lock(&self) -> MutexGuard<'_, InboxState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InboxState {
    /// True when there is news.
    fn take_in(&mut self, arrival: &Arrival) -> bool {
        let was_ended = self.assembly.is_ended_by(arrival) && self.finish();
        let is_ended = self.assembly.add(arrival, Micros::now()) && self.finish();
        if arrival.flags & FLAG_EOS == 0 {
            return was_ended || is_ended;
        }
        self.finish();
        self.ended = true;
        true
    }

    /// True when there is news.
    fn note(&mut self, event: u32, payload: &[u8]) -> bool {
        match event {
            EVENT_ERROR => self.failed = true,
            EVENT_EOS => self.ended = true,
            EVENT_PARAMETER_CHANGED => match Settings::parse(payload) {
                Some(settings) => self.settings = Some(settings),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    /// Moves the finished frame to those that are ready, if it is of use. True if it is.
    fn finish(&mut self) -> bool {
        let Some(mut frame) = self.spare.pop() else {
            self.assembly.discard();
            self.skip();
            return false;
        };
        match self.assembly.finish(&mut frame) {
            Some(Finished::Whole) if self.gate.lets_through(frame.key) => {
                self.ready.push_back(frame);
                return true;
            }
            Some(_) => self.skip(),
            None => {}
        }
        self.put_back(frame);
        false
    }

    /// A frame is lost, and with it those that refer to it.
    fn skip(&mut self) {
        self.dropped += 1;
        self.gate.close();
    }

    fn hand_out(&mut self, frame: &mut Frame) -> Arrived {
        if let Some(mut next) = self.ready.pop_front() {
            std::mem::swap(frame, &mut next);
            self.put_back(next);
            Arrived::Frame
        } else if let Some(settings) = self.settings.take() {
            Arrived::Settings(settings)
        } else if self.failed {
            Arrived::Failed
        } else if self.ended {
            Arrived::Ended
        } else {
            Arrived::Nothing
        }
    }

    fn put_back(&mut self, mut frame: Frame) {
        frame.data.clear();
        self.spare.push(frame);
    }
}

#[cfg(test)]
mod tests {
    use test_support::samples::P;

    use super::*;
    use crate::source::mmal::arrival::{FLAG_FRAME_END, TIME_UNKNOWN};

    const KEY: &[u8] = &[
        0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65, 0x88, 7,
    ];
    const NOW: Duration = Duration::ZERO;

    fn receive(inbox: &Inbox, command: u32, data: &[u8]) {
        inbox.receive(&Arrival {
            command,
            flags: FLAG_FRAME_END,
            pts_us: TIME_UNKNOWN,
            data,
        });
    }

    /// Everything that is there: true for each key frame.
    fn drain(inbox: &Inbox) -> Vec<bool> {
        let mut frame = Frame::default();
        std::iter::from_fn(|| {
            matches!(inbox.take(&mut frame, NOW), Arrived::Frame).then(|| frame.key)
        })
        .collect()
    }

    #[test]
    fn a_reader_that_is_late_loses_frames_up_to_the_next_key_frame() {
        let inbox = Inbox::new(Codec::H264, 64);
        receive(&inbox, STREAM, KEY);
        for _ in 0..ROOM_FRAMES + 4 {
            receive(&inbox, STREAM, P);
        }
        assert_eq!(inbox.dropped(), (5, true));
        assert_eq!(drain(&inbox).len(), ROOM_FRAMES);
        receive(&inbox, STREAM, P);
        assert_eq!(
            drain(&inbox),
            [false; 0],
            "it refers to a frame that was dropped"
        );
        receive(&inbox, STREAM, KEY);
        receive(&inbox, STREAM, P);
        assert_eq!(drain(&inbox), [true, false]);
        assert_eq!(inbox.dropped(), (6, false));
    }

    #[test]
    fn frames_come_before_the_news_of_the_end() {
        for (event, ended) in [(EVENT_ERROR, false), (EVENT_EOS, true)] {
            let inbox = Inbox::new(Codec::H264, 64);
            receive(&inbox, STREAM, KEY);
            receive(&inbox, event, &[]);
            assert_eq!(drain(&inbox), [true]);
            let taken = inbox.take(&mut Frame::default(), NOW);
            assert!(
                if ended {
                    matches!(taken, Arrived::Ended)
                } else {
                    matches!(taken, Arrived::Failed)
                },
                "{taken:?}"
            );
        }
    }

    #[test]
    fn events_that_nobody_asked_for_are_passed_over() {
        let inbox = Inbox::new(Codec::H264, 64);
        receive(&inbox, u32::from_le_bytes(*b"EFCH"), &[0; 20]);
        receive(&inbox, EVENT_PARAMETER_CHANGED, &[]);
        assert!(matches!(
            inbox.take(&mut Frame::default(), NOW),
            Arrived::Nothing
        ));
    }

    #[test]
    fn a_frame_wakes_the_reader_up() {
        let inbox = Inbox::new(Codec::H264, 64);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut frame = Frame::default();
                while !matches!(
                    inbox.take(&mut frame, Duration::from_secs(60)),
                    Arrived::Frame
                ) {}
            });
            receive(&inbox, STREAM, KEY);
            reader.join().unwrap();
        });
    }

    #[test]
    fn the_memory_of_frames_goes_round() {
        let inbox = Inbox::new(Codec::H264, 64);
        let mut frame = Frame::default();
        for _ in 0..1000 {
            receive(&inbox, STREAM, KEY);
            assert!(matches!(inbox.take(&mut frame, NOW), Arrived::Frame));
            assert_eq!(frame.data, KEY);
        }
        assert_eq!(inbox.lock().spare.len(), ROOM_FRAMES);
    }
}
