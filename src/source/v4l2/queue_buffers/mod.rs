//! The buffers of a V4L2 queue, which the device and this process hand to each other.

mod sys;

pub use sys::{Filled, QueueBuffers};
