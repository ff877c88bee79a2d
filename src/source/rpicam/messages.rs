//! What the capture program says on its standard error: into our log, bounded, and the last of it kept for the error
//! when the program fails.

use std::collections::VecDeque;

use super::pipe::Pipe;

/// A longer line is cut.
const LINE_LIMIT_BYTES: usize = 400;

/// More lines than this are not logged: nothing a program says may fill the journal.
const LOGGED_LIMIT: usize = 200;

/// So much is read in one go: what a program says without end keeps nothing else waiting.
const READ_AT_ONCE_BYTES: usize = 64 * 1024;

/// How many lines are kept.
const KEPT: usize = 8;

/// How many of them an error shows.
const SHOWN: usize = 3;

/// The program's messages so far.
pub struct Messages {
    pipe: Pipe,
    lines: MessageLines,
}

#[derive(Debug, Default)]
struct MessageLines {
    partial: Vec<u8>,
    last: VecDeque<String>,
    logged: usize,
}

impl Messages {
    pub fn new(pipe: Pipe) -> Self {
        Self {
            pipe,
            lines: MessageLines::default(),
        }
    }

    pub fn pipe(&self) -> &Pipe {
        &self.pipe
    }

    /// Takes what the pipe has, within bounds.
    pub fn collect(&mut self) {
        let lines = &mut self.lines;
        self.pipe
            .read_some(&mut [0; 4096], READ_AT_ONCE_BYTES, |bytes| {
                lines.push(bytes);
            });
        if self.pipe.has_ended() {
            self.lines.end_line();
        }
    }

    /// The lines that tell best why the program ended: its errors, else its last words.
    pub fn reason(&self) -> String {
        self.lines.reason()
    }

    /// What the program itself called an error, of the last it said.
    pub fn errors(&self) -> String {
        self.lines.errors()
    }

    /// Whether one of the last lines holds `text_stage` (in small letters), in whatever letters.
    pub fn mention(&self, text: &str) -> bool {
        self.lines.mention(text)
    }
}

impl MessageLines {
    fn reason(&self) -> String {
        let errors = self.errors();
        if errors.is_empty() {
            self.shown(|line| !is_chatter(line))
        } else {
            errors
        }
    }

    fn errors(&self) -> String {
        self.shown(|line| is_bad(line) && !is_chatter(line))
    }

    /// The last lines of a kind.
    fn shown(&self, kind: impl Fn(&str) -> bool) -> String {
        let lines = self.last.iter().filter(|line| kind(line));
        let chosen: Vec<&str> = lines.map(|line| bare(line)).collect();
        chosen[chosen.len().saturating_sub(SHOWN)..].join("; ")
    }

    fn mention(&self, text: &str) -> bool {
        self.last
            .iter()
            .any(|line| line.to_lowercase().contains(text))
    }

    fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end_line(),
                _ if self.partial.len() < LINE_LIMIT_BYTES => self.partial.push(byte),
                _ => {}
            }
        }
    }

    fn end_line(&mut self) {
        let mut line = String::from_utf8_lossy(&self.partial).trim().to_owned();
        line.retain(|c| !c.is_control());
        self.partial.clear();
        if line.is_empty() || is_about_one_frame(&line) {
            return;
        }
        self.log(&line);
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    fn log(&mut self, line: &str) {
        self.logged += 1;
        if self.logged > LOGGED_LIMIT {
            return;
        }
        if is_bad(line) && !is_expected(line) {
            log::warn!("capture program: {line}");
        } else {
            log::debug!("capture program: {line}");
        }
        if self.logged == LOGGED_LIMIT {
            log::warn!("the capture program says so much that the rest is left out");
        }
    }
}

/// "#12 (30.00 fps) exp …" without a preview, and with `--verbose 2` two more a frame.
fn is_about_one_frame(line: &str) -> bool {
    let numbered = line
        .strip_prefix('#')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    numbered
        || line.starts_with("Viewfinder frame ")
        || line.starts_with("FileOutput: output buffer")
}

/// What software encoders tell of their settings, the library of its version, and the program of the signal that we
/// end it with: no reason for anything.
fn is_chatter(line: &str) -> bool {
    let encoder = [
        "[libx264 @",
        "[h264 @",
        "Output #",
        "Stream #",
        "Received signal",
    ];
    encoder.iter().any(|begin| line.starts_with(begin)) || line.contains("  INFO ")
}

/// What some versions say to options that others need: the source goes on without them.
fn is_expected(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower.contains("save_pts") || lower.contains("incompatible options selected")
}

fn is_bad(line: &str) -> bool {
    let lower = line.to_lowercase();
    ["error", "fatal", "failed", "timed out", "terminate called"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Without the dress of rpicam-apps ("ERROR: *** … ***") and of libcamera ("[1:23:45.6] [789] ERROR Camera file:1 …").
fn bare(line: &str) -> &str {
    let text = line.strip_prefix("ERROR: ").unwrap_or(line);
    let text = text
        .strip_prefix("*** ")
        .and_then(|inner| inner.strip_suffix(" ***"))
        .unwrap_or(text);
    match text
        .split_once("] [")
        .and_then(|(_, rest)| rest.split_once("] "))
    {
        Some((_, message)) if text.starts_with('[') => message.trim_start(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> MessageLines {
        let mut messages = MessageLines::default();
        messages.push(text.as_bytes());
        messages
    }

    #[test]
    fn the_reason_is_what_the_program_called_an_error() {
        let messages = said(
            "Made X/EGL preview window\n\
             [0:01:02.345678901] [1234]  INFO Camera camera_manager.cpp:299 libcamera v0.0.5\n\
             [0:01:02.445678901] [1234] ERROR Camera camera.cpp:995 Pipeline handler in use by another process\n\
             ERROR: *** failed to acquire camera /base/soc/i2c0mux/i2c@1/imx708@1a ***\n",
        );
        assert_eq!(
            messages.reason(),
            "ERROR Camera camera.cpp:995 Pipeline handler in use by another process; \
             failed to acquire camera /base/soc/i2c0mux/i2c@1/imx708@1a"
        );
        assert!(messages.mention("in use by another process"));
    }

    #[test]
    fn without_an_error_the_last_words_are_the_reason() {
        assert_eq!(said("one\ntwo\nthree\nfour\n").reason(), "two; three; four");
        assert_eq!(said("").reason(), "");
    }

    #[test]
    fn chatter_is_no_reason() {
        let messages = said(
            "[0:01:02.345678901] [1234]  INFO Camera camera_manager.cpp:299 libcamera v0.0.5\n\
             [libx264 @ 0x5555c1a0] profile High, level 4.0, 4:2:0, 8-bit\n\
             Output #0, h264, to '/dev/fd/264':\n  Stream #0:0: Video: h264\nReceived signal 2\n",
        );
        assert_eq!(
            (messages.reason(), messages.errors()),
            ("".into(), "".into())
        );
    }

    #[test]
    fn lines_about_single_frames_are_left_out() {
        let messages = said(
            "#0 (0.00 fps) exp 33000.00 ag 1.00 dg 1.00\nkept\n#1 (30.00 fps) exp 33000.00\n#a\n",
        );
        assert_eq!(messages.last, ["kept", "#a"]);
    }

    #[test]
    fn neither_long_lines_nor_many_take_memory() {
        let mut messages = said(&"x".repeat(100_000));
        assert_eq!(messages.partial.len(), LINE_LIMIT_BYTES);
        messages.push("\ny".repeat(10_000).as_bytes());
        assert_eq!((messages.last.len(), messages.logged), (KEPT, 10_000));
    }
}
