//! Lines that are slow, lossy or long, in network namespaces of their own, and the age of what arrives over them.

pub mod arrivals;
pub mod cable;
pub mod line;
pub mod relay;
pub mod scenario;
pub mod source;
pub mod sys;
