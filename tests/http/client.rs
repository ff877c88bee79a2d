//! A client that sees every byte, and curl.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_support::commands::tool;
use test_support::connections::connect;
use test_support::program::{Words, stderr};
use test_support::service::{Room, Service};

pub const CARD: &str = "--source test -w 320 -h 240 -fps 25 -g 25 -b 500000 --linger 1";

/// Nothing takes longer, however busy the machine is.
pub const LONG: Duration = Duration::from_secs(60);

pub fn serve(options: impl Words) -> Service {
    Service::start(&[Room::Web], options)
}

/// An answer that has been read.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a field, which is there once.
    #[track_caller]
    pub fn field(&self, name: &str) -> &str {
        let values = self.fields(name);
        assert_eq!(values.len(), 1, "{name}: {}", self.head);
        values[0]
    }

    pub fn fields(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection, and what has come of it that was not looked at yet.
pub struct Client {
    pub stream: TcpStream,
    held: Vec<u8>,
}

impl Client {
    pub fn new(service: &Service) -> Self {
        let stream = connect(service.web());
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .expect("a time limit");
        Self {
            stream,
            held: Vec::new(),
        }
    }

    /// Asks for a target, with fields each of which ends with a line.
    pub fn ask(service: &Service, target: &str, fields: &str) -> Self {
        let mut client = Self::new(service);
        client.say(format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n").as_bytes());
        client
    }

    pub fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("it is heard");
    }

    /// Reads more. False at the end.
    #[track_caller]
    fn read(&mut self, begun: Instant) -> bool {
        let mut buffer = [0; 64 << 10];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return false,
                Ok(bytes) => {
                    self.held.extend_from_slice(&buffer[..bytes]);
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return false,
                Err(_) => assert!(begun.elapsed() < LONG, "nothing comes"),
            }
        }
    }

    /// Reads a head.
    #[track_caller]
    pub fn head(&mut self) -> Answer {
        let begun = Instant::now();
        loop {
            let end = self.held.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some(end) = end {
                let rest = self.held.split_off(end + 4);
                let head = String::from_utf8(std::mem::replace(&mut self.held, rest));
                let head = head.expect("text");
                let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
                return Answer {
                    status: status.expect("a status"),
                    head,
                    body: Vec::new(),
                };
            }
            assert!(self.read(begun), "it ended without a head");
        }
    }

    /// Reads a head and the body whose length it tells.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length = answer.field("Content-Length").parse().expect("a length");
        answer.body = self.bytes(length);
        answer
    }

    /// Reads so many bytes.
    #[track_caller]
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let begun = Instant::now();
        while self.held.len() < count {
            let held = self.held.len();
            assert!(self.read(begun), "it ended after {held} of {count} bytes");
        }
        let rest = self.held.split_off(count);
        std::mem::replace(&mut self.held, rest)
    }

    /// Reads up to the end.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        let begun = Instant::now();
        while self.read(begun) {}
        std::mem::take(&mut self.held)
    }
}

/// What comes back for a whole request of one's own, after which the connection must end.
#[track_caller]
pub fn say(service: &Service, request: &[u8]) -> Answer {
    let mut client = Client::new(service);
    client.say(request);
    let answer = client.answer();
    assert_eq!(client.rest(), b"", "it goes on");
    answer
}

/// An answer with a length.
#[track_caller]
pub fn get(service: &Service, target: &str) -> Answer {
    get_with(service, target, "")
}

#[track_caller]
pub fn get_with(service: &Service, target: &str, fields: &str) -> Answer {
    Client::ask(service, target, fields).answer()
}

/// `/status.json`.
#[track_caller]
pub fn status(service: &Service) -> Value {
    serde_json::from_slice(&get(service, "/status.json").body).expect("JSON")
}

/// Waits until the status is as it should be.
#[track_caller]
pub fn wait_for_status(service: &Service, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let status = status(service);
        if fits(&status) {
            return status;
        }
        assert!(begun.elapsed() < LONG, "{what}: {status:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What curl prints.
#[track_caller]
pub fn curl(service: &Service, words: &[&str], target: &str) -> (bool, String, Vec<u8>) {
    let url = format!("http://{}{target}", service.web());
    let all = [
        &["--silent", "--show-error", "--max-time", "50"],
        words,
        &[&url],
    ]
    .concat();
    let output = tool("curl", all.as_slice(), b"");
    (output.status.success(), stderr(&output), output.stdout)
}
