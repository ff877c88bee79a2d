//! The form in which a handed viewer wants the stream, which its instance says.

use std::sync::Arc;

use super::super::forms::{Bare, MpegTs};
use super::super::picture::Picture;
use super::message::Kind;
use super::record::Records;
use crate::options::Codec;
use crate::viewer::Form;

#[derive(Debug)]
pub enum Wanted {
    Bare(Bare),
    MpegTs(MpegTs),
    Records(Records),
}

impl Wanted {
    pub fn new(kind: Kind, codec: Codec) -> Self {
        match kind {
            Kind::Bare => Self::Bare(Bare::new(codec)),
            Kind::MpegTs => Self::MpegTs(MpegTs::default()),
            Kind::Records => Self::Records(Records::default()),
        }
    }
}

impl Form for Wanted {
    type Item = Arc<Picture>;

    fn begin(&mut self, item: &Arc<Picture>) {
        match self {
            Self::Bare(form) => form.begin(item),
            Self::MpegTs(form) => form.begin(item),
            Self::Records(form) => form.begin(item),
        }
    }

    fn bytes<'a>(&'a self, item: &'a Arc<Picture>) -> &'a [u8] {
        match self {
            Self::Bare(form) => form.bytes(item),
            Self::MpegTs(form) => form.bytes(item),
            Self::Records(form) => form.bytes(item),
        }
    }

    fn forget_bytes(&mut self) {
        match self {
            Self::Bare(form) => form.forget_bytes(),
            Self::MpegTs(form) => form.forget_bytes(),
            Self::Records(form) => form.forget_bytes(),
        }
    }

    fn filler(&mut self) -> Option<&[u8]> {
        match self {
            Self::Bare(form) => form.filler(),
            Self::MpegTs(form) => form.filler(),
            Self::Records(form) => form.filler(),
        }
    }
}
