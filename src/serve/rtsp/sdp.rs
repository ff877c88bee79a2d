//! The description of the stream (SDP, RFC 8866; its H.264 parameters: RFC 6184 clause 8.2.1).

use std::fmt::Write as _;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::container::rtp::{CLOCK_HZ, PAYLOAD_TYPE};
use crate::h264::nal::{NalType, first_slice, units};
use crate::h264::shown_as_decoded::say_shown_as_decoded;

pub const CONTENT_TYPE: &str = "application/sdp";

/// What the only part of the stream is called, behind the URL of the whole.
pub const TRACK: &str = "trackID=0";

/// What is told of the stream.
#[derive(Clone, Copy, Debug)]
pub struct Stream<'a> {
    /// A key frame, with its parameter sets.
    pub key_frame: &'a [u8],
    /// Whether decoders are told that pictures come in the order in which they are shown.
    pub shows_as_decoded: bool,
    /// Nothing where it varies.
    pub frames_a_second: Option<u32>,
    /// Of this machine, as the client knows it.
    pub address: IpAddr,
    /// Differs from run to run.
    pub session: u64,
}

/// The description; nothing where the key frame has no parameter sets.
pub fn describe(stream: &Stream<'_>) -> Option<String> {
    let unit = stream.key_frame;
    let head = &unit[..first_slice(unit).map_or(unit.len(), |(start, _)| start)];
    let mut sets = Vec::new();
    let mut profile = None;
    for nal in units(head) {
        match nal.kind {
            NalType::Sps => {
                let sps = if stream.shows_as_decoded {
                    say_shown_as_decoded(nal.bytes)
                } else {
                    nal.bytes.into()
                };
                // profile_idc, the constraint flags and level_idc (ITU-T H.264 clause 7.3.2.1.1).
                profile = profile.or(sps.get(1..4).map(hexadecimal));
                sets.push(STANDARD.encode(sps));
            }
            NalType::SpsExtension | NalType::Pps => sets.push(STANDARD.encode(nal.bytes)),
            _ => {}
        }
    }
    Some(text(stream, &profile?, &sets.join(",")))
}

fn text(stream: &Stream<'_>, profile: &str, sets: &str) -> String {
    let (family, anywhere) = match stream.address {
        IpAddr::V4(_) => ("IP4", "0.0.0.0"),
        IpAddr::V6(_) => ("IP6", "::"),
    };
    let mut text = format!(
        "v=0\r\n\
         o=- {} 1 IN {family} {}\r\n\
         s=picam-stream\r\n\
         c=IN {family} {anywhere}\r\n\
         t=0 0\r\n\
         a=control:*\r\n\
         a=range:npt=now-\r\n\
         m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\n\
         a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}\r\n\
         a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sets}\r\n",
        stream.session, stream.address,
    );
    if let Some(frames) = stream.frames_a_second {
        let _ = write!(text, "a=framerate:{frames}\r\n");
    }
    let _ = write!(text, "a=control:{TRACK}\r\n");
    text
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::samples::{IDR, PPS, SPS};

    fn stream(key_frame: &[u8]) -> Stream<'_> {
        Stream {
            key_frame,
            shows_as_decoded: false,
            frames_a_second: Some(25),
            address: IpAddr::from([192, 0, 2, 1]),
            session: 7,
        }
    }

    #[test]
    fn the_stream_is_described_by_its_parameter_sets() {
        let sps: &[u8] = &[0, 0, 0, 1, 0x67, 0x64, 0x00, 0x28, 0xac];
        let text = describe(&stream(&[sps, PPS, IDR].concat())).unwrap();
        assert!(text.contains(
            "a=fmtp:96 packetization-mode=1;profile-level-id=640028;sprop-parameter-sets=Z2QAKKw=,aO4J\r\n"
        ));
        assert!(text.starts_with("v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\n"));
        assert!(text.contains("a=framerate:25\r\n") && text.ends_with("a=control:trackID=0\r\n"));
        assert!(text.lines().all(|line| line.as_bytes()[1] == b'='));
    }

    #[test]
    fn a_decoder_is_told_the_order_of_pictures_where_it_is_known() {
        let real = test_support::real_sps::SILENT[0].1;
        let unit = [&[0, 0, 0, 1], real, PPS, IDR].concat();
        let told = Stream {
            shows_as_decoded: true,
            frames_a_second: None,
            ..stream(&unit)
        };
        let rewritten = STANDARD.encode(say_shown_as_decoded(real));
        assert!(
            describe(&told)
                .unwrap()
                .contains(&format!("sets={rewritten},aO4J"))
        );
        assert!(!describe(&told).unwrap().contains("framerate"));
    }

    #[test]
    fn without_parameter_sets_there_is_nothing_to_describe() {
        assert_eq!(describe(&stream(IDR)), None);
        assert_eq!(describe(&stream(&SPS[..5])), None);
        assert_eq!(describe(&stream(b"")), None);
    }
}
