//! The pictures of a stream, to be compared with those that others were given.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::decoding::decode;
use picam_stream::frame::Frame;
use picam_stream::h264::nal::{NalType, units};
use picam_stream::serve::handed::message::Kind;
use picam_stream::serve::handed::record::{HEAD_BYTES, announced};

/// A number for each coded slice; of the card, one slice is one picture.
pub fn slices(annex_b: &[u8]) -> Vec<u64> {
    let slices = units(annex_b).filter(|unit| unit.kind.is_slice());
    slices
        .map(|slice| {
            let mut hasher = DefaultHasher::new();
            // The zero that a next start code may have is no part of it.
            let end = slice.bytes.iter().rposition(|&byte| byte != 0);
            slice.bytes[..=end.unwrap_or(0)].hash(&mut hasher);
            hasher.finish()
        })
        .collect()
}

/// The elementary stream in what a viewer of this kind was given; the whole stream must be as players want it.
#[track_caller]
pub fn annex_b(kind: Kind, stream: &[u8]) -> Vec<u8> {
    match kind {
        Kind::Bare => stream.to_vec(),
        Kind::MpegTs => elementary(stream),
        Kind::Records => records(stream)
            .into_iter()
            .flat_map(|frame| frame.data)
            .collect(),
    }
}

/// What the PES packets of the video in a transport stream carry (ISO/IEC 13818-1 clauses 2.4.3.2, 2.4.3.6). ffmpeg, which
/// decodes it as well, has its own mind about the times of pictures that it only copies.
fn elementary(stream: &[u8]) -> Vec<u8> {
    let mut video = None;
    let mut bytes = Vec::new();
    for packet in stream.chunks(188) {
        assert_eq!((packet.len(), packet[0]), (188, 0x47), "a whole packet");
        let id = u16::from_be_bytes([packet[1], packet[2]]) & 0x1fff;
        let payload = match packet[3] >> 4 & 3 {
            1 => &packet[4..],
            3 => &packet[5 + usize::from(packet[4])..],
            _ => continue,
        };
        let begins = packet[1] & 0x40 != 0;
        if begins && payload.starts_with(&[0, 0, 1, 0xe0]) {
            video = Some(id);
            bytes.extend_from_slice(&payload[9 + usize::from(payload[8])..]);
        } else if video == Some(id) {
            bytes.extend_from_slice(payload);
        }
    }
    bytes
}

/// It begins with SPS, PPS and IDR, and all of it can be decoded. Says how many pictures it has.
#[track_caller]
pub fn assert_whole(kind: Kind, stream: &[u8]) -> u64 {
    let pictures = annex_b(kind, stream);
    let begins = units(&pictures).map(|unit| unit.kind);
    // A transport stream has a delimiter before each picture.
    let begins = begins.filter(|kind| !matches!(kind, NalType::Sei | NalType::AccessUnitDelimiter));
    assert_eq!(
        begins.take(3).collect::<Vec<_>>(),
        [NalType::Sps, NalType::Pps, NalType::IdrSlice]
    );
    match kind {
        Kind::Bare | Kind::Records => decode(&pictures, "h264"),
        Kind::MpegTs => decode(stream, "mpegts"),
    }
}

/// The records of a stream, all of them whole.
#[track_caller]
pub fn records(mut stream: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !stream.is_empty() {
        let (head, rest) = stream
            .split_first_chunk::<HEAD_BYTES>()
            .expect("a whole head");
        let (mut frame, length) = announced(head).expect("a picture");
        frame.data = rest[..length].to_vec();
        stream = &rest[length..];
        frames.push(frame);
    }
    frames
}

/// `part` stands in `all`, in one piece.
#[track_caller]
pub fn assert_piece_of(all: &[u64], part: &[u64], who: &str) {
    assert!(!part.is_empty(), "{who}: no pictures");
    assert!(
        all.windows(part.len()).any(|piece| piece == part),
        "{who}: its {} pictures are no piece of the {} that others had",
        part.len(),
        all.len()
    );
}
