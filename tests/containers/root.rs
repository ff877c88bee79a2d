//! The Debian releases that the containers run.

pub use test_support::roots::{Root, roots};

pub static BULLSEYE_ARMHF: Root = Root::new("bullseye", "armhf", &[]);
pub static BOOKWORM_ARMHF: Root = Root::new("bookworm", "armhf", &[]);
pub static TRIXIE_ARMHF: Root = Root::new("trixie", "armhf", &[]);
pub static BOOKWORM_AMD64: Root = Root::new("bookworm", "amd64", &[]);
pub static TRIXIE_AMD64: Root = Root::new("trixie", "amd64", &[]);
