//! One request, understood from its whole head (RFC 9112). What is ambiguous, or brings a body, is refused.

use super::response::{Response, Status};

/// A head has no more fields.
const MOST_FIELDS: usize = 64;

/// What is to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    /// The head of the response alone.
    Head,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// As it stands in the first line.
    pub target: String,
    /// The host and the port that the client meant, where it says.
    pub host: Option<String>,
    /// The page that asks, where a browser says.
    pub origin: Option<String>,
    pub authorization: Option<Vec<u8>>,
    /// Whether this is HTTP/1.0.
    pub is_old: bool,
    /// Whether another request may follow on the connection.
    pub keeps_alive: bool,
    pub upgrade: Option<Upgrade>,
    /// Whether a piece of it is wanted, be it all of it: programs that play a URL as they would play a file say so (ffmpeg,
    /// mpv, VLC, `<video src>`), a script that fetches a stream does not.
    pub is_for_range: bool,
}

/// The wish to speak WebSocket (RFC 6455, 4.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upgrade {
    pub key: String,
    pub version: String,
}

impl Request {
    /// The path and the query of the target.
    pub fn path_and_query(&self) -> (&str, &str) {
        let target = match authority_of(&self.target) {
            Some(authority) => &self.target[SCHEME.len() + authority.len()..],
            None => &self.target,
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        (if path.is_empty() { "/" } else { path }, query)
    }
}

const SCHEME: &str = "http://";

/// Proxies are asked with the whole URL, and whoever is asked must understand it (RFC 9112, 3.2.2).
fn authority_of(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_at_checked(SCHEME.len())?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    scheme.eq_ignore_ascii_case(SCHEME).then(|| &rest[..end])
}

/// Understands a whole head.
pub fn read(head: &[u8]) -> Result<Request, Response> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(refused("its head ends twice")),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Response::text(
                Status::HeadTooLarge,
                format!("the head of a request has {MOST_FIELDS} fields at most"),
            ));
        }
        Err(httparse::Error::Version) => {
            return Err(Response::text(
                Status::VersionNotSupported,
                "this port speaks HTTP/1.1",
            ));
        }
        Err(error) => return Err(refused(&error.to_string())),
    }
    let (Some(method), Some(target), Some(version)) = (parsed.method, parsed.path, parsed.version)
    else {
        return Err(refused("its first line is not whole"));
    };
    let fields = Fields(parsed.headers);
    fields.refuse_body()?;
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        _ => {
            return Err(Response::text(
                Status::MethodNotAllowed,
                "nothing can be changed here: GET and HEAD alone are answered",
            )
            .with("Allow", "GET, HEAD"));
        }
    };
    let is_old = version == 0;
    let host = match (authority_of(target), fields.only("host")?) {
        (Some(authority), _) => Some(authority),
        (None, Some(host)) => Some(host),
        (None, None) if is_old => None,
        (None, None) => return Err(refused("it has no Host")),
    };
    if authority_of(target).is_none() && !target.starts_with('/') {
        return Err(refused("its target is no path"));
    }
    let keeps_alive = if is_old {
        fields.lists("connection", "keep-alive")
    } else {
        !fields.lists("connection", "close")
    };
    Ok(Request {
        method,
        target: target.to_owned(),
        host: host.map(str::to_owned),
        origin: fields.only("origin")?.map(str::to_owned),
        authorization: fields.all("authorization").next().map(<[u8]>::to_vec),
        is_old,
        keeps_alive,
        // HTTP/1.0 knows no other protocol (RFC 9110, 7.8).
        upgrade: fields.upgrade()?.filter(|_| !is_old),
        is_for_range: fields.all("range").next().is_some(),
    })
}

fn refused(why: &str) -> Response {
    Response::text(
        Status::BadRequest,
        format!("the request is not understood: {why}"),
    )
}

struct Fields<'a>(&'a [httparse::Header<'a>]);

impl<'a> Fields<'a> {
    fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value)
    }

    /// The value of a field that may be there once.
    fn only(&self, name: &str) -> Result<Option<&'a str>, Response> {
        let mut values = self.all(name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(refused(&format!("its {name} is there twice")));
        }
        match str::from_utf8(value) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(refused(&format!("its {name} is no text"))),
        }
    }

    /// Whether a comma-separated field names `word`.
    fn lists(&self, name: &str, word: &str) -> bool {
        self.all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    }

    /// No request here needs a body, and where one ends is what smuggling is about.
    fn refuse_body(&self) -> Result<(), Response> {
        let length = self.only("content-length")?;
        let is_coded = self.all("transfer-encoding").next().is_some();
        match length {
            Some(_) if is_coded => Err(refused("its length is told in two ways")),
            Some(digits)
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Err(refused("its length is no number"))
            }
            Some(digits) if digits.bytes().any(|byte| byte != b'0') => Err(Response::text(
                Status::ContentTooLarge,
                "a request has no body here",
            )),
            None if is_coded => Err(Response::text(
                Status::LengthRequired,
                "a request has no body here",
            )),
            _ => Ok(()),
        }
    }

    fn upgrade(&self) -> Result<Option<Upgrade>, Response> {
        if !self.lists("upgrade", "websocket") || !self.lists("connection", "upgrade") {
            return Ok(None);
        }
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Ok(Some(Upgrade {
            key: text(self.only("sec-websocket-key")?),
            version: text(self.only("sec-websocket-version")?),
        }))
    }
}
