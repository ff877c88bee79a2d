//! What is printed, all to standard error: for the journal `<N>` priorities and no timestamps (sd-daemon(3)), for people
//! timestamps and colours. `RUST_LOG` chooses what; without it everything but debugging.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use env_logger::{Builder, Env, Target};
use log::Level;
use nix::sys::stat::fstat;

pub use ::log::{debug, error, info, warn};

/// Starts the log; called once.
pub fn init() {
    let mut builder = Builder::from_env(Env::default().default_filter_or("info"));
    builder.target(Target::Stderr);
    if libsystemd::logging::connected_to_journal() {
        builder
            .format(|out, record| writeln!(out, "<{}>{}", priority(record.level()), record.args()));
    } else {
        builder.format_target(false);
    }
    builder.init();
}

/// Prints lines as they are, whatever `RUST_LOG` says: somebody asked for them (`-v`).
pub fn report(lines: &[String]) {
    let prefix = if libsystemd::logging::connected_to_journal() {
        "<6>"
    } else {
        ""
    };
    let mut out = io::stderr().lock();
    for line in lines {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(out, "{prefix}{line}");
    }
}

/// Whether people look at `out`, and have not asked for text without colours (NO_COLOR, as no-color.org has it).
pub fn wants_colour(out: &impl IsTerminal) -> bool {
    out.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether `fd` leads to the journal: systemd names its stream by device and inode (systemd.exec(5), JOURNAL_STREAM).
pub fn is_journal(fd: impl AsFd) -> bool {
    let Ok(stream) = env::var("JOURNAL_STREAM") else {
        return false;
    };
    fstat(fd).is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// The priorities of syslog(3).
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}
