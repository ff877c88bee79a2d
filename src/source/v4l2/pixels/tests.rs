//! Pictures of a few pixels, laid out as the kernel's documentation says, and JPEGs of odd sizes.

use super::*;

fn layout(format: FourCc, width: u32, height: u32, bytes_per_line: u32) -> PixelLayout {
    PixelLayout::new(&PixelFormat {
        width,
        height,
        pixel_format: format,
        bytes_per_line,
        ..PixelFormat::default()
    })
    .expect("a possible format")
}

fn read(layout: &PixelLayout, bytes: &[u8]) -> Result<Planes, String> {
    let mut planes = Planes::new(layout.even_size());
    planes.read(layout, bytes).map(|()| planes)
}

#[test]
fn yuyv_keeps_its_luma_and_the_mean_colour_of_two_rows() {
    let layout = layout(FourCc::YUYV, 2, 2, 6);
    let bytes = [1, 100, 2, 200, 0, 0, 3, 110, 4, 220, 0, 0];
    let planes = read(&layout, &bytes).expect("a picture");
    assert_eq!(planes.y, [1, 2, 3, 4]);
    assert_eq!((planes.cb[0], planes.cr[0]), (105, 210));
    // The padding of the last row may be missing.
    assert!(read(&layout, &bytes[..10]).is_ok());
    assert!(read(&layout, &bytes[..9]).is_err());
}

#[test]
fn nv12_and_i420_with_padding_give_the_same_planes() {
    let nv12 = [1, 2, 0, 0, 3, 4, 0, 0, 7, 8, 0, 0];
    let i420 = [1, 2, 0, 0, 3, 4, 0, 0, 7, 0, 8, 0];
    for (format, bytes) in [(FourCc::NV12, nv12), (FourCc::I420, i420)] {
        let planes = read(&layout(format, 2, 2, 4), &bytes).expect("a picture");
        assert_eq!(planes.y, [1, 2, 3, 4], "{format}");
        assert_eq!((planes.cb[0], planes.cr[0]), (7, 8), "{format}");
        for length in 0..10 {
            let cut = read(&layout(format, 2, 2, 4), &bytes[..length]);
            assert!(cut.is_err(), "{format}, {length} bytes");
        }
    }
}

/// A picture of 5 by 5 whose colours change with each four pixels, laid out in a format with rows this far apart.
fn laid_out(format: FourCc, stride: usize) -> Vec<u8> {
    let (cb, cr) = (|x: usize, y: usize| (100 + 3 * (x / 2) + y / 2) as u8, 40);
    let luma = |x: usize, y: usize| (10 * y + x) as u8;
    let mut bytes = Vec::new();
    let mut row = |samples: Vec<u8>, stride: usize| {
        bytes.extend_from_slice(&samples);
        bytes.resize(bytes.len() + stride - samples.len(), 0);
    };
    let in_pairs = |y: usize, order: fn([u8; 4]) -> [u8; 4]| {
        let pairs = (0..6).step_by(2);
        let groups =
            pairs.flat_map(|x| order([luma(x, y), cb(x, y), luma(x + 1, y), cb(x, y) + cr]));
        groups.collect::<Vec<u8>>()
    };
    match format {
        FourCc::YUYV => (0..5).for_each(|y| row(in_pairs(y, |group| group), stride)),
        FourCc::YVYU => (0..5).for_each(|y| row(in_pairs(y, |[a, u, b, v]| [a, v, b, u]), stride)),
        FourCc::UYVY => (0..5).for_each(|y| row(in_pairs(y, |[a, u, b, v]| [u, a, v, b]), stride)),
        _ => (0..5).for_each(|y| row((0..5).map(|x| luma(x, y)).collect(), stride)),
    }
    let (rows, turned) = match format {
        FourCc::NV12 => (3, false),
        FourCc::NV21 => (3, true),
        FourCc::NV16 => (5, false),
        _ => (0, false),
    };
    for y in 0..rows {
        let y = if rows == 5 { y } else { 2 * y };
        let both = |x: usize| match (cb(x, y), cb(x, y) + cr) {
            (cb, cr) if turned => [cr, cb],
            (cb, cr) => [cb, cr],
        };
        row([0, 2, 4].into_iter().flat_map(both).collect(), stride);
    }
    let planes = match format {
        FourCc::I420 => [0, cr],
        FourCc::YV12 => [cr, 0],
        _ => return bytes,
    };
    for more in planes {
        for y in [0, 2, 4] {
            let samples = [0, 2, 4].map(|x| cb(x, y) + more);
            row(samples.to_vec(), stride.div_ceil(2));
        }
    }
    bytes
}

#[test]
fn every_format_with_colours_gives_the_same_picture_with_odd_sides_and_padding_too() {
    for (format, strides) in [
        (FourCc::YUYV, [12, 20]),
        (FourCc::YVYU, [12, 13]),
        (FourCc::UYVY, [12, 16]),
        (FourCc::NV12, [6, 8]),
        (FourCc::NV21, [6, 32]),
        (FourCc::NV16, [6, 9]),
        (FourCc::I420, [5, 8]),
        (FourCc::YV12, [5, 16]),
    ] {
        for stride in strides {
            let layout = layout(format, 5, 5, stride as u32);
            let bytes = laid_out(format, stride);
            let planes = read(&layout, &bytes).expect("a picture");
            let rows = [0, 10, 20, 30].map(|row| [row, row + 1, row + 2, row + 3]);
            assert_eq!(planes.y, rows.concat(), "{format}, {stride}");
            assert_eq!(planes.cb, [100, 103, 101, 104], "{format}, {stride}");
            assert_eq!(planes.cr, [140, 143, 141, 144], "{format}, {stride}");
            // The last row and column are not used; a row less than those that are is too little.
            let most = bytes.len() - 2 * stride;
            for length in (0..most).step_by(5) {
                let cut = read(&layout, &bytes[..length]);
                assert!(cut.is_err(), "{format}, {length} of {}", bytes.len());
            }
        }
    }
}

#[test]
fn grey_has_luma_alone() {
    let layout = layout(FourCc::GREY, 3, 2, 4);
    let planes = read(&layout, &[1, 2, 3, 0, 4, 5]).expect("a picture");
    assert_eq!(planes.y, [1, 2, 4, 5]);
    assert_eq!((planes.cb[0], planes.cr[0]), (128, 128));
    assert!(read(&layout, &[1, 2, 3, 0, 4]).is_err());
}

/// Values of ITU-R BT.601 and BT.709 for the colours of the bars at full saturation.
#[test]
fn red_green_and_blue_become_what_the_standards_say() {
    const REC709: u32 = 3;
    let known = [
        ([255, 255, 255], [235, 128, 128], [235, 128, 128]),
        ([0, 0, 0], [16, 128, 128], [16, 128, 128]),
        ([255, 0, 0], [81, 90, 240], [63, 102, 240]),
        ([0, 255, 0], [145, 54, 34], [173, 42, 26]),
        ([0, 0, 255], [41, 240, 110], [32, 240, 118]),
    ];
    for (rgb, by_601, by_709) in known {
        for (colour_space, expected) in [(8, by_601), (REC709, by_709)] {
            for quantization in [0, LIMITED_RANGE] {
                let is_full = quantization != LIMITED_RANGE;
                let pixel = rgb.map(|of| {
                    if is_full {
                        of
                    } else {
                        16 + (of as u32 * 219 / 255) as u8
                    }
                });
                let turned = [pixel[2], pixel[1], pixel[0]];
                for (format, pixel) in [(FourCc::RGB24, pixel), (FourCc::BGR24, turned)] {
                    let got = PixelFormat {
                        width: 2,
                        height: 2,
                        pixel_format: format,
                        bytes_per_line: 8,
                        colour_space,
                        quantization,
                        ..PixelFormat::default()
                    };
                    let row = [&pixel[..], &pixel, &[7, 7]].concat();
                    let layout = PixelLayout::new(&got).expect("possible");
                    let planes = read(&layout, &row.repeat(2)).expect("a picture");
                    assert_eq!(
                        [planes.y[3], planes.cb[0], planes.cr[0]],
                        expected,
                        "{format}"
                    );
                    assert!(read(&layout, &row.repeat(2)[..13]).is_err());
                    assert!(!colours(&got).full_range);
                }
            }
        }
    }
}

#[test]
fn odd_sides_lose_their_last_row_and_column() {
    let layout = layout(FourCc::I420, 3, 3, 4);
    assert_eq!(
        layout.even_size(),
        Size {
            width: 2,
            height: 2
        }
    );
    let bytes = [1, 2, 9, 0, 3, 4, 9, 0, 9, 9, 9, 0, 7, 9, 9, 9, 8, 9, 9, 9];
    let planes = read(&layout, &bytes).expect("a picture");
    assert_eq!(planes.y, [1, 2, 3, 4]);
    assert_eq!((planes.cb[0], planes.cr[0]), (7, 8));
}

fn jpeg(width: u16, height: u16, colours: jpeg_encoder::ColorType) -> Vec<u8> {
    let (mut jpeg, pixel): (_, &[u8]) = match colours {
        jpeg_encoder::ColorType::Luma => (Vec::new(), &[200]),
        _ => (Vec::new(), &[200, 90, 160]),
    };
    let pixels = pixel.repeat(usize::from(width) * usize::from(height));
    jpeg_encoder::Encoder::new(&mut jpeg, 95)
        .encode(&pixels, width, height, colours)
        .expect("it encodes");
    jpeg
}

fn assert_near(plane: &[u8], value: u8) {
    assert!(
        plane.iter().all(|&byte| byte.abs_diff(value) < 3),
        "{value}"
    );
}

#[test]
fn a_jpeg_gives_its_colours_and_half_a_jpeg_no_panic() {
    let jpeg = jpeg(32, 16, jpeg_encoder::ColorType::Ycbcr);
    let layout = layout(FourCc::MJPEG, 32, 16, 0);
    let planes = read(&layout, &jpeg).expect("a picture");
    assert_near(&planes.y, 200);
    assert_near(&planes.cb, 90);
    assert_near(&planes.cr, 160);
    // Nothing but the end marker may be missing.
    for length in 0..jpeg.len() - 3 {
        let cut = read(&layout, &jpeg[..length]);
        assert!(cut.is_err(), "{length} bytes");
    }
    assert!(read(&layout, &jpeg[..jpeg.len() - 2]).is_ok());
}

#[test]
fn a_grey_jpeg_is_a_picture_without_colours() {
    let jpeg = jpeg(31, 17, jpeg_encoder::ColorType::Luma);
    let planes = read(&layout(FourCc::MJPEG, 32, 16, 0), &jpeg).expect("a picture");
    let (width, height) = (30, 16);
    assert_eq!(planes.size, Size { width, height });
    assert_near(&planes.y, 200);
    assert!(planes.cb.iter().chain(&planes.cr).all(|&byte| byte == 128));
}

#[test]
fn a_jpeg_has_its_own_size_unless_that_is_much_larger_than_agreed() {
    let small = layout(FourCc::MJPEG, 64, 48, 0);
    for (width, height) in [(16, 16), (33, 35), (640, 480), (1920, 1080)] {
        let jpeg = jpeg(width, height, jpeg_encoder::ColorType::Ycbcr);
        let planes = read(&small, &jpeg).expect("a picture");
        assert_eq!(planes.size.width, u32::from(width) & !1);
        assert_eq!(planes.y.len(), planes.width() * planes.height());
        assert_near(&planes.y, 200);
        assert_near(&planes.cr, 160);
    }
    let large = jpeg(2048, 1152, jpeg_encoder::ColorType::Ycbcr);
    let refused = read(&small, &large).expect_err("too large");
    assert!(refused.contains("2048x1152, where 64x48"), "{refused}");
    assert!(read(&layout(FourCc::MJPEG, 1280, 720, 0), &large).is_ok());
    // A claim costs nothing: no memory is taken for it.
    let mut planes = Planes::new(small.size);
    let mut claims = jpeg(64, 48, jpeg_encoder::ColorType::Luma);
    let frame = memchr::memmem::find(&claims, &[0xff, 0xc0]).expect("a frame header");
    claims[frame + 5..frame + 9].copy_from_slice(&[0x30, 0x00, 0x40, 0x00]);
    assert!(planes.read(&small, &claims).is_err());
    assert_eq!(planes.decoded.capacity(), 0);
}

#[test]
fn impossible_answers_of_a_device_are_no_layout() {
    for (width, height) in [(0, 480), (640, 0), (1, 1), (640, u32::MAX), (20_000, 480)] {
        let got = PixelFormat {
            width,
            height,
            pixel_format: FourCc::YUYV,
            ..PixelFormat::default()
        };
        assert_eq!(PixelLayout::new(&got), None, "{width}x{height}");
    }
}

#[test]
fn colours_follow_the_defaults_of_v4l2() {
    let colours = |pixel_format, colour_space, quantization| {
        colours(&PixelFormat {
            pixel_format,
            colour_space,
            quantization,
            ..PixelFormat::default()
        })
    };
    let srgb = colours(FourCc::YUYV, 8, 0);
    assert_eq!((srgb.matrix, srgb.full_range), (Matrix::Bt601, false));
    assert_eq!(colours(FourCc::YUYV, 3, 0), Colours::BT709);
    assert!(colours(FourCc::NV12, 3, 1).full_range);
    let jpeg = colours(FourCc::MJPEG, 8, 0);
    assert_eq!((jpeg.matrix, jpeg.full_range), (Matrix::Bt601, true));
}
