//! Pictures to H.264, by openh264: no B frames, no look-ahead, no skipped frames, so that each picture
//! comes out as one access unit at once.

use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, Level,
    Profile, QpRange, RateControlMode, VuiConfig,
};
use openh264::formats::YUVSource;

use super::{Colours, I420, Matrix, sys};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::options::{H264Level, H264Profile, Video};
use crate::units::{Fps, Gop, Size};

/// The key frame period when `-g` is not given: two seconds at raspivid's default rate.
const DEFAULT_GOP: Gop = Gop(60);

/// openh264 quantises no finer than the first; H.264 no coarser than the second (clause 7.4.2.2).
const QP_LIMITS: (u32, u32) = (12, 51);

/// Its rate control knows no more frames a second.
const MAX_FPS: u32 = 60;

/// What level 5.2 allows, the highest that openh264 knows, with some room.
const MAX_BITRATE: u64 = 200_000_000;

/// So much coarser the quantiser gets each time a picture had more bits than openh264 has room for, which noise can; the
/// room is one byte for each sample. From the second on, noise of any size fits.
const COARSER_STEP: u32 = 8;
const COARSEST_FINEST: u32 = 36;

/// The encoder with its settings.
pub struct H264 {
    encoder: Encoder,
    video: Video,
    size: Size,
    fps: Fps,
    colours: Colours,
    /// The finest quantiser that is allowed.
    finest: u32,
}

impl H264 {
    pub fn new(video: &Video, size: Size, fps: Fps, colours: Colours) -> Result<Self> {
        let qp = video.qp;
        let (finest, coarsest) = QP_LIMITS;
        let taken = qp.clamp(finest, coarsest);
        if qp != 0 && qp != taken {
            log::warn!(
                "the H.264 encoder in software takes -qp from {finest} to {coarsest}: {qp} becomes {taken}"
            );
        }
        Ok(Self {
            encoder: encoder(video, size, fps, colours, finest)?,
            video: video.clone(),
            size,
            fps,
            colours,
            finest,
        })
    }

    /// Encodes the picture into `frame`, all but its time. After a picture that cannot be encoded the next one is a key frame.
    pub fn encode(&mut self, picture: I420, frame: &mut Frame) -> Result<()> {
        let failure = match self.encoder.encode(&picture) {
            Ok(stream) => {
                frame.key = stream.frame_type() == FrameType::IDR;
                frame.data.clear();
                stream.write_vec(&mut frame.data);
                return Ok(());
            }
            Err(error) => failed("encoding", picture.size, &error),
        };
        // openh264 has taken itself down.
        self.finest = (self.finest + COARSER_STEP).min(COARSEST_FINEST);
        self.encoder = encoder(&self.video, self.size, self.fps, self.colours, self.finest)?;
        Err(failure)
    }

    /// The next picture will be an IDR frame.
    pub fn force_key_frame(&mut self) {
        self.encoder.force_intra_frame();
    }
}

fn encoder(video: &Video, size: Size, fps: Fps, colours: Colours, finest: u32) -> Result<Encoder> {
    let config = config(video, size, fps, finest).vui(vui(colours));
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config)
        .map_err(|error| failed("setting up", size, &error))?;
    sys::silence(&mut encoder);
    Ok(encoder)
}

fn config(video: &Video, size: Size, fps: Fps, finest: u32) -> EncoderConfig {
    let config = EncoderConfig::new()
        .skip_frames(false)
        .max_frame_rate(FrameRate::from_hz(fps.0.min(MAX_FPS) as f32))
        .bitrate(BitRate::from_bps(target_bitrate(video, size, fps)))
        .intra_frame_period(IntraFramePeriod::from_num_frames(
            video.intra_period.unwrap_or(DEFAULT_GOP).0,
        ))
        .profile(profile(video.profile))
        .level(level(video.level))
        .complexity(Complexity::Low)
        .num_threads(1)
        .scene_change_detect(false)
        .background_detection(false)
        .adaptive_quantization(false);
    let (_, coarsest) = QP_LIMITS;
    let range = |finest: u32, coarsest: u32| QpRange::new(finest as u8, coarsest as u8);
    match video.qp {
        0 => config
            .rate_control_mode(RateControlMode::Bitrate)
            .qp(range(finest, coarsest)),
        asked => {
            let qp = asked.clamp(finest, coarsest);
            config
                .rate_control_mode(RateControlMode::Quality)
                .qp(range(qp, qp))
        }
    }
}

fn vui(colours: Colours) -> VuiConfig {
    let vui = match colours.matrix {
        Matrix::Bt601 => VuiConfig::bt601(),
        Matrix::Bt709 => VuiConfig::bt709(),
    };
    vui.full_range(colours.full_range)
}

/// The bitrate for openh264, which really counts bits a frame: `-b`, or a tenth of a bit a pixel when that is 0.
fn target_bitrate(video: &Video, size: Size, fps: Fps) -> u32 {
    let asked = match u64::from(video.bitrate.0) {
        0 => u64::from(size.width) * u64::from(size.height) * u64::from(fps.0) / 10,
        asked => asked,
    };
    let for_its_rate = asked * u64::from(fps.0.min(MAX_FPS)) / u64::from(fps.0);
    for_its_rate.clamp(1000, MAX_BITRATE) as u32
}

fn profile(asked: H264Profile) -> Profile {
    match asked {
        H264Profile::Baseline => Profile::Baseline,
        H264Profile::Main => Profile::Main,
        H264Profile::High => Profile::High,
    }
}

/// openh264 raises it where the size wants more.
fn level(asked: H264Level) -> Level {
    match asked {
        H264Level::Level4 => Level::Level_4_0,
        H264Level::Level41 => Level::Level_4_1,
        H264Level::Level42 => Level::Level_4_2,
    }
}

fn failed(doing: &str, size: Size, error: &openh264::Error) -> Error {
    log::debug!("openh264: {error}");
    Error::Camera(format!(
        "{doing} H.264 in software at {size} failed; another size or bitrate (-w, -h, -b) may do"
    ))
}

impl YUVSource for I420<'_> {
    fn dimensions(&self) -> (usize, usize) {
        (self.size.width as usize, self.size.height as usize)
    }

    fn strides(&self) -> (usize, usize, usize) {
        let width = self.size.width as usize;
        (width, width / 2, width / 2)
    }

    fn y(&self) -> &[u8] {
        self.y
    }

    fn u(&self) -> &[u8] {
        self.cb
    }

    fn v(&self) -> &[u8] {
        self.cr
    }
}
