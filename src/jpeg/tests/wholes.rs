//! Single pictures, as they lie in the buffers of a camera.

use super::*;
use crate::jpeg::tables::STANDARD;
use crate::jpeg::{Fault, Whole};
use crate::units::Size;

/// By both ways, which have to agree.
fn completed(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let whole = Whole::of(bytes)?;
    let (mut into, mut room) = (vec![1, 2, 3], vec![1, 2, 3]);
    whole.copy_into(&mut into);
    assert_eq!(whole.completed(&mut room), into);
    Ok(into)
}

#[test]
fn a_whole_picture_stays_as_it_is() {
    for coding in CODINGS.into_iter().chain([Coding::Progressive]) {
        let jpeg = picture(coding);
        assert_eq!(completed(&jpeg), Ok(jpeg.clone()));
        let header = *Whole::of(&jpeg).expect("whole").header();
        let (width, height) = (WIDTH.into(), HEIGHT.into());
        assert_eq!(header.size, Size { width, height });
        assert_eq!(header.is_grey(), matches!(coding, Coding::Grey));
    }
}

#[test]
fn what_stands_before_and_behind_a_picture_is_cut_off() {
    let jpeg = with_thumbnail(&picture(Coding::Restarts(2)));
    for (before, behind) in [
        (&[][..], &[0; 700][..]),
        (&[0; 3], &[]),
        (&[0xff, 0xd8, 0, 0xff, 0xd9], &[0xff, 0xd9]),
        (&[0xff; 5], &[0xff, 0xd9, 0xff, 0xd8, 0xff, 0xe0]),
        (&[0xa5; 64], &jpeg),
    ] {
        assert_eq!(
            completed(&[before, &jpeg, behind].concat()),
            Ok(jpeg.clone())
        );
    }
}

#[test]
fn the_end_marker_that_is_missing_is_put_in_and_padding_is_not_taken_for_data() {
    for coding in CODINGS {
        let jpeg = with_thumbnail(&picture(coding));
        for padding in [&[][..], &[0; 1000], &[0xff], &[0xff; 9]] {
            let open = [bare(&jpeg), padding].concat();
            assert_eq!(completed(&open), Ok(jpeg.clone()), "{padding:?}");
        }
        let short = &bare(&jpeg)[..jpeg.len() * 4 / 5];
        let padded = completed(&[short, &[0; 9000]].concat());
        assert_eq!(padded, Err(Fault::CutShort));
    }
}

#[test]
fn a_picture_that_is_cut_anywhere_is_none_with_and_without_an_end_marker() {
    for coding in CODINGS {
        let jpeg = with_thumbnail(&picture(coding));
        // The last byte of the data may hold nothing but the bits that fill it up.
        for length in 0..jpeg.len() - 4 {
            assert!(completed(&jpeg[..length]).is_err(), "{length} bytes");
            let ended = [&jpeg[..length], &[0xff, 0xd9]].concat();
            assert!(completed(&ended).is_err(), "{length} bytes and an end");
        }
    }
}

#[test]
fn a_large_picture_stays_as_it_is_and_is_none_where_it_is_cut() {
    for coding in CODINGS {
        let jpeg = large_picture(coding);
        assert!(completed(&jpeg).is_ok_and(|it| it == jpeg));
        for length in (0..jpeg.len() - 4).step_by(211) {
            let ended = [&jpeg[..length], &[0xff, 0xd9]].concat();
            assert!(completed(&ended).is_err(), "{length} bytes and an end");
        }
    }
}

#[test]
fn fill_bytes_before_markers_and_bytes_before_a_restart_are_passed_over() {
    let jpeg = picture(Coding::Restarts(3));
    let (mut filled, mut at) = (jpeg.clone(), jpeg.len() - 2);
    // From the last marker to the first.
    loop {
        if filled[at] == 0xff && filled[at + 1] >= 0xc0 && filled[at + 1] != 0xd8 {
            let is_restart = (0xd0..=0xd7).contains(&filled[at + 1]);
            let fill: &[u8] = if is_restart {
                &[0x12, 0xff]
            } else {
                &[0xff, 0xff]
            };
            filled.splice(at..at, fill.iter().copied());
        }
        if at == 2 {
            break;
        }
        at -= 1;
    }
    // A table's own 0xff can look like a marker: this picture has none.
    assert!(filled.len() > jpeg.len() + 20);
    assert_eq!(completed(&filled), Ok(filled.clone()));
}

#[test]
fn a_cut_picture_does_not_hide_the_whole_one_behind_it() {
    let jpeg = with_thumbnail(&picture(Coding::Grey));
    for length in [2, 3, 10, 30, jpeg.len() - 9] {
        let both = [&jpeg[..length], &jpeg].concat();
        let found = completed(&both);
        // In a segment that is cut, its length reaches into the next picture.
        assert!(
            found == Ok(jpeg.clone()) || (length > 3 && length < 40),
            "{length}"
        );
    }
}

fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let at = memchr::memmem::find(jpeg, &STANDARD[..4]).expect("its tables");
    let mut bare = jpeg.to_vec();
    while bare[at..].starts_with(&[0xff, 0xc4]) {
        let length = usize::from(u16::from_be_bytes([bare[at + 2], bare[at + 3]]));
        bare.drain(at..at + 2 + length);
    }
    bare
}

#[test]
fn the_tables_that_are_missing_are_put_before_the_scan() {
    let jpeg = picture(Coding::Colours(SamplingFactor::R_4_2_2));
    let bare_of_tables = without_tables(&jpeg);
    assert!(
        bare_of_tables.len() + 400 < jpeg.len(),
        "four tables are taken out"
    );
    assert_eq!(completed(&bare_of_tables), Ok(jpeg.clone()));
    assert_eq!(completed(bare(&bare_of_tables)), Ok(jpeg.clone()));
    // Half of them are missing: its own stay, and come behind.
    let first = &STANDARD[..33];
    assert_eq!(first[..5], [0xff, 0xc4, 0, 31, 0], "luma, DC");
    let at = memchr::memmem::find(&jpeg, &[0xff, 0xda]).expect("a scan");
    let half = [&bare_of_tables[..at - STANDARD.len()], first, &jpeg[at..]].concat();
    let complete = [&jpeg[..at], first, &jpeg[at..]].concat();
    assert_eq!(completed(&half), Ok(complete));
}

#[test]
fn a_header_that_cannot_be_is_told_from_one_that_is_not_there() {
    let jpeg = picture(Coding::Colours(SamplingFactor::R_4_2_0));
    let frame = memchr::memmem::find(&jpeg, &[0xff, 0xc0]).expect("a frame header");
    let changed = |at: usize, byte: u8| {
        let mut changed = jpeg.clone();
        changed[frame + at] = byte;
        completed(&changed)
    };
    assert_eq!(changed(9, 0), Err(Fault::BadHeader), "no components");
    assert_eq!(changed(9, 5), Err(Fault::BadHeader), "more than there are");
    assert_eq!(changed(11, 0), Err(Fault::BadHeader), "no blocks");
    assert_eq!(
        changed(10, 99),
        Err(Fault::BadHeader),
        "a component the scan has not"
    );
    // 65,000 pixels in a row: the data ends long before.
    assert_eq!(changed(7, 0xff), Err(Fault::CutShort));
    assert_eq!(completed(&jpeg[..frame]), Err(Fault::NoScan));
    assert_eq!(completed(&[0xff, 0xd8, 0xff, 0xd9]), Err(Fault::NoScan));
    assert_eq!(completed(b"no picture"), Err(Fault::NoStart));
    assert_eq!(completed(&[]), Err(Fault::NoStart));
    let progressive = picture(Coding::Progressive);
    assert_eq!(completed(bare(&progressive)), Err(Fault::NoEnd));
}

#[test]
fn damaged_data_is_no_picture_or_one_of_the_same_size_and_never_a_panic() {
    let jpeg = picture(Coding::OwnTables);
    let mut random = 1_u32;
    for _ in 0..20_000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut damaged = jpeg.clone();
        let at = (random >> 8) as usize % damaged.len();
        damaged[at] = random as u8;
        if let Ok(out) = completed(&damaged) {
            assert!(out.len() <= damaged.len() + STANDARD.len() + 2);
        }
    }
}
