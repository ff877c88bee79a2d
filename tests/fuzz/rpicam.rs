//! What a capture program may write into its three pipes, in any order and any pieces: frames come out in bounded portions,
//! no byte of H.264 comes out twice, and what it says is kept short.

#![no_main]

mod bounded;

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use picam_stream::frame::{Frame, LARGEST_PICTURE_BYTES};
use picam_stream::options::Codec;
use picam_stream::source::rpicam::frames::Frames;
use picam_stream::source::rpicam::messages::Messages;
use picam_stream::source::rpicam::pipe::{Pipe, ROOM_BYTES};
use picam_stream::source::rpicam::program::Offer;

/// What a record of the input holds at most.
const RECORD_BYTES: usize = 255;

fuzz_target!(|input: &[u8]| {
    bounded::run(input, Duration::from_millis(200), |input| match input {
        [0, text @ ..] => {
            let _ = Offer::from_help(&String::from_utf8_lossy(text));
        }
        [1, said @ ..] => listen(said),
        [kind, records @ ..] if kind & 1 == 0 => Bench::new(Codec::H264).play(records),
        [_, records @ ..] => Bench::new(Codec::Mjpeg).play(records),
        [] => {}
    });
});

fn listen(said: &[u8]) {
    let (pipe, end) = Pipe::new().expect("a pipe");
    let (mut messages, mut end) = (Messages::new(pipe), File::from(end));
    for part in said.chunks(32 * 1024) {
        end.write_all(part).expect("there is room");
        messages.collect();
    }
    drop(end);
    messages.collect();
    // Three lines of 400 bytes, each of which may have become a replacement character.
    assert!(messages.reason().len() < 4000);
    messages.mention("error");
}

struct Bench {
    frames: Frames,
    data: Pipe,
    data_end: File,
    times: Pipe,
    times_end: File,
    frame: Frame,
    bytes_in: usize,
    bytes_out: usize,
    lines: bool,
}

impl Bench {
    fn new(codec: Codec) -> Self {
        let (data, data_end) = Pipe::new().expect("a pipe");
        let (times, times_end) = Pipe::new().expect("a pipe");
        Self {
            frames: Frames::new(codec),
            data,
            data_end: data_end.into(),
            times,
            times_end: times_end.into(),
            frame: Frame::default(),
            bytes_in: 0,
            bytes_out: 0,
            lines: true,
        }
    }

    /// A record is a byte that tells what is done, and for some a length and so many bytes.
    fn play(&mut self, mut records: &[u8]) {
        // A call for every record of a large input would be mostly calls of the kernel.
        let takes_apart_bytes = records.len() / 2000;
        let (mut unread, mut taken_at) = (0, records.len());
        while let [what, rest @ ..] = records {
            records = rest;
            match what % 8 {
                0..=2 => {
                    let bytes = counted(&mut records);
                    self.data_end.write_all(bytes).expect("there is room");
                    self.bytes_in += bytes.len();
                }
                3 => {
                    let bytes = counted(&mut records);
                    self.tell(bytes);
                }
                4 => self.tell(b"40.000\n"),
                5 => self
                    .frames
                    .end_by_quiet(Instant::now() + Duration::from_secs(1)),
                6 => self.lines = !self.lines,
                _ if taken_at - records.len() > takes_apart_bytes => unread = ROOM_BYTES,
                _ => {}
            }
            unread += RECORD_BYTES;
            // Before a pipe is full.
            if unread >= ROOM_BYTES / 16 {
                (unread, taken_at) = (0, records.len());
                self.take();
            }
        }
        self.take();
        self.frames.end_of_stream();
        self.give_out();
        assert!(self.bytes_out <= 2 * self.bytes_in + 64 * 1024);
    }

    /// Writes to the pipe of the times, where one is read.
    fn tell(&mut self, bytes: &[u8]) {
        if self.lines {
            self.times_end.write_all(bytes).expect("there is room");
        }
    }

    fn take(&mut self) {
        loop {
            self.frames
                .collect(&mut self.data, self.lines.then_some(&mut self.times));
            self.give_out();
            if !self.frames.is_unfinished() {
                break;
            }
        }
    }

    fn give_out(&mut self) {
        let mut count = 0;
        while self.frames.next(&mut self.frame) {
            assert!(self.frame.data.len() <= LARGEST_PICTURE_BYTES);
            self.bytes_out += self.frame.data.len();
            count += 1;
        }
        assert!(count <= 4096, "{count} frames in one go");
    }
}

/// The bytes behind their length.
fn counted<'a>(records: &mut &'a [u8]) -> &'a [u8] {
    let Some((&length, rest)) = records.split_first() else {
        return &[];
    };
    let (bytes, rest) = rest.split_at(usize::from(length).min(rest.len()));
    *records = rest;
    bytes
}
