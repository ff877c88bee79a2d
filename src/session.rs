//! One viewer after another: opens the sink, then the source, moves frames, and says at the end what became of it.
//! The sink comes first, so that no camera starts for a connection that is dead already.

use crate::error::{Departure, Error, Result};
use crate::log;
use crate::options::Options;
use crate::pump::{Ending, Limits, Pauses, Pump};
use crate::service::{self, Turn, Wait};
use crate::sink::{Outlet, Sink};
use crate::source;
use crate::stop::Stop;
use crate::system::System;
use crate::units::Micros;

/// Streams as `options` ask, until it is over.
pub fn run(options: &Options, stop: &Stop) -> Result<()> {
    let outlet = Outlet::new(options, stop)?;
    // Who watches is said first; a port of our own may wait long for that.
    let mut warnings = options.warnings.iter();
    if outlet.serves_again() {
        warnings
            .by_ref()
            .for_each(|warning| log::warn!("{warning}"));
    }
    while let Some(mut sink) = outlet.next_sink(stop)? {
        warnings
            .by_ref()
            .for_each(|warning| log::warn!("{warning}"));
        if options.service {
            service::conffile::warn_of_faults(&System::here());
        }
        let ended = serve(options, sink.as_mut(), stop);
        drop(sink);
        match ended {
            Err(error) if outlet.serves_again() => log::error!("{error}"),
            other if !outlet.serves_again() => return other,
            _ => {}
        }
    }
    Ok(())
}

/// One session with an open sink. A viewer that leaves is success.
fn serve(options: &Options, sink: &mut dyn Sink, stop: &Stop) -> Result<()> {
    let begun = Micros::now();
    // A viewer that is gone already starts no camera.
    match sink.idle() {
        Err(Error::Viewer(_)) => {
            log::info!("the viewer left before the camera was opened");
            return Ok(());
        }
        other => other?,
    };
    let Some(turn) = turn(options, sink, stop)? else {
        return Ok(());
    };
    let mut source = source::open(options)?;
    let mut pump = Pump::new(source.as_mut(), sink, limits(options), stop);
    let ended = pump.run();
    let first_frame = pump.first_frame();
    let dropped = source.dropped();
    // The camera is free before the last bytes are waited for.
    drop(source);
    drop(turn);
    if !matches!(ended, Err(Error::Viewer(_))) {
        sink.finish();
    }
    closing_line(&ended, sink, begun, first_frame, dropped);
    match ended {
        Ok(_) | Err(Error::Viewer(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The right to use the camera; nothing where it does not come to that, which is told.
fn turn(options: &Options, sink: &mut dyn Sink, stop: &Stop) -> Result<Option<Turn>> {
    if !options.service {
        return Ok(Some(Turn::free()));
    }
    match Turn::wait(sink, stop)? {
        Wait::Over(turn) => return Ok(Some(turn)),
        Wait::Refused(why) => log::warn!("{why}"),
        Wait::Needless(why) => log::info!("{why}"),
    }
    Ok(None)
}

/// A long exposure is no stall: the camera has as much longer as two exposures take.
fn limits(options: &Options) -> Limits {
    Limits {
        time: options.time_limit,
        pauses: options.pauses.then(|| Pauses {
            begin_paused: options.begin_paused(),
        }),
        stall: options.stall_timeout + 2 * options.camera.shutter(),
    }
}

fn closing_line(
    ended: &Result<Ending>,
    sink: &dyn Sink,
    begun: Micros,
    first: Option<Micros>,
    dropped: u64,
) {
    let tally = sink.tally();
    let first_frame = first.map_or("no frame came".into(), |at| {
        format!("first frame after {} ms", at.since(begun).as_millis())
    });
    log::info!(
        "stream ended: {}; {:.1} s, {} frames, {} bytes, {} frames skipped for the viewer, {dropped} dropped by the \
         source, {first_frame}",
        reason(ended),
        Micros::now().since(begun).as_secs_f32(),
        tally.frames,
        tally.bytes,
        tally.skipped,
    );
}

fn reason(ended: &Result<Ending>) -> &'static str {
    match ended {
        Ok(Ending::Stopped) => "stopped",
        Ok(Ending::TimeOver) => "time over",
        Ok(Ending::SourceEnded) => "the source has ended",
        Err(Error::Viewer(Departure::Left)) => "viewer left",
        Err(Error::Viewer(Departure::Stuck)) => "viewer stuck",
        Err(Error::Stalled(_)) => "camera stalled",
        Err(Error::Output(_)) => "output failed",
        Err(Error::Busy(_)) => "camera busy",
        Err(Error::Usage(_) | Error::Camera(_)) => "camera failed",
    }
}
