//! The sink of a command line without `-o`: frames are counted and thrown away, which tells whether a camera works.

use super::{Sink, Tally, Want};
use crate::error::Result;
use crate::frame::Frame;

#[derive(Debug, Default)]
pub struct Discard(Tally);

impl Sink for Discard {
    fn put(&mut self, frame: &Frame) -> Result<Want> {
        self.0.frames += u64::from(!frame.continues);
        self.0.bytes += frame.data.len() as u64;
        Ok(Want::Nothing)
    }

    fn idle(&mut self) -> Result<Want> {
        Ok(Want::Nothing)
    }

    fn tally(&self) -> Tally {
        self.0
    }
}
