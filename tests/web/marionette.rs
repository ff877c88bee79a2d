//! Marionette, the protocol that Firefox has built in: WebDriver's commands under names of its own, each message with its
//! length in front. geckodriver does no more than translate it, is not in Debian, and takes minutes to build.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::webdriver::PATIENCE;

pub struct Marionette {
    stream: BufReader<TcpStream>,
    /// Of the last command.
    number: u64,
}

impl Marionette {
    /// On a connection on which Firefox has said nothing yet: it greets whoever comes.
    pub fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut this = Self {
            stream: BufReader::new(stream),
            number: 0,
        };
        let greeting = this.receive().expect("a greeting of Firefox");
        assert_eq!(greeting["marionetteProtocol"], 3, "{greeting}");
        this
    }

    /// What WebDriver has at this path.
    pub fn call(&mut self, path: &str, body: &Value) -> Value {
        let (name, body) = match path {
            "/session" => ("WebDriver:NewSession", body),
            "/url" => ("WebDriver:Navigate", body),
            "/execute/sync" => ("WebDriver:ExecuteScript", body),
            "/screenshot" => ("WebDriver:TakeScreenshot", &json!({ "full": false })),
            _ => panic!("{path}: not asked of Firefox so far"),
        };
        let answer = self.exchange(name, body);
        let [_, _, error, mut result] =
            answer.unwrap_or_else(|error| panic!("{name} {body}: {error}"));
        assert_eq!(error, Value::Null, "{name} {body}");
        match result.get_mut("value") {
            Some(value) => value.take(),
            None => result,
        }
    }

    /// A command, and what is answered: kind, number, error, result.
    fn exchange(&mut self, name: &str, body: &Value) -> std::io::Result<[Value; 4]> {
        self.number += 1;
        let message = json!([0, self.number, name, body]).to_string();
        write!(self.stream.get_mut(), "{}:{message}", message.len())?;
        let answer: [Value; 4] = serde_json::from_value(self.receive()?)?;
        assert_eq!(answer[1], self.number, "{name}: {answer:?}");
        Ok(answer)
    }

    fn receive(&mut self) -> std::io::Result<Value> {
        let mut length = Vec::new();
        self.stream.read_until(b':', &mut length)?;
        let length = length.strip_suffix(b":").unwrap_or_default();
        let length = str::from_utf8(length).ok().and_then(|it| it.parse().ok());
        let mut message = vec![0; length.expect("a length of Firefox")];
        self.stream.read_exact(&mut message)?;
        Ok(serde_json::from_slice(&message)?)
    }
}
