//! Options while they are read: what the table's setters fill, and the rules that need to see all
//! of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::table::{Fate, rows};
use super::{
    Annotation, Camera, Codec, Format, Options, Output, ReportOnly, Roi, SourceChoice, Stereo,
    Video, Word,
};
use super::{limits, service, value, words};
use crate::error::{Error, Result};
use crate::units::{Bitrate, Fps, Size};

/// How raspivid waits with `-s`, as its report says.
pub const BY_SIGNAL: &str = "Cycle on signal";

/// What is known so far.
#[derive(Clone)]
pub struct Draft {
    pub options: Options,
    /// `-t` as it stands.
    pub time_ms: i64,
    /// How `-k`, `-s` or `-td` would wait.
    pub waiting: Option<&'static str>,
    /// `-r` was given.
    pub raw: bool,
    pub raw_format: Word,
    /// What stays where a later text is no number.
    numbers: BTreeMap<&'static str, i32>,
}

impl Draft {
    /// The table's defaults.
    pub fn new() -> Self {
        let mut draft = Self {
            options: blank(),
            time_ms: 0,
            waiting: None,
            raw: false,
            raw_format: words::RAW_FORMATS[0],
            numbers: BTreeMap::new(),
        };
        for row in rows() {
            if let Some(default) = row.default {
                value::apply(row, Some(default.as_ref()), &mut draft)
                    .expect("a test reads every default");
            }
        }
        draft
    }

    /// Notes something that was changed, left out or ignored.
    pub fn warn(&mut self, text: String) {
        self.options.warnings.push(text);
    }

    /// The number that was last read for an option; 0 before any was.
    pub fn number(&self, long: &str) -> i32 {
        self.numbers.get(long).copied().unwrap_or(0)
    }

    pub fn keep_number(&mut self, long: &'static str, number: i32) {
        self.numbers.insert(long, number);
    }

    /// Checks what only shows when all is read, and fits it into what the encoder can do.
    pub fn finish(mut self) -> Result<Options> {
        service::overrule(&mut self);
        self.settle_time();
        self.fill_report();
        settle_output(&mut self.options)?;
        limits::fit(&mut self.options)?;
        if let Some(warning) = ignored(&self.options) {
            self.options.warnings.push(warning);
        }
        Ok(self.options)
    }

    /// -1 is as good as not given; then raspivid waits for ever where something else can end it.
    fn settle_time(&mut self) {
        let not_given = self.time_ms == -1 || !self.options.was_given("timeout");
        let time_ms = match (not_given, self.waiting) {
            (true, Some(_)) => 0,
            (true, None) => 5000,
            (false, _) => self.time_ms,
        };
        let alone = if time_ms == 0 {
            "Capture forever"
        } else {
            "Simple capture"
        };
        self.options.report_only.wait_method = self.waiting.unwrap_or(alone);
        self.options.pauses = self.waiting == Some(BY_SIGNAL);
        self.options.report_only.time_delay_ms = time_ms;
        // Below zero the time is over at once.
        let limit = Duration::from_millis(u64::try_from(time_ms).unwrap_or(0));
        self.options.time_limit = (time_ms != 0).then_some(limit);
    }

    fn fill_report(&mut self) {
        let report = &mut self.options.report_only;
        report.level_asked = self.options.video.level;
        report.slices_asked = self.options.video.slices;
        report.raw_format = self.raw.then_some(self.raw_format);
    }
}

/// Refuses an output that cannot work; leaves out what does not go with it.
fn settle_output(options: &mut Options) -> Result<()> {
    let wrong = |text: &str| Err(Error::Usage(text.to_owned()));
    if options.format == Format::MpegTs && options.video.codec == Codec::Mjpeg {
        return wrong("--format mpegts cannot hold -cd MJPEG: leave one of them out");
    }
    if options.listen && !matches!(options.output, Output::Tcp { .. }) {
        if matches!(options.output, Output::Udp { .. }) {
            return wrong(LISTEN);
        }
        options.listen = false;
        options.warnings.push(format!("{LISTEN}: it is left out"));
    }
    match &options.output {
        Output::Tcp { port: 0, .. } if !options.listen => {
            return wrong("-o tcp:// cannot connect to port 0");
        }
        Output::Udp { port: 0, .. } => return wrong("-o udp:// cannot send to port 0"),
        _ => {}
    }
    let clash = match (&options.output, &options.pts_file) {
        (Output::Stdout, Some(pts)) if is_stdout(pts) => {
            "-pts - would be mixed into the stream of -o -"
        }
        (Output::File(file), Some(pts)) if file == pts => "-pts and -o name the same file",
        _ => return Ok(()),
    };
    options.pts_file = None;
    options.warnings.push(format!(
        "{clash}: -pts is left out; give one of them another file"
    ));
    Ok(())
}

const LISTEN: &str =
    "-l (--listen) listens with -o tcp://ADDRESS:PORT only, such as -o tcp://0.0.0.0:3333";

fn is_stdout(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().starts_with(b"-")
}

/// The one line about options that were given and do nothing.
fn ignored(options: &Options) -> Option<String> {
    let names: Vec<_> = rows()
        // -s counts unless -k or -td stands behind it.
        .filter(|row| row.fate == Fate::Ignored || row.long == "signal" && !options.pauses)
        .filter(|row| options.was_given(row.long))
        // To record from the start is what happens, and a pause that a signal ends.
        .filter(|row| {
            let is_pause = options.report_only.initial_state.name == "pause";
            row.long != "initial" || is_pause && !options.pauses
        })
        .map(|row| row.name())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "ignored, since a stream has no screen, keyboard or further files: {}",
            names.join(" ")
        )
    })
}

/// What the table's defaults are written over.
fn blank() -> Options {
    Options {
        source: SourceChoice::Auto,
        output: Output::Discard,
        format: Format::H264,
        listen: false,
        pauses: false,
        time_limit: None,
        stall_timeout: Duration::ZERO,
        pts_file: None,
        flush: false,
        verbose: false,
        service: false,
        video: blank_video(),
        camera: blank_camera(),
        annotation: Annotation::default(),
        report_only: blank_report(),
        given: Vec::new(),
        restated: Vec::new(),
        warnings: Vec::new(),
        passed_on: Vec::new(),
    }
}

fn blank_video() -> Video {
    Video {
        codec: Codec::H264,
        size: Size {
            width: 0,
            height: 0,
        },
        fps: Fps(0),
        bitrate: Bitrate(0),
        intra_period: None,
        profile: words::PROFILES[0],
        level: words::LEVELS[0],
        qp: 0,
        slices: 1,
        inline_headers: false,
        key_frame_at_start: false,
        sps_timing: false,
        immutable_input: true,
        intra_refresh: None,
    }
}

fn blank_camera() -> Camera {
    Camera {
        number: 0,
        sensor_mode: 0,
        sharpness: None,
        contrast: None,
        brightness: None,
        saturation: None,
        iso: 0,
        stabilisation: false,
        exposure_compensation: 0,
        exposure: words::EXPOSURES[0],
        flicker: words::FLICKERS[0],
        awb: words::AWBS[0],
        awb_gains: None,
        image_effect: words::IMAGE_EFFECTS[0],
        colour_effect: None,
        metering: words::METERINGS[0],
        rotation_degrees: 0,
        hflip: false,
        vflip: false,
        roi: Roi {
            x: 0.0,
            y: 0.0,
            width: 1.0,
            height: 1.0,
        },
        shutter_us: 0,
        drc: words::DRC_LEVELS[0],
        stats: false,
        analog_gain: 0.0,
        digital_gain: 0.0,
        settings_events: false,
        focus_window: false,
        stereo: Stereo {
            mode: words::STEREO_MODES[0],
            decimate: false,
            swap_eyes: false,
        },
    }
}

fn blank_report() -> ReportOnly {
    ReportOnly {
        gps: false,
        bitrate_asked: 0,
        level_asked: words::LEVELS[0],
        slices_asked: 1,
        sharpness_asked: 0,
        contrast_asked: 0,
        brightness_asked: 0,
        saturation_asked: 0,
        rotation_asked: 0,
        filename: None,
        segment_ms: 0,
        segment_wrap: 0,
        segment_start: 0,
        raw_format: None,
        wait_method: "",
        initial_state: words::INITIAL_STATES[0],
        preview: false,
        fullscreen: false,
        preview_window: (0, 0, 0, 0),
        opacity: 0,
        time_delay_ms: 0,
    }
}
