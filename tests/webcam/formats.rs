//! Raw formats, each with the padding that a driver may put behind rows, and pictures that the encoder refuses.

use crate::camera::Camera;
use crate::pictures::{difference, drawn, in_colours};

/// No whole number of macroblocks.
const SIZE: (usize, usize) = (104, 72);

/// The formats by the names of V4L2 and ffmpeg, with the bytes of a row of the first plane for each pixel, and the rows of
/// half of those bytes behind it.
const FORMATS: [(&str, &str, usize); 11] = [
    ("YUYV", "yuyv422", 2),
    ("UYVY", "uyvy422", 2),
    ("YVYU", "yvyu422", 2),
    ("NV12", "nv12", 1),
    ("NV21", "nv21", 1),
    ("NV16", "yuv422p", 1),
    ("YU12", "yuv420p", 1),
    ("YV12", "yuv420p", 1),
    ("RGB3", "rgb24", 3),
    ("BGR3", "bgr24", 3),
    ("GREY", "gray", 1),
];

fn raw(name: &str, pixels: &str) -> Vec<u8> {
    let luma = SIZE.0 * SIZE.1;
    let mut raw = drawn(SIZE, pixels);
    match name {
        "YV12" => raw[luma..].rotate_left(luma / 4),
        // ffmpeg reads this one and does not write it.
        "NV16" => {
            let (cb, cr) = raw[luma..].split_at(luma / 2);
            let pairs = cb.iter().zip(cr).flat_map(|(cb, cr)| [*cb, *cr]);
            raw.splice(luma.., pairs.collect::<Vec<_>>());
        }
        _ => {}
    }
    raw
}

/// With so many bytes behind each row.
fn padded(raw: &[u8], name: &str, row: usize, padding: usize) -> Vec<u8> {
    let is_planar = ["YU12", "YV12"].contains(&name);
    let (first, rest) = raw.split_at(row * SIZE.1);
    let rows = |plane: &[u8], row: usize, padding: usize| {
        let rows = plane.chunks(row);
        rows.flat_map(|row| [row, &vec![0x5a; padding]].concat())
            .collect::<Vec<u8>>()
    };
    let half = if is_planar { 2 } else { 1 };
    [
        rows(first, row, padding),
        rows(rest, row / half, padding / half),
    ]
    .concat()
}

#[test]
fn every_raw_format_comes_out_as_the_picture_that_went_in() {
    let colours = drawn(SIZE, "yuv420p");
    for (name, pixels, bytes) in FORMATS {
        let row = bytes * SIZE.0;
        let padding = 24;
        let picture = padded(&raw(name, pixels), name, row, padding);
        let camera = Camera {
            format: name,
            size: SIZE,
            stride: row + padding,
            pictures: &[picture],
        };
        let streamed = camera.stream("-t 200 -qp 12").good();
        let told = format!("got 104x72 in {name} at 50 frames a second, encoded to H.264");
        assert!(streamed.log.contains(&told), "{}", streamed.log);
        let pictures = in_colours(&streamed.bytes, "h264", SIZE);
        let last = pictures.last().expect("pictures");
        let expected = if name == "GREY" {
            let mut grey = drawn(SIZE, "gray");
            grey.resize(colours.len(), 128);
            grey
        } else {
            colours.clone()
        };
        let difference = difference(last, &expected);
        assert!(difference < 4.0, "{name}: {difference}");
    }
}

/// Numbers without order: no picture that compresses.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let next = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    next.take(bytes).collect()
}

#[test]
fn a_picture_that_the_encoder_refuses_is_lost_and_nothing_else() {
    let size = (320, 240);
    let picture = drawn(size, "nv12");
    let noise = noise(picture.len());
    let camera = Camera {
        format: "NV12",
        size,
        stride: 0,
        pictures: &[picture.clone(), picture.clone(), noise, picture.clone()],
    };
    let streamed = camera.stream("-t 600 -qp 12").good();
    let text = "encoding H.264 in software at 320x240 failed";
    assert_eq!(streamed.log.matches(text).count(), 1, "{}", streamed.log);
    assert!(in_colours(&streamed.bytes, "h264", size).len() > 3);
}

#[test]
fn a_camera_in_the_dark_that_gives_noise_alone_is_shown() {
    let size = (320, 240);
    let camera = Camera {
        format: "NV12",
        size,
        stride: 0,
        pictures: &[noise(320 * 240 * 3 / 2)],
    };
    let streamed = camera.stream("-t 400 -b 25M").good();
    assert!(in_colours(&streamed.bytes, "h264", size).len() > 3);
}
