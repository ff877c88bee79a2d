//! The shared camera with the room of the web, and the card that `observer.js` reads.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::Value;
use test_support::program::Words;
use test_support::service::{Room, Service};

/// The size that is read; the time on the card is UTC.
pub const CARD: &str = "--source test -w 640 -h 480 -fps 25 -g 25 -b 1000000";

pub fn serve(options: impl Words) -> Service {
    serve_at(Ipv4Addr::LOCALHOST, options)
}

/// On an address of the network namespace in which it is called.
pub fn serve_at(address: Ipv4Addr, options: impl Words) -> Service {
    Service::at(address, &[Room::Web], options, |command| {
        command.env("TZ", "UTC");
    })
}

/// Of the page.
pub fn url(service: &Service) -> String {
    format!("http://{}/", service.web())
}

/// What `/status.json` says.
fn status(service: &Service) -> Value {
    let mut connection = TcpStream::connect(service.web()).expect("a connection");
    let request = "GET /status.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    serde_json::from_str(body).expect("JSON")
}

/// How many watch.
pub fn viewers(service: &Service) -> u64 {
    status(service)["viewers"]["now"]
        .as_u64()
        .expect("a number")
}

/// How many pictures of the card were not drawn, because the machine had no time: they are nobody's loss.
pub fn never_drawn(service: &Service) -> u64 {
    status(service)["camera"]["dropped"]
        .as_u64()
        .expect("a number")
}
