//! Figures of the libcamera source, with the stand-in of its tests in place of the capture program.

use std::io::Read;
use std::time::{Duration, Instant};

use picam_stream::units::Micros;

use test_support::program::LONG;
use test_support::stand_in::{StandIn, h264_clip, pictures};

/// How many frames are timed, and after how many of them: starting is another matter.
const FRAMES: usize = 500;
const WARM_UP: usize = 50;

pub struct Figures {
    pub p50_us: u64,
    pub p99_us: u64,
}

/// From the capture program's last write for a frame to its last byte at the viewer, with and without lines that tell
/// the ends of frames.
pub fn frame_to_viewer(version: &'static str, board: &'static str) -> Figures {
    let stand_in = StandIn::new(version, board).behaving("fps=100");
    let mut session = stand_in.session(&[]);
    session
        .viewer
        .set_read_timeout(Some(LONG))
        .expect("a time limit");
    let sizes: Vec<usize> = pictures(h264_clip()).iter().map(Vec::len).collect();
    let mut arrived_us = Vec::new();
    let mut bytes = vec![0; sizes.iter().max().copied().unwrap_or(0)];
    for size in sizes.iter().cycle().take(WARM_UP + FRAMES) {
        session
            .viewer
            .read_exact(&mut bytes[..*size])
            .expect("the stream goes on");
        arrived_us.push(Micros::now().0);
    }
    session.close_viewer();
    session.wait(LONG);
    let written_us = stand_in.written_us();
    let mut late_us: Vec<u64> = arrived_us
        .iter()
        .zip(&written_us)
        .skip(WARM_UP)
        .map(|(arrived, written)| arrived.saturating_sub(*written))
        .collect();
    late_us.sort_unstable();
    Figures {
        p50_us: late_us[late_us.len() / 2],
        p99_us: late_us[late_us.len() * 99 / 100],
    }
}

/// From the viewer's leaving to the end of the last process of the capture program, the median of ten.
pub fn stop_ms() -> f64 {
    let mut times: Vec<Duration> = (0..10)
        .map(|_| {
            let stand_in = StandIn::new("1.13.0", "vc4").behaving("fps=100");
            let mut session = stand_in.session(&[]);
            session.read_at_least(200_000);
            let begun = Instant::now();
            session.close_viewer();
            stand_in.wait_until_gone();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1000.0
}
