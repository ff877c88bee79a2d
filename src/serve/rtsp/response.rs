//! What goes back to an RTSP client (RFC 2326 clause 7): a status, a few fields, and a body where there is something to say.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::request::Request;

/// Of RFC 2326 clause 7.1.1; the last two of HTTP, where RTSP has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok = 200,
    BadRequest = 400,
    Unauthorized = 401,
    Forbidden = 403,
    MethodNotAllowed = 405,
    NotAcceptable = 406,
    BodyTooLarge = 413,
    UnsupportedMediaType = 415,
    ParameterNotUnderstood = 451,
    SessionNotFound = 454,
    NotValidInThisState = 455,
    UnsupportedTransport = 461,
    NotImplemented = 501,
    ServiceUnavailable = 503,
    VersionNotSupported = 505,
    OptionNotSupported = 551,
    RequestTimeout = 408,
    HeadTooLarge = 431,
}

impl Status {
    fn reason(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::BadRequest => "Bad Request",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::NotAcceptable => "Not Acceptable",
            Self::BodyTooLarge => "Request Entity Too Large",
            Self::UnsupportedMediaType => "Unsupported Media Type",
            Self::ParameterNotUnderstood => "Parameter Not Understood",
            Self::SessionNotFound => "Session Not Found",
            Self::NotValidInThisState => "Method Not Valid In This State",
            Self::UnsupportedTransport => "Unsupported Transport",
            Self::NotImplemented => "Not Implemented",
            Self::ServiceUnavailable => "Service Unavailable",
            Self::VersionNotSupported => "RTSP Version Not Supported",
            Self::OptionNotSupported => "Option not supported",
            Self::RequestTimeout => "Request Timeout",
            Self::HeadTooLarge => "Request Header Fields Too Large",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: Status,
    sequence: String,
    fields: Vec<(&'static str, Cow<'static, str>)>,
    body: String,
}

impl Response {
    pub fn new(status: Status) -> Self {
        Self {
            status,
            sequence: String::new(),
            fields: Vec::new(),
            body: String::new(),
        }
    }

    /// A refusal with a sentence for people.
    pub fn refusal(status: Status, sentence: impl Into<String>) -> Self {
        Self::new(status).with_body("text/plain; charset=utf-8", sentence.into() + "\n")
    }

    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    pub fn with_body(mut self, content_type: &'static str, body: String) -> Self {
        self.body = body;
        self.with("Content-Type", content_type)
    }

    /// The answer to this request.
    pub fn answering(mut self, request: &Request) -> Self {
        self.sequence.clone_from(&request.sequence);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!(
            "RTSP/1.0 {} {}\r\n",
            self.status as u16,
            self.status.reason()
        );
        if !self.sequence.is_empty() {
            let _ = write!(head, "CSeq: {}\r\n", self.sequence);
        }
        let _ = write!(
            head,
            "Server: picam-stream/{}\r\n",
            env!("CARGO_PKG_VERSION")
        );
        for (name, value) in &self.fields {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        head.push_str(&self.body);
        head.into_bytes()
    }
}
