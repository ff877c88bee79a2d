//! A client by hand: what it says and hears is seen to the byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use test_support::program::LONG;

pub struct Client {
    pub stream: TcpStream,
    heard: Vec<u8>,
    sequence: u32,
    /// The session that SETUP gave, and its source.
    pub session: String,
    pub source: u32,
    /// Packets that came before an answer that was waited for.
    packets: Vec<Packet>,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub channel: u8,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (named, value) = line.split_once(": ")?;
            named.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

enum Heard {
    Answer(Answer),
    Packet(Packet),
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the service listens");
        stream.set_read_timeout(Some(LONG)).expect("a limit");
        Self {
            stream,
            heard: Vec::new(),
            sequence: 0,
            session: String::new(),
            source: 0,
            packets: Vec::new(),
            url: format!("rtsp://{address}/live"),
        }
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, method: &str, fields: &[&str]) -> Answer {
        self.say(method, fields);
        self.answer()
    }

    pub fn say(&mut self, method: &str, fields: &[&str]) {
        self.sequence += 1;
        let mut request = format!(
            "{method} {} RTSP/1.0\r\nCSeq: {}\r\n",
            self.url, self.sequence
        );
        if !self.session.is_empty() {
            request.push_str(&format!("Session: {}\r\n", self.session));
        }
        for field in fields {
            request.push_str(field);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        self.stream
            .write_all(request.as_bytes())
            .expect("it is heard");
    }

    /// The answer to what was said last.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        loop {
            match self.hear().expect("an answer") {
                Heard::Packet(packet) => self.packets.push(packet),
                Heard::Answer(answer) => {
                    let sequence = answer.field("CSeq").map(str::to_owned);
                    assert_eq!(sequence, Some(self.sequence.to_string()), "{answer:?}");
                    return answer;
                }
            }
        }
    }

    #[track_caller]
    pub fn describe(&mut self) -> Answer {
        let answer = self.ask("DESCRIBE", &["Accept: application/sdp"]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// SETUP that must succeed.
    #[track_caller]
    pub fn set_up(&mut self, transport: &str) -> Answer {
        let answer = self.ask("SETUP", &[&format!("Transport: {transport}")]);
        assert_eq!(answer.status, 200, "{answer:?}");
        let session = answer.field("Session").expect("a session");
        self.session = session.split(';').next().unwrap_or_default().to_owned();
        let transport = answer.field("Transport").expect("a transport");
        let source = transport.split("ssrc=").nth(1).expect("a source");
        self.source = u32::from_str_radix(&source[..8], 16).expect("a number");
        answer
    }

    #[track_caller]
    pub fn play(&mut self) -> Answer {
        let answer = self.ask("PLAY", &["Range: npt=0.000-"]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// Everything up to pictures over the connection.
    pub fn play_interleaved(address: SocketAddr) -> Self {
        let mut client = Self::connect(address);
        client.describe();
        client.set_up("RTP/AVP/TCP;unicast;interleaved=0-1");
        client.play();
        client
    }

    /// The next packet; nothing when the connection has ended.
    pub fn packet(&mut self) -> Option<Packet> {
        if !self.packets.is_empty() {
            return Some(self.packets.remove(0));
        }
        match self.hear()? {
            Heard::Packet(packet) => Some(packet),
            Heard::Answer(answer) => panic!("{answer:?}, and nobody has asked"),
        }
    }

    /// The next of the packets that came before the last answer.
    pub fn waiting_packet(&mut self) -> Option<Packet> {
        (!self.packets.is_empty()).then(|| self.packets.remove(0))
    }

    /// The head of an answer to what had no number.
    pub fn refusal(&mut self) -> String {
        match self.hear() {
            Some(Heard::Answer(answer)) => answer.head,
            _ => panic!("no answer"),
        }
    }

    /// Whether the service ends the connection within a bounded time; what it still sends is thrown away.
    pub fn is_ended(&mut self) -> bool {
        let begun = Instant::now();
        let mut bytes = [0; 65536];
        self.stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .expect("a limit");
        while begun.elapsed() < LONG {
            match self.stream.read(&mut bytes) {
                Ok(0) => return true,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return true,
                Ok(_) => {}
            }
        }
        false
    }

    fn hear(&mut self) -> Option<Heard> {
        loop {
            if let Some(heard) = self.take_first() {
                return Some(heard);
            }
            let mut bytes = [0; 65536];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(length) => self.heard.extend_from_slice(&bytes[..length]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("waiting for an answer: {error}"),
            }
        }
    }

    /// What has come whole.
    fn take_first(&mut self) -> Option<Heard> {
        if let [b'$', channel, high, low, rest @ ..] = &self.heard[..] {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let bytes = rest.get(..length)?.to_vec();
            let channel = *channel;
            self.heard.drain(..4 + length);
            return Some(Heard::Packet(Packet { channel, bytes }));
        }
        let end = self.heard.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(self.heard[..end].to_vec()).expect("a head in UTF-8");
        let mut answer = Answer {
            status: head
                .strip_prefix("RTSP/1.0 ")
                .and_then(|rest| rest[..3].parse().ok())
                .unwrap_or_else(|| panic!("no answer: {head:?}")),
            head,
            body: String::new(),
        };
        let length = answer
            .field("Content-Length")
            .map_or(0, |it| it.parse().expect("a number"));
        let body = self.heard.get(end..end + length)?;
        answer.body = String::from_utf8(body.to_vec()).expect("text");
        self.heard.drain(..end + length);
        Some(Heard::Answer(answer))
    }
}

/// The sequence number, the time and the source of an RTP packet, and whether it is the last of its picture.
pub fn rtp_head(packet: &[u8]) -> (u16, u32, u32, bool) {
    let word = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().expect("four bytes"));
    let sequence = u16::from_be_bytes([packet[2], packet[3]]);
    (sequence, word(4), word(8), packet[1] & 0x80 != 0)
}
