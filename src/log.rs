//! What is printed, all to standard error: for the journal `<N>` priorities and no timestamps (sd-daemon(3)), for people
//! timestamps and colours, but the program's name before an error. `RUST_LOG` chooses what; without it everything but
//! debugging.

use std::cell::RefCell;
use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use env_logger::fmt::Formatter;
use env_logger::{Builder, Env, Target};
use log::Record;

pub use ::log::{Level, debug, error, info, log, warn};

/// What a thread says, for one that passes it on: the level, or none for a report that was asked for, and the text.
pub type Listener = Box<dyn Fn(Option<Level>, &str)>;

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// From now on `listener` hears what this thread says. Its reports (`report`) are the listener's alone.
pub fn listen(listener: Listener) {
    LISTENER.set(Some(listener));
}

/// Whether somebody listens, who has now heard it.
fn tell_listener(level: Option<Level>, text: &str) -> bool {
    LISTENER.with_borrow(|listener| {
        if let Some(listener) = listener {
            listener(level, text);
        }
        listener.is_some()
    })
}

/// Starts the log; called once.
pub fn init() {
    let mut builder = Builder::from_env(Env::default().default_filter_or("info"));
    builder.target(Target::Stderr);
    if libsystemd::logging::connected_to_journal() {
        builder.format(for_the_journal);
    } else {
        builder.format(for_people);
    }
    builder.init();
}

/// Each line is an entry of its own there. What stands below the first explains it: who asks for errors alone, as doctor
/// does for the last one, finds the line that says what to do.
fn for_the_journal(out: &mut Formatter, record: &Record) -> io::Result<()> {
    let text = record.args().to_string();
    tell_listener(Some(record.level()), &text);
    let level = priority(record.level());
    let explanation = level.max(priority(Level::Info));
    for (index, line) in text.lines().enumerate() {
        let priority = if index == 0 { level } else { explanation };
        writeln!(out, "<{priority}>{line}")?;
    }
    Ok(())
}

/// An error as other programs print theirs; everything else with its time, as a log has it.
fn for_people(out: &mut Formatter, record: &Record) -> io::Result<()> {
    let (level, text) = (record.level(), record.args().to_string());
    tell_listener(Some(level), &text);
    if level == Level::Error {
        return text
            .lines()
            .try_for_each(|line| writeln!(out, "picam-stream: {line}"));
    }
    let style = out.default_level_style(level);
    let time = out.timestamp();
    writeln!(out, "[{time} {style}{level:<5}{style:#}] {text}")
}

/// Prints lines as they are, whatever `RUST_LOG` says: somebody asked for them (`-v`).
pub fn report(lines: &[String]) {
    let told = lines.iter().filter(|line| tell_listener(None, line));
    if told.count() > 0 {
        return;
    }
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
    let file = fd.as_fd().try_clone_to_owned().map(File::from);
    file.and_then(|file| file.metadata())
        .is_ok_and(|file| stream == format!("{}:{}", file.dev(), file.ino()))
}

/// The priorities of syslog(3).
pub fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}
