//! One request of RTSP 1.0, understood from its whole head (RFC 2326 clauses 6 and 12).

use super::response::{Response, Status};

/// A head has no more fields.
const MOST_FIELDS: usize = 64;

const VERSION: &str = "RTSP/1.0";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Options,
    Describe,
    Setup,
    Play,
    Pause,
    GetParameter,
    SetParameter,
    Teardown,
    /// ANNOUNCE, RECORD and REDIRECT: known, and never allowed here.
    NotAllowed,
    Unknown,
}

/// Every method that is served, by its name.
const METHODS: [(&str, Method); 8] = [
    ("OPTIONS", Method::Options),
    ("DESCRIBE", Method::Describe),
    ("SETUP", Method::Setup),
    ("PLAY", Method::Play),
    ("PAUSE", Method::Pause),
    ("GET_PARAMETER", Method::GetParameter),
    ("SET_PARAMETER", Method::SetParameter),
    ("TEARDOWN", Method::Teardown),
];

impl Method {
    fn of(name: &str) -> Self {
        match name {
            "ANNOUNCE" | "RECORD" | "REDIRECT" => Self::NotAllowed,
            _ => METHODS
                .iter()
                .find(|(known, _)| *known == name)
                .map_or(Self::Unknown, |(_, method)| *method),
        }
    }

    /// The names of those that are served, for `Public` and `Allow`.
    pub fn served() -> String {
        METHODS.map(|(name, _)| name).join(", ")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// As it stands in the first line: a Digest is made with it.
    pub method_name: String,
    /// What it is about: a URL, or `*`.
    pub target: String,
    /// The number that the answer repeats.
    pub sequence: String,
    pub session: Option<String>,
    pub transport: Option<String>,
    /// Features that the client insists on.
    pub require: Option<String>,
    /// What kinds of description it takes.
    pub accept: Option<String>,
    pub authorization: Option<String>,
    pub content_encoding: Option<String>,
    pub has_body: bool,
    pub ends_connection: bool,
}

impl Request {
    /// The URL as the parts of its stream are named from: without `?` parameters and a last slash. Every path is the one
    /// stream, since each recorder has an own idea of what must be there.
    pub fn base_url(&self) -> &str {
        let url = self.target.split(['?', '#']).next().unwrap_or_default();
        url.trim_end_matches('/')
    }
}

/// Understands a whole head, and says how long the body behind it is.
pub fn read(head: &[u8]) -> Result<(Request, usize), Response> {
    let text = str::from_utf8(head).map_err(|_| refused("its head is no text"))?;
    let mut lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    let (name, target) = first_line(lines.next().unwrap_or_default())?;
    let mut request = Request {
        method: Method::of(name),
        method_name: name.to_owned(),
        target: target.to_owned(),
        sequence: String::new(),
        session: None,
        transport: None,
        require: None,
        accept: None,
        authorization: None,
        content_encoding: None,
        has_body: false,
        ends_connection: false,
    };
    let (mut body_bytes, mut fields) = (0, 0);
    for line in lines.take_while(|line| !line.is_empty()) {
        fields += 1;
        if fields > MOST_FIELDS {
            return Err(refused(&format!(
                "its head has more than {MOST_FIELDS} fields"
            )));
        }
        if let Some(length) = request.take_field(line)? {
            body_bytes = length;
        }
    }
    if request.sequence.is_empty() {
        return Err(refused("it has no CSeq"));
    }
    request.has_body = body_bytes > 0;
    Ok((request, body_bytes))
}

fn first_line(line: &str) -> Result<(&str, &str), Response> {
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let (Some(name), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(refused("its first line is not METHOD URL RTSP/1.0"));
    };
    if version.starts_with("HTTP/") {
        return Err(refused(
            "this port speaks RTSP: open rtsp:// in a player; the page for browsers is that of picam-web.socket",
        ));
    }
    if !version.starts_with("RTSP/") {
        return Err(refused("its first line is not METHOD URL RTSP/1.0"));
    }
    if version != VERSION {
        return Err(Response::refusal(
            Status::VersionNotSupported,
            format!("{VERSION} is spoken here"),
        ));
    }
    if target != "*" && !target.contains("://") && !target.starts_with('/') {
        return Err(refused("its first line has no URL"));
    }
    if !line
        .bytes()
        .all(|byte| byte.is_ascii_graphic() || byte == b' ')
    {
        return Err(refused("its first line has letters that a URL cannot have"));
    }
    Ok((name, target))
}

impl Request {
    /// Takes what one line of the head says; the length of a body, if it says that.
    fn take_field(&mut self, line: &str) -> Result<Option<usize>, Response> {
        let Some((name, value)) = line.split_once(':') else {
            return Err(refused("a line of its head has no colon"));
        };
        let value = value.trim();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused("a field of its head has no name"));
        }
        if value
            .bytes()
            .any(|byte| byte.is_ascii_control() && byte != b'\t')
        {
            return Err(refused("a field of its head has control characters"));
        }
        let owned = || Some(value.to_owned());
        match name.to_ascii_lowercase().as_str() {
            "cseq" => value.clone_into(&mut self.sequence),
            // Clients repeat the timeout that they were told.
            "session" => self.session = value.split(';').next().map(|id| id.trim().to_owned()),
            "transport" => self.transport = owned(),
            "require" | "proxy-require" => self.require = owned(),
            "accept" => self.accept = owned(),
            "authorization" => self.authorization = owned(),
            "content-encoding" => self.content_encoding = owned(),
            "connection" => self.ends_connection = value.eq_ignore_ascii_case("close"),
            "content-length" => return length_of_body(value).map(Some),
            _ => {}
        }
        if self.sequence.len() > MOST_SEQUENCE_DIGITS
            || !self.sequence.bytes().all(|byte| byte.is_ascii_digit())
        {
            self.sequence.clear();
            return Err(refused("its CSeq is no number"));
        }
        Ok(None)
    }
}

/// Of a number of 64 bits.
const MOST_SEQUENCE_DIGITS: usize = 20;

fn length_of_body(value: &str) -> Result<usize, Response> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(length) if is_number => Ok(length),
        _ => Err(refused("its Content-Length is no number")),
    }
}

fn refused(why: &str) -> Response {
    Response::refusal(
        Status::BadRequest,
        format!("the request was not understood: {why}"),
    )
}
