//! How old is a picture when its first byte arrives? The stream itself tells: MPEG-TS has the time of every picture, and
//! the first one was taken after the program was started, so no age comes out too low.

use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

/// The PID of the video, and how many ticks of its clock a second has.
const VIDEO_PID: u16 = 0x100;
const TICKS_A_SECOND: f64 = 90_000.0;

/// A picture that began to arrive.
pub struct Arrival {
    /// Since the program was started.
    pub at: Duration,
    pub age: Duration,
    /// Where in the stream.
    offset: usize,
}

/// What a viewer saw of a stream.
#[derive(Default)]
pub struct Seen {
    pub stream: Vec<u8>,
    pub arrivals: Vec<Arrival>,
}

/// Reads a transport stream to its end or for so long, at most so fast, or as fast as it comes where that is 0.
pub fn read(mut from: impl Read, zero: Instant, bytes_a_second: u64, time: Duration) -> Seen {
    let mut seen = Seen::default();
    // A slow reader takes little at a time.
    let mut chunk = vec![0; if bytes_a_second == 0 { 65_536 } else { 1024 }];
    let (mut offset, mut first) = (0, None);
    while zero.elapsed() < time {
        let Ok(count @ 1..) = from.read(&mut chunk) else {
            break;
        };
        let at = zero.elapsed();
        seen.stream.extend_from_slice(&chunk[..count]);
        while let Some(packet) = seen.stream.get(offset..offset + 188) {
            if let Some(ticks) = picture_time(packet) {
                let taken = (ticks - *first.get_or_insert(ticks)) as f64 / TICKS_A_SECOND;
                let age = at.saturating_sub(Duration::from_secs_f64(taken));
                seen.arrivals.push(Arrival { at, age, offset });
            }
            offset += 188;
        }
        if bytes_a_second > 0 {
            let due = seen.stream.len() as f64 / bytes_a_second as f64;
            thread::sleep(Duration::from_secs_f64(due).saturating_sub(zero.elapsed()));
        }
    }
    seen
}

/// The PTS in a packet in which a picture begins (ITU-T H.222.0 clauses 2.4.3.2 and 2.4.3.7).
fn picture_time(packet: &[u8]) -> Option<u64> {
    assert_eq!(packet[0], 0x47, "a packet begins with its sync byte");
    let pid = u16::from(packet[1] & 0x1f) << 8 | u16::from(packet[2]);
    if pid != VIDEO_PID || packet[1] & 0x40 == 0 {
        return None;
    }
    let has_field = packet[3] & 0x20 != 0;
    let header = &packet[4 + if has_field {
        1 + usize::from(packet[4])
    } else {
        0
    }..];
    assert_eq!(header[..3], [0, 0, 1], "a picture begins");
    let byte = |index: usize| u64::from(header[9 + index]);
    let (high, middle, low) = (
        byte(0) >> 1 & 7,
        byte(1) << 7 | byte(2) >> 1,
        byte(3) << 7 | byte(4) >> 1,
    );
    Some(high << 30 | middle << 15 | low)
}

impl Seen {
    /// The age that so many of a hundred pictures that came until `end` do not exceed.
    pub fn age(&self, percent: usize, end: Duration) -> Duration {
        let arrivals = self.arrivals.iter().filter(|arrival| arrival.at < end);
        let mut ages: Vec<Duration> = arrivals.map(|arrival| arrival.age).collect();
        ages.sort_unstable();
        assert!(!ages.is_empty(), "pictures came");
        ages[(ages.len() - 1) * percent / 100]
    }

    /// What came until the last picture began, whole pictures therefore.
    pub fn whole_pictures(&self) -> &[u8] {
        &self.stream[..self.arrivals.last().expect("pictures came").offset]
    }

    /// How many bytes had come when a picture began at `end`, a second.
    pub fn bytes_a_second(&self, end: Duration) -> f64 {
        let until = self.arrivals.iter().rev().find(|arrival| arrival.at < end);
        until.map_or(0.0, |last| last.offset as f64 / last.at.as_secs_f64())
    }
}
