//! What a command line asks for, as plain data.

use std::ffi::OsString;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

use super::words::{
    AwbMode, Codec, DrcLevel, ExposureMode, FlickerAvoidance, Format, H264Level, H264Profile,
    ImageEffect, InitialState, IntraRefresh, MeteringMode, RawFormat, StereoMode, WaitMethod,
};
use crate::units::{Bitrate, Fps, Gop, Size};

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Explain what is wrong: `doctor`.
    Doctor { json: bool },
    /// Stream: no command word.
    Stream(Box<Options>),
    /// Share the camera: `serve`.
    Serve(Box<ServeOptions>),
    /// `cameras`: the list of cameras for standard output.
    Cameras,
    /// `--help`: the text for standard output.
    Help,
    /// `--version`.
    Version,
}

/// Where the frames come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceChoice {
    /// What the machine has.
    #[default]
    Auto,
    /// The test card.
    Test,
    /// A libcamera camera, through the system's capture program.
    Rpicam,
    /// A V4L2 capture device: the one that is named, or the first that is a camera.
    V4l2(Option<PathBuf>),
    /// A recorded Annex B stream, looped.
    File(PathBuf),
    /// The camera of the legacy stack.
    Mmal,
    /// The camera that `serve` shares, at this socket or at that of the package's unit.
    Shared(Option<PathBuf>),
}

/// Where the stream goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// No `-o`: frames are counted and thrown away.
    #[default]
    Discard,
    /// `-o -`: standard output, or the connection on descriptor 0.
    Stdout,
    File(PathBuf),
    Tcp {
        host: String,
        port: u16,
    },
    Udp {
        host: String,
        port: u16,
    },
}

/// What was typed, checked and with raspivid's defaults for the rest. `Options::raspivid()` has those alone; the derived
/// default is what they are written over, without sense of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    pub source: SourceChoice,
    pub output: Output,
    pub format: Format,
    /// `-l`: wait for viewers on the `tcp://` output instead of connecting to it.
    pub listen: bool,
    /// `-t`; `None` streams until stopped.
    pub time_limit: Option<Duration>,
    /// `--stall-timeout`: how long the camera may give nothing; before the first frame three times
    /// that.
    pub stall_timeout: Duration,
    /// `-s`: SIGUSR1 starts and pauses the capture.
    pub pauses: bool,
    /// `-pts`; a name that begins with `-` is standard output.
    pub pts_file: Option<PathBuf>,
    /// `-fl`: kept for the report; every frame is written at once in any case.
    pub flush: bool,
    pub verbose: bool,
    /// `--service`: one viewer's instance of the package's unit.
    pub service: bool,
    pub video: Video,
    pub camera: Camera,
    pub annotation: Annotation,
    /// Kept for the `-v` report alone: options of a screen, of files and of a keyboard.
    pub report_only: ReportOnly,
    /// The long names of the options that were given, in the table's order.
    pub given: Vec<&'static str>,
    /// Those among them that say what is the default anyway.
    pub restated: Vec<&'static str>,
    /// What was changed, left out or ignored, one line each, to be logged as warnings.
    pub warnings: Vec<String>,
    /// What stood behind `--`, for the capture program of the system.
    pub passed_on: Vec<OsString>,
}

impl Options {
    /// The frame rate that raspivid sets in the camera: variable (0) where `-ss` asks for a longer
    /// exposure than `-fps` leaves time for.
    pub fn effective_fps(&self) -> Fps {
        let Fps(fps) = self.video.fps;
        let too_long = match self.camera.shutter_us {
            0 => false,
            us => f64::from(fps) > 1_000_000.0 / f64::from(us),
        };
        if too_long { Fps(0) } else { Fps(fps) }
    }

    /// `-i pause`, where a signal can end the pause.
    pub fn begin_paused(&self) -> bool {
        self.pauses && self.report_only.initial_state == InitialState::Pause
    }

    /// Whether `-pts` names standard output, as any name does that begins with `-`.
    pub fn pts_on_stdout(&self) -> bool {
        let begins_with_dash =
            |path: &PathBuf| path.as_os_str().as_encoded_bytes().starts_with(b"-");
        self.pts_file.as_ref().is_some_and(begins_with_dash)
    }

    /// Tells whether two command lines ask for the same pictures of the same camera. The number is the same in every process
    /// of one version of this program.
    pub fn camera_hash(&self) -> u64 {
        // Their texts, because floating-point numbers have no hash.
        let text = format!(
            "{:?}",
            (
                &self.source,
                &self.video,
                &self.camera,
                &self.annotation,
                &self.passed_on,
                self.stall_timeout
            )
        );
        // Without the random seed of a HashMap's.
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    }

    /// Whether an option was given, by its long name.
    pub fn was_given(&self, long: &str) -> bool {
        self.given.contains(&long)
    }
}

/// What `serve` is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServeOptions {
    /// How long the camera is kept after the last viewer.
    pub linger: Duration,
    pub max_viewers: usize,
    /// Of one IPv4 address, or of one IPv6 network of 64 bits.
    pub max_viewers_per_address: usize,
    /// The names and passwords that are asked for; `None` asks for none.
    pub users: Option<PathBuf>,
    /// More host names that the web page answers to, in small letters.
    pub hosts: Vec<String>,
    /// Where a viewer asks for JPEG pictures.
    pub mjpeg_fps: u32,
    /// The camera and its picture. What is a viewer's own in it means nothing: output, format, time limit, pauses.
    pub stream: Options,
}

/// What the encoder is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Video {
    pub codec: Codec,
    /// As given; 0 is the sensor's largest.
    pub size: Size,
    pub fps: Fps,
    /// After raspivid's cap.
    pub bitrate: Bitrate,
    /// `-g`; `None` leaves it to the encoder.
    pub intra_period: Option<Gop>,
    pub profile: H264Profile,
    /// After raspivid's rise to 4.2.
    pub level: H264Level,
    /// 0 is off.
    pub qp: u32,
    /// After raspivid's limit to the rows of macroblocks.
    pub slices: u32,
    pub inline_headers: bool,
    /// `-sp`: a key frame whenever the capture starts.
    pub key_frame_at_start: bool,
    pub sps_timing: bool,
    /// `-e`: the encoder may draw into the pictures that it is given.
    pub mutable_input: bool,
    pub intra_refresh: Option<IntraRefresh>,
}

/// What the camera is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Camera {
    pub number: u32,
    pub sensor_mode: u32,
    /// `None` where raspivid does not send an out-of-range value (the same for the three below).
    pub sharpness: Option<i32>,
    pub contrast: Option<i32>,
    pub brightness: Option<i32>,
    pub saturation: Option<i32>,
    /// 0 is automatic.
    pub iso: i32,
    pub stabilisation: bool,
    /// In sixths of a stop.
    pub exposure_compensation: i32,
    pub exposure: ExposureMode,
    pub flicker: FlickerAvoidance,
    pub awb: AwbMode,
    /// Red and blue; `None` where not given or one of them is 0.
    pub awb_gains: Option<(f32, f32)>,
    pub image_effect: ImageEffect,
    /// U and V.
    pub colour_effect: Option<(i32, i32)>,
    pub metering: MeteringMode,
    /// After raspivid's rounding to quarter turns: 0, 90, 180, 270 or their negatives.
    pub rotation_degrees: i32,
    pub hflip: bool,
    pub vflip: bool,
    pub roi: Roi,
    /// 0 is automatic; less makes the frame rate variable.
    pub shutter_us: i32,
    pub drc: DrcLevel,
    pub stats: bool,
    pub analog_gain: f32,
    pub digital_gain: f32,
    pub settings_events: bool,
    pub focus_window: bool,
    pub stereo: Stereo,
}

impl Camera {
    /// How long a picture is exposed; zero where the camera chooses.
    pub fn shutter(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.shutter_us).unwrap_or(0))
    }
}

/// `-3d`, `-dec` and `-3dswap`: two cameras as one picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stereo {
    pub mode: StereoMode,
    pub decimate: bool,
    pub swap_eyes: bool,
}

/// `-roi`: the part of the sensor that is used, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Roi {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Roi {
    /// Without what reaches over the right and the lower edge.
    pub fn cut_to_the_edge(self) -> Self {
        // Compared as raspivid does: 0.9 and 0.1 are no more than 1, though 0.1 is more than 1 - 0.9.
        let cut = |from: f64, length: f64| {
            if from + length > 1.0 {
                1.0 - from
            } else {
                length
            }
        };
        Self {
            width: cut(self.x, self.width),
            height: cut(self.y, self.height),
            ..self
        }
    }

    /// Whether any of it is on the sensor, and all of it.
    pub fn is_part_of_the_sensor(&self) -> bool {
        self.x >= 0.0 && self.y >= 0.0 && self.width > 0.0 && self.height > 0.0
    }
}

impl fmt::Display for Roi {
    /// Four places are a pixel of any sensor.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, width, height] = [self.x, self.y, self.width, self.height]
            .map(|part| (part * 10_000.0).round() / 10_000.0);
        write!(f, "{x},{y},{width},{height}")
    }
}

/// `-a` and `-ae`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// The bits of all `-a NUMBER`, OR-ed; bit 1 is set by a text.
    pub bits: u32,
    /// The last `-a TEXT`; `\n` already a line break; at most 255 bytes.
    pub text: String,
    /// 0 leaves it to the firmware.
    pub text_size: u8,
    /// 0xVVUUYY, in the lower 24 bits.
    pub text_colour: Option<u32>,
    pub background_colour: Option<u32>,
    /// 0 centre, 1 left, 2 right.
    pub justify: u32,
    pub x: u32,
    pub y: u32,
}

/// Values that only the `-v` report shows: as they were given, before caps, limits and rounding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportOnly {
    pub gps: bool,
    pub bitrate_asked: i32,
    pub level_asked: H264Level,
    pub slices_asked: u32,
    pub sharpness_asked: i32,
    pub contrast_asked: i32,
    pub brightness_asked: i32,
    pub saturation_asked: i32,
    pub rotation_asked: i32,
    pub filename: Option<String>,
    pub segment_ms: i32,
    pub segment_wrap: i32,
    pub segment_start: i32,
    /// Where `-r` was given.
    pub raw_format: Option<RawFormat>,
    pub wait_method: WaitMethod,
    pub initial_state: InitialState,
    pub preview: bool,
    pub fullscreen: bool,
    pub preview_window: (i32, i32, i32, i32),
    pub opacity: i32,
    /// -t as raspivid would show it, in milliseconds.
    pub time_delay_ms: i64,
}
