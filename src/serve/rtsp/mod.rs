//! The room of picam-rtsp.socket: recorders, home automation and relays, over RTSP 1.0 (RFC 2326).
//!
//! | file | holds |
//! | --- | --- |
//! | `inbox`, `request`, `response`, `transport` | what is said on a connection |
//! | `sdp`, `rtcp` | what is told of the stream, and of the line |

pub mod inbox;
pub mod request;
pub mod response;
pub mod rtcp;
pub mod sdp;
pub mod transport;
