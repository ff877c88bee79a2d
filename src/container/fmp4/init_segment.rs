//! What stands before the first fragment: which decoder the stream needs, and its parameter sets (`ftyp`, `moov`; ISO/IEC
//! 14496-12 clause 8 and 14496-15 clause 5.3).

use std::borrow::Cow;

use super::boxes::{PutNumbers, full_box, put_box};
use super::{TIMESCALE, TRACK};
use crate::h264::nal::{NalType, first_slice, units};
use crate::h264::shown_as_decoded::say_shown_as_decoded;
use crate::h264::sps::Sps;
use crate::units::Size;

/// avcC counts parameter sets in 5 and 8 bits, and their lengths in 16.
const MOST_SPS: usize = 31;
const MOST_PPS: usize = 255;

/// tkhd: track_enabled and track_in_movie (clause 8.3.2).
const TRACK_ENABLED_IN_MOVIE: u32 = 3;

/// dref: the media is in this very file (clause 8.7.2).
const SELF_CONTAINED: u32 = 1;

/// 72 dots an inch and 1, as 16.16 (clause 12.1.3).
const DOTS_AN_INCH: u32 = 72 << 16;
const ONE: u32 = 1 << 16;

/// The init segment of a stream, and what is told of it outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitSegment {
    pub bytes: Vec<u8>,
    /// The value of `codecs=` (RFC 6381 clause 3.3), such as `avc1.640028`.
    pub codec: String,
    /// Of the picture that is shown.
    pub size: Size,
}

impl InitSegment {
    /// Of the stream that goes on with this key frame, an access unit in Annex B that begins with its parameter sets; with
    /// `shows_as_decoded`, decoders are told so. A stream whose segment has changed needs the new one before the key frame.
    ///
    /// `None` where there are no parameter sets that can be read.
    pub fn of_key_frame(unit: &[u8], shows_as_decoded: bool) -> Option<Self> {
        let head = &unit[..first_slice(unit).map_or(unit.len(), |(start, _)| start)];
        let sets = |kind| {
            units(head)
                .filter(move |nal| nal.kind == kind && nal.bytes.len() <= usize::from(u16::MAX) / 2)
                .map(|nal| nal.bytes)
        };
        let sps: Vec<Cow<[u8]>> = sets(NalType::Sps)
            .take(MOST_SPS)
            .map(|sps| {
                if shows_as_decoded {
                    say_shown_as_decoded(sps)
                } else {
                    Cow::Borrowed(sps)
                }
            })
            .collect();
        let pps: Vec<&[u8]> = sets(NalType::Pps).take(MOST_PPS).collect();
        let first = sps.first().filter(|_| !pps.is_empty())?;
        let read = Sps::parse(first)?;
        Some(Self {
            codec: format!("avc1.{:02X}{:02X}{:02X}", first[1], first[2], first[3]),
            size: read.size,
            bytes: segment(&read, &decoder_configuration(&read, &sps, &pps)),
        })
    }
}

/// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 clause 5.3.3.1).
fn decoder_configuration(read: &Sps, sps: &[Cow<[u8]>], pps: &[&[u8]]) -> Vec<u8> {
    let first = &sps[0];
    let (profile, compatibility, level) = (first[1], first[2], first[3]);
    // Lengths of NAL units in 4 bytes; the bits beside them are ones.
    let mut record = vec![1, profile, compatibility, level, 0xff];
    record.push(0xe0 | sps.len() as u8);
    sps.iter().for_each(|set| put_set(&mut record, set));
    record.push(pps.len() as u8);
    pps.iter().for_each(|set| put_set(&mut record, set));
    if !matches!(profile, 66 | 77 | 88) {
        record.push(0xfc | read.chroma.format as u8);
        record.push(0xf8 | read.chroma.luma_bits_beyond_8 as u8);
        record.push(0xf8 | read.chroma.chroma_bits_beyond_8 as u8);
        record.push(0); // numOfSequenceParameterSetExt
    }
    record
}

fn put_set(record: &mut Vec<u8>, set: &[u8]) {
    record.put_u16(u16::try_from(set.len()).expect("no longer than half of what 16 bits count"));
    record.extend_from_slice(set);
}

fn segment(sps: &Sps, decoder_configuration: &[u8]) -> Vec<u8> {
    let side = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
    let (width, height) = (side(sps.size.width), side(sps.size.height));
    let mut bytes = Vec::new();
    put_box(&mut bytes, b"ftyp", |ftyp| {
        ftyp.extend_from_slice(b"iso5");
        ftyp.put_u32(0); // minor_version
        ftyp.extend_from_slice(b"iso5iso6mp41");
    });
    put_box(&mut bytes, b"moov", |moov| {
        full_box(moov, b"mvhd", 0, 0, put_movie_header);
        put_box(moov, b"trak", |trak| {
            full_box(trak, b"tkhd", 0, TRACK_ENABLED_IN_MOVIE, |tkhd| {
                put_track_header(tkhd, width, height);
            });
            put_box(trak, b"mdia", |mdia| {
                put_media_headers(mdia);
                put_box(mdia, b"minf", |minf| {
                    put_media_information(minf, width, height, decoder_configuration);
                });
            });
        });
        put_box(moov, b"mvex", |mvex| {
            full_box(mvex, b"trex", 0, 0, |trex| {
                trex.put_u32(TRACK);
                trex.put_u32(1); // default_sample_description_index
                trex.put_zeros(12); // duration, size and flags, which each fragment tells
            });
        });
    });
    bytes
}

/// Without creation and modification times; the duration is that of the fragments, which is not known.
fn put_movie_header(mvhd: &mut Vec<u8>) {
    mvhd.put_zeros(8);
    mvhd.put_u32(TIMESCALE);
    mvhd.put_u32(0); // duration
    mvhd.put_u32(ONE); // rate
    mvhd.put_u16(0x0100); // volume
    mvhd.put_zeros(10);
    put_upright(mvhd);
    mvhd.put_zeros(24);
    mvhd.put_u32(TRACK + 1); // next_track_ID
}

fn put_track_header(tkhd: &mut Vec<u8>, width: u16, height: u16) {
    tkhd.put_zeros(8);
    tkhd.put_u32(TRACK);
    tkhd.put_zeros(4);
    tkhd.put_u32(0); // duration
    tkhd.put_zeros(16); // and layer, alternate_group, volume
    put_upright(tkhd);
    tkhd.put_u32(u32::from(width) << 16);
    tkhd.put_u32(u32::from(height) << 16);
}

/// The matrix of a picture that is neither moved nor turned.
fn put_upright(header: &mut Vec<u8>) {
    for value in [ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30] {
        header.put_u32(value);
    }
}

fn put_media_headers(mdia: &mut Vec<u8>) {
    full_box(mdia, b"mdhd", 0, 0, |mdhd| {
        mdhd.put_zeros(8);
        mdhd.put_u32(TIMESCALE);
        mdhd.put_u32(0); // duration
        mdhd.put_u16(0x55c4); // language: und
        mdhd.put_u16(0);
    });
    full_box(mdia, b"hdlr", 0, 0, |hdlr| {
        hdlr.put_zeros(4);
        hdlr.extend_from_slice(b"vide");
        hdlr.put_zeros(12);
        hdlr.extend_from_slice(b"picam-stream\0");
    });
}

fn put_media_information(
    minf: &mut Vec<u8>,
    width: u16,
    height: u16,
    decoder_configuration: &[u8],
) {
    full_box(minf, b"vmhd", 0, 1, |vmhd| vmhd.put_zeros(8));
    put_box(minf, b"dinf", |dinf| {
        full_box(dinf, b"dref", 0, 0, |dref| {
            dref.put_u32(1);
            full_box(dref, b"url ", 0, SELF_CONTAINED, |_| {});
        });
    });
    put_box(minf, b"stbl", |stbl| {
        full_box(stbl, b"stsd", 0, 0, |stsd| {
            stsd.put_u32(1);
            put_box(stsd, b"avc1", |avc1| {
                put_sample_entry(avc1, width, height);
                put_box(avc1, b"avcC", |avcc| {
                    avcc.extend_from_slice(decoder_configuration);
                });
            });
        });
        // No samples here: they come in the fragments.
        full_box(stbl, b"stts", 0, 0, |stts| stts.put_u32(0));
        full_box(stbl, b"stsc", 0, 0, |stsc| stsc.put_u32(0));
        full_box(stbl, b"stsz", 0, 0, |stsz| stsz.put_zeros(8));
        full_box(stbl, b"stco", 0, 0, |stco| stco.put_u32(0));
    });
}

/// VisualSampleEntry (clause 12.1.3.2).
fn put_sample_entry(avc1: &mut Vec<u8>, width: u16, height: u16) {
    avc1.put_zeros(6);
    avc1.put_u16(1); // data_reference_index
    avc1.put_zeros(16);
    avc1.put_u16(width);
    avc1.put_u16(height);
    avc1.put_u32(DOTS_AN_INCH);
    avc1.put_u32(DOTS_AN_INCH);
    avc1.put_zeros(4);
    avc1.put_u16(1); // frame_count
    avc1.put_zeros(32); // compressorname
    avc1.put_u16(0x18); // depth: colour without alpha
    avc1.put_u16(0xffff);
}
