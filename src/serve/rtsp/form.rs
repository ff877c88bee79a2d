//! The shared stream in RTP packets: made once for all, and numbered for each.

use std::sync::Arc;

use super::super::picture::Picture;
use crate::container::rtp::Numbers;
use crate::viewer::Form;

#[derive(Debug)]
pub struct Packets {
    pub numbers: Numbers,
    /// Of the picture that was begun last.
    bytes: Vec<u8>,
}

impl Packets {
    pub fn new(numbers: Numbers) -> Self {
        Self {
            numbers,
            bytes: Vec::new(),
        }
    }
}

impl Form for Packets {
    type Item = Arc<Picture>;

    fn begin(&mut self, item: &Arc<Picture>) {
        self.bytes = item.rtp().to_vec();
        self.numbers.put_into(&mut self.bytes);
    }

    fn forget_bytes(&mut self) {
        self.bytes = Vec::new();
    }

    fn bytes<'a>(&'a self, _: &'a Arc<Picture>) -> &'a [u8] {
        &self.bytes
    }
}
