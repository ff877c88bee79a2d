//! The tests of `file`.

use super::*;
use crate::h264::made::{self, Slice};
use crate::h264::nal::units;
use crate::options::{Command, parse};

/// The frames of a recording of these bytes: bytes, when each is decoded, and when it is shown.
fn frames(stream: &[u8], format: &str, count: usize) -> Vec<(Vec<u8>, u64, u64)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.h264");
    std::fs::write(&path, stream).unwrap();
    let source = format!("file:{}", path.display());
    let line = [
        "--source", &source, "--format", format, "-fps", "25", "-o", "-",
    ];
    let Ok(Command::Stream(options)) = parse(line.map(Into::into)) else {
        panic!("the options are right")
    };
    let mut recording = Recording::open(&path, &options).unwrap();
    let (mut frames, mut frame) = (Vec::new(), Frame::default());
    while frames.len() < count {
        if recording.next(&mut frame, Duration::from_secs(1)).unwrap() == Next::Frame {
            frames.push((frame.data.clone(), frame.decoded_at().0, frame.pts.0));
        }
    }
    frames
}

#[test]
fn two_fields_take_one_frame_period() {
    let fields =
        |first: Slice, second: Slice| [first.field(false).nal(), second.field(true).nal()].concat();
    let stream = [
        [made::sps(0, false, None), made::pps(0, 0, false)].concat(),
        fields(Slice::IDR, Slice::p(0, 1)),
        fields(Slice::p(1, 2), Slice::p(1, 3)),
        fields(Slice::b(2, 4), Slice::b(2, 5)),
    ];
    let frames = frames(&stream.concat(), "h264", 3);
    for (index, (data, decoded, shown)) in frames.iter().enumerate() {
        assert_eq!(decoded - frames[0].1, index as u64 * 40_000);
        assert_eq!(shown, decoded);
        let slices = units(data).filter(|nal| nal.kind.is_slice());
        assert_eq!(slices.count(), 2);
    }
}

#[test]
fn pictures_in_another_order_are_shown_evenly_where_the_output_tells_it() {
    let pictures = [
        [
            made::sps(0, true, Some(2)),
            made::pps(0, 0, false),
            Slice::IDR.nal(),
        ]
        .concat(),
        Slice::p(1, 8).nal(),
        Slice::p(2, 4).nal(),
        Slice::b(3, 2).nal(),
        Slice::b(3, 6).nal(),
    ];
    let frames = |format| frames(&pictures.concat(), format, 10);
    for (_, decoded, shown) in frames("h264") {
        assert_eq!(shown, decoded);
    }
    let timed = frames("mpegts");
    let periods = |time: u64| (time - timed[0].1) / 40_000;
    let decoded: Vec<_> = timed.iter().map(|frame| periods(frame.1)).collect();
    let shown: Vec<_> = timed.iter().map(|frame| periods(frame.2)).collect();
    assert_eq!(decoded, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(shown, [2, 6, 4, 3, 5, 7, 11, 9, 8, 10]);
}
