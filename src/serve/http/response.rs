//! What goes back: a status, a few fields, and a body that is there at once or streamed until the connection ends.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::content::Content;
use super::request::{Method, Request};

/// Of RFC 9110, 15, and RFC 6585.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    SwitchingProtocols = 101,
    Ok = 200,
    BadRequest = 400,
    Unauthorized = 401,
    Forbidden = 403,
    NotFound = 404,
    MethodNotAllowed = 405,
    RequestTimeout = 408,
    LengthRequired = 411,
    ContentTooLarge = 413,
    UpgradeRequired = 426,
    TooManyRequests = 429,
    HeadTooLarge = 431,
    ServiceUnavailable = 503,
    VersionNotSupported = 505,
}

impl Status {
    fn reason(self) -> &'static str {
        match self {
            Self::SwitchingProtocols => "Switching Protocols",
            Self::Ok => "OK",
            Self::BadRequest => "Bad Request",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::RequestTimeout => "Request Timeout",
            Self::LengthRequired => "Length Required",
            Self::ContentTooLarge => "Content Too Large",
            Self::UpgradeRequired => "Upgrade Required",
            Self::TooManyRequests => "Too Many Requests",
            Self::HeadTooLarge => "Request Header Fields Too Large",
            Self::ServiceUnavailable => "Service Unavailable",
            Self::VersionNotSupported => "HTTP Version Not Supported",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    /// Its length is told.
    Whole(Content),
    /// It ends with the connection.
    Stream,
    /// Another protocol follows.
    Upgrade,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: Status,
    fields: Vec<(&'static str, Cow<'static, str>)>,
    body: Body,
}

/// What is true of every answer on one connection to one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms<'a> {
    /// The origin that may read the answer, where one asked and passed.
    pub origin: Option<&'a str>,
    /// The body is left out.
    pub head_only: bool,
    pub is_old: bool,
    /// Another request may follow.
    pub keeps_alive: bool,
}

impl<'a> Terms<'a> {
    pub fn of(request: &'a Request) -> Self {
        Self {
            origin: None,
            head_only: request.method == Method::Head,
            is_old: request.is_old,
            keeps_alive: request.keeps_alive,
        }
    }
}

impl Response {
    fn new(status: Status, content_type: impl Into<Cow<'static, str>>, body: Body) -> Self {
        Self {
            status,
            fields: vec![("Content-Type", content_type.into())],
            body,
        }
    }

    /// A sentence.
    pub fn text(status: Status, sentence: impl Into<String>) -> Self {
        let body = Body::Whole(Content::Own((sentence.into() + "\n").into_bytes()));
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    /// A page of our own, which may do what `policy` allows (Content Security Policy).
    pub fn page(status: Status, html: Content, policy: &'static str) -> Self {
        Self::new(status, "text/html; charset=utf-8", Body::Whole(html))
            .with("Content-Security-Policy", policy)
            .with("Referrer-Policy", "no-referrer")
    }

    pub fn whole(content_type: &'static str, body: Content) -> Self {
        Self::new(Status::Ok, content_type, Body::Whole(body))
    }

    /// The head of a stream.
    pub fn stream(content_type: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::Ok, content_type, Body::Stream)
    }

    /// The end of HTTP on this connection (RFC 6455, 4.2.2).
    pub fn upgrade(accept: String) -> Self {
        Self {
            status: Status::SwitchingProtocols,
            fields: vec![
                ("Upgrade", "websocket".into()),
                ("Sec-WebSocket-Accept", accept.into()),
            ],
            body: Body::Upgrade,
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Whether it is what was asked for.
    pub fn is_good(&self) -> bool {
        matches!(self.status, Status::Ok | Status::SwitchingProtocols)
    }

    /// Whether another request may follow.
    pub fn keeps_alive(&self, terms: &Terms<'_>) -> bool {
        terms.keeps_alive && (terms.head_only || matches!(self.body, Body::Whole(_)))
    }

    /// What goes over the connection behind the head.
    pub fn body(&self, terms: &Terms<'_>) -> Option<Content> {
        match &self.body {
            Body::Whole(body) if !terms.head_only => Some(body.clone()),
            _ => None,
        }
    }

    /// What goes over the connection first.
    pub fn head(&self, terms: &Terms<'_>) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\n",
            self.status as u16,
            self.status.reason()
        );
        let mut field = |name: &str, value: &str| {
            // Writing to a string never fails.
            let _ = write!(head, "{name}: {value}\r\n");
        };
        for (name, value) in &self.fields {
            field(name, value);
        }
        if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now()) {
            field("Date", &date);
        }
        if let Body::Whole(body) = &self.body {
            field("Content-Length", &body.bytes().len().to_string());
        }
        self.connection(terms, &mut field);
        field("Cache-Control", "no-store");
        field("X-Content-Type-Options", "nosniff");
        field("Vary", "Origin");
        if let Some(origin) = terms.origin {
            field("Access-Control-Allow-Origin", origin);
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    fn connection(&self, terms: &Terms<'_>, field: &mut impl FnMut(&str, &str)) {
        if self.body == Body::Upgrade {
            field("Connection", "Upgrade");
        } else if !self.keeps_alive(terms) {
            field("Connection", "close");
        } else if terms.is_old {
            field("Connection", "keep-alive");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(response: &Response, terms: &Terms<'_>) -> String {
        let mut bytes = response.head(terms);
        bytes.extend(response.body(terms).iter().flat_map(Content::bytes));
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn a_whole_body_is_told_by_its_length_and_the_connection_goes_on() {
        let response = Response::text(Status::NotFound, "no");
        let mut terms = Terms {
            keeps_alive: true,
            ..Terms::default()
        };
        let text = text_of(&response, &terms);
        assert!(text.starts_with("HTTP/1.1 404 Not Found\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\nno\n"), "{text}");
        assert!(text.contains("\r\nContent-Length: 3\r\n"), "{text}");
        assert!(!text.contains("\r\nConnection:"), "{text}");
        assert!(text.contains(" GMT\r\n"), "{text}");
        terms.is_old = true;
        let text = text_of(&response, &terms);
        assert!(text.contains("\r\nConnection: keep-alive\r\n"), "{text}");
        terms.head_only = true;
        let text = text_of(&response, &terms);
        assert!(text.ends_with("\r\n\r\n"), "{text}");
        assert!(text.contains("\r\nContent-Length: 3\r\n"), "{text}");
    }

    #[test]
    fn a_stream_ends_with_the_connection_unless_its_head_alone_is_asked_for() {
        let response = Response::stream("video/mp2t");
        let mut terms = Terms {
            keeps_alive: true,
            ..Terms::default()
        };
        let text = text_of(&response, &terms);
        assert!(text.contains("\r\nConnection: close\r\n"), "{text}");
        assert!(!text.contains("Content-Length"), "{text}");
        terms.head_only = true;
        assert!(response.keeps_alive(&terms));
    }

    #[test]
    fn an_origin_is_echoed_where_it_passed_and_caches_are_told() {
        let response = Response::text(Status::Ok, "ok");
        let text = text_of(&response, &Terms::default());
        assert!(!text.contains("Access-Control"), "{text}");
        assert!(text.contains("\r\nVary: Origin\r\n"), "{text}");
        let terms = Terms {
            origin: Some("http://mainsail.local"),
            ..Terms::default()
        };
        let text = text_of(&response, &terms);
        assert!(
            text.contains("\r\nAccess-Control-Allow-Origin: http://mainsail.local\r\n"),
            "{text}"
        );
    }
}
