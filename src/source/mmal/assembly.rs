//! Frames out of the encoder's buffers. A buffer is no frame: a large frame comes in several, its parameter sets in one of
//! their own, and only the last one of a frame says that it ends.
//!
//! Pure work on bytes and marks: it knows nothing of threads or of the library.

use super::arrival::{
    Arrival, FLAG_CODECSIDEINFO, FLAG_CONFIG, FLAG_CORRUPTED, FLAG_FRAME_END,
    FLAG_TRANSMISSION_FAILED, TIME_UNKNOWN,
};
use crate::frame::{Frame, LARGEST_PICTURE_BYTES};
use crate::h264::access_unit::begins_access_unit;
use crate::h264::nal::first_slice;
use crate::h264::parameter_sets::{ParameterSets, Picture};
use crate::jpeg;
use crate::options::Codec;
use crate::source::clock::Clock;
use crate::units::Micros;

/// The frame that is being put together, and what is remembered for those to come.
#[derive(Debug)]
pub struct Assembly {
    codec: Codec,
    data: Vec<u8>,
    /// Whether a picture has begun in `data`, or only what stands before one.
    has_picture: bool,
    damaged: bool,
    pts_us: i64,
    arrival: Micros,
    sets: ParameterSets,
    clock: Clock,
}

/// What became of a frame that has ended.
#[derive(Debug)]
pub enum Finished {
    /// It was put where the caller wanted it.
    Whole,
    /// Part of it was lost: what refers to it cannot be decoded either.
    Damaged,
}

impl Assembly {
    /// `data` is the room for the first frame.
    pub fn new(codec: Codec, data: Vec<u8>) -> Self {
        Self {
            codec,
            data,
            has_picture: false,
            damaged: false,
            pts_us: TIME_UNKNOWN,
            arrival: Micros(0),
            sets: ParameterSets::default(),
            clock: Clock::default(),
        }
    }

    /// Whether `arrival` shows that the frame in hand has ended although nothing said so.
    pub fn is_ended_by(&self, arrival: &Arrival) -> bool {
        self.has_picture && arrival.flags & FLAG_CODECSIDEINFO == 0 && self.begins_frame(arrival)
    }

    /// Adds a buffer of the stream that came at `now`. True when it ends the frame.
    pub fn add(&mut self, arrival: &Arrival, now: Micros) -> bool {
        if arrival.flags & FLAG_CODECSIDEINFO != 0 {
            return false;
        }
        if !self.has_picture {
            self.arrival = now;
        }
        if !self.has_picture || self.pts_us == TIME_UNKNOWN {
            self.pts_us = arrival.pts_us;
        }
        self.data.extend_from_slice(arrival.data);
        self.damaged |= arrival.flags & (FLAG_CORRUPTED | FLAG_TRANSMISSION_FAILED) != 0;
        self.damaged |= self.data.len() > LARGEST_PICTURE_BYTES;
        self.has_picture = self.has_picture || self.shows_picture();
        self.data.len() > LARGEST_PICTURE_BYTES
            || (arrival.flags & FLAG_FRAME_END != 0 && self.has_picture)
    }

    /// The frame has ended: swaps it into `frame`, whose memory becomes the room for the next one. `None` where there was
    /// no picture in it; what was there then stands before the next.
    pub fn finish(&mut self, frame: &mut Frame) -> Option<Finished> {
        if !self.has_picture && !self.damaged {
            return None;
        }
        let damaged = self.damaged;
        let key = self.codec == Codec::Mjpeg || self.sets.lead(&mut self.data) == Picture::Key;
        frame.key = key && !damaged;
        let camera_us = (self.pts_us != TIME_UNKNOWN).then_some(self.pts_us);
        frame.pts = self.clock.note(camera_us, self.arrival);
        frame.captured = self.clock.captured(frame.pts);
        std::mem::swap(&mut frame.data, &mut self.data);
        self.discard();
        Some(if damaged {
            Finished::Damaged
        } else {
            Finished::Whole
        })
    }

    /// Forgets the frame in hand.
    pub fn discard(&mut self) {
        self.data.clear();
        self.has_picture = false;
        self.damaged = false;
    }

    fn begins_frame(&self, arrival: &Arrival) -> bool {
        match self.codec {
            Codec::Mjpeg => jpeg::begins(arrival.data),
            Codec::H264 => arrival.flags & FLAG_CONFIG != 0 || begins_access_unit(arrival.data),
        }
    }

    fn shows_picture(&self) -> bool {
        match self.codec {
            Codec::Mjpeg => !self.data.is_empty(),
            Codec::H264 => first_slice(&self.data).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETS: &[u8] = &[0, 0, 0, 1, 0x67, 0x4d, 9, 0, 0, 0, 1, 0x68, 0xee, 9];
    const IDR: &[u8] = &[0, 0, 0, 1, 0x65, 0x88, 7, 7, 7, 7, 7, 7];
    const IDR_SECOND_SLICE: &[u8] = &[0, 0, 0, 1, 0x65, 0x40, 7, 7];
    const P: &[u8] = &[0, 0, 0, 1, 0x41, 0x9a, 5, 5, 5, 5];

    fn buffer(data: &[u8], flags: u32) -> Arrival<'_> {
        Arrival {
            command: 0,
            flags,
            pts_us: TIME_UNKNOWN,
            data,
        }
    }

    /// The frames that come of these buffers: bytes and key flag; `None` for a damaged one.
    fn frames(codec: Codec, buffers: &[(&[u8], u32)]) -> Vec<Option<(Vec<u8>, bool)>> {
        let mut assembly = Assembly::new(codec, Vec::new());
        let (mut frames, mut frame) = (Vec::new(), Frame::default());
        let mut finish = |assembly: &mut Assembly| match assembly.finish(&mut frame) {
            Some(Finished::Whole) => {
                frames.push(Some((std::mem::take(&mut frame.data), frame.key)))
            }
            Some(Finished::Damaged) => frames.push(None),
            None => {}
        };
        for &(data, flags) in buffers {
            let arrival = buffer(data, flags);
            if assembly.is_ended_by(&arrival) {
                finish(&mut assembly);
            }
            if assembly.add(&arrival, Micros(0)) {
                finish(&mut assembly);
            }
        }
        frames
    }

    fn h264(buffers: &[(&[u8], u32)]) -> Vec<Option<(Vec<u8>, bool)>> {
        frames(Codec::H264, buffers)
    }

    #[test]
    fn a_frame_is_put_together_from_its_pieces_with_the_parameter_sets_before_it() {
        let whole = [SETS, IDR].concat();
        for piece in 1..whole.len() {
            for config_end in [0, FLAG_FRAME_END] {
                let mut buffers: Vec<_> = SETS
                    .chunks(piece)
                    .map(|bytes| (bytes, FLAG_CONFIG | config_end))
                    .collect();
                buffers.extend(IDR.chunks(piece).map(|bytes| (bytes, 0)));
                buffers.last_mut().unwrap().1 |= FLAG_FRAME_END;
                buffers.push((P, FLAG_FRAME_END));
                assert_eq!(
                    h264(&buffers),
                    [Some((whole.clone(), true)), Some((P.to_vec(), false))],
                    "in pieces of {piece}"
                );
            }
        }
    }

    #[test]
    fn a_lost_end_is_made_good_by_the_next_beginning() {
        let key = Some(([SETS, IDR, IDR_SECOND_SLICE].concat(), true));
        let sets = (SETS, FLAG_CONFIG | FLAG_FRAME_END);
        let (first, second) = ((IDR, 0), (IDR_SECOND_SLICE, 0));
        assert_eq!(
            h264(&[sets, first, second, (P, FLAG_FRAME_END)]),
            [key.clone(), Some((P.to_vec(), false))]
        );
        assert_eq!(
            h264(&[sets, first, second, sets, (IDR, FLAG_FRAME_END)]),
            [key, Some(([SETS, IDR].concat(), true))]
        );
    }

    #[test]
    fn a_key_frame_that_comes_bare_gets_the_parameter_sets_that_came_before() {
        let buffers = [
            (SETS, FLAG_CONFIG),
            (IDR, FLAG_FRAME_END),
            (P, FLAG_FRAME_END),
            (IDR, FLAG_FRAME_END),
        ];
        assert_eq!(h264(&buffers)[2], Some(([SETS, IDR].concat(), true)));
        assert_eq!(
            h264(&buffers[1..2]),
            [Some((IDR.to_vec(), false))],
            "no place to begin without them"
        );
    }

    #[test]
    fn motion_vectors_are_no_part_of_the_stream() {
        let side = (&[1, 2, 3, 4][..], FLAG_CODECSIDEINFO | FLAG_FRAME_END);
        assert_eq!(
            h264(&[side, (&P[..6], 0), side, (&P[6..], FLAG_FRAME_END), side]),
            [Some((P.to_vec(), false))]
        );
    }

    #[test]
    fn a_frame_with_a_lost_part_is_told_from_a_whole_one() {
        for flag in [FLAG_CORRUPTED, FLAG_TRANSMISSION_FAILED] {
            assert_eq!(
                h264(&[(P, flag), (&[], FLAG_FRAME_END), (P, FLAG_FRAME_END)]),
                [None, Some((P.to_vec(), false))]
            );
        }
    }

    #[test]
    fn a_stream_without_any_ends_does_not_fill_the_memory() {
        let filler = vec![5; LARGEST_PICTURE_BYTES / 4];
        assert_eq!(
            h264(&[
                (P, 0),
                (&filler, 0),
                (&filler, 0),
                (&filler, 0),
                (&filler, 0)
            ]),
            [None]
        );
    }

    #[test]
    fn every_jpeg_is_a_key_frame() {
        let jpeg: &[u8] = &[0xff, 0xd8, 0xff, 0xe0, 1, 2, 0xff, 0xd9];
        let buffers = [(&jpeg[..5], 0), (&jpeg[5..], 0), (jpeg, FLAG_FRAME_END)];
        assert_eq!(
            frames(Codec::Mjpeg, &buffers),
            [Some((jpeg.to_vec(), true)), Some((jpeg.to_vec(), true))]
        );
    }
}
