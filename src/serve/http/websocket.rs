//! WebSocket (RFC 6455) from the server's side: pictures leave as binary messages, and of what a client says only its ping
//! and its goodbye mean anything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use super::request::Upgrade;
use super::response::{Response, Status};

/// What every server appends to the client's key (RFC 6455, 1.3).
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The only version that there is.
const VERSION: &str = "13";

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// A control frame carries no more (RFC 6455, 5.5).
const MOST_CONTROL_BYTES: u64 = 125;
/// A client has nothing to say: it need not say more at once.
const MOST_MESSAGE_BYTES: u64 = 64 << 10;

/// Why we end it (RFC 6455, 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    TooBig = 1009,
    /// No camera, or no place.
    TryAgainLater = 1013,
}

/// Answers the wish to speak it.
pub fn accept(upgrade: Option<&Upgrade>) -> Response {
    let Some(Upgrade { key, version }) = upgrade else {
        return Response::text(Status::UpgradeRequired, "this URL speaks WebSocket")
            .with("Upgrade", "websocket");
    };
    if version != VERSION {
        return Response::text(
            Status::UpgradeRequired,
            "this URL speaks version 13 of WebSocket",
        )
        .with("Upgrade", "websocket")
        .with("Sec-WebSocket-Version", VERSION);
    }
    if STANDARD.decode(key).map(|key| key.len()) != Ok(16) {
        return Response::text(
            Status::BadRequest,
            "Sec-WebSocket-Key is not 16 bytes in base64",
        );
    }
    Response::upgrade(accepted_key(key))
}

fn accepted_key(key: &str) -> String {
    let mut sha1 = Sha1::new();
    sha1.update(key);
    sha1.update(MAGIC);
    STANDARD.encode(sha1.finalize())
}

/// A picture as one message.
pub fn binary_message(payload: &[u8]) -> Vec<u8> {
    frame(BINARY, payload)
}

/// A goodbye with its reason, which a control frame has room for in part.
pub fn close(code: CloseCode, reason: &str) -> Vec<u8> {
    let mut payload = (code as u16).to_be_bytes().to_vec();
    let room = MOST_CONTROL_BYTES as usize - payload.len();
    let mut end = reason.len().min(room);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    frame(CLOSE, &payload)
}

fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(FINAL | opcode);
    match payload.len() {
        length @ 0..=125 => frame.push(length as u8),
        length @ 126..=0xffff => {
            frame.push(126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// What a client says, however it is cut. Holds no more than one control frame.
#[derive(Debug, Default)]
pub struct Inbound {
    /// A frame that is not all there: its head, or all of a control frame.
    held: Vec<u8>,
    /// How much of a message is still to come, and means nothing.
    skip: u64,
    /// Bytes of the message so far.
    message: Option<u64>,
}

/// What is to be done about it: a frame that goes back, and whether it is the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Pong(Vec<u8>),
    Close(Vec<u8>),
}

struct Head {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    length: u64,
    bytes: usize,
}

impl Inbound {
    /// Takes what came. Of several pings the last is answered (RFC 6455, 5.5.3).
    pub fn take(&mut self, mut bytes: &[u8]) -> Option<Answer> {
        let mut answer = None;
        loop {
            let skipped = bytes
                .len()
                .min(usize::try_from(self.skip).unwrap_or(usize::MAX));
            self.skip -= skipped as u64;
            bytes = &bytes[skipped..];
            let Some((byte, rest)) = bytes.split_first() else {
                return answer;
            };
            self.held.push(*byte);
            bytes = rest;
            match self.understand() {
                Ok(None) => {}
                Ok(Some(Answer::Close(frame))) => return Some(Answer::Close(frame)),
                Ok(pong) => answer = pong,
                Err(code) => return Some(Answer::Close(close(code, ""))),
            }
        }
    }

    /// Looks at what is held, which never grows beyond a control frame.
    fn understand(&mut self) -> Result<Option<Answer>, CloseCode> {
        let Some(head) = read_head(&self.held)? else {
            return Ok(None);
        };
        if head.opcode < CLOSE {
            self.begin_message_part(&head)?;
            self.held.clear();
            self.skip = head.length;
            return Ok(None);
        }
        let payload = &self.held[head.bytes..];
        if (payload.len() as u64) < head.length {
            return Ok(None);
        }
        let payload: Vec<u8> = payload
            .iter()
            .zip(head.mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        self.held.clear();
        Ok(match head.opcode {
            CLOSE => Some(Answer::Close(goodbye(&payload)?)),
            PING => Some(Answer::Pong(frame(PONG, &payload))),
            _ => None,
        })
    }

    fn begin_message_part(&mut self, head: &Head) -> Result<(), CloseCode> {
        let so_far = match (head.opcode, self.message) {
            (CONTINUATION, Some(so_far)) => so_far,
            (TEXT | BINARY, None) => 0,
            _ => return Err(CloseCode::ProtocolError),
        };
        let length = so_far.saturating_add(head.length);
        if length > MOST_MESSAGE_BYTES {
            return Err(CloseCode::TooBig);
        }
        self.message = (!head.is_final).then_some(length);
        Ok(())
    }
}

/// The answer to a goodbye: its code, which must be one that may be sent (RFC 6455, 5.5.1 and 7.4).
fn goodbye(payload: &[u8]) -> Result<Vec<u8>, CloseCode> {
    let Some((code, _)) = payload.split_first_chunk() else {
        let is_empty = payload.is_empty();
        return is_empty
            .then(|| frame(CLOSE, &[]))
            .ok_or(CloseCode::ProtocolError);
    };
    match u16::from_be_bytes(*code) {
        1000..=1003 | 1007..=1014 | 3000..=4999 => Ok(frame(CLOSE, code)),
        _ => Err(CloseCode::ProtocolError),
    }
}

/// The head of a client's frame (RFC 6455, 5.2), when it is all there.
fn read_head(held: &[u8]) -> Result<Option<Head>, CloseCode> {
    let &[first, second, ref rest @ ..] = held else {
        return Ok(None);
    };
    let (opcode, is_final) = (first & 0x0f, first & FINAL != 0);
    let is_control = matches!(opcode, CLOSE | PING | PONG);
    let is_known = is_control || matches!(opcode, CONTINUATION | TEXT | BINARY);
    let short = u64::from(second & !MASKED);
    if first & RESERVED != 0
        || second & MASKED == 0
        || !is_known
        || (is_control && (!is_final || short > MOST_CONTROL_BYTES))
    {
        return Err(CloseCode::ProtocolError);
    }
    let (length, rest) = match short {
        126 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest),
            None => return Ok(None),
        },
        short => (short, rest),
    };
    let Some((mask, payload)) = rest.split_first_chunk() else {
        return Ok(None);
    };
    Ok(Some(Head {
        is_final,
        opcode,
        mask: *mask,
        length,
        bytes: held.len() - payload.len(),
    }))
}

#[cfg(test)]
mod tests;
