//! Tells files that are no bare H.264 stream but may have one inside, by their first bytes.

use std::path::Path;

/// A packet of a transport stream (ITU-T H.222.0), and the same with a time before it, as on discs.
const TS_PACKET_BYTES: usize = 188;
const TIMED_TS_PACKET_BYTES: usize = 192;

/// What every packet of a transport stream begins with.
const TS_SYNC: u8 = 0x47;

/// The boxes that an MP4 file may begin with (ISO/IEC 14496-12), and a QuickTime file.
const FIRST_BOXES: [&[u8; 4]; 7] = [
    b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide",
];

/// What a file that begins like this is, when that is no bare stream.
pub fn container(beginning: &[u8]) -> Option<&'static str> {
    let at = |from: usize, bytes: &[u8]| {
        beginning
            .get(from..)
            .is_some_and(|rest| rest.starts_with(bytes))
    };
    let has_packets = |from: usize, packet_bytes: usize| {
        let mut starts = beginning.iter().skip(from).step_by(packet_bytes).take(3);
        beginning.len() > from + packet_bytes && starts.all(|&byte| byte == TS_SYNC)
    };
    if has_packets(0, TS_PACKET_BYTES) || has_packets(4, TIMED_TS_PACKET_BYTES) {
        Some("an MPEG transport stream")
    } else if FIRST_BOXES.iter().any(|name| at(4, *name)) {
        Some("an MP4 file")
    } else if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        Some("a Matroska file")
    } else if at(0, b"RIFF") && at(8, b"AVI ") {
        Some("an AVI file")
    } else if at(0, b"FLV\x01") {
        Some("a Flash video")
    } else if at(0, &[0, 0, 1, 0xba]) {
        Some("an MPEG programme stream")
    } else {
        None
    }
}

/// The command that takes the bare stream out of the file, to be pasted into a shell.
pub fn command(path: &Path) -> String {
    let target = path.with_extension("h264");
    format!(
        "ffmpeg -i {} -map 0:v:0 -c:v copy -bsf:v h264_mp4toannexb -f h264 {}",
        quoted(path),
        quoted(&target)
    )
}

fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+,:@%=".contains(letter);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_told_from_bare_streams() {
        let mut packets = vec![0; 3 * TS_PACKET_BYTES];
        for at in [0, 188, 376] {
            packets[at] = TS_SYNC;
        }
        assert_eq!(container(&packets), Some("an MPEG transport stream"));
        let timed: Vec<u8> = packets
            .chunks(TS_PACKET_BYTES)
            .flat_map(|packet| [&[0; 4], packet].concat())
            .collect();
        assert_eq!(container(&timed), Some("an MPEG transport stream"));
        assert_eq!(container(b"\0\0\0\x20ftypisom"), Some("an MP4 file"));
        assert_eq!(container(b"RIFF\0\0\0\0AVI LIST"), Some("an AVI file"));
        for bare in [&[0, 0, 0, 1, 0x67][..], &[0, 0, 1, 9], &[], &[TS_SYNC; 100]] {
            assert_eq!(container(bare), None, "{bare:?}");
        }
    }

    #[test]
    fn the_command_can_be_pasted() {
        assert_eq!(
            command(Path::new("/srv/my clip's.mp4")),
            "ffmpeg -i '/srv/my clip'\\''s.mp4' -map 0:v:0 -c:v copy -bsf:v h264_mp4toannexb -f h264 \
             '/srv/my clip'\\''s.h264'"
        );
        assert!(command(Path::new("clip.ts")).starts_with("ffmpeg -i clip.ts -map"));
    }
}
