//! An emulated Raspberry Pi of the legacy camera stack.

pub mod arm;
pub mod equipment;
