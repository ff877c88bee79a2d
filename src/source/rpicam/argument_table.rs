//! raspivid's options as the options of rpicam-vid and libcamera-vid: one row each.
//!
//! Facts from the sources of libcamera-apps 1.0 to rpicam-apps 1.13 (core/options, core/video_options, encoder/,
//! output/). Numbers go over plain: its suffix `M` means a thousand. A value with a minus sign is joined with `=`.

use super::program::Offer;
use crate::options::{
    AwbMode, Codec, DrcLevel, ExposureMode, FlickerAvoidance, ImageEffect, MeteringMode, Options,
    StereoMode, names,
};
use crate::source::honoured as honoured_by;

/// What a row says to an option.
#[derive(Debug, PartialEq)]
enum ArgumentAnswer {
    /// The program's own default is what was asked for.
    Default,
    /// The option of this name, with this value.
    Option(&'static str, String),
    /// The same in versions that have the first of these names among their options.
    Since(&'static str, &'static str, String),
    /// The option of this name, which takes no value.
    Flag(&'static str),
    /// The program has nothing like it.
    Unavailable,
}

/// One option of raspivid.
struct ArgumentRow {
    /// Its long name, as in the table of options.
    long: &'static str,
    answer: fn(&Options) -> ArgumentAnswer,
}

use ArgumentAnswer::{Default, Flag, Unavailable};

const ROWS: &[ArgumentRow] = &[
    // The size. 0 is raspivid's word for "the sensor's largest", which the program would have to be told in numbers.
    row(names::WIDTH, |o| positive("width", o.video.size.width)),
    row(names::HEIGHT, |o| positive("height", o.video.size.height)),
    row(names::FRAMERATE, |o| match o.effective_fps().0 {
        // "Variable", for both. Version 1.1 and before divide by it.
        0 if o.video.fps.0 == 0 => {
            ArgumentAnswer::Since("libav-video-codec", "framerate", "0".into())
        }
        // The exposure asked for is longer than a frame.
        0 => option(
            "framerate",
            thousandths(1_000_000.0 / f64::from(o.camera.shutter_us)),
        ),
        frames_per_second => option("framerate", frames_per_second),
    }),
    // The encoder.
    row(names::BITRATE, |o| {
        match (o.video.codec, o.video.bitrate.0) {
            (_, 0) => Default,
            (Codec::H264, bits_per_second) => option("bitrate", bits_per_second),
            (Codec::Mjpeg, _) => Unavailable,
        }
    }),
    row(names::PROFILE, |o| {
        for_h264(o, option("profile", o.video.profile.name()))
    }),
    row(names::LEVEL, |o| {
        for_h264(o, option("level", o.video.level.name()))
    }),
    row(names::INTRA, |o| {
        let one_second = o.video.fps.or_default().0;
        for_h264(
            o,
            match o.video.intra_period.map(|gop| gop.0) {
                None => option("intra", one_second),
                // One key frame at the start only. Nobody could join, nor be skipped forward, since the program cannot
                // be asked for another: `capture_command` gives it a second all the same.
                Some(0) => Unavailable,
                Some(frames) => option("intra", frames),
            },
        )
    }),
    row(names::QP, |o| default_or_unavailable(o.video.qp == 0)),
    row(names::SLICES, |o| {
        default_or_unavailable(o.video.slices <= 1)
    }),
    row(names::IREFRESH, |o| {
        default_or_unavailable(o.video.intra_refresh.is_none())
    }),
    row(names::SPSTIMINGS, |o| {
        default_or_unavailable(!o.video.sps_timing)
    }),
    // The camera.
    row(names::CAMSELECT, |o| nonzero("camera", o.camera.number)),
    // A number there, width, height and bits here.
    row(names::MODE, |o| {
        default_or_unavailable(o.camera.sensor_mode == 0)
    }),
    row(names::SHARPNESS, |o| {
        percent("sharpness", o.camera.sharpness)
    }),
    row(names::CONTRAST, |o| percent("contrast", o.camera.contrast)),
    row(names::SATURATION, |o| match o.camera.colour_effect {
        Some((128, 128)) => Default,
        _ => percent("saturation", o.camera.saturation),
    }),
    // 0 to 100 with 50 in the middle there, -1 to 1 here.
    row(names::BRIGHTNESS, |o| match o.camera.brightness {
        None | Some(50) => Default,
        Some(percent) => option("brightness", f64::from(percent - 50) / 50.0),
    }),
    row(names::COLFX, |o| match o.camera.colour_effect {
        None => Default,
        Some((128, 128)) => option("saturation", 0),
        Some(_) => Unavailable,
    }),
    row(names::IMXFX, |o| {
        default_or_unavailable(o.camera.image_effect == ImageEffect::None)
    }),
    // ISO 100 is a gain of 1. An analogue gain that was given as such wins.
    row(names::ISO, |o| match o.camera.iso {
        iso if iso <= 0 || o.camera.analog_gain > 0.0 => Default,
        iso => option("gain", f64::from(iso) / 100.0),
    }),
    row(names::ANALOGGAIN, |o| match o.camera.analog_gain {
        gain if gain > 0.0 => option("gain", gain),
        _ => Default,
    }),
    row(names::DIGITALGAIN, |o| {
        default_or_unavailable(o.camera.digital_gain == 0.0)
    }),
    row(names::SHUTTER, |o| match o.camera.shutter_us {
        ..=0 => Default,
        us => option("shutter", us),
    }),
    // Sixths of a stop there, stops here.
    row(names::EV, |o| match o.camera.exposure_compensation {
        0 => Default,
        sixths => option("ev", (f64::from(sixths) * 1000.0 / 6.0).round() / 1000.0),
    }),
    row(names::EXPOSURE, |o| match o.camera.exposure {
        // The frame rate is fixed in any case.
        ExposureMode::Auto | ExposureMode::FixedFps => Default,
        ExposureMode::Sports | ExposureMode::AntiShake => option("exposure", "sport"),
        ExposureMode::Night | ExposureMode::NightPreview | ExposureMode::VeryLong => {
            option("exposure", "long")
        }
        ExposureMode::Off
        | ExposureMode::Backlight
        | ExposureMode::Spotlight
        | ExposureMode::Snow
        | ExposureMode::Beach
        | ExposureMode::Fireworks => Unavailable,
    }),
    row(names::METERING, |o| match o.camera.metering {
        // raspivid's default, which it is not worth while to press on a camera that is tuned for "centre".
        MeteringMode::Average if !o.was_given(names::METERING) => Default,
        MeteringMode::Average | MeteringMode::Matrix => option("metering", "average"),
        MeteringMode::Spot => option("metering", "spot"),
        MeteringMode::Backlit => Unavailable,
    }),
    row(names::AWB, |o| match o.camera.awb {
        AwbMode::Auto => Default,
        AwbMode::Sun => option("awb", "daylight"),
        AwbMode::Cloud | AwbMode::Shade => option("awb", "cloudy"),
        AwbMode::Tungsten => option("awb", "tungsten"),
        AwbMode::Fluorescent => option("awb", "fluorescent"),
        AwbMode::Incandescent => option("awb", "incandescent"),
        // Gains switch it off there.
        AwbMode::Off if o.camera.awb_gains.is_some() => Default,
        AwbMode::Off | AwbMode::Flash | AwbMode::Horizon | AwbMode::GreyWorld => Unavailable,
    }),
    // The firmware looks at them with "off" alone.
    row(names::AWBGAINS, |o| match o.camera.awb_gains {
        Some((red, blue)) if o.camera.awb == AwbMode::Off => {
            option("awbgains", format!("{red},{blue}"))
        }
        _ => Default,
    }),
    row(names::FLICKER, |o| match o.camera.flicker {
        FlickerAvoidance::Off => Default,
        FlickerAvoidance::Hz50 => option("flicker-period", "10000us"),
        FlickerAvoidance::Hz60 => option("flicker-period", "8333us"),
        FlickerAvoidance::Auto => Unavailable,
    }),
    row(names::DRC, |o| {
        default_or_unavailable(o.camera.drc == DrcLevel::Off)
    }),
    row(names::VSTAB, |o| {
        default_or_unavailable(!o.camera.stabilisation)
    }),
    row(names::STATS, |o| default_or_unavailable(!o.camera.stats)),
    row(names::SETTINGS, |o| {
        default_or_unavailable(!o.camera.settings_events)
    }),
    row(names::STEREO, |o| {
        default_or_unavailable(o.camera.stereo.mode == StereoMode::Off)
    }),
    row(names::DECIMATE, |o| {
        default_or_unavailable(!o.camera.stereo.decimate)
    }),
    row(names::SWAP_EYES, |o| {
        default_or_unavailable(!o.camera.stereo.swap_eyes)
    }),
    row(names::FOCUS, |o| {
        default_or_unavailable(!o.camera.focus_window)
    }),
    row(names::HFLIP, |o| {
        if o.camera.hflip {
            Flag("hflip")
        } else {
            Default
        }
    }),
    row(names::VFLIP, |o| {
        if o.camera.vflip {
            Flag("vflip")
        } else {
            Default
        }
    }),
    // Quarter turns are refused there.
    row(names::ROTATION, |o| match o.camera.rotation_degrees {
        0 => Default,
        180 | -180 => option("rotation", 180),
        _ => Unavailable,
    }),
    row(names::ROI, |o| {
        let roi = o.camera.roi;
        match (roi.x, roi.y, roi.width, roi.height) {
            (0.0, 0.0, 1.0, 1.0) => Default,
            _ if !roi.is_part_of_the_sensor() => Unavailable,
            (x, y, width, height) => option("roi", format!("{x},{y},{width},{height}")),
        }
    }),
    // There is text only through a stage that is a package of its own: `text_stage` sees to it where it is there.
    row(names::ANNOTATE, |o| {
        default_or_unavailable(o.annotation.bits == 0 && o.annotation.text.is_empty())
    }),
    row(names::ANNOTATEEX, |_| Unavailable),
];

/// The options for the picture, and the long names of raspivid's options that it honours with them: all that it has
/// something for, and all whose value asks for nothing.
pub fn translate(options: &Options, offer: &Offer) -> (Vec<Given>, Vec<&'static str>) {
    let (mut given, mut honoured) = (Vec::new(), honoured_by::RPICAM_ALWAYS.to_vec());
    for row in ROWS {
        match (row.answer)(options) {
            Default => {}
            ArgumentAnswer::Option(name, value) if offer.has(name) => {
                given.push((name, Some(value)))
            }
            ArgumentAnswer::Since(witness, name, value) if offer.has(witness) => {
                given.push((name, Some(value)))
            }
            Flag(name) if offer.has(name) => given.push((name, None)),
            _ => continue,
        }
        honoured.push(row.long);
    }
    if options.video.codec == Codec::H264 && offer.software_encoder {
        settle_rate(options, &mut given, &mut honoured);
        if offer.has("libav-video-codec-opts") {
            honoured.extend(honoured_by::RPICAM_SOFTWARE);
        }
    }
    (given, honoured)
}

/// x264 without a rate cannot spread the bits, and its pictures are of no use: "variable" becomes raspivid's default.
fn settle_rate(options: &Options, given: &mut [Given], honoured: &mut Vec<&'static str>) {
    let variable = Some("0".to_owned());
    let rate = given
        .iter_mut()
        .find(|(name, value)| *name == "framerate" && *value == variable);
    if let Some((_, value)) = rate {
        *value = Some(options.video.fps.or_default().0.to_string());
        honoured.retain(|long| *long != names::FRAMERATE);
    }
}

/// The long names of the options that a program with all that the table knows would honour.
#[cfg(test)]
pub fn answered(options: &Options) -> Vec<&'static str> {
    let is_answered = |row: &&ArgumentRow| (row.answer)(options) != Unavailable;
    let rows = ROWS.iter().filter(is_answered).map(|row| row.long);
    rows.chain(honoured_by::RPICAM_ALWAYS.iter().copied())
        .collect()
}

/// An option of the program: its long name, and its value unless it is a flag.
pub type Given = (&'static str, Option<String>);

const fn row(long: &'static str, answer: fn(&Options) -> ArgumentAnswer) -> ArgumentRow {
    ArgumentRow { long, answer }
}

fn option(name: &'static str, value: impl ToString) -> ArgumentAnswer {
    ArgumentAnswer::Option(name, value.to_string())
}

fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn positive(name: &'static str, value: u32) -> ArgumentAnswer {
    if value == 0 {
        Unavailable
    } else {
        option(name, value)
    }
}

fn nonzero(name: &'static str, value: u32) -> ArgumentAnswer {
    if value == 0 {
        Default
    } else {
        option(name, value)
    }
}

fn default_or_unavailable(default: bool) -> ArgumentAnswer {
    if default { Default } else { Unavailable }
}

fn for_h264(options: &Options, answer: ArgumentAnswer) -> ArgumentAnswer {
    if options.video.codec == Codec::H264 {
        answer
    } else {
        Default
    }
}

/// -100 to 100 with 0 in the middle there, 0 to 2 with 1 in the middle here. (The program goes on to 16 with effects
/// that raspivid never had.)
fn percent(name: &'static str, value: Option<i32>) -> ArgumentAnswer {
    match value {
        None | Some(0) => Default,
        Some(percent) => option(name, f64::from(100 + percent) / 100.0),
    }
}

#[cfg(test)]
mod tests;
