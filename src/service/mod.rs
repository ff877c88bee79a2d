//! What an instance of the service (`--service`) does beside streaming: it waits for its turn at the camera, and tells when
//! its options are not those that stand in the conffile.

pub mod conffile;
pub mod environment_file;
mod instance;
mod turn;

pub use turn::{Turn, Wait};
