//! H.264 in RTP packets (RFC 3550 and RFC 6184, packetization-mode 1): what recorders and relays take.
//!
//! The packets of a frame are made once for all viewers, each behind the head that it has on an RTSP connection (RFC 2326
//! clause 10.12): `$`, a channel, a length. A viewer copies them and puts its own numbers in (`Numbers`); towards UDP they
//! leave one by one without that head (`each`).

use std::borrow::Cow;

use crate::frame::Frame;
use crate::h264::nal::{NalType, units};
use crate::h264::shown_as_decoded::say_shown_as_decoded;
use crate::units::Pts;
use crate::viewer::limits::DATAGRAM_BYTES;

/// The first of the dynamic payload types (RFC 3551 clause 6).
pub const PAYLOAD_TYPE: u8 = 96;

/// Ticks of the RTP clock in a second (RFC 6184 clause 8.2.1).
pub const CLOCK_HZ: u32 = 90_000;

/// What begins a packet between the messages of an RTSP connection.
pub const INTERLEAVED_MARK: u8 = b'$';

/// The mark, a channel, and a length in two bytes.
pub const INTERLEAVED_HEAD_BYTES: usize = 4;

/// Version 2, no padding, no extension, no contributing sources (RFC 3550 clause 5.1).
const RTP_VERSION: u8 = 0x80;
const RTP_HEADER_BYTES: usize = 12;
const MARKER: u8 = 0x80;

const MOST_PAYLOAD_BYTES: usize = DATAGRAM_BYTES - RTP_HEADER_BYTES;

/// Types of payloads that are no single NAL unit (RFC 6184 table 1).
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// forbidden_zero_bit and nal_ref_idc, and nal_unit_type (ITU-T H.264 clause 7.3.1).
const NRI_BITS: u8 = 0xe0;
const TYPE_BITS: u8 = 0x1f;

/// In the header of a fragment (RFC 6184 clause 5.8).
const FIRST_FRAGMENT: u8 = 0x80;
const LAST_FRAGMENT: u8 = 0x40;

/// When a frame is shown, on the RTP clock. It wraps after 13 hours, as RTP expects.
pub fn ticks(time: Pts) -> u32 {
    // 9 ticks are 100 µs; whole hundreds first, so that nothing overflows and nothing is rounded twice.
    let (hundreds, rest_us) = (time.0 / 100, time.0 % 100);
    (hundreds.wrapping_mul(9).wrapping_add(rest_us * 9 / 100)) as u32
}

/// The packets of a frame, with sequence numbers from 0 on and without a source (SSRC). With `shows_as_decoded`, decoders
/// are told so.
///
/// Of what carries on a picture that went out already, the part of a NAL unit that has no beginning is left out.
pub fn packets(frame: &Frame, shows_as_decoded: bool) -> Vec<u8> {
    let mut packets = Packets::new(frame);
    let mut sets: Vec<Cow<'_, [u8]>> = Vec::new();
    for nal in units(&frame.data) {
        match nal.kind {
            NalType::AccessUnitDelimiter | NalType::Filler => {}
            NalType::Sps if shows_as_decoded => sets.push(say_shown_as_decoded(nal.bytes)),
            NalType::Sps | NalType::SpsExtension | NalType::Pps => {
                sets.push(Cow::Borrowed(nal.bytes));
            }
            _ => {
                packets.put_together(&sets);
                sets.clear();
                packets.put(nal.bytes);
            }
        }
    }
    packets.put_together(&sets);
    packets.finish()
}

/// The packets of a frame under way.
struct Packets {
    bytes: Vec<u8>,
    timestamp: u32,
    sequence: u16,
    /// Where the header of the last one begins.
    last: Option<usize>,
}

impl Packets {
    fn new(frame: &Frame) -> Self {
        let most = frame.data.len() / MOST_PAYLOAD_BYTES + 8;
        let heads = most * (INTERLEAVED_HEAD_BYTES + RTP_HEADER_BYTES + 2);
        Self {
            bytes: Vec::with_capacity(frame.data.len() + heads),
            timestamp: ticks(frame.pts),
            sequence: 0,
            last: None,
        }
    }

    /// Parameter sets, as many as fit in one packet.
    fn put_together(&mut self, mut sets: &[Cow<'_, [u8]>]) {
        while !sets.is_empty() {
            let mut room = MOST_PAYLOAD_BYTES - 1;
            let fitting = sets.iter().take_while(|set| {
                let fits = set.len() + 2 <= room;
                room = room.saturating_sub(set.len() + 2);
                fits
            });
            let (now, later) = sets.split_at(fitting.count().max(1));
            match now {
                [single] => self.put(single),
                several => self.put_aggregate(several),
            }
            sets = later;
        }
    }

    fn put_aggregate(&mut self, sets: &[Cow<'_, [u8]>]) {
        // The highest importance of those in it (clause 5.7).
        let importance = sets.iter().map(|set| set[0] & NRI_BITS).max();
        self.begin(1 + sets.iter().map(|set| 2 + set.len()).sum::<usize>());
        self.bytes.push(importance.unwrap_or(0) | STAP_A);
        for set in sets {
            self.put_u16(set.len());
            self.bytes.extend_from_slice(set);
        }
    }

    /// A NAL unit, in fragments where it does not fit.
    fn put(&mut self, nal: &[u8]) {
        if nal.len() <= MOST_PAYLOAD_BYTES {
            self.begin(nal.len());
            self.bytes.extend_from_slice(nal);
            return;
        }
        let (header, rest) = (nal[0], &nal[1..]);
        let mut fragments = rest.chunks(MOST_PAYLOAD_BYTES - 2).peekable();
        let mut place = FIRST_FRAGMENT;
        while let Some(fragment) = fragments.next() {
            if fragments.peek().is_none() {
                place |= LAST_FRAGMENT;
            }
            self.begin(2 + fragment.len());
            self.bytes.push(header & NRI_BITS | FU_A);
            self.bytes.push(header & TYPE_BITS | place);
            self.bytes.extend_from_slice(fragment);
            place = 0;
        }
    }

    /// The heads of a packet.
    fn begin(&mut self, payload_bytes: usize) {
        self.bytes.extend_from_slice(&[INTERLEAVED_MARK, 0]);
        self.put_u16(RTP_HEADER_BYTES + payload_bytes);
        self.last = Some(self.bytes.len());
        self.bytes.extend_from_slice(&[RTP_VERSION, PAYLOAD_TYPE]);
        self.bytes.extend_from_slice(&self.sequence.to_be_bytes());
        self.bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        self.sequence = self.sequence.wrapping_add(1);
    }

    fn put_u16(&mut self, number: usize) {
        // Nothing here is longer than a packet.
        self.bytes.extend_from_slice(&(number as u16).to_be_bytes());
    }

    /// The last packet of an access unit is marked as such.
    fn finish(mut self) -> Vec<u8> {
        if let Some(last) = self.last {
            self.bytes[last + 1] |= MARKER;
        }
        self.bytes
    }
}

/// The packets one by one, without the heads of an RTSP connection.
pub fn each(packets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = packets;
    std::iter::from_fn(move || {
        let (packet, behind) = split_first(rest)?;
        rest = behind;
        Some(packet)
    })
}

/// The first packet without its head, and what follows it.
fn split_first(packets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = packets.split_first_chunk::<INTERLEAVED_HEAD_BYTES>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes([head[2], head[3]])))
}

/// What differs from viewer to viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Of the RTSP connection, where the packets go over it.
    pub channel: u8,
    /// The source, as this viewer was told (SSRC).
    pub source: u32,
    /// The sequence number of the next packet.
    pub sequence: u16,
    /// Packets so far, and bytes of payload in them (RFC 3550 clause 6.4.1): both counters wrap.
    pub packets: u32,
    pub payload_bytes: u32,
}

impl Numbers {
    pub fn new(channel: u8, source: u32, sequence: u16) -> Self {
        Self {
            channel,
            source,
            sequence,
            packets: 0,
            payload_bytes: 0,
        }
    }

    /// Puts them into a copy of a frame's packets, and goes on counting.
    pub fn put_into(&mut self, packets: &mut [u8]) {
        let mut rest = packets;
        while let Some((head, behind)) = rest.split_first_chunk_mut::<INTERLEAVED_HEAD_BYTES>() {
            let bytes = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let (packet, behind) = behind.split_at_mut(bytes);
            head[1] = self.channel;
            packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
            packet[8..12].copy_from_slice(&self.source.to_be_bytes());
            self.sequence = self.sequence.wrapping_add(1);
            self.packets = self.packets.wrapping_add(1);
            let payload_bytes = (bytes - RTP_HEADER_BYTES) as u32;
            self.payload_bytes = self.payload_bytes.wrapping_add(payload_bytes);
            rest = behind;
        }
    }
}

#[cfg(test)]
mod tests;
