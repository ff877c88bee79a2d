//! What comes over an RTSP connection, cut into messages however it comes: requests with their bodies, and between them the
//! binary packets of the client's RTCP (RFC 2326 clause 10.12). What is refused ends the connection: where the next message
//! begins is not known then.

use super::request::{self, Request};
use super::response::{Response, Status};
use crate::container::rtp::{INTERLEAVED_HEAD_BYTES, INTERLEAVED_MARK};
use crate::viewer::limits::MOST_HEAD_BYTES;

/// Parameters, and descriptions that nobody is to send us: read and thrown away.
const MOST_BODY_BYTES: usize = 8 << 10;

/// An RTCP packet that a client has reason to send; larger ones are skipped as they come.
const MOST_PACKET_BYTES: usize = 2 << 10;

/// The first byte of a TLS connection: a record of the handshake (RFC 8446 clause 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Request(Request),
    /// A packet on one of the channels.
    Packet {
        channel: u8,
        bytes: Vec<u8>,
    },
}

/// What came and is not yet understood.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// Up to here there is no end of a head.
    searched: usize,
    /// A request whose body has not come yet.
    bodiless: Option<Request>,
    /// So many bytes of a packet or body are still to be passed over.
    skip: usize,
}

impl Inbox {
    /// How much more it takes: never nothing after `message` has found nothing.
    pub fn room(&self) -> usize {
        MOST_HEAD_BYTES.saturating_sub(self.bytes.len())
    }

    pub fn push(&mut self, bytes: &[u8]) {
        let passed_over = self.skip.min(bytes.len());
        self.skip -= passed_over;
        self.bytes.extend_from_slice(&bytes[passed_over..]);
    }

    /// Whether a message is begun.
    pub fn is_within_message(&self) -> bool {
        !self.bytes.is_empty() || self.skip > 0
    }

    /// The next message, when it is whole.
    pub fn message(&mut self) -> Result<Option<Message>, Response> {
        loop {
            if self.skip > 0 {
                return Ok(None);
            }
            if let Some(request) = self.bodiless.take() {
                return Ok(Some(Message::Request(request)));
            }
            self.skip_empty_lines();
            let before = self.bytes.len();
            let message = match self.bytes.first() {
                None => return Ok(None),
                Some(&INTERLEAVED_MARK) => self.packet(),
                Some(_) => self.request()?,
            };
            // What was passed over is no message, but one may stand behind it.
            if message.is_some() || self.bytes.len() == before {
                return Ok(message);
            }
        }
    }

    fn packet(&mut self) -> Option<Message> {
        let &[_, channel, high, low] = self.bytes.first_chunk::<INTERLEAVED_HEAD_BYTES>()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let end = INTERLEAVED_HEAD_BYTES + length;
        if length > MOST_PACKET_BYTES {
            self.pass_over(end);
            return None;
        }
        let bytes = self.bytes.get(INTERLEAVED_HEAD_BYTES..end)?.to_vec();
        self.bytes.drain(..end);
        Some(Message::Packet { channel, bytes })
    }

    fn request(&mut self) -> Result<Option<Message>, Response> {
        if self.bytes.first() == Some(&TLS_HANDSHAKE) {
            return Err(Response::refusal(
                Status::BadRequest,
                "this port speaks plain RTSP: open rtsp://, not rtsps://",
            ));
        }
        let Some(end) = self.find_end() else {
            if self.room() == 0 {
                return Err(Response::refusal(
                    Status::HeadTooLarge,
                    format!("the head of a request has {MOST_HEAD_BYTES} bytes at most"),
                ));
            }
            return Ok(None);
        };
        let (request, body_bytes) = request::read(&self.bytes[..end])?;
        if body_bytes > MOST_BODY_BYTES {
            return Err(Response::refusal(
                Status::BodyTooLarge,
                format!("the body of a request has {MOST_BODY_BYTES} bytes at most"),
            )
            .answering(&request));
        }
        self.searched = 0;
        self.pass_over(end + body_bytes);
        if self.skip == 0 {
            return Ok(Some(Message::Request(request)));
        }
        self.bodiless = Some(request);
        Ok(None)
    }

    /// Drops the first `length` bytes, those too that have yet to come.
    fn pass_over(&mut self, length: usize) {
        let here = length.min(self.bytes.len());
        self.bytes.drain(..here);
        self.skip = length - here;
    }

    fn skip_empty_lines(&mut self) {
        let empty = self
            .bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        if empty > 0 {
            self.bytes.drain(..empty);
            self.searched = 0;
        }
    }

    /// Where the head ends: behind an empty line. A line ends with LF, most often with CR LF (RFC 2326 clause 4). Each byte
    /// is looked at once, however small the pieces are.
    fn find_end(&mut self) -> Option<usize> {
        let from = self.searched;
        for (index, byte) in self.bytes.iter().enumerate().skip(from) {
            if *byte != b'\n' {
                continue;
            }
            let before = &self.bytes[..index];
            if before.ends_with(b"\n") || before.ends_with(b"\n\r") {
                return Some(index + 1);
            }
        }
        self.searched = self.bytes.len();
        None
    }
}

#[cfg(test)]
mod tests;
