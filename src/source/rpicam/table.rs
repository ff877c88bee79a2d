//! raspivid's options as the options of rpicam-vid and libcamera-vid: one row each.
//!
//! Facts from the sources of libcamera-apps 1.0 to rpicam-apps 1.13 (core/options, core/video_options, encoder/,
//! output/). Numbers go over plain: its suffix `M` means a thousand. A value with a minus sign is joined with `=`.

use super::program::Offer;
use crate::options::{Codec, Options};

/// What a row says to an option.
#[derive(Debug, PartialEq)]
enum Answer {
    /// The program's own default is what was asked for.
    Default,
    /// The option of this name, with this value.
    Option(&'static str, String),
    /// The option of this name, which takes no value.
    Flag(&'static str),
    /// The program has nothing like it.
    Unavailable,
}

/// One option of raspivid.
struct Row {
    /// Its long name, as in `Options::given`.
    long: &'static str,
    /// Its short name, for the warning.
    short: &'static str,
    answer: fn(&Options) -> Answer,
}

use Answer::{Default, Flag, Unavailable};

const ROWS: &[Row] = &[
    // The size. 0 is raspivid's word for "the sensor's largest", which the program would have to be told in numbers.
    row("width", "-w", |o| positive("width", o.video.size.width)),
    row("height", "-h", |o| positive("height", o.video.size.height)),
    // 0 is "variable" there, too.
    row("framerate", "-fps", |o| option("framerate", o.video.fps.0)),
    // The encoder.
    row("bitrate", "-b", |o| {
        match (o.video.codec, o.video.bitrate.0) {
            (_, 0) => Default,
            (Codec::H264, bits_per_second) => option("bitrate", bits_per_second),
            (Codec::Mjpeg, _) => Unavailable,
        }
    }),
    row("profile", "-pf", |o| {
        for_h264(o, option("profile", o.video.profile.name.to_lowercase()))
    }),
    row("level", "-lev", |o| {
        for_h264(o, option("level", o.video.level.name))
    }),
    row("intra", "-g", |o| {
        let one_second = o.video.fps.or_default().0;
        for_h264(
            o,
            match o.video.intra_period.map(|gop| gop.0) {
                None => option("intra", one_second),
                // One key frame at the start only. Nobody could join, nor be skipped forward, since the program cannot
                // be asked for another: `command` gives it a second all the same.
                Some(0) => Unavailable,
                Some(frames) => option("intra", frames),
            },
        )
    }),
    row("qp", "-qp", |o| default_or_unavailable(o.video.qp == 0)),
    row("slices", "-sl", |o| {
        default_or_unavailable(o.video.slices <= 1)
    }),
    row("irefresh", "-if", |o| {
        default_or_unavailable(o.video.intra_refresh.is_none())
    }),
    row("spstimings", "-stm", |o| {
        default_or_unavailable(!o.video.sps_timing)
    }),
    // The camera.
    row("camselect", "-cs", |o| nonzero("camera", o.camera.number)),
    // A number there, width, height and bits here.
    row("mode", "-md", |o| {
        default_or_unavailable(o.camera.sensor_mode == 0)
    }),
    row("sharpness", "-sh", |o| {
        percent("sharpness", o.camera.sharpness)
    }),
    row("contrast", "-co", |o| {
        percent("contrast", o.camera.contrast)
    }),
    row("saturation", "-sa", |o| match o.camera.colour_effect {
        Some((128, 128)) => Default,
        _ => percent("saturation", o.camera.saturation),
    }),
    // 0 to 100 with 50 in the middle there, -1 to 1 here.
    row("brightness", "-br", |o| match o.camera.brightness {
        None | Some(50) => Default,
        Some(percent) => option("brightness", f64::from(percent - 50) / 50.0),
    }),
    row("colfx", "-cfx", |o| match o.camera.colour_effect {
        None => Default,
        Some((128, 128)) => option("saturation", 0),
        Some(_) => Unavailable,
    }),
    row("imxfx", "-ifx", |o| {
        default_or_unavailable(o.camera.image_effect.name == "none")
    }),
    // ISO 100 is a gain of 1. An analogue gain that was given as such wins.
    row("ISO", "-ISO", |o| match o.camera.iso {
        iso if iso <= 0 || o.camera.analog_gain > 0.0 => Default,
        iso => option("gain", f64::from(iso) / 100.0),
    }),
    row("analoggain", "-ag", |o| match o.camera.analog_gain {
        gain if gain > 0.0 => option("gain", gain),
        _ => Default,
    }),
    row("digitalgain", "-dg", |o| {
        default_or_unavailable(o.camera.digital_gain == 0.0)
    }),
    row("shutter", "-ss", |o| {
        nonzero("shutter", o.camera.shutter_us)
    }),
    // Sixths of a stop there, stops here.
    row("ev", "-ev", |o| match o.camera.exposure_compensation {
        0 => Default,
        sixths => option("ev", (f64::from(sixths) * 1000.0 / 6.0).round() / 1000.0),
    }),
    row("exposure", "-ex", |o| match o.camera.exposure.name {
        // The frame rate is fixed in any case.
        "auto" | "fixedfps" => Default,
        "sports" | "antishake" => option("exposure", "sport"),
        "night" | "nightpreview" | "verylong" => option("exposure", "long"),
        _ => Unavailable,
    }),
    row("metering", "-mm", |o| match o.camera.metering.name {
        // raspivid's default, which it is not worth while to press on a camera that is tuned for "centre".
        "average" if !o.given.contains(&"metering") => Default,
        "average" | "matrix" => option("metering", "average"),
        "spot" => option("metering", "spot"),
        _ => Unavailable,
    }),
    row("awb", "-awb", |o| match o.camera.awb.name {
        "auto" => Default,
        "sun" => option("awb", "daylight"),
        "cloud" | "shade" => option("awb", "cloudy"),
        "tungsten" => option("awb", "tungsten"),
        "fluorescent" => option("awb", "fluorescent"),
        "incandescent" => option("awb", "incandescent"),
        // Gains switch it off there.
        "off" if o.camera.awb_gains.is_some() => Default,
        _ => Unavailable,
    }),
    // The firmware looks at them with "off" alone.
    row("awbgains", "-awbg", |o| match o.camera.awb_gains {
        Some((red, blue)) if o.camera.awb.name == "off" => {
            option("awbgains", format!("{red},{blue}"))
        }
        _ => Default,
    }),
    row("flicker", "-fli", |o| match o.camera.flicker.name {
        "off" => Default,
        "50hz" => option("flicker-period", "10000us"),
        "60hz" => option("flicker-period", "8333us"),
        _ => Unavailable,
    }),
    row("drc", "-drc", |o| {
        default_or_unavailable(o.camera.drc.name == "off")
    }),
    row("vstab", "-vs", |o| {
        default_or_unavailable(!o.camera.stabilisation)
    }),
    row("stats", "-st", |o| default_or_unavailable(!o.camera.stats)),
    row("settings", "-set", |o| {
        default_or_unavailable(!o.camera.settings_events)
    }),
    row("focus", "-fw", |o| {
        default_or_unavailable(!o.camera.focus_window)
    }),
    row("hflip", "-hf", |o| {
        if o.camera.hflip {
            Flag("hflip")
        } else {
            Default
        }
    }),
    row("vflip", "-vf", |o| {
        if o.camera.vflip {
            Flag("vflip")
        } else {
            Default
        }
    }),
    // Quarter turns are refused there.
    row("rotation", "-rot", |o| match o.camera.rotation_degrees {
        0 => Default,
        180 | -180 => option("rotation", 180),
        _ => Unavailable,
    }),
    row("roi", "-roi", |o| {
        let roi = o.camera.roi;
        match (roi.x, roi.y, roi.width, roi.height) {
            (0.0, 0.0, 1.0, 1.0) => Default,
            (x, y, width, height) => option("roi", format!("{x},{y},{width},{height}")),
        }
    }),
    // There is text only through a post-processing stage on OpenCV, which the Lite packages lack.
    row("annotate", "-a", |o| {
        default_or_unavailable(o.annotation.bits == 0 && o.annotation.text.is_empty())
    }),
    row("annotateex", "-ae", |_| Unavailable),
];

/// The options for the picture as (name, value), and the short names of those that were given and that the program
/// has nothing for.
pub fn translate(options: &Options, offer: &Offer) -> (Vec<Given>, Vec<&'static str>) {
    let (mut given, mut unavailable) = (Vec::new(), Vec::new());
    for row in ROWS {
        match (row.answer)(options) {
            Default => {}
            Answer::Option(name, value) if offer.has(name) => given.push((name, Some(value))),
            Flag(name) if offer.has(name) => given.push((name, None)),
            _ if options.given.contains(&row.long) => unavailable.push(row.short),
            _ => {}
        }
    }
    (given, unavailable)
}

/// An option of the program: its long name, and its value unless it is a flag.
pub type Given = (&'static str, Option<String>);

const fn row(long: &'static str, short: &'static str, answer: fn(&Options) -> Answer) -> Row {
    Row {
        long,
        short,
        answer,
    }
}

fn option(name: &'static str, value: impl ToString) -> Answer {
    Answer::Option(name, value.to_string())
}

fn positive(name: &'static str, value: u32) -> Answer {
    if value == 0 {
        Unavailable
    } else {
        option(name, value)
    }
}

fn nonzero(name: &'static str, value: u32) -> Answer {
    if value == 0 {
        Default
    } else {
        option(name, value)
    }
}

fn default_or_unavailable(default: bool) -> Answer {
    if default { Default } else { Unavailable }
}

fn for_h264(options: &Options, answer: Answer) -> Answer {
    if options.video.codec == Codec::H264 {
        answer
    } else {
        Default
    }
}

/// -100 to 100 with 0 in the middle there, 0 to 2 with 1 in the middle here. (The program goes on to 16 with effects
/// that raspivid never had.)
fn percent(name: &'static str, value: Option<i32>) -> Answer {
    match value {
        None | Some(0) => Default,
        Some(percent) => option(name, f64::from(100 + percent) / 100.0),
    }
}
