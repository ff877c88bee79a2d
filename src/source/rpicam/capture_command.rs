//! The capture program's whole command line: what makes its output a live stream for us, what the table made of
//! raspivid's options, and the words that the user has for it.

use std::ffi::OsString;
use std::time::Duration;

use super::argument_table::{Given, translate};
use super::child::{DATA_FD, DataPipe, STAGES_FD, TIMES_FD};
use super::program::Offer;
use super::{passed_on, software, text_stage};
use crate::options::{Codec, Options, names};

/// How the program is started.
pub struct CommandLine {
    pub arguments: Vec<OsString>,
    /// Where its output comes out.
    pub data: DataPipe,
    /// Whether it writes the times of the frames to a pipe of their own.
    pub times: bool,
    /// What it reads on a pipe of its own about the text on the pictures.
    pub stages: Option<String>,
    /// How long the program may take over one frame.
    pub frame_time: Duration,
    /// The long names of raspivid's options that it honours, and `--`.
    pub honoured: Vec<&'static str>,
}

/// No sensor exposes longer.
const LONGEST_FRAME: Duration = Duration::from_secs(15 * 60);

impl CommandLine {
    /// Asks the program for its options.
    pub fn help() -> Self {
        let arguments = vec!["--help".into()];
        Self {
            arguments,
            data: DataPipe::Stdout,
            times: false,
            stages: None,
            frame_time: Duration::ZERO,
            honoured: Vec::new(),
        }
    }

    /// Starts the stream; with `times`, asks for the frames' times, too.
    pub fn stream(options: &Options, offer: &Offer, times: bool) -> Self {
        let data = data_pipe(options, offer, times);
        let (mut given, mut honoured) = translate(options, offer);
        given.extend(stream_options(options, offer, data, times));
        let passed_on = passed_on::names(&options.passed_on);
        let mut stages = None;
        if offer.annotates && !passed_on.contains(text_stage::OPTION) {
            stages = text_stage::stages(options);
        }
        if stages.is_some() {
            given.push((text_stage::OPTION, Some(format!("/dev/fd/{STAGES_FD}"))));
            honoured.push(names::ANNOTATE);
        }
        let mut arguments = Vec::new();
        for (name, value) in given {
            // The program refuses an option that is given twice: the user's own takes the place of ours.
            if offer.has(name) && !passed_on.contains(name) {
                push(&mut arguments, name, value.as_deref());
            }
        }
        arguments.extend_from_slice(&options.passed_on);
        let frame_time = frame_time(&arguments);
        honoured.push("--");
        Self {
            arguments,
            data,
            times,
            stages,
            frame_time,
            honoured,
        }
    }
}

/// The software encoder of rpicam-apps 1.8 and later tells its times only when it writes a file whose name ends in
/// "264": it gets a descriptor of that number. The hardware encoder writes there as it does anywhere. Older versions
/// write to standard output.
fn data_pipe(options: &Options, offer: &Offer, times: bool) -> DataPipe {
    let numbered = times && options.video.codec == Codec::H264 && offer.writes_elementary_streams();
    if numbered {
        DataPipe::Numbered
    } else {
        DataPipe::Stdout
    }
}

fn stream_options(options: &Options, offer: &Offer, data: DataPipe, times: bool) -> Vec<Given> {
    let h264 = options.video.codec == Codec::H264;
    let mut given: Vec<Given> = vec![
        ("timeout", Some("0".into())),
        ("nopreview", None),
        ("flush", None),
        ("codec", Some(codec_name(h264))),
    ];
    if h264 {
        given.extend([("inline", None), ("libav-format", Some("h264".into()))]);
        given.extend(software::encoder(options, offer));
        if options.video.intra_period.is_some_and(|gop| gop.0 == 0) {
            given.push(("intra", Some(options.video.fps.or_default().0.to_string())));
        }
    }
    if times {
        given.push(("save-pts", Some(format!("/dev/fd/{TIMES_FD}"))));
    }
    let output = match data {
        DataPipe::Numbered => format!("/dev/fd/{DATA_FD}"),
        DataPipe::Stdout => "-".into(),
    };
    given.push(("output", Some(output)));
    given
}

/// The time of one frame by its exposure and its rate, whoever chose these.
fn frame_time(arguments: &[OsString]) -> Duration {
    let exposure = passed_on::value(arguments, "shutter")
        .and_then(|text| duration(&text))
        .unwrap_or_default();
    let between_frames = passed_on::value(arguments, "framerate")
        .and_then(|rate| rate.parse::<f64>().ok())
        .and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok())
        .unwrap_or_default();
    exposure.max(between_frames).min(LONGEST_FRAME)
}

/// A time as the program takes it: microseconds, or with one of the units that it has known since rpicam-apps 1.5.
fn duration(text: &str) -> Option<Duration> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit_seconds = match unit {
        "" | "us" => 1e-6,
        "ns" => 1e-9,
        "ms" => 1e-3,
        "s" | "sec" => 1.0,
        "min" => 60.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit_seconds).ok()
}

fn codec_name(h264: bool) -> String {
    if h264 { "h264".into() } else { "mjpeg".into() }
}

fn push(arguments: &mut Vec<OsString>, name: &str, value: Option<&str>) {
    match value {
        None => arguments.push(format!("--{name}").into()),
        // "-" alone is a value to everyone; what begins with it may be taken for an option.
        Some(value) if value.starts_with('-') && value != "-" => {
            arguments.push(format!("--{name}={value}").into())
        }
        Some(value) => arguments.extend([format!("--{name}").into(), value.into()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_frame_is_the_longer_of_exposure_and_rate() {
        let of = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            frame_time(&words).as_millis()
        };
        assert_eq!(of("--framerate 25 --shutter 6000000"), 6000);
        assert_eq!(of("--framerate 0.1 --shutter 20000"), 10_000);
        assert_eq!(of("--shutter=2.5s"), 2500);
        assert_eq!(of("--shutter 500ms --framerate 30"), 500);
        assert_eq!(of("--shutter 9999min"), 900_000);
        for none in [
            "--framerate 0",
            "--shutter",
            "--shutter long",
            "--width 640",
            "--shutter -5",
        ] {
            assert_eq!(of(none), 0, "{none}");
        }
    }
}
