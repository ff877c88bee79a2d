//! Pictures by ffmpeg: made, decoded, compared.

use test_support::decoding::ffmpeg;

/// One picture of colours, in a format of ffmpeg's: as raw bytes, or as a JPEG.
pub fn drawn(size: (usize, usize), pixels: &str) -> Vec<u8> {
    let (width, height) = size;
    let source = format!("testsrc2=size={width}x{height},format=yuv444p,setparams=range=tv");
    let to = if pixels == "yuvj420p" || pixels == "yuvj422p" || pixels == "gray" {
        "pc"
    } else {
        "tv"
    };
    let filter = format!("{source},scale=out_range={to}:out_color_matrix=bt601,format={pixels}");
    ffmpeg(
        &[
            "-f",
            "lavfi",
            "-i",
            &filter,
            "-frames:v",
            "1",
            "-f",
            "rawvideo",
        ],
        &[],
    )
}

/// The same picture as a JPEG, with the encoder's own options.
pub fn jpeg(size: (usize, usize), pixels: &str, options: &[&str]) -> Vec<u8> {
    let (raw, side) = (drawn(size, pixels), format!("{}x{}", size.0, size.1));
    let input = ["-f", "rawvideo", "-s", &side, "-pix_fmt", pixels, "-i", "-"];
    let output = ["-pix_fmt", pixels, "-color_range", "pc", "-q:v", "3"];
    ffmpeg(
        &[&input[..], &output, options, &["-f", "mjpeg"]].concat(),
        &raw,
    )
}

/// All pictures of a stream (`h264` or `mjpeg`), which must decode without a complaint, as grey of one size.
#[track_caller]
pub fn decoded(stream: &[u8], format: &str, size: (usize, usize)) -> Vec<Vec<u8>> {
    in_format(stream, format, size, "gray")
}

/// The same in colours, 4:2:0.
#[track_caller]
pub fn in_colours(stream: &[u8], format: &str, size: (usize, usize)) -> Vec<Vec<u8>> {
    in_format(stream, format, size, "yuv420p")
}

#[track_caller]
fn in_format(stream: &[u8], format: &str, size: (usize, usize), pixels: &str) -> Vec<Vec<u8>> {
    let input = ["-f", format, "-i", "-", "-fps_mode", "passthrough"];
    // Planes as they are in the stream: no range is changed.
    let planes = ["-vf", "scale=in_range=pc:out_range=pc", "-pix_fmt"];
    let output = [pixels, "-f", "rawvideo"];
    let raw = ffmpeg(&[&input[..], &planes, &output].concat(), stream);
    let samples = size.0 * size.1 * if pixels == "gray" { 2 } else { 3 } / 2;
    assert_eq!(raw.len() % samples, 0, "no pictures of {size:?}");
    raw.chunks_exact(samples).map(<[u8]>::to_vec).collect()
}

/// The mean difference of two pictures' samples.
pub fn difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: u64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.len() as f64
}
