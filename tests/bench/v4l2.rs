//! Figures of the V4L2 source's work on a picture: what has to be done for a camera that gives no H.264 where no hardware
//! encodes. The camera's calls are not in them.

use std::time::Duration;

use nix::sys::resource::UsageWho;
use picam_stream::frame::Frame;
use picam_stream::options::{self, Command};
use picam_stream::source::encode::h264_encoder::H264;
use picam_stream::source::v4l2::pixels::{PixelLayout, Planes, colours};
use picam_stream::source::v4l2::{FourCc, PixelFormat};
use picam_stream::units::Fps;

use crate::in_process::cpu_time;
use test_support::commands::tool;
use test_support::program::RECORDING;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;

/// Processor time of a picture of 1280x720 in YUYV: taken apart, and encoded.
pub struct Figures {
    pub convert_ms: f64,
    pub encode_ms: f64,
}

pub fn yuyv_to_h264() -> Figures {
    let format = PixelFormat {
        width: WIDTH,
        height: HEIGHT,
        pixel_format: FourCc::YUYV,
        ..PixelFormat::default()
    };
    let layout = PixelLayout::new(&format).expect("a possible size");
    let args = "-w 1280 -h 720 -b 800000 -fps 25 -g 25 -pf main -t 0 -o -";
    let Ok(Command::Stream(options)) = options::parse(args.split(' ').map(Into::into)) else {
        panic!("the options are right")
    };
    let size = layout.even_size();
    let mut planes = Planes::new(size);
    let mut encoder =
        H264::new(&options.video, size, Fps(25), colours(&format)).expect("an encoder");
    // The encoder may have threads.
    let cpu_time = || cpu_time(UsageWho::RUSAGE_SELF);
    let (mut frame, mut times) = (Frame::default(), [Duration::ZERO; 2]);
    let pictures = pictures();
    let pictures = pictures.chunks_exact((WIDTH * HEIGHT * 2) as usize);
    let count = pictures.len();
    for picture in pictures {
        let begun = cpu_time();
        planes.read(&layout, picture).expect("a whole picture");
        let converted = cpu_time();
        encoder
            .encode(planes.i420(), &mut frame)
            .expect("it encodes");
        times[0] += converted - begun;
        times[1] += cpu_time() - converted;
    }
    let [convert_ms, encode_ms] = times.map(|time| time.as_secs_f64() * 1000.0 / count as f64);
    Figures {
        convert_ms,
        encode_ms,
    }
}

/// Four seconds of the recording, as a camera of YUYV gives them.
fn pictures() -> Vec<u8> {
    let args = "-frames:v 100 -pix_fmt yuyv422 -f rawvideo -";
    let args: Vec<&str> = ["-v", "error", "-i", RECORDING]
        .into_iter()
        .chain(args.split(' '))
        .collect();
    let output = tool("ffmpeg", &args, &[]);
    assert!(
        output.status.success(),
        "ffmpeg cannot decode the recording"
    );
    output.stdout
}
