//! The tests of `rtp`.

use proptest::prelude::*;
use test_support::samples::{IDR, PPS, SPS};

use super::*;
use crate::h264::nal::START_CODE;

/// A packet, read by the books (RFC 3550 clause 5.1).
#[derive(Debug, PartialEq, Eq)]
struct Packet {
    marker: bool,
    sequence: u16,
    timestamp: u32,
    source: u32,
    payload: Vec<u8>,
}

fn read(packets: &[u8]) -> Vec<Packet> {
    each(packets)
        .map(|packet| {
            assert!(packet.len() <= DATAGRAM_BYTES);
            assert_eq!((packet[0], packet[1] & 0x7f), (0x80, 96));
            let word = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().unwrap());
            Packet {
                marker: packet[1] & 0x80 != 0,
                sequence: u16::from_be_bytes([packet[2], packet[3]]),
                timestamp: word(4),
                source: word(8),
                payload: packet[12..].to_vec(),
            }
        })
        .collect()
}

/// The NAL units that a receiver makes of the packets (RFC 6184 clauses 5.6 to 5.8).
fn received(packets: &[Packet]) -> Vec<Vec<u8>> {
    let mut nals: Vec<Vec<u8>> = Vec::new();
    for Packet { payload, .. } in packets {
        match payload[0] & 0x1f {
            24 => {
                let mut rest = &payload[1..];
                while let [high, low, behind @ ..] = rest {
                    let (nal, later) =
                        behind.split_at(usize::from(u16::from_be_bytes([*high, *low])));
                    nals.push(nal.to_vec());
                    rest = later;
                }
            }
            28 => {
                if payload[1] & 0x80 != 0 {
                    nals.push(vec![payload[0] & 0xe0 | payload[1] & 0x1f]);
                }
                nals.last_mut().unwrap().extend_from_slice(&payload[2..]);
            }
            _ => nals.push(payload.clone()),
        }
    }
    nals
}

fn frame(data: Vec<u8>, us: u64) -> Frame {
    Frame {
        data,
        pts: Pts(us),
        ..Frame::default()
    }
}

/// A slice of so many bytes, with its header.
fn slice(bytes: usize) -> Vec<u8> {
    let mut slice = vec![0x65];
    slice.resize(bytes, 0xab);
    slice
}

#[test]
fn parameter_sets_share_a_packet_and_the_last_one_of_the_picture_is_marked() {
    let picture = frame([SPS, PPS, IDR].concat(), 1_000_000);
    let packets = read(&packets(&picture, false));
    let [sets, slice] = &packets[..] else {
        panic!("{packets:?}")
    };
    assert_eq!(
        sets.payload,
        [0x78, 0, 3, 0x67, 0x4d, 9, 0, 3, 0x68, 0xee, 9]
    );
    assert_eq!(slice.payload, &IDR[4..]);
    assert_eq!((sets.marker, slice.marker), (false, true));
    assert_eq!((sets.sequence, slice.sequence), (0, 1));
    assert_eq!((sets.timestamp, slice.timestamp), (90_000, 90_000));
}

#[test]
fn delimiters_and_filler_stay_behind() {
    let delimiter: &[u8] = &[0, 0, 0, 1, 0x09, 0xf0];
    let filler: &[u8] = &[0, 0, 1, 0x0c, 0xff, 0xff, 0x80];
    let all = frame([delimiter, IDR, filler].concat(), 0);
    let bare = frame(IDR.to_vec(), 0);
    assert_eq!(packets(&all, false), packets(&bare, false));
    assert!(packets(&frame([delimiter, filler].concat(), 0), false).is_empty());
}

#[test]
fn a_slice_that_fits_stays_whole_and_one_byte_more_makes_two_fragments() {
    for (bytes, pieces) in [(1388, 1), (1389, 2), (1 + 2 * 1386, 2), (2 + 2 * 1386, 3)] {
        let slice = slice(bytes);
        let packets = read(&packets(
            &frame([&START_CODE[..], &slice].concat(), 0),
            false,
        ));
        assert_eq!(packets.len(), pieces, "{bytes} bytes");
        assert_eq!(received(&packets), [slice]);
        let (last, others) = packets.split_last().unwrap();
        assert!(last.marker && others.iter().all(|packet| !packet.marker));
    }
}

#[test]
fn parameter_sets_that_are_too_long_for_one_packet_take_several() {
    let long = |header: u8, bytes: usize| {
        let mut set = vec![header];
        set.resize(bytes, 0xab);
        set
    };
    let sets = [long(0x67, 900), long(0x68, 700), long(0x68, 3000)];
    let stream: Vec<u8> = sets
        .iter()
        .flat_map(|set| [&START_CODE[..], set].concat())
        .collect();
    assert_eq!(received(&read(&packets(&frame(stream, 0), false))), sets);
}

#[test]
fn a_decoder_is_told_that_pictures_come_as_they_are_shown_where_that_is_so() {
    let real = test_support::real_sps::SILENT[0].1;
    let picture = frame([&START_CODE[..], real].concat(), 0);
    let told = received(&read(&packets(&picture, true)));
    assert_eq!(told, [say_shown_as_decoded(real).into_owned()]);
    assert_ne!(told, [real.to_vec()]);
    assert_eq!(received(&read(&packets(&picture, false))), [real.to_vec()]);
}

#[test]
fn each_viewer_has_numbers_of_its_own_that_go_on_over_their_end() {
    let made = packets(
        &frame([SPS, PPS, &START_CODE, &slice(3000)].concat(), 0),
        false,
    );
    let mut numbers = Numbers::new(6, 0x1234_5678, 0xffff);
    let mut mine = made.clone();
    numbers.put_into(&mut mine);
    let packets = read(&mine);
    let sequences: Vec<u16> = packets.iter().map(|packet| packet.sequence).collect();
    assert_eq!(sequences, [0xffff, 0, 1, 2]);
    assert!(packets.iter().all(|packet| packet.source == 0x1234_5678));
    assert_eq!(mine[..2], [b'$', 6]);
    let payload: usize = packets.iter().map(|packet| packet.payload.len()).sum();
    assert_eq!(
        (numbers.packets, numbers.payload_bytes as usize),
        (4, payload)
    );
    assert_eq!(received(&packets), received(&read(&made)));
}

#[test]
fn the_clock_neither_drifts_nor_stumbles_where_it_wraps() {
    assert_eq!(ticks(Pts(11)), 0);
    assert_eq!(ticks(Pts(12)), 1);
    assert_eq!(ticks(Pts(33_333)), 2999);
    let hour_us = 3_600_000_000;
    for hours in [1, 13, 14, 24 * 365] {
        let exact = u128::from(hours * hour_us) * 9 / 100;
        assert_eq!(ticks(Pts(hours * hour_us)), exact as u32);
    }
    ticks(Pts(u64::MAX));
}

proptest! {
    #[test]
    fn whatever_the_units_they_come_back_as_they_were(
        lengths in prop::collection::vec(1_usize..5000, 0..8),
        headers in prop::collection::vec(prop_oneof![Just(0x67_u8), Just(0x68), Just(0x65), Just(0x41), Just(0x06)], 8),
    ) {
        let nals: Vec<Vec<u8>> = lengths.iter().zip(&headers).map(|(&length, &header)| {
            let mut nal = vec![header];
            nal.resize(length, 0xab);
            nal
        }).collect();
        let stream: Vec<u8> = nals.iter().flat_map(|nal| [&START_CODE[..], nal].concat()).collect();
        prop_assert_eq!(received(&read(&packets(&frame(stream, 0), false))), nals);
    }

    #[test]
    fn any_bytes_make_sound_packets(data in prop::collection::vec(prop_oneof![Just(0), Just(0), Just(1), any::<u8>()], 0..3000)) {
        let mut made = packets(&frame(data, 0), true);
        let count = each(&made).count();
        let mut numbers = Numbers::new(0, 1, 0);
        numbers.put_into(&mut made);
        prop_assert_eq!(numbers.packets as usize, count);
        prop_assert_eq!(read(&made).iter().filter(|packet| packet.marker).count(), usize::from(count > 0));
    }
}
