//! The WebDriver protocol (W3C), as far as it is needed: what a browser is asked is the same for all; what it is asked through
//! is a driver that speaks HTTP, or Firefox itself.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::marionette::Marionette;

/// How a connection to the driver is made: it may be in another network namespace.
pub type Dial = Box<dyn Fn() -> std::io::Result<TcpStream>>;

/// A page that plays may keep a browser busy.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A session with a browser.
pub struct WebDriver {
    wire: Wire,
    session: String,
}

enum Wire {
    /// JSON over HTTP, one request a connection.
    Http(Dial),
    Marionette(RefCell<Marionette>),
}

impl WebDriver {
    /// Has the driver there start a browser with these capabilities.
    pub fn start(dial: Dial, capabilities: &Value) -> (Self, Value) {
        Self::new(Wire::Http(dial), capabilities)
    }

    /// A session with the Firefox at the other end.
    pub fn of_firefox(stream: TcpStream) -> Self {
        let wire = Wire::Marionette(RefCell::new(Marionette::new(stream)));
        Self::new(wire, &json!({})).0
    }

    fn new(wire: Wire, capabilities: &Value) -> (Self, Value) {
        let mut driver = Self {
            wire,
            session: String::new(),
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let answer = driver.call("POST", "/session", &wanted);
        if matches!(driver.wire, Wire::Http(_)) {
            let id = answer["sessionId"].as_str().expect("a session");
            driver.session = format!("/session/{id}");
        }
        (driver, answer["capabilities"].clone())
    }

    /// A command of the session.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        match &self.wire {
            Wire::Http(dial) => call_by_http(dial, method, path, body),
            Wire::Marionette(firefox) => firefox.borrow_mut().call(path, body),
        }
    }
}

fn call_by_http(dial: &Dial, method: &str, path: &str, body: &Value) -> Value {
    let (status, text) = exchange(dial, method, path, body)
        .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
    let mut answer: Value = serde_json::from_str(&text).expect("JSON of the driver");
    assert_eq!(status, 200, "{method} {path} {body}: {text}");
    answer["value"].take()
}

fn exchange(dial: &Dial, method: &str, path: &str, body: &Value) -> std::io::Result<(u16, String)> {
    let mut stream = dial()?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = if method == "POST" {
        body.to_string()
    } else {
        String::new()
    };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    // The driver keeps the connection: its answer ends where its length says.
    let mut answer = BufReader::new(stream);
    let (mut status, mut bytes) = (0, 0);
    loop {
        let mut line = String::new();
        answer.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest
                .split(' ')
                .next()
                .and_then(|code| code.parse().ok())
                .expect("a status");
        } else if let Some(length) = line.strip_prefix("content-length:") {
            bytes = length.trim().parse().expect("a length");
        } else if line.is_empty() {
            break;
        }
    }
    let mut text = vec![0; bytes];
    answer.read_exact(&mut text)?;
    Ok((status, String::from_utf8(text).expect("UTF-8")))
}
