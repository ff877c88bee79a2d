//! One viewer after another: opens the sink, then the source, moves frames, and says at the end what became of it.
//! The sink comes first, so that no camera starts for a connection that is dead already.

use crate::error::{Error, Result};
use crate::log;
use crate::options::{Options, SourceChoice};
use crate::pump::{Ending, Limits, Pauses, Pump};
use crate::serve::handed::client::error_of;
use crate::serve::handed::message::Ended;
use crate::service::{self, HandedOver, Turn, Wait};
use crate::sink::{Outlet, Sink, Tally};
use crate::source;
use crate::stall;
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
    if let Some(ended) = shared(options, sink, stop)? {
        return tell_end(&ended, begun);
    }
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
    closing_line(&Summary {
        reason: reason(&ended),
        begun,
        tally: sink.tally(),
        dropped,
        first_frame_ms: first_frame.map(|at| at.since(begun).as_millis()),
    });
    match ended {
        Ok(_) | Err(Error::Viewer(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Has the viewer served by the camera that is shared, where one is.
fn shared(options: &Options, sink: &dyn Sink, stop: &Stop) -> Result<Option<Ended>> {
    let is_wanted = options.service || matches!(options.source, SourceChoice::Shared(_));
    let Some(connection) = sink.connection().filter(|_| is_wanted) else {
        return Ok(None);
    };
    match service::hand_over(options, connection, stop)? {
        HandedOver::Served(ended) => Ok(Some(ended)),
        HandedOver::NoService => Ok(None),
    }
}

fn tell_end(ended: &Ended, begun: Micros) -> Result<()> {
    closing_line(&Summary {
        reason: &ended.reason,
        begun,
        tally: ended.tally,
        dropped: ended.dropped,
        first_frame_ms: ended.first_frame_ms.map(u128::from),
    });
    error_of(ended).map_or(Ok(()), Err)
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

fn limits(options: &Options) -> Limits {
    Limits {
        time: options.time_limit,
        pauses: options.pauses.then(|| Pauses {
            begin_paused: options.begin_paused(),
        }),
        stall: stall::limit(options),
    }
}

/// What the closing line says.
struct Summary<'a> {
    reason: &'a str,
    begun: Micros,
    tally: Tally,
    dropped: u64,
    first_frame_ms: Option<u128>,
}

fn closing_line(summary: &Summary<'_>) {
    let first_frame = summary.first_frame_ms.map_or("no frame came".into(), |ms| {
        format!("first frame after {ms} ms")
    });
    log::info!(
        "stream ended: {}; {:.1} s, {} frames, {} bytes, {} frames skipped for the viewer, {} dropped by the source, \
         {first_frame}",
        summary.reason,
        Micros::now().since(summary.begun).as_secs_f32(),
        summary.tally.frames,
        summary.tally.bytes,
        summary.tally.skipped,
        summary.dropped,
    );
}

fn reason(ended: &Result<Ending>) -> &'static str {
    match ended {
        Ok(Ending::Stopped) => "stopped",
        Ok(Ending::TimeOver) => "time over",
        Ok(Ending::SourceEnded) => "the source has ended",
        Err(error) => error.reason(),
    }
}
