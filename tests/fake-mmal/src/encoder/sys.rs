//! The encoder's thread: it takes the buffers that the program has sent, fills them as the player says, and calls the
//! program back. It lives from the enabling to the disabling of the encoder's output port.
#![allow(unsafe_code)]

use std::ptr::copy_nonoverlapping;
use std::sync::{MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::abi::{
    BufferHeader, EIO, EVENT_ERROR, EVENT_FORMAT_CHANGED, EVENT_PARAMETER_CHANGED, PortType,
    TIME_UNKNOWN,
};
use crate::buffer::sys::{header_at, mmal_buffer_header_reset};
use crate::clock::sys::{monotonic_us, stc_us};
use crate::config::config;
use crate::parameters::{
    CAMERA_SETTINGS, CAPTURE, CHANGE_EVENT_REQUEST, VIDEO_ENCODE_INLINE_HEADER,
    VIDEO_ENCODE_INLINE_VECTORS,
};
use crate::player::{Cut, Player, Settings, Step};
use crate::port::sys::port_at;
use crate::recording;
use crate::state::{CHANGED, Place, PortState, World, world};
use crate::trace;

/// Frames per second where the program leaves it to the camera.
const VARIABLE_FPS: f64 = 30.0;
/// Between two events of changed camera settings.
const SETTINGS_PERIOD_US: i64 = 1_000_000;

/// Starts the thread of an encoder's output port.
pub fn start_player(port: usize, is_h264: bool) -> JoinHandle<()> {
    let config = config();
    let pictures = match is_h264 {
        true => recording::h264(config.stream.as_deref()),
        false => recording::jpegs(config.jpegs.as_deref()),
    };
    let player = Player::new(pictures, config);
    let thread = Thread {
        port,
        is_h264,
        player,
        is_capturing: false,
        settings_due_us: 0,
        longest_us: 0,
        buffers: 0,
    };
    let builder = thread::Builder::new().name("fake encoder".into());
    builder.spawn(move || thread.run()).expect("a thread")
}

struct Thread {
    port: usize,
    is_h264: bool,
    player: Player,
    is_capturing: bool,
    settings_due_us: i64,
    /// The longest that a callback took.
    longest_us: i64,
    buffers: u64,
}

type Guard = MutexGuard<'static, World>;

impl Thread {
    fn run(mut self) {
        let mut guard = world();
        while let Some(port) = guard.ports.get(&self.port).filter(|port| port.is_enabled) {
            let camera = camera_of(&guard, port).filter(|camera| camera.is_set(CAPTURE));
            let Some((component, fps)) =
                camera.map(|camera| (camera.component, asked_fps(port, &guard)))
            else {
                self.is_capturing = false;
                self.player.pause();
                guard = wait(guard, Duration::from_secs(3600));
                continue;
            };
            if !std::mem::replace(&mut self.is_capturing, true) {
                trace::time(&format!("capture {}", monotonic_us()));
            }
            guard = self.go_on(guard, component, fps);
        }
        drop(guard);
        let Thread {
            buffers,
            longest_us,
            player,
            ..
        } = self;
        trace::note("buffers", &buffers.to_string());
        trace::note("skipped", &player.skipped.to_string());
        trace::note("longest callback in µs", &longest_us.to_string());
    }

    fn go_on(&mut self, mut guard: Guard, camera: usize, fps: f64) -> Guard {
        let Some(port) = guard.ports.get_mut(&self.port) else {
            return guard;
        };
        if std::mem::take(&mut port.wants_key) {
            self.player.request_key_picture();
        }
        let settings = Settings {
            is_h264: self.is_h264,
            inline_headers: port.is_set(VIDEO_ENCODE_INLINE_HEADER),
            inline_vectors: port.is_set(VIDEO_ENCODE_INLINE_VECTORS),
            fps,
        };
        let now_us = stc_us();
        if now_us >= self.settings_due_us {
            self.settings_due_us = now_us + SETTINGS_PERIOD_US;
            guard = send_settings(guard, camera);
        }
        match self.player.step(now_us, settings) {
            Step::Wait(due_us) => wait(
                guard,
                Duration::from_micros((due_us - now_us).max(1) as u64),
            ),
            Step::Over => wait(guard, Duration::from_micros(SETTINGS_PERIOD_US as u64)),
            Step::Error => send_event(
                guard,
                camera,
                PortType::Control,
                EVENT_ERROR,
                &EIO.to_le_bytes(),
            ),
            Step::Event => {
                let encoder = guard.ports[&self.port].component;
                send_event(
                    guard,
                    encoder,
                    PortType::Output,
                    EVENT_FORMAT_CHANGED,
                    &[0xee; 128],
                )
            }
            Step::Cut => self.send(guard),
        }
    }

    /// Fills the next free buffer and hands it over; waits if there is none.
    fn send(&mut self, mut guard: Guard) -> Guard {
        let Some(port) = guard.ports.get_mut(&self.port) else {
            return guard;
        };
        let Some(address) = port.queued.pop_front() else {
            return wait(guard, Duration::from_secs(3600));
        };
        let offset = config().offset;
        // SAFETY: the buffer is with us, so it lives and nobody else touches it.
        let header = unsafe { &mut *header_at(address) };
        let cut = self.player.cut(header.alloc_size as usize - offset);
        let cut = cut.expect("the player has something for a buffer");
        fill(header, offset, &cut);
        self.buffers += 1;
        if let Some(number) = cut.completes {
            trace::time(&format!("frame {number} {} {}", monotonic_us(), cut.pts));
        }
        let begin_us = monotonic_us();
        let guard = call_back(guard, self.port, address);
        self.longest_us = self.longest_us.max(monotonic_us() - begin_us);
        guard
    }
}

fn fill(header: &mut BufferHeader, offset: usize, cut: &Cut) {
    // SAFETY: the payload has `alloc_size` bytes, and the player was told how many there are after the offset.
    unsafe { copy_nonoverlapping(cut.bytes.as_ptr(), header.data.add(offset), cut.bytes.len()) };
    header.cmd = 0;
    (header.offset, header.length) = (offset as u32, cut.bytes.len() as u32);
    (header.flags, header.pts, header.dts) = (cut.flags, cut.pts, TIME_UNKNOWN);
}

/// The camera port at the other end of the encoder's tunnel, if both components run.
fn camera_of<'a>(world: &'a World, encoder: &PortState) -> Option<&'a PortState> {
    let input = world
        .port_of(encoder.component, PortType::Input, 0)
        .filter(|input| input.is_enabled)?;
    let camera = world.ports.get(&input.connected?)?;
    let runs = |component: &usize| {
        world
            .components
            .get(component)
            .is_some_and(|it| it.is_enabled)
    };
    (runs(&encoder.component) && runs(&camera.component)).then_some(camera)
}

fn asked_fps(encoder: &PortState, world: &World) -> f64 {
    let rate = world
        .port_of(encoder.component, PortType::Input, 0)
        .map(|input| input.firmware.video.frame_rate);
    match rate {
        Some(rate) if rate.num > 0 && rate.den > 0 => f64::from(rate.num) / f64::from(rate.den),
        _ => VARIABLE_FPS,
    }
}

fn wait(guard: Guard, time: Duration) -> Guard {
    CHANGED
        .wait_timeout(guard, time)
        .unwrap_or_else(PoisonError::into_inner)
        .0
}

/// Tells of the camera's settings, if the program has asked for that.
fn send_settings(guard: Guard, camera: usize) -> Guard {
    let request = guard
        .port_of(camera, PortType::Control, 0)
        .and_then(|it| it.parameters.get(&CHANGE_EVENT_REQUEST));
    if request
        .is_none_or(|request| request[..4] != CAMERA_SETTINGS.to_le_bytes() || request[4] == 0)
    {
        return guard;
    }
    // Exposure in µs; analog and digital gain, gains of red and blue as fractions; focus.
    let values: [u32; 12] = [CAMERA_SETTINGS, 48, 20_000, 2, 1, 1, 1, 3, 2, 6, 5, 0];
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    send_event(
        guard,
        camera,
        PortType::Control,
        EVENT_PARAMETER_CHANGED,
        &bytes,
    )
}

/// Hands an event over on a port of a component, in one of the component's own buffers.
fn send_event(mut guard: Guard, component: usize, kind: PortType, cmd: u32, bytes: &[u8]) -> Guard {
    let Some(state) = guard.components.get(&component) else {
        return guard;
    };
    let (ports, events) = (state.ports.clone(), state.events);
    let port = ports.into_iter().find(|port| {
        guard
            .ports
            .get(port)
            .is_some_and(|it| it.kind == kind && it.is_enabled)
    });
    let queue = guard.pools.get(&events).map(|pool| pool.queue);
    let address = queue.and_then(|queue| guard.queues.get_mut(&queue)?.pop_front());
    let (Some(port), Some(address)) = (port, address) else {
        trace::note("lost event", &format!("0x{cmd:08x}"));
        return guard;
    };
    // SAFETY: the buffer was in the pool of events, so it lives and nobody else touches it; its size is EVENT_SIZE.
    unsafe {
        let header = header_at(address);
        mmal_buffer_header_reset(header);
        copy_nonoverlapping(bytes.as_ptr(), (*header).data, bytes.len());
        ((*header).cmd, (*header).length) = (cmd, bytes.len() as u32);
    }
    call_back(guard, port, address)
}

/// Calls the program back with a buffer, without holding the lock meanwhile.
fn call_back(mut guard: Guard, port: usize, address: usize) -> Guard {
    if let Some(buffer) = guard.buffers.get_mut(&address) {
        buffer.place = Place::Program;
    }
    let Some(state) = guard.ports.get_mut(&port) else {
        return guard;
    };
    state.running += 1;
    let callback = state.callback;
    drop(guard);
    if let Some(callback) = callback {
        // SAFETY: the program gave this callback for this port; port and buffer live, since disabling the port and
        // destroying the pool wait for this.
        unsafe { callback(port_at(port), header_at(address)) };
    }
    let mut guard = world();
    if let Some(state) = guard.ports.get_mut(&port) {
        state.running -= 1;
    }
    CHANGED.notify_all();
    guard
}
