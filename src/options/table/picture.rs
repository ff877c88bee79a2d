//! What raspivid asks of the camera itself, first part: brightness and the like, exposure, effects,
//! direction.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Beyond, Fate, Group, Kind, Row, Unknown, Whole};
use crate::options::draft::Draft;
use crate::options::value::{Checked, instead};
use crate::options::words::{AwbMode, ExposureMode, FlickerAvoidance, ImageEffect, MeteringMode};
use crate::options::{names, scan};

const IMAGE: Row = Row {
    group: Group::Image,
    fate: Fate::Camera,
    ..Row::BLANK
};

/// Where it is outside the range, raspivid does not send it.
const ADJUSTMENT: Whole = Whole {
    min: LEAST,
    max: MOST,
    beyond: Beyond::LeftOut,
    ..Whole::CAMERA
};
const LEAST: i32 = -100;
const MOST: i32 = 100;

pub const ROWS: &[Row] = &[
    Row {
        long: names::SHARPNESS,
        short: "sh",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            set: |draft, n| {
                draft.options.report_only.sharpness_asked = n;
                draft.options.camera.sharpness = adjustment(n, LEAST);
            },
            ..ADJUSTMENT
        }),
        default: Some("0"),
        help: "sharpness, -100 to 100",
        ..IMAGE
    },
    Row {
        long: names::CONTRAST,
        short: "co",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            set: |draft, n| {
                draft.options.report_only.contrast_asked = n;
                draft.options.camera.contrast = adjustment(n, LEAST);
            },
            ..ADJUSTMENT
        }),
        default: Some("0"),
        help: "contrast, -100 to 100",
        ..IMAGE
    },
    Row {
        long: names::BRIGHTNESS,
        short: "br",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            min: 0,
            set: |draft, n| {
                draft.options.report_only.brightness_asked = n;
                draft.options.camera.brightness = adjustment(n, 0);
            },
            ..ADJUSTMENT
        }),
        default: Some("50"),
        help: "brightness, 0 to 100",
        ..IMAGE
    },
    Row {
        long: names::SATURATION,
        short: "sa",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            set: |draft, n| {
                draft.options.report_only.saturation_asked = n;
                draft.options.camera.saturation = adjustment(n, LEAST);
            },
            ..ADJUSTMENT
        }),
        default: Some("0"),
        help: "saturation, -100 to 100",
        ..IMAGE
    },
    Row {
        long: names::ISO,
        short: "ISO",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            set: |draft, n| draft.options.camera.iso = n,
            ..Whole::CAMERA
        }),
        default: Some("0"),
        help: "sensitivity, 100 to 800; 0 is automatic",
        ..IMAGE
    },
    Row {
        long: names::VSTAB,
        short: "vs",
        kind: Kind::Flag(|draft| draft.options.camera.stabilisation = true),
        help: "stabilise the picture",
        ..IMAGE
    },
    Row {
        long: names::EV,
        short: "ev",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            unit: "sixths of a stop",
            set: |draft, n| draft.options.camera.exposure_compensation = n,
            ..Whole::CAMERA
        }),
        default: Some("0"),
        help: "exposure compensation in sixths of a stop, -10 to 10",
        ..IMAGE
    },
    Row {
        long: names::EXPOSURE,
        short: "ex",
        placeholder: "MODE",
        kind: Kind::Words {
            words: ExposureMode::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.camera.exposure = ExposureMode::ALL[at],
        },
        default: Some("auto"),
        help: "exposure mode",
        ..IMAGE
    },
    Row {
        long: names::FLICKER,
        short: "fli",
        placeholder: "MODE",
        kind: Kind::Words {
            words: FlickerAvoidance::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.camera.flicker = FlickerAvoidance::ALL[at],
        },
        default: Some("off"),
        help: "against the flicker of lamps",
        ..IMAGE
    },
    Row {
        long: names::AWB,
        short: "awb",
        placeholder: "MODE",
        kind: Kind::Words {
            words: AwbMode::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.camera.awb = AwbMode::ALL[at],
        },
        default: Some("auto"),
        help: "white balance",
        ..IMAGE
    },
    Row {
        long: names::IMXFX,
        short: "ifx",
        placeholder: "EFFECT",
        kind: Kind::Words {
            words: ImageEffect::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.camera.image_effect = ImageEffect::ALL[at],
        },
        default: Some("none"),
        help: "image effect",
        ..IMAGE
    },
    Row {
        long: names::COLFX,
        short: "cfx",
        placeholder: "U:V",
        kind: Kind::Special {
            takes: "U:V: two whole numbers from 0 to 255",
            set: colour_effect,
        },
        help: "colour all in one colour; 128:128 is grey",
        ..IMAGE
    },
    Row {
        long: names::METERING,
        short: "mm",
        placeholder: "MODE",
        kind: Kind::Words {
            words: MeteringMode::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.camera.metering = MeteringMode::ALL[at],
        },
        default: Some("average"),
        help: "metering mode",
        ..IMAGE
    },
    Row {
        long: names::ROTATION,
        short: "rot",
        placeholder: "DEGREES",
        kind: Kind::Whole(Whole {
            unit: "degrees",
            set: |draft, n| {
                draft.options.report_only.rotation_asked = n;
                draft.options.camera.rotation_degrees = n % 360 / 90 * 90;
            },
            ..Whole::CAMERA
        }),
        default: Some("0"),
        help: "turn the picture by 0, 90, 180 or 270 degrees",
        more: "Other angles go down to the next quarter turn.",
        ..IMAGE
    },
    Row {
        long: names::HFLIP,
        short: "hf",
        kind: Kind::Flag(|draft| draft.options.camera.hflip = true),
        help: "mirror left and right",
        ..IMAGE
    },
    Row {
        long: names::VFLIP,
        short: "vf",
        kind: Kind::Flag(|draft| draft.options.camera.vflip = true),
        help: "mirror top and bottom",
        ..IMAGE
    },
];

/// raspivid keeps the part that it cannot read, and switches the effect on in any case.
fn colour_effect(draft: &mut Draft, text: &OsStr) -> Checked {
    let (parts, rest) = scan::list(text.as_bytes(), b':', 2, scan::signed);
    let colour = &mut draft.options.camera.colour_effect;
    let (old_u, old_v) = colour.unwrap_or((128, 128));
    let (u, v) = (
        parts.first().unwrap_or(&old_u),
        parts.get(1).unwrap_or(&old_v),
    );
    *colour = Some((*u, *v));
    let are_colours = parts.len() == 2 && parts.iter().all(|part| (0..=255).contains(part));
    Ok(instead(are_colours, rest, format!("{u}:{v}")))
}

fn adjustment(number: i32, least: i32) -> Option<i32> {
    (least..=MOST).contains(&number).then_some(number)
}
