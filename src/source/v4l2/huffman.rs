//! The Huffman tables that many USB cameras leave out of their JPEGs: those of ITU-T T.81, annex K.3, are meant then. Some
//! decoders know that, browsers do not; so the tables are put in. Only segments are walked here, nothing is decoded.

use std::ops::Range;
use std::sync::LazyLock;

use jpeg_encoder::{ColorType, Encoder};

const DEFINE_HUFFMAN_TABLES: u8 = 0xc4;
const START_OF_SCAN: u8 = 0xda;

/// The segments with the tables, as an encoder writes them that computes none of its own.
static STANDARD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 50)
        .encode(&[0; 3 * 8 * 8], 8, 8, ColorType::Ycbcr)
        .expect("eight by eight pixels have a JPEG");
    let tables = segments(&jpeg).filter(|(marker, _)| *marker == DEFINE_HUFFMAN_TABLES);
    tables.flat_map(|(_, range)| jpeg[range].to_vec()).collect()
});

/// The JPEG with its tables: itself where it has them, else a copy in `room`.
pub fn completed<'a>(jpeg: &'a [u8], room: &'a mut Vec<u8>) -> &'a [u8] {
    match scan_without_tables(jpeg) {
        Some(_) => {
            copy_completed(jpeg, room);
            room
        }
        None => jpeg,
    }
}

/// Puts a JPEG into `into`, with the tables before its scan if it has none.
pub fn copy_completed(jpeg: &[u8], into: &mut Vec<u8>) {
    into.clear();
    let (head, rest) = jpeg.split_at(scan_without_tables(jpeg).unwrap_or(0));
    if !head.is_empty() {
        into.extend_from_slice(head);
        into.extend_from_slice(&STANDARD);
    }
    into.extend_from_slice(rest);
}

/// Where the first scan begins, if no tables stand before it.
fn scan_without_tables(jpeg: &[u8]) -> Option<usize> {
    segments(jpeg)
        .find(|(marker, _)| [DEFINE_HUFFMAN_TABLES, START_OF_SCAN].contains(marker))
        .filter(|(marker, _)| *marker == START_OF_SCAN)
        .map(|(_, scan)| scan.start)
}

/// The marker and the place of each segment between SOI and the first scan's data (ITU-T T.81, B.1.1.4).
fn segments(jpeg: &[u8]) -> impl Iterator<Item = (u8, Range<usize>)> {
    let mut at = 2;
    std::iter::from_fn(move || {
        let [0xff, marker, high, low] = *jpeg.get(at..at + 4)? else {
            return None;
        };
        let range = at..at + 2 + usize::from(u16::from_be_bytes([high, low]));
        at = if marker == START_OF_SCAN {
            jpeg.len()
        } else {
            range.end
        };
        (range.end <= jpeg.len()).then_some((marker, range))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg() -> Vec<u8> {
        let pixels: Vec<u8> = (0..16 * 16 * 3).map(|at| (at * 7) as u8).collect();
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, 80)
            .encode(&pixels, 16, 16, ColorType::Ycbcr)
            .expect("a JPEG");
        jpeg
    }

    fn without_tables(jpeg: &[u8]) -> Vec<u8> {
        let mut bare = jpeg.to_vec();
        let tables: Vec<_> = segments(jpeg)
            .filter(|(marker, _)| *marker == DEFINE_HUFFMAN_TABLES)
            .collect();
        for (_, range) in tables.into_iter().rev() {
            bare.drain(range);
        }
        bare
    }

    /// By both ways, which have to agree.
    fn completed(jpeg: &[u8]) -> Vec<u8> {
        let (mut into, mut room) = (vec![1, 2, 3], vec![1, 2, 3]);
        copy_completed(jpeg, &mut into);
        assert_eq!(super::completed(jpeg, &mut room), into);
        into
    }

    #[test]
    fn the_tables_that_are_missing_are_put_before_the_scan() {
        let jpeg = jpeg();
        let bare = without_tables(&jpeg);
        assert!(bare.len() + 400 < jpeg.len(), "four tables are taken out");
        assert_eq!(completed(&bare), jpeg);
    }

    #[test]
    fn a_jpeg_with_tables_stays_as_it_is() {
        assert_eq!(completed(&jpeg()), jpeg());
    }

    #[test]
    fn pieces_of_a_jpeg_and_other_bytes_lose_nothing() {
        let bare = without_tables(&jpeg());
        for length in 0..bare.len() {
            assert!(completed(&bare[..length]).len() >= length);
        }
        let endless = [0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 1, 2];
        assert_eq!(completed(&endless), endless);
        // A length of zero, which no segment has, ends nowhere.
        let empty = [0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0, 0, 0];
        assert_eq!(completed(&empty), empty);
    }
}
