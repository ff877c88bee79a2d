//! The `Transport` of a SETUP (RFC 2326 clause 12.39): which ways of a list we know, and what we answer.

/// The way on which a session's packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Between the messages of the RTSP connection.
    Interleaved { rtp: u8, rtcp: u8 },
    /// To two ports of the client's address.
    Udp { rtp: u16, rtcp: u16 },
}

impl Transport {
    /// The first one of the list that is served. UDP is served only where `has_udp`. A destination that the client names is
    /// not looked at: packets go to where the request came from.
    pub fn choose(list: &str, has_udp: bool) -> Option<Self> {
        list.split(',')
            .filter_map(Self::read)
            .find(|way| has_udp || matches!(way, Self::Interleaved { .. }))
    }

    fn read(specification: &str) -> Option<Self> {
        let mut parts = specification.split(';').map(str::trim);
        let is_tcp = match parts.next()?.to_ascii_uppercase().as_str() {
            "RTP/AVP/TCP" => true,
            "RTP/AVP" | "RTP/AVP/UDP" => false,
            _ => return None,
        };
        let (mut channels, mut ports) = (None, None);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "multicast" => return None,
                "mode" if !is_play(value) => return None,
                "interleaved" => channels = Some(pair(value)?),
                "client_port" => ports = Some(pair(value)?),
                _ => {}
            }
        }
        if is_tcp {
            let (rtp, rtcp) = channels.unwrap_or((0, 1));
            return Some(Self::Interleaved {
                rtp: u8::try_from(rtp).ok()?,
                rtcp: u8::try_from(rtcp).ok()?,
            });
        }
        let (rtp, rtcp) = ports.filter(|&(rtp, _)| rtp > 0)?;
        Some(Self::Udp { rtp, rtcp })
    }

    /// What the client is told: its own choice, and where the packets come from.
    pub fn answer(self, server_ports: Option<(u16, u16)>, source: u32) -> String {
        match self {
            Self::Interleaved { rtp, rtcp } => {
                format!("RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp};ssrc={source:08X}")
            }
            Self::Udp { rtp, rtcp } => {
                let (from_rtp, from_rtcp) = server_ports.unwrap_or_default();
                format!(
                    "RTP/AVP;unicast;client_port={rtp}-{rtcp};server_port={from_rtp}-{from_rtcp};ssrc={source:08X}"
                )
            }
        }
    }
}

fn is_play(mode: &str) -> bool {
    mode.trim().trim_matches('"').eq_ignore_ascii_case("play")
}

/// `5000-5001`; of a single number the second is the next. Both are different.
fn pair(value: &str) -> Option<(u16, u16)> {
    let (first, second) = match value.split_once('-') {
        Some((first, second)) => (number(first)?, number(second)?),
        None => {
            let first = number(value)?;
            (first, first.checked_add(1)?)
        }
    };
    (first != second).then_some((first, second))
}

fn number(digits: &str) -> Option<u16> {
    let digits = digits.trim();
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UDP: Transport = Transport::Udp {
        rtp: 5000,
        rtcp: 5001,
    };
    const TCP: Transport = Transport::Interleaved { rtp: 0, rtcp: 1 };

    #[test]
    fn what_clients_send_is_understood() {
        let choose = |list| Transport::choose(list, true);
        // ffmpeg over UDP, over TCP; GStreamer's list; VLC (live555); a recorder that names no channels.
        let ffmpeg = "RTP/AVP/UDP;unicast;client_port=5000-5001";
        assert_eq!(choose(ffmpeg), Some(UDP));
        assert_eq!(choose("RTP/AVP/TCP;unicast;interleaved=0-1"), Some(TCP));
        let gstreamer = "RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=0-1";
        assert_eq!(choose(gstreamer), Some(UDP));
        assert_eq!(Transport::choose(gstreamer, false), Some(TCP));
        assert_eq!(choose("RTP/AVP;unicast;client_port=5000"), Some(UDP));
        assert_eq!(choose("RTP/AVP/TCP;unicast;mode=\"PLAY\""), Some(TCP));
        assert_eq!(
            choose("rtp/avp/tcp; unicast; interleaved = 254 - 255"),
            Some(Transport::Interleaved {
                rtp: 254,
                rtcp: 255
            })
        );
    }

    #[test]
    fn what_is_not_served_is_passed_over() {
        for list in [
            "",
            "RTP/AVP;multicast;client_port=5000-5001",
            "RTP/SAVP;unicast;client_port=5000-5001",
            "RTP/AVP;unicast",
            "RTP/AVP;unicast;client_port=0-1",
            "RTP/AVP;unicast;client_port=70000-70001",
            "RTP/AVP;unicast;client_port=5000-5000",
            "RTP/AVP/TCP;unicast;interleaved=300-301",
            "RTP/AVP/TCP;unicast;interleaved=255",
            "RTP/AVP/TCP;unicast;interleaved=+1-2",
            "RTP/AVP/TCP;unicast;interleaved=0-1;mode=RECORD",
            "RAW/RAW/UDP;unicast;client_port=5000-5001",
        ] {
            assert_eq!(Transport::choose(list, true), None, "{list}");
        }
    }

    #[test]
    fn a_destination_is_not_looked_at() {
        let list = "RTP/AVP;unicast;destination=192.0.2.1;client_port=5000-5001";
        assert_eq!(Transport::choose(list, true), Some(UDP));
        assert_eq!(
            UDP.answer(Some((8000, 8001)), 0xabc),
            "RTP/AVP;unicast;client_port=5000-5001;server_port=8000-8001;ssrc=00000ABC"
        );
    }
}
