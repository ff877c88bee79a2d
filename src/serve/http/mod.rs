//! The room of the browsers, and of every program that wants a picture: HTTP/1.1 on the connections of `picam-web.socket`.
//! GET and HEAD, no bodies, nothing stored: a URL chooses among fixed forms of the one stream.
//!
//! | file | holds |
//! | --- | --- |
//! | `head`, `request`, `response`, `content` | what is said on a connection |
//! | `known_urls`, `hosts`, `answers` | what there is, who may ask for it, what is answered |
//! | `connection`, `answering`, `awaited`, `watching` | who is there, and what each is waiting for or given |
//! | `forms`, `websocket` | how the pictures leave |
//! | `status`, `metrics` | how the service is, as figures |

mod answering;
mod answers;
mod awaited;
mod connection;
mod content;
mod forms;
pub mod head;
pub mod hosts;
pub mod known_urls;
pub mod metrics;
pub mod request;
pub mod response;
pub mod status;
mod watching;
pub mod websocket;

pub use self::connection::Connection;
