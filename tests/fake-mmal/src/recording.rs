//! Recorded streams, cut into what an encoder gives out at once: for H.264 a picture with, before it, the parameter
//! sets that were recorded there; for MJPEG whole JPEGs.

use std::fs;

/// One picture of the recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// The parameter sets before it (with anything that came before those), or nothing.
    pub config: Vec<u8>,
    pub data: Vec<u8>,
    pub is_key: bool,
}

const H264: &[u8] = include_bytes!("../data/testsrc.h264");
const JPEGS: &[u8] = include_bytes!("../data/testsrc.mjpeg");

/// The recorded H.264 from `path`, or the built-in one.
pub fn h264(path: Option<&str>) -> Vec<Picture> {
    match path {
        Some(path) => split_h264(&read(path)),
        None => split_h264(H264),
    }
}

/// The recorded JPEGs from `path`, or the built-in ones.
pub fn jpegs(path: Option<&str>) -> Vec<Picture> {
    match path {
        Some(path) => split_jpegs(&read(path)),
        None => split_jpegs(JPEGS),
    }
}

fn read(path: &str) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("recorded stream {path}: {error}"))
}

/// Cuts Annex B into pictures; what comes before the first key picture is left out.
pub fn split_h264(bytes: &[u8]) -> Vec<Picture> {
    const PARAMETER_SETS: [u8; 2] = [7, 8];
    let mut pictures: Vec<Picture> = Vec::new();
    let mut lead = Vec::new();
    let mut config_len = 0;
    for nal in nals(bytes) {
        let start = nal
            .iter()
            .position(|&byte| byte == 1)
            .map_or(0, |at| at + 1);
        let kind = nal.get(start).copied().unwrap_or(0) & 0x1f;
        if !(1..=5).contains(&kind) {
            lead.extend_from_slice(nal);
            config_len = if PARAMETER_SETS.contains(&kind) {
                lead.len()
            } else {
                config_len
            };
            continue;
        }
        // first_mb_in_slice is 0 (its code begins with a 1 bit) only in the first slice of a picture.
        let is_first_slice = nal.get(start + 1).is_some_and(|byte| byte & 0x80 != 0);
        match pictures.last_mut() {
            Some(picture) if !is_first_slice => picture.data.extend_from_slice(nal),
            _ => {
                let data = [&lead[config_len..], nal].concat();
                let config = lead[..config_len].to_vec();
                pictures.push(Picture {
                    config,
                    data,
                    is_key: kind == 5,
                });
                lead.clear();
                config_len = 0;
            }
        }
    }
    pictures
        .into_iter()
        .skip_while(|picture| !picture.is_key)
        .collect()
}

/// The NAL units of Annex B, each with its start code.
fn nals(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = starts(bytes);
    let ends: Vec<_> = starts
        .iter()
        .copied()
        .skip(1)
        .chain([bytes.len()])
        .collect();
    starts
        .into_iter()
        .zip(ends)
        .map(|(start, end)| &bytes[start..end])
}

/// Where start codes begin, the zero before a long one included.
pub fn starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= bytes.len() {
        if bytes[at..at + 3] == [0, 0, 1] {
            starts.push(if at > 0 && bytes[at - 1] == 0 {
                at - 1
            } else {
                at
            });
            at += 3;
        } else {
            at += 1;
        }
    }
    starts
}

fn split_jpegs(bytes: &[u8]) -> Vec<Picture> {
    let is_start = |at: &usize| bytes[*at..].starts_with(&[0xff, 0xd8, 0xff]);
    let starts: Vec<_> = (0..bytes.len()).filter(is_start).collect();
    let ends = starts.iter().copied().skip(1).chain([bytes.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| Picture {
            config: Vec::new(),
            data: bytes[start..end].to_vec(),
            is_key: true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pictures: &[Picture]) -> Vec<u8> {
        pictures
            .iter()
            .flat_map(|picture| [&picture.config[..], &picture.data[..]].concat())
            .collect()
    }

    #[test]
    fn the_built_in_stream_is_whole_and_begins_with_parameter_sets() {
        let pictures = h264(None);
        assert_eq!(joined(&pictures), H264);
        assert!(pictures[0].is_key && !pictures[0].config.is_empty());
        assert_eq!(pictures.len(), 50);
        assert_eq!(pictures.iter().filter(|picture| picture.is_key).count(), 2);
    }

    #[test]
    fn the_built_in_jpegs_are_whole() {
        let pictures = jpegs(None);
        assert_eq!(joined(&pictures), JPEGS);
        assert_eq!(pictures.len(), 10);
    }

    #[test]
    fn slices_of_one_picture_stay_together() {
        let stream = [
            &[0, 0, 0, 1, 0x65, 0x88][..],
            &[0, 0, 1, 0x65, 0x40],
            &[0, 0, 0, 1, 0x41, 0x9a],
        ]
        .concat();
        let sizes: Vec<_> = split_h264(&stream)
            .iter()
            .map(|picture| picture.data.len())
            .collect();
        assert_eq!(sizes, [11, 6]);
    }
}
