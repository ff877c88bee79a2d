//! The pump and the stream sink alone, fed from a recording in memory, with a reader on the other end of a connection.

use std::io::Read;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use picam_stream::error::Result;
use picam_stream::frame::Frame;
use picam_stream::h264::access_unit::AccessUnitSplitter;
use picam_stream::h264::parameter_sets::{ParameterSets, Picture};
use picam_stream::options::{self, Command};
use picam_stream::pump::{Limits, Pump};
use picam_stream::sink::{Outlet, Sink, Tally, Want};
use picam_stream::source::{Next, Source};
use picam_stream::stop::Stop;
use picam_stream::units::Micros;

use crate::sys::allocations;

const RECORDING: &[u8] = include_bytes!("../data/card_1280x720_main_g25.h264");

/// Frames before anything is counted, and those that count.
const WARM_UP: usize = 200;
const FRAMES: usize = 2000;

pub struct Figures {
    pub put_p50_us: f64,
    pub put_p99_us: f64,
    pub allocations_per_frame: f64,
    pub cpu_ms_per_1000_frames: f64,
}

pub fn measure(format: &str) -> Figures {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("tcp://{}", listener.local_addr().expect("an address"));
    let reader = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("the stream");
        let mut buffer = vec![0; 1 << 20];
        while matches!(connection.read(&mut buffer), Ok(1..)) {}
    });
    let args = [
        "--source", "test", "--format", format, "-t", "0", "-o", &target,
    ];
    let Ok(Command::Stream(options)) = options::parse(args.map(Into::into)) else {
        panic!("the options are right")
    };
    let stop = Stop::default();
    let outlet = Outlet::new(&options, &stop).expect("an outlet");
    let mut sink = Timed::new(
        outlet
            .next_sink(&stop)
            .expect("a connection")
            .expect("a sink"),
    );
    let mut source = Memory::new();
    let limits = Limits {
        time: None,
        stall: Duration::from_secs(60),
        pauses: None,
    };
    Pump::new(&mut source, &mut sink, limits, &stop)
        .run()
        .expect("the recording goes through");
    let figures = sink.figures();
    drop(sink);
    reader.join().expect("the reader");
    figures
}

/// A sink that measures what it takes to put a frame, and what has been used up since the warm-up.
struct Timed {
    inner: Box<dyn Sink>,
    puts: Vec<Duration>,
    start: Option<(u64, Duration)>,
}

impl Timed {
    fn new(inner: Box<dyn Sink>) -> Self {
        Self {
            inner,
            puts: Vec::with_capacity(WARM_UP + FRAMES),
            start: None,
        }
    }

    fn figures(&self) -> Figures {
        let mut puts = self.puts[WARM_UP..].to_vec();
        puts.sort();
        let micros = |share: f64| puts[(puts.len() as f64 * share) as usize].as_secs_f64() * 1e6;
        let (allocations_before, cpu_before) = self.start.expect("more frames than the warm-up");
        Figures {
            put_p50_us: micros(0.5),
            put_p99_us: micros(0.99),
            allocations_per_frame: (allocations() - allocations_before) as f64 / puts.len() as f64,
            cpu_ms_per_1000_frames: (cpu_time(UsageWho::RUSAGE_THREAD) - cpu_before).as_secs_f64()
                * 1e6
                / puts.len() as f64,
        }
    }
}

impl Sink for Timed {
    fn put(&mut self, frame: &Frame) -> Result<Want> {
        if self.puts.len() == WARM_UP {
            self.start = Some((allocations(), cpu_time(UsageWho::RUSAGE_THREAD)));
        }
        let begun = Instant::now();
        let want = self.inner.put(frame);
        self.puts.push(begun.elapsed());
        want
    }

    fn idle(&mut self) -> Result<Want> {
        self.inner.idle()
    }

    fn pending(&self) -> bool {
        self.inner.pending()
    }

    fn tally(&self) -> Tally {
        self.inner.tally()
    }
}

/// The recording in memory, again and again, a picture each millisecond: the reader keeps up, and none is skipped.
struct Memory {
    units: Vec<(Vec<u8>, bool)>,
    given: usize,
}

impl Memory {
    fn new() -> Self {
        let (mut splitter, mut sets) = (AccessUnitSplitter::default(), ParameterSets::default());
        let (mut units, mut unit) = (Vec::new(), Vec::new());
        splitter.push(RECORDING);
        while splitter.next_unit(&mut unit) || splitter.finish(&mut unit) {
            let key = sets.lead(&mut unit) == Picture::Key;
            units.push((unit.clone(), key));
        }
        Self { units, given: 0 }
    }
}

impl Source for Memory {
    fn next(&mut self, frame: &mut Frame, _: Duration) -> Result<Next> {
        if self.given == WARM_UP + FRAMES {
            return Ok(Next::End);
        }
        std::thread::sleep(Duration::from_millis(1));
        let (unit, key) = &self.units[self.given % self.units.len()];
        frame.data.clear();
        frame.data.extend_from_slice(unit);
        frame.key = *key;
        frame.taken_at(Micros::now());
        self.given += 1;
        Ok(Next::Frame)
    }
}

/// What the thread or the process has used of the processors.
pub fn cpu_time(who: UsageWho) -> Duration {
    let usage = getrusage(who).expect("getrusage(2)");
    let of = |time: nix::sys::time::TimeVal| {
        Duration::from_micros((time.tv_sec() * 1_000_000 + time.tv_usec()) as u64)
    };
    of(usage.user_time()) + of(usage.system_time())
}
