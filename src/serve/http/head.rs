//! Heads of requests, cut out of what a connection brings, however it comes: byte by byte, or several at once. Where a head
//! ends must be beyond doubt: what a proxy before us could read otherwise is refused (request smuggling).

use super::request::{self, Request};
use super::response::{Response, Status};
use crate::viewer::limits::MOST_HEAD_BYTES;

/// The first byte of a TLS connection: a record of the handshake (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// What came from a connection and is not yet understood.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// Up to here there is no end of a head.
    searched: usize,
}

impl Inbox {
    /// How much more it takes.
    pub fn room(&self) -> usize {
        MOST_HEAD_BYTES.saturating_sub(self.bytes.len())
    }

    /// Adds what came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a head is begun.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All that is not yet understood, for another protocol.
    pub fn take(&mut self) -> Vec<u8> {
        self.searched = 0;
        std::mem::take(&mut self.bytes)
    }

    /// The next request, when its head is whole. After a refusal nothing of the connection can be understood any more.
    pub fn request(&mut self) -> Result<Option<Request>, Response> {
        self.skip_empty_lines();
        if self.bytes.first() == Some(&TLS_HANDSHAKE) {
            return Err(Response::text(
                Status::BadRequest,
                "this port speaks plain HTTP: open http://, not https://",
            ));
        }
        let Some(end) = self.find_end()? else {
            if self.room() == 0 {
                return Err(Response::text(
                    Status::HeadTooLarge,
                    format!("the head of a request has {MOST_HEAD_BYTES} bytes at most"),
                ));
            }
            return Ok(None);
        };
        let request = request::read(&self.bytes[..end])?;
        self.bytes.drain(..end);
        self.searched = 0;
        Ok(Some(request))
    }

    /// Some clients send an empty line after a body (RFC 9112, 2.2).
    fn skip_empty_lines(&mut self) {
        while self.bytes.starts_with(b"\r\n") {
            self.bytes.drain(..2);
            self.searched = 0;
        }
    }

    /// Where the head ends. Each byte is looked at once, however small the pieces are.
    fn find_end(&mut self) -> Result<Option<usize>, Response> {
        for (index, byte) in self.bytes.iter().enumerate().skip(self.searched) {
            if *byte != b'\n' {
                continue;
            }
            let line = &self.bytes[..=index];
            if !line.ends_with(b"\r\n") {
                return Err(Response::text(
                    Status::BadRequest,
                    "a line of the request does not end with CR LF",
                ));
            }
            if line.ends_with(b"\r\n\r\n") {
                return Ok(Some(index + 1));
            }
        }
        self.searched = self.bytes.len();
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
