//! JPEGs as cameras give them: whole in some way of their own, or broken.

use crate::camera::{Camera, Streamed};
use crate::pictures::{decoded, difference, jpeg};

const SIZE: (usize, usize) = (160, 120);

fn stream(pictures: &[Vec<u8>], options: &str) -> Streamed {
    let camera = Camera {
        format: "MJPG",
        size: SIZE,
        stride: 0,
        pictures,
    };
    camera.stream(options)
}

fn plain() -> Vec<u8> {
    jpeg(SIZE, "yuvj422p", &["-huffman", "default"])
}

/// With a small picture in an EXIF segment.
fn with_thumbnail(jpeg: &[u8]) -> Vec<u8> {
    let small = crate::pictures::jpeg((32, 24), "yuvj420p", &["-huffman", "optimal"]);
    let content = [b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0", &small[..]].concat();
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &content, &jpeg[2..]].concat()
}

/// With a restart marker behind each fourth MCU.
fn with_restarts() -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
    encoder.set_restart_interval(4);
    let (width, height) = (SIZE.0 as u16, SIZE.1 as u16);
    let pixels = crate::pictures::drawn(SIZE, "rgb24");
    encoder
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .expect("a JPEG");
    jpeg
}

fn open(jpeg: &[u8]) -> &[u8] {
    jpeg.strip_suffix(&[0xff, 0xd9]).expect("its end")
}

/// Cut after so many tenths.
fn cut(jpeg: &[u8], tenths: usize) -> Vec<u8> {
    jpeg[..jpeg.len() * tenths / 10].to_vec()
}

/// With fill bytes before every marker between the first and the scan's data.
fn filled(jpeg: &[u8]) -> Vec<u8> {
    let (mut filled, mut at) = (jpeg[..2].to_vec(), 2);
    loop {
        let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        filled.extend_from_slice(&[0xff, 0xff]);
        filled.extend_from_slice(&jpeg[at..at + length]);
        at += length;
        if jpeg[at - length + 1] == 0xda {
            let end = jpeg.len() - 2;
            filled.extend_from_slice(&jpeg[at..end]);
            filled.extend_from_slice(&[0xff, 0xff, 0xff, 0xd9]);
            return filled;
        }
    }
}

/// Every picture that came out is the one that went in.
#[track_caller]
fn assert_shown(kind: &str, streamed: &Streamed, format: &str, size: (usize, usize), shown: &[u8]) {
    let pictures = decoded(&streamed.bytes, format, size);
    assert!(pictures.len() > 3, "{kind}: {} pictures", pictures.len());
    let expected = &decoded(shown, "mjpeg", size)[0];
    for picture in &pictures {
        let difference = difference(picture, expected);
        assert!(difference < 4.0, "{kind}, {format}: {difference}");
    }
}

#[test]
fn whole_jpegs_of_every_kind_are_shown_and_passed_on() {
    let plain = plain();
    let own_tables = jpeg(SIZE, "yuvj420p", &["-huffman", "optimal"]);
    let restarts = with_restarts();
    let grey = jpeg(SIZE, "gray", &[]);
    let kinds = [
        ("plain", plain.clone()),
        ("tables of its own", own_tables),
        ("restart markers", restarts.clone()),
        ("restart markers, no end marker", open(&restarts).to_vec()),
        ("grey", grey),
        ("no end marker", open(&plain).to_vec()),
        ("no end marker, padding", [open(&plain), &[0; 500]].concat()),
        ("two end markers", [&plain[..], &[0xff, 0xd9]].concat()),
        ("padding", [&plain[..], &[0; 3000]].concat()),
        ("zeros before it", [&[0, 0, 0], &plain[..]].concat()),
        ("a thumbnail", with_thumbnail(&plain)),
        ("fill bytes", filled(&plain)),
        ("cut, then whole", [cut(&plain, 6), plain.clone()].concat()),
    ];
    for (kind, picture) in kinds {
        let shown = match kind {
            "grey" | "tables of its own" => picture.clone(),
            _ if kind.starts_with("restart markers") => restarts.clone(),
            _ => plain.clone(),
        };
        let pictures = [picture];
        let streamed = stream(&pictures, "-t 150 -qp 12").good();
        assert_shown(kind, &streamed, "h264", SIZE, &shown);
        let streamed = stream(&pictures, "-t 150 -cd MJPEG").good();
        assert_shown(kind, &streamed, "mjpeg", SIZE, &shown);
        assert!(streamed.bytes.starts_with(&[0xff, 0xd8, 0xff]), "{kind}");
        assert!(streamed.bytes.ends_with(&[0xff, 0xd9]), "{kind}");
    }
}

#[test]
fn jpegs_that_are_cut_are_dropped_and_those_between_them_are_shown() {
    let plain = plain();
    let exif = with_thumbnail(&plain);
    let pictures = [
        cut(&plain, 6),
        exif.clone(),
        cut(&exif, 9),
        plain.clone(),
        [cut(&plain, 5), vec![0xff, 0xd9]].concat(),
        Vec::new(),
        cut(&exif, 1),
    ];
    for (options, format) in [("-t 600 -qp 12", "h264"), ("-t 600 -cd MJPEG", "mjpeg")] {
        let streamed = stream(&pictures, options).good();
        assert_shown("between broken ones", &streamed, format, SIZE, &plain);
        let told = "a picture of the camera is broken and left out";
        assert_eq!(streamed.log.matches(told).count(), 1, "{}", streamed.log);
    }
}

#[test]
fn a_camera_of_which_every_picture_is_broken_ends_with_how_many_came_and_why() {
    let pictures = [cut(&with_thumbnail(&plain()), 8)];
    for options in [
        "-t 0 --stall-timeout 200",
        "-t 0 --stall-timeout 200 -cd MJPEG",
    ] {
        let streamed = stream(&pictures, options);
        streamed.stalled(&["pictures came, all broken: a JPEG is cut short"]);
        assert!(streamed.bytes.is_empty(), "{}", streamed.log);
    }
    let streamed = stream(&[Vec::new()], "-t 0 --stall-timeout 200");
    streamed.stalled(&["pictures came, all broken: the driver calls it damaged"]);
}

#[test]
fn a_jpeg_has_its_own_size_smaller_or_larger_than_agreed_upon_which_is_told_once() {
    for size in [(64, 48), (106, 74), (320, 240)] {
        let picture = jpeg(size, "yuvj420p", &[]);
        for (options, format) in [("-t 200 -qp 12", "h264"), ("-t 200 -cd MJPEG", "mjpeg")] {
            let streamed = stream(std::slice::from_ref(&picture), options).good();
            assert_shown("own size", &streamed, format, size, &picture);
            let told = format!(
                "the camera gives pictures of {}x{}, where 160x120 was",
                size.0, size.1
            );
            assert_eq!(streamed.log.matches(&told).count(), 1, "{}", streamed.log);
        }
    }
}

#[test]
fn a_size_that_changes_while_it_streams_starts_anew_at_a_key_frame() {
    let (small, large) = ((64, 48), SIZE);
    let pictures = [jpeg(large, "yuvj420p", &[]), jpeg(small, "yuvj420p", &[])];
    let recording = [vec![pictures[0].clone(); 8], vec![pictures[1].clone(); 8]].concat();
    let streamed = stream(&recording, "-t 600 -qp 12 -g 1000").good();
    // Each part begins with an SPS: cut there, it decodes by itself.
    let starts: Vec<usize> =
        memchr::memmem::find_iter(&streamed.bytes, &[0, 0, 0, 1, 0x67]).collect();
    assert!(starts.len() >= 3, "{starts:?}");
    for (index, size) in [large, small, large].into_iter().enumerate() {
        let end = starts
            .get(index + 1)
            .copied()
            .unwrap_or(streamed.bytes.len());
        let part = &streamed.bytes[starts[index]..end];
        let shown = &pictures[usize::from(size == small)];
        let expected = &decoded(shown, "mjpeg", size)[0];
        for picture in decoded(part, "h264", size) {
            assert!(difference(&picture, expected) < 4.0, "part {index}");
        }
    }
}

#[test]
fn a_header_that_claims_far_more_than_agreed_upon_is_refused_before_it_is_decoded() {
    let mut picture = plain();
    let frame = memchr::memmem::find(&picture, &[0xff, 0xc0]).expect("a frame header");
    picture[frame + 5..frame + 9].copy_from_slice(&[0x30, 0x00, 0x40, 0x00]);
    let streamed = stream(&[picture], "-t 0 --stall-timeout 200");
    streamed.stalled(&["pictures came, all broken: a JPEG"]);
}
