//! A line with a speed, a delay and losses, packet by packet: it carries what one TUN device sends to the other. This
//! kernel may have no netem; and the losses come in the same order in every run.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

/// What the line does to the packets of the stream; the answers are only delayed.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub bytes_a_second: u64,
    /// One way.
    pub delay: Duration,
    /// Of a thousand packets so many are lost.
    pub lost_per_mille: u32,
    /// What waits in front of the line beyond this is lost.
    pub queue_bytes: usize,
}

pub struct Relay {
    stop: Arc<AtomicBool>,
    /// Bytes a second instead of the way's, and then without losses; 0: as the way says.
    fast: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    pub fn start(near: File, far: File, way: Way) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let fast = Arc::new(AtomicU64::new(0));
        let thread = thread::spawn({
            let (stop, fast) = (stop.clone(), fast.clone());
            move || carry(near, far, way, &stop, &fast)
        });
        Self {
            stop,
            fast,
            thread: Some(thread),
        }
    }

    /// From now on the line is so fast, and loses nothing.
    pub fn speed_up(&self, bytes_a_second: u64) {
        self.fast.store(bytes_a_second, Ordering::Relaxed);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Packets on their way, in the order in which they arrive.
#[derive(Default)]
struct Pipe {
    packets: VecDeque<(Instant, Vec<u8>)>,
    /// When the line has sent all that it has.
    free: Option<Instant>,
    random: u32,
}

impl Pipe {
    fn take(&mut self, packet: &[u8], way: Way) {
        let bytes_a_second = way.bytes_a_second;
        let now = Instant::now();
        let begin = self.free.map_or(now, |free| free.max(now));
        let waits_bytes = (begin - now).as_secs_f64() * bytes_a_second as f64;
        if self.is_lost(way) || waits_bytes > way.queue_bytes as f64 {
            return;
        }
        let sent = begin + Duration::from_secs_f64(packet.len() as f64 / bytes_a_second as f64);
        self.free = Some(sent);
        self.packets.push_back((sent + way.delay, packet.to_vec()));
    }

    /// A linear congruential generator (Numerical Recipes): the same losses in every run.
    fn is_lost(&mut self, way: Way) -> bool {
        self.random = self
            .random
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        (self.random >> 16) % 1000 < way.lost_per_mille
    }

    fn deliver(&mut self, mut to: &File) {
        let now = Instant::now();
        while self.packets.front().is_some_and(|(due, _)| *due <= now) {
            let (_, packet) = self.packets.pop_front().expect("seen");
            // A device that takes no more loses the packet, as devices do.
            let _ = to.write(&packet);
        }
    }

    fn next_due(&self) -> Option<Instant> {
        self.packets.front().map(|&(due, _)| due)
    }
}

fn carry(near: File, far: File, mut way: Way, stop: &AtomicBool, fast: &AtomicU64) {
    let (mut out, mut back) = (Pipe::default(), Pipe::default());
    let answers = Way {
        bytes_a_second: u64::from(u32::MAX),
        lost_per_mille: 0,
        queue_bytes: usize::MAX,
        ..way
    };
    let mut packet = vec![0; 1 << 16];
    while !stop.load(Ordering::Relaxed) {
        wait(&near, &far, [&out, &back]);
        if let fast @ 1.. = fast.load(Ordering::Relaxed) {
            (way.bytes_a_second, way.lost_per_mille) = (fast, 0);
        }
        while let Ok(count @ 1..) = (&near).read(&mut packet) {
            out.take(&packet[..count], way);
        }
        while let Ok(count @ 1..) = (&far).read(&mut packet) {
            back.take(&packet[..count], answers);
        }
        out.deliver(&far);
        back.deliver(&near);
    }
}

fn wait(near: &File, far: &File, pipes: [&Pipe; 2]) {
    let longest = Duration::from_millis(50);
    let due = pipes.into_iter().filter_map(Pipe::next_due).min();
    let wait = due.map_or(longest, |due| {
        due.saturating_duration_since(Instant::now()).min(longest)
    });
    let mut fds = [near, far].map(|file| PollFd::new(file.as_fd(), PollFlags::POLLIN));
    // Whatever ends the wait, the loop looks again.
    let _ = ppoll(&mut fds, Some(TimeSpec::from_duration(wait)), None);
}
