//! What a decoder outside makes of a stream, and whether it shows what vivid draws: eight colour bars.

use test_support::decoding::ffmpeg;

/// The bars from the left, each by the sides of the middle on which Cb and Cr lie (-1, 0, 1).
const BARS: [(i32, i32); 8] = [
    (0, 0),   // White.
    (-1, 0),  // Yellow: Cr hardly above the middle.
    (0, -1),  // Cyan: Cb hardly above the middle.
    (-1, -1), // Green.
    (1, 1),   // Magenta.
    (0, 1),   // Red: Cb somewhat below the middle.
    (1, 0),   // Blue: Cr hardly below the middle.
    (0, 0),   // Black.
];

/// A decoded stream.
pub struct Decoded {
    width: usize,
    height: usize,
    raw: Vec<u8>,
}

impl Decoded {
    /// A picture that never was encoded, in I420.
    pub fn of_raw(raw: Vec<u8>, width: usize, height: usize) -> Self {
        assert_eq!(raw.len(), width * height * 3 / 2, "bytes of a picture");
        Self { width, height, raw }
    }
}

/// Decodes a stream (`h264` or `mjpeg`) whose last picture may be cut; fails on any complaint about the rest.
pub fn decode(stream: &[u8], format: &str, width: usize, height: usize) -> Decoded {
    let form = ["-f", format, "-i", "-", "-fps_mode", "passthrough"];
    let pictures = ["-f", "rawvideo", "-pix_fmt", "yuv420p"];
    let raw = ffmpeg(&[&form[..], &pictures].concat(), stream);
    let decoded = Decoded { width, height, raw };
    assert_eq!(
        decoded.raw.len() % decoded.picture_bytes(),
        0,
        "no pictures of {width}x{height}"
    );
    decoded
}

/// The stream up to where its last picture begins: what came last is seldom whole.
pub fn whole_pictures(stream: &[u8]) -> &[u8] {
    let begins = [[0, 0, 0, 1, 0x67], [0, 0, 0, 1, 0x61], [0, 0, 0, 1, 0x41]];
    let last = begins
        .iter()
        .filter_map(|begin| memchr::memmem::rfind(stream, begin))
        .max();
    &stream[..last.expect("H.264")]
}

impl Decoded {
    fn picture_bytes(&self) -> usize {
        self.width * self.height * 3 / 2
    }

    pub fn pictures(&self) -> usize {
        self.raw.len() / self.picture_bytes()
    }

    /// The last picture shows the bars, from the left or mirrored.
    pub fn assert_bars(&self, mirrored: bool) {
        assert!(self.pictures() > 0, "no picture");
        let last = &self.raw[self.raw.len() - self.picture_bytes()..];
        let luma = self.width * self.height;
        let (cb, cr) = last[luma..].split_at(luma / 4);
        let seen: Vec<(i32, i32)> = (0..8)
            .map(|bar| {
                let x = (2 * bar + 1) * self.width / 2 / 16;
                // Above there is text, on black.
                let at = (self.height / 2 - 2) * (self.width / 2) + x;
                (side(cb[at]), side(cr[at]))
            })
            .collect();
        let mut expected = BARS;
        if mirrored {
            expected.reverse();
        }
        assert_eq!(seen, expected);
    }
}

/// On which side of the middle, if clearly.
fn side(value: u8) -> i32 {
    match value {
        0..=90 => -1,
        166..=255 => 1,
        _ => 0,
    }
}
