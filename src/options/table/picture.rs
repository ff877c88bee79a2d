//! What raspivid asks of the camera itself, first part: brightness and the like, exposure, effects,
//! direction.

use super::{Fate, Group, Kind, Row};
use crate::options::{value, words};

const IMAGE: Row = Row {
    group: Group::Image,
    fate: Fate::Camera,
    ..Row::BLANK
};
const MIN: i64 = i32::MIN as i64;
const MAX: i64 = i32::MAX as i64;

pub const ROWS: &[Row] = &[
    Row {
        long: "sharpness",
        short: "sh",
        placeholder: "N",
        kind: Kind::Adjustment {
            min: -100,
            max: 100,
            set: |draft, asked, used| {
                draft.options.report_only.sharpness_asked = asked;
                draft.options.camera.sharpness = used;
            },
        },
        default: Some("0"),
        help: "sharpness, -100 to 100",
        ..IMAGE
    },
    Row {
        long: "contrast",
        short: "co",
        placeholder: "N",
        kind: Kind::Adjustment {
            min: -100,
            max: 100,
            set: |draft, asked, used| {
                draft.options.report_only.contrast_asked = asked;
                draft.options.camera.contrast = used;
            },
        },
        default: Some("0"),
        help: "contrast, -100 to 100",
        ..IMAGE
    },
    Row {
        long: "brightness",
        short: "br",
        placeholder: "N",
        kind: Kind::Adjustment {
            min: 0,
            max: 100,
            set: |draft, asked, used| {
                draft.options.report_only.brightness_asked = asked;
                draft.options.camera.brightness = used;
            },
        },
        default: Some("50"),
        help: "brightness, 0 to 100",
        ..IMAGE
    },
    Row {
        long: "saturation",
        short: "sa",
        placeholder: "N",
        kind: Kind::Adjustment {
            min: -100,
            max: 100,
            set: |draft, asked, used| {
                draft.options.report_only.saturation_asked = asked;
                draft.options.camera.saturation = used;
            },
        },
        default: Some("0"),
        help: "saturation, -100 to 100",
        ..IMAGE
    },
    Row {
        long: "ISO",
        short: "ISO",
        placeholder: "N",
        kind: Kind::Whole {
            min: MIN,
            max: MAX,
            unit: "",
            set: |draft, n| draft.options.camera.iso = n as i32,
        },
        default: Some("0"),
        help: "sensitivity, 100 to 800; 0 is automatic",
        ..IMAGE
    },
    Row {
        long: "vstab",
        short: "vs",
        kind: Kind::Flag(|draft| draft.options.camera.stabilisation = true),
        help: "stabilise the picture",
        ..IMAGE
    },
    Row {
        long: "ev",
        short: "ev",
        placeholder: "N",
        kind: Kind::Whole {
            min: MIN,
            max: MAX,
            unit: "sixths of a stop",
            set: |draft, n| draft.options.camera.exposure_compensation = n as i32,
        },
        default: Some("0"),
        help: "exposure compensation in sixths of a stop, -10 to 10",
        ..IMAGE
    },
    Row {
        long: "exposure",
        short: "ex",
        placeholder: "MODE",
        kind: Kind::Effect {
            words: words::EXPOSURES,
            set: |draft, word| draft.options.camera.exposure = word,
        },
        default: Some("auto"),
        help: "exposure mode",
        ..IMAGE
    },
    Row {
        long: "flicker",
        short: "fli",
        placeholder: "MODE",
        kind: Kind::Effect {
            words: words::FLICKERS,
            set: |draft, word| draft.options.camera.flicker = word,
        },
        default: Some("off"),
        help: "against the flicker of lamps",
        ..IMAGE
    },
    Row {
        long: "awb",
        short: "awb",
        placeholder: "MODE",
        kind: Kind::Effect {
            words: words::AWBS,
            set: |draft, word| draft.options.camera.awb = word,
        },
        default: Some("auto"),
        help: "white balance",
        ..IMAGE
    },
    Row {
        long: "imxfx",
        short: "ifx",
        placeholder: "EFFECT",
        kind: Kind::Effect {
            words: words::IMAGE_EFFECTS,
            set: |draft, word| draft.options.camera.image_effect = word,
        },
        default: Some("none"),
        help: "image effect",
        ..IMAGE
    },
    Row {
        long: "colfx",
        short: "cfx",
        placeholder: "U:V",
        kind: Kind::Special {
            takes: "U:V: two whole numbers from 0 to 255",
            set: |draft, text| {
                let list = value::whole_list(text, ':', 2..=2, 0..=255)?;
                draft.options.camera.colour_effect = Some((list[0] as u32, list[1] as u32));
                Ok(())
            },
        },
        help: "colour all in one colour; 128:128 is grey",
        ..IMAGE
    },
    Row {
        long: "metering",
        short: "mm",
        placeholder: "MODE",
        kind: Kind::Effect {
            words: words::METERINGS,
            set: |draft, word| draft.options.camera.metering = word,
        },
        default: Some("average"),
        help: "metering mode",
        ..IMAGE
    },
    Row {
        long: "rotation",
        short: "rot",
        placeholder: "DEGREES",
        kind: Kind::Whole {
            min: MIN,
            max: MAX,
            unit: "degrees",
            set: |draft, n| {
                draft.options.report_only.rotation_asked = n as i32;
                draft.options.camera.rotation_degrees = n as i32 % 360 / 90 * 90;
            },
        },
        default: Some("0"),
        help: "turn the picture by 0, 90, 180 or 270 degrees",
        more: "Other angles go down to the next quarter turn.",
        ..IMAGE
    },
    Row {
        long: "hflip",
        short: "hf",
        kind: Kind::Flag(|draft| draft.options.camera.hflip = true),
        help: "mirror left and right",
        ..IMAGE
    },
    Row {
        long: "vflip",
        short: "vf",
        kind: Kind::Flag(|draft| draft.options.camera.vflip = true),
        help: "mirror top and bottom",
        ..IMAGE
    },
];
