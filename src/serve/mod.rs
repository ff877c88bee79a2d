//! The many-viewers shape: one camera, and a room for each kind of viewer.

pub mod http;
pub mod users;
