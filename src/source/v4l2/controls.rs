//! raspivid's options as V4L2 controls. An option can have several ways, since drivers differ: the first that the device
//! has whole is taken. How the picture lies is always set, since cameras keep it from one opening to the next; all else
//! of the picture only where its option was given: what the user set otherwise (v4l2-ctl) stays.

use super::sys::{ControlRange, Device};
use crate::options::{
    AwbMode, ExposureMode, FlickerAvoidance, H264Level, H264Profile, MeteringMode, Options, names,
};

// V4L2_CID_*: user controls (base 0x98_0900), codec (0x99_0900) and camera (0x9a_0900).
const BRIGHTNESS: u32 = 0x98_0900;
const CONTRAST: u32 = 0x98_0901;
const SATURATION: u32 = 0x98_0902;
const AUTO_WHITE_BALANCE: u32 = 0x98_090c;
const RED_BALANCE: u32 = 0x98_090e;
const BLUE_BALANCE: u32 = 0x98_090f;
const HFLIP: u32 = 0x98_0914;
const VFLIP: u32 = 0x98_0915;
const POWER_LINE_FREQUENCY: u32 = 0x98_0918;
const WHITE_BALANCE_TEMPERATURE: u32 = 0x98_091a;
const SHARPNESS: u32 = 0x98_091b;
const ROTATE: u32 = 0x98_0922;

const GOP_SIZE: u32 = 0x99_09cb;
const BITRATE: u32 = 0x99_09cf;
const REPEAT_SEQUENCE_HEADER: u32 = 0x99_09e2;
const FORCE_KEY_FRAME: u32 = 0x99_09e5;
const H264_MIN_QP: u32 = 0x99_0a61;
const H264_MAX_QP: u32 = 0x99_0a62;
const H264_I_PERIOD: u32 = 0x99_0a66;
const H264_LEVEL: u32 = 0x99_0a67;
const H264_PROFILE: u32 = 0x99_0a6b;

const EXPOSURE_AUTO: u32 = 0x9a_0901;
const EXPOSURE_ABSOLUTE: u32 = 0x9a_0902;
const EXPOSURE_BIAS: u32 = 0x9a_0913;
const WHITE_BALANCE_PRESET: u32 = 0x9a_0914;
const IMAGE_STABILIZATION: u32 = 0x9a_0916;
const EXPOSURE_METERING: u32 = 0x9a_0919;
const SCENE_MODE: u32 = 0x9a_091a;

const EXPOSURE_IS_AUTO: i32 = 0;
const EXPOSURE_IS_MANUAL: i32 = 1;
/// What UVC cameras have in place of "auto".
const EXPOSURE_IS_APERTURE_PRIORITY: i32 = 3;

/// Options that act without being given, too.
const ALWAYS_SET: [&str; 3] = [names::ROTATION, names::HFLIP, names::VFLIP];

/// What a control is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Amount {
    /// In the control's own unit.
    Exact(i32),
    /// A place on raspivid's scale: the neutral point is the control's default, the ends are its ends.
    Scaled {
        value: i32,
        least: i32,
        neutral: i32,
        most: i32,
    },
    /// A factor, where 1 is the control's default.
    Gain(f32),
}

type ControlStep = (u32, Amount);

/// One option with its ways.
struct Wish {
    option: &'static str,
    ways: Vec<Vec<ControlStep>>,
}

impl Wish {
    fn new(option: &'static str, ways: impl Into<Vec<Vec<ControlStep>>>) -> Self {
        Self {
            option,
            ways: ways.into(),
        }
    }

    fn exact(option: &'static str, id: u32, value: i32) -> Self {
        Self::new(option, [vec![(id, Amount::Exact(value))]])
    }
}

/// Sets what the options ask of the camera; returns the long names of those that the device took.
pub fn set_picture(device: &Device, options: &Options) -> Vec<&'static str> {
    set(device, picture_wishes(options))
}

/// The long names of the options for which V4L2 has a control, whether or not a device has it.
pub fn of_the_picture(options: &Options) -> Vec<&'static str> {
    let wishes = picture_wishes(options).into_iter();
    wishes
        .filter(|wish| !wish.ways.is_empty())
        .map(|wish| wish.option)
        .collect()
}

/// Sets what the options ask of an H.264 encoder in the device; returns the long names of those that it took.
pub fn set_encoder(device: &Device, options: &Options) -> Vec<&'static str> {
    set(device, encoder_wishes(options))
}

/// Whether `force_key_frame` does anything.
pub fn can_force_key_frame(device: &Device) -> bool {
    device.control(FORCE_KEY_FRAME).is_some()
}

/// A wish; where it fails, the next key frame comes in its own time.
pub fn force_key_frame(device: &Device) {
    let _ = device.set_control(FORCE_KEY_FRAME, 1);
}

fn set(device: &Device, wishes: Vec<Wish>) -> Vec<&'static str> {
    let can = |steps: &&Vec<ControlStep>| {
        steps.iter().all(|(id, amount)| {
            device
                .control(*id)
                .is_some_and(|range| amount.within(range).is_some())
        })
    };
    let take = |steps: &Vec<ControlStep>| {
        steps.iter().all(|(id, amount)| {
            device
                .control(*id)
                .and_then(|range| amount.within(range))
                .is_some_and(|value| device.set_control(*id, value).is_ok())
        })
    };
    wishes
        .iter()
        .filter(|wish| wish.ways.iter().filter(can).any(take))
        .map(|wish| wish.option)
        .collect()
}

impl Amount {
    /// The number for a control of this range; `None` where it has none for it.
    fn within(self, range: ControlRange) -> Option<i32> {
        let value = match self {
            Self::Exact(value) => i64::from(value),
            Self::Scaled {
                value,
                least,
                neutral,
                most,
            } => scaled(value, [least, neutral, most], range),
            Self::Gain(gain) => (f64::from(range.default) * f64::from(gain)).round() as i64,
        };
        let (minimum, maximum) = (i64::from(range.minimum), i64::from(range.maximum));
        let exact = matches!(self, Self::Exact(_));
        if range.is_button {
            return Some(1);
        }
        if exact && !(minimum..=maximum).contains(&value) {
            return None;
        }
        let step = i64::from(range.step);
        let clamped = value.clamp(minimum, maximum);
        let stepped = minimum + (clamped - minimum) / step * step;
        i32::try_from(stepped).ok()
    }
}

fn scaled(value: i32, [least, neutral, most]: [i32; 3], range: ControlRange) -> i64 {
    let [value, least, neutral, most] = [value, least, neutral, most].map(i64::from);
    let default = i64::from(range.default);
    if value < neutral {
        default - (neutral - value) * (default - i64::from(range.minimum)) / (neutral - least)
    } else {
        default + (value - neutral) * (i64::from(range.maximum) - default) / (most - neutral)
    }
}

fn picture_wishes(options: &Options) -> Vec<Wish> {
    let camera = &options.camera;
    let mut wishes = adjustments(options);
    let degrees = camera.rotation_degrees.rem_euclid(360);
    wishes.push(Wish::exact(names::ROTATION, ROTATE, degrees));
    wishes.push(Wish::exact(names::HFLIP, HFLIP, i32::from(camera.hflip)));
    wishes.push(Wish::exact(names::VFLIP, VFLIP, i32::from(camera.vflip)));
    wishes.push(Wish::exact(
        names::VSTAB,
        IMAGE_STABILIZATION,
        i32::from(camera.stabilisation),
    ));
    wishes.push(Wish::new(names::EXPOSURE, exposure(camera.exposure)));
    wishes.push(shutter(camera.shutter_us));
    wishes.push(Wish::new(names::AWB, white_balance(camera.awb)));
    if let Some((red, blue)) = camera.awb_gains {
        let steps = vec![
            (RED_BALANCE, Amount::Gain(red)),
            (BLUE_BALANCE, Amount::Gain(blue)),
        ];
        wishes.push(Wish::new(names::AWBGAINS, [steps]));
    }
    wishes.push(flicker(camera.flicker));
    wishes.extend(metering(camera.metering));
    wishes.retain(|wish| ALWAYS_SET.contains(&wish.option) || options.was_given(wish.option));
    wishes
}

/// What has a scale with a neutral point.
fn adjustments(options: &Options) -> Vec<Wish> {
    let camera = &options.camera;
    let mut wishes = Vec::new();
    let adjustments = [
        (
            names::SHARPNESS,
            SHARPNESS,
            camera.sharpness,
            [-100, 0, 100],
        ),
        (names::CONTRAST, CONTRAST, camera.contrast, [-100, 0, 100]),
        (
            names::BRIGHTNESS,
            BRIGHTNESS,
            camera.brightness,
            [0, 50, 100],
        ),
        (
            names::SATURATION,
            SATURATION,
            camera.saturation,
            [-100, 0, 100],
        ),
        // Sixths of a stop; the drivers that have it go to 4 stops either way.
        (
            names::EV,
            EXPOSURE_BIAS,
            Some(camera.exposure_compensation),
            [-24, 0, 24],
        ),
    ];
    for (option, id, value, [least, neutral, most]) in adjustments {
        let Some(value) = value else { continue };
        let amount = Amount::Scaled {
            value,
            least,
            neutral,
            most,
        };
        wishes.push(Wish::new(option, [vec![(id, amount)]]));
    }
    wishes
}

fn flicker(avoidance: FlickerAvoidance) -> Wish {
    let power_line = match avoidance {
        FlickerAvoidance::Off => 0,
        FlickerAvoidance::Hz50 => 1,
        FlickerAvoidance::Hz60 => 2,
        FlickerAvoidance::Auto => 3,
    };
    Wish::exact(names::FLICKER, POWER_LINE_FREQUENCY, power_line)
}

fn metering(mode: MeteringMode) -> Option<Wish> {
    let metering = match mode {
        MeteringMode::Average => Some(0),
        MeteringMode::Spot => Some(2),
        MeteringMode::Matrix => Some(3),
        MeteringMode::Backlit => None,
    };
    metering.map(|value| Wish::exact(names::METERING, EXPOSURE_METERING, value))
}

fn encoder_wishes(options: &Options) -> Vec<Wish> {
    let video = &options.video;
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let mut wishes = vec![Wish::exact(names::INLINE, REPEAT_SEQUENCE_HEADER, 1)];
    let profile = match video.profile {
        H264Profile::Baseline => 0,
        H264Profile::Main => 2,
        H264Profile::High => 4,
    };
    wishes.push(Wish::exact(names::PROFILE, H264_PROFILE, profile));
    let level = match video.level {
        H264Level::Level4 => 11,
        H264Level::Level41 => 12,
        H264Level::Level42 => 13,
    };
    wishes.push(Wish::exact(names::LEVEL, H264_LEVEL, level));
    if video.bitrate.0 > 0 {
        wishes.push(Wish::exact(
            names::BITRATE,
            BITRATE,
            number(video.bitrate.0),
        ));
    }
    if let Some(gop) = video.intra_period {
        let ways = [H264_I_PERIOD, GOP_SIZE].map(|id| vec![(id, Amount::Exact(number(gop.0)))]);
        wishes.push(Wish::new(names::INTRA, ways));
    }
    if video.qp > 0 {
        let qp = Amount::Exact(number(video.qp));
        wishes.push(Wish::new(
            names::QP,
            [vec![(H264_MIN_QP, qp), (H264_MAX_QP, qp)]],
        ));
    }
    wishes
}

fn exposure(mode: ExposureMode) -> Vec<Vec<ControlStep>> {
    let auto = |value| (EXPOSURE_AUTO, Amount::Exact(value));
    let scene = |value| vec![vec![(SCENE_MODE, Amount::Exact(value))]];
    match mode {
        ExposureMode::Off => vec![vec![auto(EXPOSURE_IS_MANUAL)]],
        ExposureMode::Auto => vec![
            vec![auto(EXPOSURE_IS_AUTO)],
            vec![auto(EXPOSURE_IS_APERTURE_PRIORITY)],
        ],
        ExposureMode::Backlight => scene(1),
        ExposureMode::Snow | ExposureMode::Beach => scene(2),
        ExposureMode::Fireworks => scene(6),
        ExposureMode::Night | ExposureMode::NightPreview => scene(8),
        ExposureMode::Sports => scene(11),
        ExposureMode::Spotlight
        | ExposureMode::VeryLong
        | ExposureMode::FixedFps
        | ExposureMode::AntiShake => Vec::new(),
    }
}

/// EXPOSURE_ABSOLUTE counts in tenths of a millisecond.
fn shutter(us: i32) -> Wish {
    let steps = vec![
        (EXPOSURE_AUTO, Amount::Exact(EXPOSURE_IS_MANUAL)),
        (EXPOSURE_ABSOLUTE, Amount::Exact((us / 100).max(1))),
    ];
    Wish::new(names::SHUTTER, [steps])
}

/// A preset where the device has those, else automatics off and a colour temperature in kelvin.
fn white_balance(mode: AwbMode) -> Vec<Vec<ControlStep>> {
    let automatic = |on| vec![(AUTO_WHITE_BALANCE, Amount::Exact(on))];
    let preset = |value| vec![(WHITE_BALANCE_PRESET, Amount::Exact(value))];
    let (preset_number, kelvin) = match mode {
        AwbMode::Auto => return vec![preset(1), automatic(1)],
        AwbMode::Off => return vec![preset(0), automatic(0)],
        AwbMode::Sun => (6, 5500),
        AwbMode::Cloud => (8, 6500),
        AwbMode::Shade => (9, 7500),
        AwbMode::Tungsten | AwbMode::Incandescent => (2, 2800),
        AwbMode::Fluorescent => (3, 4000),
        AwbMode::Flash => (7, 5400),
        AwbMode::Horizon => (5, 2500),
        AwbMode::GreyWorld => return Vec::new(),
    };
    let mut by_temperature = automatic(0);
    by_temperature.push((WHITE_BALANCE_TEMPERATURE, Amount::Exact(kelvin)));
    vec![preset(preset_number), by_temperature]
}

#[cfg(test)]
mod tests;
