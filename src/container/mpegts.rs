//! H.264 in an MPEG transport stream (ITU-T H.222.0): one programme with one video stream, for players that need a
//! container. The packets are made by the mpeg2ts crate; this decides what goes into them.

use std::time::Duration;

use mpeg2ts::es::{StreamId, StreamType};
use mpeg2ts::pes::PesHeader;
use mpeg2ts::time::{ClockReference, Timestamp};
use mpeg2ts::ts::payload::{Bytes, Pat, Pes, Pmt};
use mpeg2ts::ts::{
    AdaptationField, ContinuityCounter, EsInfo, Pid, ProgramAssociation,
    TransportScramblingControl, TsHeader, TsPacket, TsPacketWriter, TsPayload, VersionNumber,
    WriteTsPacket,
};

use crate::frame::Frame;
use crate::h264::nal::{NalType, first_unit};
use crate::units::Pts;

const PMT_PID: u16 = 0x1000;
const VIDEO_PID: u16 = 0x100;
const PROGRAMME: u16 = 1;

/// PAT and PMT are sent before every key frame, and at least this often (DVB asks for 0.5 s, ETSI TR 101 290).
const TABLES_EVERY: Duration = Duration::from_millis(400);

/// How far the decoding time of a picture lies behind the clock in the stream: room for a key frame on its way.
const CLOCK_LEAD_90KHZ: u64 = 90_000 / 10;

/// The header of a PES packet with a PTS (clause 2.4.3.7): 9 bytes and 5 more; a DTS has 5 of its own.
const PES_HEADER_BYTES: usize = 14;
const DTS_BYTES: usize = 5;

/// An adaptation field with a PCR (clause 2.4.3.5): length, flags and 6 bytes.
const PCR_FIELD_BYTES: usize = 8;

/// access_unit_delimiter with primary_pic_type 7, any slice: H.222.0 clause 2.14.1 asks for one in every access unit.
const DELIMITER: [u8; 6] = [0, 0, 0, 1, 0x09, 0xf0];

/// Makes the packets of one stream, in memory that is used again.
#[derive(Debug)]
pub struct TransportStream {
    packets: Vec<u8>,
    unit: Vec<u8>,
    tables: Vec<u8>,
    tables_sent: Option<Pts>,
    first: Option<Pts>,
    tables_counter: u8,
    video_counter: ContinuityCounter,
}

impl Default for TransportStream {
    fn default() -> Self {
        Self {
            packets: Vec::new(),
            unit: Vec::new(),
            tables: tables(),
            tables_sent: None,
            first: None,
            tables_counter: 0,
            video_counter: ContinuityCounter::new(),
        }
    }
}

impl TransportStream {
    /// The packets of one access unit, behind PAT and PMT where they are due. What carries on a picture goes into the PES
    /// packet that was begun for it: its length is not said, so it ends where the next begins.
    pub fn wrap(&mut self, frame: &Frame) -> &[u8] {
        self.packets.clear();
        if frame.continues {
            self.put_rest(&frame.data);
            return &self.packets;
        }
        let turn = frame.decoded_at();
        if frame.key || are_tables_due(self.tables_sent, turn) {
            self.put_tables();
            self.tables_sent = Some(turn);
        }
        self.unit.clear();
        if !begins_with_delimiter(&frame.data) {
            self.unit.extend_from_slice(&DELIMITER);
        }
        self.unit.extend_from_slice(&frame.data);
        let since_first = turn.since(*self.first.get_or_insert(turn));
        self.put_unit(ticks_90khz(since_first), frame);
        &self.packets
    }

    /// What was wrapped last.
    pub fn packets(&self) -> &[u8] {
        &self.packets
    }

    /// One packet that every demultiplexer drops (PID 0x1fff).
    pub fn null_packet(&mut self) -> &[u8] {
        self.packets.clear();
        let stuffing = Bytes::new(&[0xff; Bytes::MAX_SIZE]).expect("one packet's payload");
        put(
            &mut self.packets,
            &packet(
                Pid::NULL,
                ContinuityCounter::new(),
                None,
                TsPayload::Raw(stuffing),
            ),
        );
        &self.packets
    }

    fn put_tables(&mut self) {
        for table in self.tables.chunks_mut(TsPacket::SIZE) {
            // continuity_counter, the low half of the fourth byte.
            table[3] = (table[3] & 0xf0) | self.tables_counter;
        }
        self.tables_counter = (self.tables_counter + 1) & 0x0f;
        self.packets.extend_from_slice(&self.tables);
    }

    fn put_unit(&mut self, clock_90khz: u64, frame: &Frame) {
        let unit = std::mem::take(&mut self.unit);
        let shown_after = ticks_90khz(frame.shown_after);
        let header = pes_header(clock_90khz + CLOCK_LEAD_90KHZ, shown_after);
        let dts_bytes = header.dts.map_or(0, |_| DTS_BYTES);
        let room = Bytes::MAX_SIZE - PCR_FIELD_BYTES - PES_HEADER_BYTES - dts_bytes;
        let (head, tail) = unit.split_at(room.min(unit.len()));
        let payload = TsPayload::PesStart(Pes {
            header,
            // 0: not said, which is allowed for video (clause 2.4.3.7).
            pes_packet_len: 0,
            data: Bytes::new(head).expect("cut to fit"),
        });
        self.put_video(Some(clock_field(clock_90khz, frame.key)), payload);
        self.put_rest(tail);
        self.unit = unit;
    }

    /// Goes on with the PES packet that was begun.
    fn put_rest(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(Bytes::MAX_SIZE) {
            self.put_video(
                None,
                TsPayload::PesContinuation(Bytes::new(piece).expect("cut to fit")),
            );
        }
    }

    fn put_video(&mut self, field: Option<AdaptationField>, payload: TsPayload) {
        put(
            &mut self.packets,
            &packet(VIDEO_PID, self.video_counter, field, payload),
        );
        self.video_counter.increment();
    }
}

/// The packets of one access unit in a stream that many watch, made once for all of them: numbered from zero, to be given
/// each viewer's own numbers by `Counters`. `first` is the time of the stream's first picture.
pub fn packets_for_all(frame: &Frame, first: Pts, with_tables: bool) -> Vec<u8> {
    let mut stream = TransportStream {
        first: Some(first),
        tables_sent: (!with_tables).then(|| frame.decoded_at()),
        ..TransportStream::default()
    };
    stream.wrap(frame);
    stream.packets
}

/// Whether PAT and PMT are due at `turn`, when they were last sent at `sent`.
pub fn are_tables_due(sent: Option<Pts>, turn: Pts) -> bool {
    sent.is_none_or(|sent| turn.since(sent) >= TABLES_EVERY)
}

/// The continuity counters of one viewer (clause 2.4.3.3): what is left out for it leaves no gap in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    tables: u8,
    video: u8,
}

impl Counters {
    /// Numbers the packets of one access unit on.
    pub fn renumber(&mut self, packets: &mut [u8]) {
        for packet in packets.chunks_exact_mut(TsPacket::SIZE) {
            let on = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
            let counter = match on {
                VIDEO_PID => &mut self.video,
                _ => &mut self.tables,
            };
            packet[3] = (packet[3] & 0xf0) | *counter;
            // The PMT ends the tables, which share their number.
            if on == VIDEO_PID || on == PMT_PID {
                *counter = (*counter + 1) & 0x0f;
            }
        }
    }
}

/// One packet that every demultiplexer drops.
pub fn null_packet() -> Vec<u8> {
    let mut stream = TransportStream::default();
    stream.null_packet();
    stream.packets
}

fn begins_with_delimiter(unit: &[u8]) -> bool {
    first_unit(unit).is_some_and(|(kind, _)| kind == NalType::AccessUnitDelimiter)
}

/// The clock of the stream counts 33 bits of 90 kHz: it starts again after 26.5 hours.
fn ticks_90khz(time: Duration) -> u64 {
    u64::try_from(time.as_micros() * 9 / 100).unwrap_or(0) & Timestamp::MAX
}

/// A DTS is written only where it is not the PTS (clause 2.4.3.7).
fn pes_header(dts_90khz: u64, shown_after_90khz: u64) -> PesHeader {
    let stamp = |ticks: u64| Timestamp::new(ticks & Timestamp::MAX).expect("33 bits");
    PesHeader {
        stream_id: StreamId::new_video(StreamId::VIDEO_MIN).expect("the first video stream"),
        priority: false,
        data_alignment_indicator: true,
        copyright: false,
        original_or_copy: false,
        pts: Some(stamp(dts_90khz + shown_after_90khz)),
        dts: (shown_after_90khz > 0).then(|| stamp(dts_90khz)),
        escr: None,
    }
}

fn clock_field(clock_90khz: u64, key: bool) -> AdaptationField {
    AdaptationField {
        discontinuity_indicator: false,
        random_access_indicator: key,
        es_priority_indicator: false,
        pcr: Some(ClockReference::new(clock_90khz * 300).expect("33 bits of 90 kHz")),
        opcr: None,
        splice_countdown: None,
        transport_private_data: Vec::new(),
        extension: None,
    }
}

fn tables() -> Vec<u8> {
    let pat = Pat {
        transport_stream_id: 1,
        version_number: VersionNumber::new(),
        table: vec![ProgramAssociation {
            program_num: PROGRAMME,
            program_map_pid: pid(PMT_PID),
        }],
    };
    let pmt = Pmt {
        program_num: PROGRAMME,
        pcr_pid: Some(pid(VIDEO_PID)),
        version_number: VersionNumber::new(),
        program_info: Vec::new(),
        es_info: vec![EsInfo {
            stream_type: StreamType::H264,
            elementary_pid: pid(VIDEO_PID),
            descriptors: Vec::new(),
        }],
    };
    let mut packets = Vec::new();
    put(
        &mut packets,
        &packet(
            Pid::PAT,
            ContinuityCounter::new(),
            None,
            TsPayload::Pat(pat),
        ),
    );
    put(
        &mut packets,
        &packet(PMT_PID, ContinuityCounter::new(), None, TsPayload::Pmt(pmt)),
    );
    packets
}

fn packet(
    on: u16,
    continuity_counter: ContinuityCounter,
    adaptation_field: Option<AdaptationField>,
    payload: TsPayload,
) -> TsPacket {
    let header = TsHeader {
        transport_error_indicator: false,
        transport_priority: false,
        pid: pid(on),
        transport_scrambling_control: TransportScramblingControl::NotScrambled,
        continuity_counter,
    };
    TsPacket {
        header,
        adaptation_field,
        payload: Some(payload),
    }
}

fn pid(number: u16) -> Pid {
    Pid::new(number).expect("a 13 bit number")
}

fn put(packets: &mut Vec<u8>, packet: &TsPacket) {
    TsPacketWriter::new(packets)
        .write_ts_packet(packet)
        .expect("every payload is cut to fit, and memory takes all");
}

#[cfg(test)]
mod tests;
