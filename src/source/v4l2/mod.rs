//! V4L2 capture devices: USB cameras, and the driver bcm2835-v4l2.

pub mod probe;
