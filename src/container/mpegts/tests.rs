//! The tests of `mpegts`.

use super::*;
use mpeg2ts::ts::{ReadTsPacket, TsPacketReader};

fn frame(bytes: usize, key: bool, millis: u64) -> Frame {
    let data = [&[0, 0, 0, 1, 0x65][..], &vec![0xab; bytes]].concat();
    Frame {
        data,
        pts: Pts(millis * 1000),
        key,
        ..Frame::default()
    }
}

fn packets(bytes: &[u8]) -> Vec<TsPacket> {
    let mut reader = TsPacketReader::new(bytes);
    std::iter::from_fn(|| reader.read_ts_packet().unwrap()).collect()
}

fn payload(packets: &[TsPacket]) -> Vec<u8> {
    packets
        .iter()
        .flat_map(|packet| match &packet.payload {
            Some(TsPayload::PesStart(pes)) => pes.data.to_vec(),
            Some(TsPayload::PesContinuation(bytes)) => bytes.to_vec(),
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn a_unit_of_any_length_comes_back_whole_behind_a_delimiter() {
    for bytes in (0..600).chain([65_000]) {
        let mut stream = TransportStream::default();
        let frame = frame(bytes, true, 0);
        let wrapped = stream.wrap(&frame).to_vec();
        assert_eq!(wrapped.len() % TsPacket::SIZE, 0);
        assert_eq!(
            payload(&packets(&wrapped)),
            [&DELIMITER[..], &frame.data].concat()
        );
    }
}

#[test]
fn tables_come_first_and_again_with_every_key_frame_and_every_400_ms() {
    let mut stream = TransportStream::default();
    let has_tables: Vec<bool> = [
        (true, 0),
        (false, 40),
        (false, 420),
        (false, 460),
        (true, 500),
    ]
    .map(|(key, millis)| stream.wrap(&frame(10, key, millis)).len() > TsPacket::SIZE)
    .to_vec();
    assert_eq!(has_tables, [true, false, true, false, true]);
}

#[test]
fn times_are_those_of_the_capture() {
    let mut stream = TransportStream::default();
    let wrapped = [5000, 5040, 8000]
        .map(|millis| stream.wrap(&frame(10, false, millis)).to_vec())
        .concat();
    let pts: Vec<u64> = packets(&wrapped)
        .into_iter()
        .filter_map(|packet| match packet.payload {
            Some(TsPayload::PesStart(pes)) => pes.header.pts.map(|time| time.as_u64()),
            _ => None,
        })
        .collect();
    assert_eq!(
        pts,
        [0, 3600, 270_000].map(|since_first| since_first + CLOCK_LEAD_90KHZ)
    );
}

#[test]
fn a_picture_that_is_shown_later_has_both_times_and_comes_back_whole() {
    for bytes in (0..400).chain([65_000]) {
        let mut stream = TransportStream::default();
        let frame = Frame {
            pts: Pts(80_000),
            shown_after: Duration::from_millis(80),
            ..frame(bytes, true, 0)
        };
        let packets = packets(stream.wrap(&frame));
        assert_eq!(payload(&packets), [&DELIMITER[..], &frame.data].concat());
        let times = packets.iter().find_map(|packet| match &packet.payload {
            Some(TsPayload::PesStart(pes)) => Some((pes.header.pts, pes.header.dts)),
            _ => None,
        });
        let stamp = |ticks| Timestamp::new(ticks).ok();
        let dts = CLOCK_LEAD_90KHZ;
        assert_eq!(times, Some((stamp(dts + 7200), stamp(dts))));
    }
}

#[test]
fn the_rest_of_a_picture_goes_into_the_packet_begun_for_it() {
    let mut stream = TransportStream::default();
    let first = frame(500, true, 0);
    let rest = Frame {
        data: vec![0xcd; 300],
        continues: true,
        ..frame(0, false, 40)
    };
    let mut wrapped = stream.wrap(&first).to_vec();
    wrapped.extend_from_slice(stream.wrap(&rest));
    let packets = packets(&wrapped);
    assert_eq!(
        payload(&packets),
        [&DELIMITER[..], &first.data, &rest.data].concat()
    );
    let starts = packets
        .iter()
        .filter(|packet| matches!(packet.payload, Some(TsPayload::PesStart(_))));
    assert_eq!(starts.count(), 1);
}

#[test]
fn the_clock_starts_again_after_33_bits() {
    assert_eq!(ticks_90khz(Duration::from_secs(1)), 90_000);
    assert_eq!(
        ticks_90khz(Duration::from_secs(95_444)),
        95_444 * 90_000 - (1 << 33)
    );
}
