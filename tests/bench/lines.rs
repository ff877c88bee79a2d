//! Slow, lossy and long lines: how old the pictures are that arrive, beside those of a writer that blocks, as a capture
//! program that writes to its connection does.

#[allow(dead_code)]
#[path = "../lines/arrivals.rs"]
mod arrivals;
#[path = "../lines/line.rs"]
mod line;
#[path = "../lines/namespace.rs"]
mod namespace;
#[path = "../lines/relay.rs"]
mod relay;
#[allow(dead_code)]
#[path = "../lines/scenario.rs"]
mod scenario;
#[path = "../lines/source.rs"]
mod source;
#[allow(dead_code)]
#[path = "../lines/sys.rs"]
mod sys;
