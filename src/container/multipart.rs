//! JPEG after JPEG as `multipart/x-mixed-replace`: browsers show each in place of the last, and the clients of mjpg-streamer
//! read the length of each part.

use std::time::Duration;

/// What mjpg-streamer and ustreamer use: some clients look for no other.
const BOUNDARY: &str = "boundarydonotcross";

/// The media type of the whole.
pub fn content_type() -> String {
    format!("multipart/x-mixed-replace;boundary={BOUNDARY}")
}

/// What stands before the first part.
pub fn opening() -> String {
    format!("--{BOUNDARY}\r\n")
}

/// One picture, with the boundary that ends it: so it is shown when it is there, not when the next one begins.
pub fn part(jpeg: &[u8], taken_since_epoch: Duration) -> Vec<u8> {
    let head = format!(
        "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: {}.{:06}\r\n\r\n",
        jpeg.len(),
        taken_since_epoch.as_secs(),
        taken_since_epoch.subsec_micros()
    );
    let end = format!("\r\n{}", opening());
    [head.as_bytes(), jpeg, end.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_its_length_its_time_and_ends_with_the_boundary() {
        let part = part(b"\xff\xd8jpeg\xff\xd9", Duration::from_micros(12_000_345));
        let expected = b"Content-Type: image/jpeg\r\nContent-Length: 8\r\nX-Timestamp: 12.000345\r\n\r\n\xff\xd8jpeg\xff\xd9\r\n--boundarydonotcross\r\n";
        assert_eq!(part, expected);
        assert!(content_type().ends_with(&format!("={BOUNDARY}")));
        assert_eq!(opening(), "--boundarydonotcross\r\n");
    }
}
