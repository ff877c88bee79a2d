//! The camera of the legacy stack.

#[cfg(target_arch = "arm")]
mod library;
