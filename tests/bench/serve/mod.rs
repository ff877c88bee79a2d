//! Figures of the shared camera: what many viewers cost, and how soon each has its pictures, beside peers in the same run.

mod crowd;
mod delays;
mod endings;
mod jpegs;
mod plays;
mod rtsp;
mod servers;
mod stream;
mod usage;
mod web;

use std::path::Path;
use std::thread;
use std::time::Duration;

use picam_stream::serve::handed::message::Kind;

use self::crowd::{Crowd, idle};
use self::rtsp::{GstRtspServer, Rtsp};
use self::servers::{Alone, Handed, Peer, Server, Single};
use self::stream::Recorded;
use self::usage::{Mark, Used, median, pss_mb};
use self::web::Web;
use super::program::{PACKAGED, PROGRAM};

pub use self::servers::hand_over;

/// How long each crowd is measured, how often, and how long it is let be before that.
const MEASURED: Duration = Duration::from_secs(4);
const ROUNDS: usize = 3;
const SETTLES: Duration = Duration::from_millis(1500);

/// What each viewer has been given before anything is counted: more than a key frame.
const FLOWS_BYTES: u64 = 300_000;

/// Measured where it was built, as `make bench` does it: cargo's own program loads libstdc++, a fifth of what an instance has
/// to itself.
const AS_PACKAGED: &str = "serve and an instance a viewer, as packaged";

/// A server, and the crowds that it is measured with.
struct Subject {
    name: &'static str,
    viewers: &'static [usize],
    start: fn(&Recorded) -> Box<dyn Server>,
}

const SUBJECTS: [Subject; 12] = [
    Subject {
        name: "serve, bare H.264",
        viewers: &[1, 10, 50, 100],
        start: |recorded| Box::new(Alone::new(recorded, Kind::Bare)),
    },
    Subject {
        name: "serve, MPEG-TS",
        viewers: &[1, 10, 50, 100],
        start: |recorded| Box::new(Alone::new(recorded, Kind::MpegTs)),
    },
    Subject {
        name: "serve, RTSP over TCP",
        viewers: &[1, 10, 50, 100],
        start: |recorded| Box::new(Rtsp::new(recorded)),
    },
    Subject {
        name: "serve, MP4 over HTTP",
        viewers: &[10],
        start: |recorded| Box::new(Web::new(recorded, "/live.mp4")),
    },
    Subject {
        name: "serve, JPEGs of a camera over HTTP",
        viewers: &[1, 10],
        start: |recorded| Box::new(jpegs::ours(recorded)),
    },
    Subject {
        name: "ustreamer, the same JPEGs",
        viewers: &[1, 10],
        start: |recorded| Box::new(jpegs::ustreamer(recorded)),
    },
    Subject {
        name: "serve and an instance a viewer",
        viewers: &[1, 10, 100],
        start: |recorded| Box::new(Handed::new(recorded, PROGRAM)),
    },
    Subject {
        name: AS_PACKAGED,
        viewers: &[1, 10, 100],
        start: |recorded| Box::new(Handed::new(recorded, PACKAGED)),
    },
    Subject {
        name: "a process of its own",
        viewers: &[1],
        start: |recorded| Box::new(Single::new(recorded)),
    },
    Subject {
        name: "GStreamer tcpserversink",
        viewers: &[1, 10, 50, 100],
        start: |recorded| Box::new(Peer::gstreamer(recorded)),
    },
    Subject {
        name: "gst-rtsp-server",
        viewers: &[1, 10, 50, 100],
        start: |recorded| Box::new(GstRtspServer::new(recorded)),
    },
    Subject {
        name: "VLC, MPEG-TS",
        viewers: &[1, 10, 50, 100],
        start: |recorded| Box::new(Peer::vlc(recorded)),
    },
];

/// One server with one crowd.
struct Figures {
    cpu_ms_a_viewer_second: f64,
    context_switches_a_second: f64,
    pss_mb: f64,
    /// What a viewer was given: a server that gives less costs less.
    megabits_a_second: f64,
}

/// A figure of another kind, and the name that it is asked for by.
type Delay = (&'static str, fn(&Recorded) -> Vec<String>);

const DELAYS: [Delay; 6] = [
    ("last", |recorded| vec![delays::last_of_all(recorded)]),
    ("cold", |_| vec![delays::cold()]),
    ("joiners", |_| vec![delays::joiners()]),
    ("play", plays::measure),
    ("killed", |_| endings::measure()),
    ("snapshot", |_| vec![web::snapshots()]),
];

/// Gives the figures, a line each, as they come: those that have `part` in their names, which all have if it is empty.
pub fn measure(part: &str, print: impl Fn(&str)) {
    let recorded = Recorded::make();
    for viewers in [1, 10, 50, 100] {
        let is_wanted = |it: &&Subject| {
            let is_built = it.name != AS_PACKAGED || Path::new(PACKAGED).exists();
            it.viewers.contains(&viewers) && it.name.contains(part) && is_built
        };
        let mut taken: Vec<(&Subject, Vec<Figures>)> = SUBJECTS
            .iter()
            .filter(is_wanted)
            .map(|it| (it, Vec::new()))
            .collect();
        for _ in 0..ROUNDS {
            for (subject, figures) in &mut taken {
                figures.push(crowd_of(viewers, (subject.start)(&recorded).as_mut()));
            }
        }
        let lines = taken
            .iter()
            .map(|(subject, figures)| line(viewers, subject, figures));
        lines.for_each(|line| print(&line));
    }
    let wanted = DELAYS.iter().filter(|(name, _)| name.contains(part));
    for line in wanted.flat_map(|(_, measure)| measure(&recorded)) {
        print(&line);
    }
}

fn crowd_of(viewers: usize, server: &mut dyn Server) -> Figures {
    let crowd = Crowd::new((0..viewers).map(|_| idle(server.connect())).collect());
    crowd.wait_for_each(FLOWS_BYTES);
    thread::sleep(SETTLES);
    let pids = server.pids();
    let (mark, bytes) = (Mark::of(&pids), crowd.bytes());
    thread::sleep(MEASURED);
    let Used {
        cpu_ms,
        context_switches,
    } = mark.until_now(&pids);
    let bits = (crowd.bytes() - bytes) as f64 * 8.0;
    Figures {
        cpu_ms_a_viewer_second: cpu_ms / viewers as f64,
        context_switches_a_second: context_switches,
        pss_mb: pss_mb(&pids),
        megabits_a_second: bits / 1e6 / MEASURED.as_secs_f64() / viewers as f64,
    }
}

fn line(viewers: usize, subject: &Subject, figures: &[Figures]) -> String {
    let of =
        |figure: fn(&Figures) -> f64| median(&mut figures.iter().map(figure).collect::<Vec<_>>());
    format!(
        "{viewers} viewers, {}: processor time a viewer-second {:.2} ms, {:.0} context switches a second, PSS {:.1} MB, \
         {:.2} Mbit/s each",
        subject.name,
        of(|it| it.cpu_ms_a_viewer_second),
        of(|it| it.context_switches_a_second),
        of(|it| it.pss_mb),
        of(|it| it.megabits_a_second)
    )
}
