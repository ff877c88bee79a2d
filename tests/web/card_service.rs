//! The shared camera with the room of the web, and the card that `observer.js` reads.

use std::net::Ipv4Addr;

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
