//! RTCP (RFC 3550 clause 6): what we tell of our clock and of the end, and what receivers tell of the line.

use std::time::Duration;

use crate::container::rtp::CLOCK_HZ;

/// How often a sender report goes out (clause 6.2: five seconds at least).
pub const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Version 2, in the first two bits.
const VERSION: u8 = 2 << 6;

/// Types of packets (clause 12.1).
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const BYE: u8 = 203;

/// CNAME, the name of a source that stays the same (clause 6.5.1).
const CNAME: u8 = 1;

/// Of one report in a packet (clause 6.4.1).
const BLOCK_BYTES: usize = 24;

/// A packet beginning with a sender's or a receiver's SSRC.
const HEADER_BYTES: usize = 8;

/// Between the beginnings of NTP's time (1900) and Unix's.
const NTP_AHEAD_SECONDS: u64 = 2_208_988_800;

/// What a sender report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub source: u32,
    /// Now, since 1970.
    pub wall_clock: Duration,
    /// The same moment on the RTP clock.
    pub ticks: u32,
    pub packets: u32,
    pub payload_bytes: u32,
}

/// A sender report and the description that belongs to it: one packet for the network (clause 6.1).
pub fn sender_report(report: &Report, name: &str) -> Vec<u8> {
    let mut bytes = vec![VERSION, SENDER_REPORT, 0, 6];
    let [seconds, fraction] = ntp(report.wall_clock);
    for word in [
        report.source,
        seconds,
        fraction,
        report.ticks,
        report.packets,
        report.payload_bytes,
    ] {
        bytes.extend_from_slice(&word.to_be_bytes());
    }
    put_description(&mut bytes, report.source, name);
    bytes
}

/// The end of a source (clause 6.6), behind a last report.
pub fn bye(report: &Report, name: &str) -> Vec<u8> {
    let mut bytes = sender_report(report, name);
    bytes.extend_from_slice(&[VERSION | 1, BYE, 0, 1]);
    bytes.extend_from_slice(&report.source.to_be_bytes());
    bytes
}

fn put_description(bytes: &mut Vec<u8>, source: u32, name: &str) {
    let name = &name.as_bytes()[..name.len().min(usize::from(u8::MAX))];
    // The source, the item with its type and length, and at least one zero up to a whole word.
    let words = (4 + 2 + name.len()) / 4 + 1;
    bytes.extend_from_slice(&[VERSION | 1, SOURCE_DESCRIPTION, 0, words as u8]);
    let begun = bytes.len();
    bytes.extend_from_slice(&source.to_be_bytes());
    bytes.extend_from_slice(&[CNAME, name.len() as u8]);
    bytes.extend_from_slice(name);
    bytes.resize(begun + 4 * words, 0);
}

/// Seconds since 1900, which wrap in 2036, and their fraction in 2^-32 s (clause 4).
fn ntp(since_1970: Duration) -> [u32; 2] {
    let seconds = since_1970.as_secs().wrapping_add(NTP_AHEAD_SECONDS);
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    [seconds as u32, fraction as u32]
}

/// What a receiver says of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// Packets that did not arrive, since the beginning. Doubled ones make it less than none.
    pub lost: i32,
    /// How unevenly they come.
    pub jitter: Duration,
}

/// What a client's packet says of `source`: nothing where it is no RTCP, or tells of others.
pub fn reception(mut bytes: &[u8], source: u32) -> Option<Reception> {
    let mut told = None;
    while let [first, kind, high, low, ..] = *bytes {
        let length = 4 * (usize::from(u16::from_be_bytes([high, low])) + 1);
        if first & 0xc0 != VERSION || length > bytes.len() {
            return told;
        }
        let (packet, behind) = bytes.split_at(length);
        let begins = match kind {
            RECEIVER_REPORT => HEADER_BYTES,
            // Behind what the client says as a sender.
            SENDER_REPORT => HEADER_BYTES + 20,
            _ => packet.len(),
        };
        let blocks = packet.get(begins..).unwrap_or_default();
        let block = blocks
            .chunks_exact(BLOCK_BYTES)
            .take(usize::from(first & 0x1f))
            .find(|block| word(block, 0) == source);
        told = block.map(read_block).or(told);
        bytes = behind;
    }
    told
}

fn read_block(block: &[u8]) -> Reception {
    let jitter_ticks = word(block, 12);
    Reception {
        // 24 bits with a sign.
        lost: ((word(block, 4) << 8) as i32) >> 8,
        jitter: Duration::from_secs(jitter_ticks.into()) / CLOCK_HZ,
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Whether these bytes begin as RTCP does: then a client is there, whatever it says.
pub fn is_rtcp(bytes: &[u8]) -> bool {
    matches!(bytes, [first, 192..=223, _, _, ..] if first & 0xc0 == VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPORT: Report = Report {
        source: 0x0102_0304,
        wall_clock: Duration::from_millis(1_500),
        ticks: 0x0a0b_0c0d,
        packets: 7,
        payload_bytes: 9000,
    };

    #[test]
    fn a_report_tells_the_same_moment_on_both_clocks() {
        let bytes = sender_report(&REPORT, "picam");
        assert_eq!(bytes[..4], [0x80, 200, 0, 6]);
        assert_eq!(word(&bytes, 4), 0x0102_0304);
        assert_eq!(word(&bytes, 8), 2_208_988_801);
        assert_eq!(word(&bytes, 12), 1 << 31);
        assert_eq!(word(&bytes, 16), 0x0a0b_0c0d);
        assert_eq!((word(&bytes, 20), word(&bytes, 24)), (7, 9000));
        assert_eq!(
            bytes[28..],
            *b"\x81\xca\x00\x03\x01\x02\x03\x04\x01\x05picam\0"
        );
    }

    #[test]
    fn a_name_of_any_length_ends_with_a_whole_word() {
        for length in 0..300 {
            let bytes = bye(&REPORT, &"x".repeat(length));
            assert_eq!(bytes.len() % 4, 0);
            let mut rest = &bytes[..];
            let mut kinds = Vec::new();
            while !rest.is_empty() {
                kinds.push(rest[1]);
                rest = &rest[4 * (usize::from(u16::from_be_bytes([rest[2], rest[3]])) + 1)..];
            }
            assert_eq!(kinds, [200, 202, 203]);
            // The item ends with a zero.
            assert_eq!(bytes[bytes.len() - 9], 0);
        }
    }

    #[test]
    fn a_receiver_tells_what_was_lost_and_how_uneven_it_was() {
        let mut packet = vec![0x82, 201, 0, 13, 0, 0, 0, 9];
        for (source, lost) in [(5_u32, [0, 0, 1]), (6, [0xff, 0xff, 0xfe])] {
            packet.extend_from_slice(&source.to_be_bytes());
            packet.push(0x80);
            packet.extend_from_slice(&lost);
            packet.extend_from_slice(&[0; 4]);
            packet.extend_from_slice(&900_u32.to_be_bytes());
            packet.extend_from_slice(&[0; 8]);
        }
        let told = |source| reception(&packet, source).map(|told| (told.lost, told.jitter));
        assert_eq!(told(5), Some((1, Duration::from_millis(10))));
        assert_eq!(told(6), Some((-2, Duration::from_millis(10))));
        assert_eq!(told(7), None);
        assert!(is_rtcp(&packet) && !is_rtcp(b"\x80\x60\x00\x00") && !is_rtcp(b"hello"));
        assert_eq!(reception(&packet[..packet.len() - 1], 5), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(prop_oneof![Just(0x81_u8), Just(201), Just(200), Just(0), any::<u8>()], 0..200)) {
            reception(&bytes, 0);
            is_rtcp(&bytes);
        }
    }
}
