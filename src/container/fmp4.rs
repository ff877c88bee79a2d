//! H.264 in fragmented MP4 (ISO/IEC 14496-12 and 14496-15): what browsers play without a plug-in. One `moof` and `mdat` a
//! picture, 108 bytes beyond its own, so that none waits for another.
//!
//! Times are those of the frames, in microseconds: a player's `currentTime` is the time when the picture was taken, on the
//! stream's own time line (`Pts`).

mod boxes;
mod init_segment;

use std::time::Duration;

use crate::frame::Frame;
use crate::h264::nal::{NalType, units};
use boxes::{PutNumbers, full_box, put_box};

pub use init_segment::InitSegment;

/// Of the track, in ticks a second.
const TIMESCALE: u32 = 1_000_000;
const TRACK: u32 = 1;

/// How long a picture is declared to last for Media Source Extensions, in smoothed intervals: one late picture of a live
/// camera must not be a gap (`longest_gap`);
/// measured, 40 ms declared and 200 ms between two pictures lost 0.72 s; with 120 ms nothing was lost.
const MSE_INTERVALS: u32 = 3;

/// tfhd: default-base-is-moof (clause 8.8.7.1).
const BASE_IS_MOOF: u32 = 0x02_0000;

/// trun: what is told (clause 8.8.8.1).
const HAS_DATA_OFFSET: u32 = 0x001;
const HAS_DURATION: u32 = 0x100;
const HAS_SIZE: u32 = 0x200;
const HAS_FLAGS: u32 = 0x400;
const HAS_COMPOSITION_OFFSET: u32 = 0x800;

/// sample_flags (clause 8.8.3.1): sample_depends_on 2, no other; 1, others, and sample_is_non_sync_sample.
const KEY_SAMPLE: u32 = 0x0200_0000;
const DEPENDENT_SAMPLE: u32 = 0x0101_0000;

/// The header of a box: size and type.
const BOX_HEADER_BYTES: usize = 8;

/// One picture as a `moof` and its `mdat`: the same bytes for every viewer. `number` is that of the picture in its run of the
/// camera, `duration` how long it is declared to last.
///
/// What carries on a picture whose beginning went out already is a sample of its own, a tick later: a sample with the same
/// time would replace the one before.
pub fn fragment(frame: &Frame, number: u64, duration: Duration) -> Vec<u8> {
    let sample_bytes = sample_units(&frame.data).map(|nal| 4 + nal.len()).sum();
    let mut bytes = Vec::with_capacity(sample_bytes + 112);
    put_moof(&mut bytes, frame, number, duration, sample_bytes);
    put_box(&mut bytes, b"mdat", |mdat| {
        for nal in sample_units(&frame.data) {
            mdat.put_u32(length_of(nal.len()));
            mdat.extend_from_slice(nal);
        }
    });
    bytes
}

/// How long a picture is declared to last for Media Source Extensions, where pictures come `interval` apart. A player that
/// adds durations up, as VLC does, would show such a stream in slow motion.
pub fn duration_for_mse(interval: Duration) -> Duration {
    interval.saturating_mul(MSE_INTERVALS)
}

/// A picture that comes later than this behind the one before it is thrown away by Chromium, and so is all up to the next key
/// frame: twice the duration that was declared.
pub fn longest_gap(interval: Duration) -> Duration {
    duration_for_mse(interval).saturating_mul(2)
}

fn put_moof(
    bytes: &mut Vec<u8>,
    frame: &Frame,
    number: u64,
    duration: Duration,
    sample_bytes: usize,
) {
    let decode_us = frame.decoded_at().0 + u64::from(frame.continues);
    let offset_us = ticks(frame.shown_after);
    let duration_us = ticks(duration).max(1);
    let mut contents = HAS_DATA_OFFSET | HAS_DURATION | HAS_SIZE | HAS_FLAGS;
    if offset_us > 0 {
        contents |= HAS_COMPOSITION_OFFSET;
    }
    let mut data_offset_at = 0;
    put_box(bytes, b"moof", |moof| {
        full_box(moof, b"mfhd", 0, 0, |mfhd| {
            mfhd.put_u32(number as u32); // sequence_number
        });
        put_box(moof, b"traf", |traf| {
            full_box(traf, b"tfhd", 0, BASE_IS_MOOF, |tfhd| tfhd.put_u32(TRACK));
            full_box(traf, b"tfdt", 1, 0, |tfdt| tfdt.put_u64(decode_us));
            full_box(traf, b"trun", 0, contents, |trun| {
                trun.put_u32(1); // sample_count
                data_offset_at = trun.len();
                trun.put_u32(0);
                trun.put_u32(duration_us);
                trun.put_u32(length_of(sample_bytes));
                trun.put_u32(if frame.key {
                    KEY_SAMPLE
                } else {
                    DEPENDENT_SAMPLE
                });
                if offset_us > 0 {
                    trun.put_u32(offset_us);
                }
            });
        });
    });
    let data_offset = length_of(bytes.len() + BOX_HEADER_BYTES);
    bytes[data_offset_at..data_offset_at + 4].copy_from_slice(&data_offset.to_be_bytes());
}

/// The NAL units that a sample holds: no delimiters, no parameter sets, which are in the init segment, and no filler data
/// (ISO/IEC 14496-15 clause 5.3.2).
fn sample_units(unit: &[u8]) -> impl Iterator<Item = &[u8]> {
    units(unit)
        .filter(|nal| {
            !matches!(
                nal.kind,
                NalType::AccessUnitDelimiter
                    | NalType::Sps
                    | NalType::SpsExtension
                    | NalType::Pps
                    | NalType::Filler
            )
        })
        .map(|nal| nal.bytes)
}

fn ticks(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

/// No picture is larger than `LARGEST_PICTURE_BYTES`.
fn length_of(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a picture and its boxes fit into 32 bits")
}

#[cfg(test)]
mod tests;
