//! The room of picam-rtsp.socket: recorders, home automation and relays, over RTSP 1.0 (RFC 2326).
//!
//! | file | holds |
//! | --- | --- |
//! | `inbox`, `request`, `response`, `transport` | what is said on a connection |
//! | `sdp`, `rtcp` | what is told of the stream, and of the line |
//! | `connection`, `answers`, `session` | who is there, what is answered, who has pictures |
//! | `form`, `udp`, `outlet` | how the pictures leave: over the connection, or beside it |

mod answers;
mod connection;
mod form;
pub mod inbox;
mod outlet;
mod random;
pub mod request;
pub mod response;
pub mod rtcp;
pub mod sdp;
mod session;
pub mod transport;
mod udp;

pub use self::connection::Connection;
pub use self::udp::Pair;
