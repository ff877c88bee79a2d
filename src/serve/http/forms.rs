//! The forms of the shared stream over HTTP. The first bytes of each are the head of the response, which leaves together
//! with the first picture: until then another answer is possible.

use std::sync::Arc;

use super::super::forms::{Bare, MpegTs};
use super::super::picture::Picture;
use crate::container::multipart;
use crate::options::Codec;
use crate::viewer::Form;

/// What a URL chooses among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For who plays it as if it were a file, and stays as far behind as it began.
    Mp4,
    /// For a page that appends it to a SourceBuffer, and steers to the live edge.
    Mse,
    MpegTs,
    H264,
    WebSocket,
    Mjpeg,
    /// The same for a script that takes the parts out by itself: WebKit does so whenever it sees the media type, and then tells
    /// a script that the connection was lost.
    MjpegBytes,
}

impl Kind {
    /// In one word, for the journal and the status.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp4 | Self::Mse => "mp4",
            Self::MpegTs => "mpegts",
            Self::H264 => "h264",
            Self::WebSocket => "websocket",
            Self::Mjpeg | Self::MjpegBytes => "mjpeg",
        }
    }

    /// Whether it begins with the pictures since the last key frame: the page catches up with the live edge by itself, as
    /// no player of the others does.
    pub fn catches_up(self) -> bool {
        self == Self::Mse
    }

    pub fn is_jpegs(self) -> bool {
        matches!(self, Self::Mjpeg | Self::MjpegBytes)
    }

    pub fn content_type(self) -> String {
        match self {
            Self::Mp4 | Self::Mse => "video/mp4".into(),
            Self::MpegTs => "video/mp2t".into(),
            Self::H264 | Self::WebSocket | Self::MjpegBytes => "application/octet-stream".into(),
            Self::Mjpeg => multipart::content_type(),
        }
    }
}

/// A stream with what stands before it.
pub struct Streamed {
    coding: Coding,
    /// Until the first picture leaves.
    opening: Vec<u8>,
    /// The bytes of the picture that was begun, where they are this viewer's own.
    own: Vec<u8>,
}

enum Coding {
    /// With the init segment that was sent last.
    Mp4 {
        init_segment: Vec<u8>,
        is_mse: bool,
    },
    MpegTs(MpegTs),
    H264(Bare),
    WebSocket,
    Mjpeg,
}

impl Streamed {
    /// `head` is that of the response.
    pub fn new(kind: Kind, head: Vec<u8>) -> Self {
        let (coding, first) = match kind {
            Kind::Mp4 | Kind::Mse => (Coding::mp4(kind == Kind::Mse), String::new()),
            Kind::MpegTs => (Coding::MpegTs(MpegTs::default()), String::new()),
            Kind::H264 => (Coding::H264(Bare::new(Codec::H264)), String::new()),
            Kind::WebSocket => (Coding::WebSocket, String::new()),
            Kind::Mjpeg | Kind::MjpegBytes => (Coding::Mjpeg, multipart::opening()),
        };
        Self {
            coding,
            opening: [head, first.into_bytes()].concat(),
            own: Vec::new(),
        }
    }

    /// A player needs the init segment before the first picture, and anew when it has changed.
    fn take_opening(&mut self, item: &Picture) -> Vec<u8> {
        let mut opening = std::mem::take(&mut self.opening);
        if let Coding::Mp4 {
            init_segment: sent, ..
        } = &mut self.coding
            && let Some(init) = item.init_segment()
            && init.bytes != *sent
        {
            opening.extend_from_slice(&init.bytes);
            sent.clone_from(&init.bytes);
        }
        opening
    }
}

impl Coding {
    fn mp4(is_mse: bool) -> Self {
        Self::Mp4 {
            init_segment: Vec::new(),
            is_mse,
        }
    }

    fn bytes<'a>(&'a self, item: &'a Arc<Picture>) -> &'a [u8] {
        match self {
            Self::Mp4 { is_mse: true, .. } => item.mse(),
            Self::Mp4 { .. } => item.fmp4(),
            Self::MpegTs(form) => form.bytes(item),
            Self::H264(form) => form.bytes(item),
            Self::WebSocket => item.websocket(),
            Self::Mjpeg => item.multipart(),
        }
    }
}

impl Form for Streamed {
    type Item = Arc<Picture>;

    fn begin(&mut self, item: &Arc<Picture>) {
        if let Coding::MpegTs(form) = &mut self.coding {
            form.begin(item);
        }
        let opening = self.take_opening(item);
        self.own = if opening.is_empty() {
            opening
        } else {
            [&opening, self.coding.bytes(item)].concat()
        };
    }

    fn forget_bytes(&mut self) {
        self.own = Vec::new();
        if let Coding::MpegTs(form) = &mut self.coding {
            form.forget_bytes();
        }
    }

    fn bytes<'a>(&'a self, item: &'a Arc<Picture>) -> &'a [u8] {
        if self.own.is_empty() {
            self.coding.bytes(item)
        } else {
            &self.own
        }
    }
}
