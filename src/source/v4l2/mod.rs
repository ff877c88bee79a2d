//! `--source v4l2[:DEVICE]`: cameras that the kernel offers as V4L2 capture devices, which are USB cameras and the legacy
//! camera through bcm2835-v4l2. H.264 of the camera's own is taken as it is; anything else is encoded, by the Pi's
//! hardware encoder where there is one (`hardware`), else in software.
//!
//! Our own ioctls (`sys`, `abi`) instead of a crate: the ones there are either hand out whole buffers instead of the
//! used bytes and panic when a camera is unplugged, or want libclang at build time.
//!
//! What was tried on what (tests/v4l2): I420, negotiation, controls, unplugging and a busy device on the kernel's vivid;
//! YUYV, NV12, MJPEG and H.264 of the camera's own on v4l2loopback; both in an emulated machine. The other formats, and JPEGs
//! with something wrong with them, on what stands in for a driver (tests/webcam). No real camera was there:
//! what is particular to uvcvideo and bcm2835-v4l2, and the encoder's controls, is written after their sources alone. The
//! hardware encoder was run only on what stands in for it there: no kernel driver emulates it.
//!
//! What it does not do: cameras behind libcamera, whose V4L2 nodes give raw sensor data (`--source rpicam`).

pub mod abi;
pub(super) mod controls;
mod device;
pub mod device_probe;
mod encoding;
mod format;
mod hardware;
mod modes;
mod native_h264;
mod output;
pub mod pixels;
mod queue_buffers;
mod sys;

use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

use self::abi::{FLAG_ERROR, FLAG_TIMESTAMP_MASK, FLAG_TIMESTAMP_MONOTONIC, QueueKind};
pub use self::abi::{FourCc, PixelFormat};
use self::device::CaptureDevice;
pub use self::modes::modes;
use self::output::{FrameOutput, Taken};
use self::queue_buffers::{Filled, QueueBuffers};
use super::{Broken, Next, Source};
use crate::error::Result;
use crate::frame::Frame;
use crate::options::Options;
use crate::source::honoured;
use crate::units::{Micros, poll_timeout};
/// Room for a moment of ours elsewhere; more would only be older pictures.
const BUFFERS: u32 = 4;

/// A capture time that lies further back is no capture time.
const OLDEST: Duration = Duration::from_secs(10);

/// A camera that streams.
pub struct V4l2 {
    // Before the camera: the buffers go first.
    buffers: QueueBuffers,
    camera: CaptureDevice,
    output: FrameOutput,
    honoured: Vec<&'static str>,
    last_sequence: Option<u32>,
    dropped: u64,
    /// Since the last frame.
    broken: Broken,
}

/// Opens the camera that was named, or the first there is, and starts it.
pub fn open(named: Option<&Path>, options: &Options) -> Result<V4l2> {
    let camera = device::open(named)?;
    let format = format::negotiate(&camera, &options.video)?;
    let (output, mut honoured) = FrameOutput::new(&camera, &format, options)?;
    honoured.extend(honoured::V4L2_NEAREST);
    honoured.extend(honoured::V4L2_ALWAYS);
    honoured.extend(controls::set_picture(&camera.device, options));
    let fail = |doing| {
        let path = camera.path.clone();
        move |errno| device::failed(doing, &path, errno)
    };
    let mut buffers = QueueBuffers::request(&camera.device, QueueKind::Capture, BUFFERS)
        .map_err(fail("reserving buffers of"))?;
    for index in 0..buffers.len() {
        buffers
            .lend(&camera.device, index, 0, 0)
            .map_err(fail("filling the queue of"))?;
    }
    camera
        .device
        .start(QueueKind::Capture)
        .map_err(fail("starting"))?;
    log::info!(
        "camera {} ({}): asked {} at {} frames a second, got {format}, {output}",
        camera.path.display(),
        camera.capability.card,
        options.video.size,
        options.video.fps.or_default().0,
    );
    Ok(V4l2 {
        buffers,
        camera,
        output,
        honoured,
        last_sequence: None,
        dropped: 0,
        broken: Broken::default(),
    })
}

impl V4l2 {
    /// What the report calls it.
    pub fn name(&self) -> String {
        format!(
            "{} ({})",
            self.camera.path.display(),
            self.camera.capability.card
        )
    }

    /// The long names of the options that this camera acts upon.
    pub fn honoured(&self) -> &[&'static str] {
        &self.honoured
    }

    /// Fills the frame from what has come; false when nothing of it makes one.
    fn take(&mut self, frame: &mut Frame) -> Result<bool> {
        if self.output.take_ready(frame)? {
            self.broken.pictures = 0;
            return Ok(true);
        }
        while let Some(filled) = self.next_filled()? {
            let bytes = &self.buffers.bytes(filled.index)[..filled.bytes_used];
            let taken = if filled.flags & FLAG_ERROR != 0 {
                Taken::Broken("the driver calls it damaged".into())
            } else if bytes.is_empty() {
                Taken::Broken("it is empty".into())
            } else {
                let captured = capture_time(&filled, Micros::now());
                self.output.take(bytes, captured, frame)?
            };
            self.give_back(filled.index)?;
            match taken {
                Taken::Frame => {
                    self.broken.pictures = 0;
                    return Ok(true);
                }
                Taken::Part => {}
                Taken::Late => self.dropped += 1,
                Taken::Broken(reason) => {
                    self.dropped += 1;
                    self.broken.note(1, reason);
                    self.lost();
                }
            }
        }
        Ok(false)
    }

    /// The next buffer; where each picture stands for itself the newest there is, since those before it are late already.
    fn next_filled(&mut self) -> Result<Option<Filled>> {
        let Some(mut filled) = self.dequeue()? else {
            return Ok(None);
        };
        while self.output.pictures_are_independent()
            && let Some(newer) = self.dequeue()?
        {
            self.give_back(filled.index)?;
            self.dropped += 1;
            filled = newer;
        }
        Ok(Some(filled))
    }

    fn dequeue(&mut self) -> Result<Option<Filled>> {
        let taken = self.buffers.take(&self.camera.device);
        let filled = taken.map_err(|errno| match errno {
            // What a queue says whose device is gone or has failed for good.
            Errno::EIO | Errno::EINVAL => device::unplugged(&self.camera.path),
            errno => device::failed("reading from", &self.camera.path, errno),
        })?;
        if let Some(filled) = &filled {
            self.count_gap(filled.sequence);
        }
        Ok(filled)
    }

    fn give_back(&mut self, index: usize) -> Result<()> {
        self.buffers
            .lend(&self.camera.device, index, 0, 0)
            .map_err(|errno| device::failed("giving a buffer back to", &self.camera.path, errno))
    }

    /// The device counts pictures for which it had no buffer, too.
    fn count_gap(&mut self, sequence: u32) {
        let gap = gap(self.last_sequence.replace(sequence), sequence);
        if gap > 0 {
            self.dropped += u64::from(gap);
            self.lost();
        }
    }

    fn lost(&mut self) {
        if self.output.lost() {
            self.request_key_frame();
        }
    }

    /// Waits for the camera or the encoder, at most so long.
    fn wait(&self, time: Duration) {
        let watched = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut fds = vec![watched(self.camera.device.as_fd())];
        fds.extend(self.output.fd().map(watched));
        // Interrupted or failed is as good as nothing there: the stall limit is watched elsewhere.
        let _ = poll(&mut fds, poll_timeout(time));
        let events = |fd: &PollFd| fd.revents().unwrap_or(PollFlags::empty());
        let any = |flags: PollFlags| fds.iter().any(|fd| events(fd).intersects(flags));
        if any(PollFlags::all()) && !any(PollFlags::POLLIN) {
            // An error that stays would spin. What it is, the next dequeue tells.
            std::thread::sleep(time.min(Duration::from_millis(10)));
        }
    }
}

impl Source for V4l2 {
    fn next(&mut self, frame: &mut Frame, wait: Duration) -> Result<Next> {
        let until = Instant::now() + wait;
        loop {
            if self.take(frame)? {
                return Ok(Next::Frame);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Next::Idle);
            }
            self.wait(left);
        }
    }

    fn request_key_frame(&mut self) {
        self.output.request_key_frame(&self.camera.device);
    }

    fn shows_as_decoded(&self) -> bool {
        self.output.shows_as_decoded()
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn broken(&self) -> Option<&Broken> {
        Some(&self.broken)
    }
}

/// How many pictures lie between two; none when the device started to count anew.
fn gap(last: Option<u32>, sequence: u32) -> u32 {
    match last {
        Some(last) => {
            let ahead = sequence.wrapping_sub(last);
            if ahead > u32::MAX / 2 {
                0
            } else {
                ahead.saturating_sub(1)
            }
        }
        None => 0,
    }
}

/// The time in the buffer where it is of our clock and can be true, else now.
fn capture_time(filled: &Filled, now: Micros) -> Micros {
    let is_monotonic = filled.flags & FLAG_TIMESTAMP_MASK == FLAG_TIMESTAMP_MONOTONIC;
    let captured = Micros(filled.time_us);
    if is_monotonic && captured <= now && now.since(captured) < OLDEST {
        captured
    } else {
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_across_the_end_of_the_counter_and_not_backwards() {
        assert_eq!(gap(None, 7), 0);
        assert_eq!(gap(Some(7), 8), 0);
        assert_eq!(gap(Some(7), 10), 2);
        assert_eq!(gap(Some(u32::MAX), 0), 0);
        assert_eq!(gap(Some(u32::MAX), 2), 2);
        assert_eq!(gap(Some(7), 0), 0);
        assert_eq!(gap(Some(7), 7), 0);
    }

    #[test]
    fn a_capture_time_that_cannot_be_true_is_now() {
        let filled = |time_us, flags| Filled {
            index: 0,
            bytes_used: 1,
            flags,
            sequence: 0,
            time_us,
        };
        let now = Micros(100_000_000);
        let good = filled(99_970_000, FLAG_TIMESTAMP_MONOTONIC);
        assert_eq!(capture_time(&good, now), Micros(99_970_000));
        let of_another_clock = filled(99_970_000, 0);
        assert_eq!(capture_time(&of_another_clock, now), now);
        for time_us in [0, 100_000_001, u64::MAX] {
            let wrong = filled(time_us, FLAG_TIMESTAMP_MONOTONIC);
            assert_eq!(capture_time(&wrong, now), now, "{time_us}");
        }
    }
}
