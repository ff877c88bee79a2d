//! What raspivid asks of the camera itself, second part: the sensor, the text in the picture, two
//! cameras at once.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Fate, Group, Kind, Row, Unknown, Whole};
use crate::options::draft::Draft;
use crate::options::model::Roi;
use crate::options::value::{Checked, instead, not_below_zero};
use crate::options::words::{DrcLevel, StereoMode};
use crate::options::{annotation, names, scan};

const IMAGE: Row = Row {
    group: Group::Image,
    fate: Fate::Camera,
    ..Row::BLANK
};

pub const ROWS: &[Row] = &[
    Row {
        long: names::ROI,
        short: "roi",
        placeholder: "X,Y,W,H",
        kind: Kind::Special {
            takes: "X,Y,W,H: four decimal numbers from 0 to 1",
            set: region,
        },
        default: Some("0,0,1,1"),
        help: "part of the sensor that is used, each from 0 to 1",
        more: "A part that reaches over the edge is cut there with a warning.",
        ..IMAGE
    },
    Row {
        long: names::SHUTTER,
        short: "ss",
        placeholder: "US",
        kind: Kind::Whole(Whole {
            min: 0,
            unit: "microseconds",
            set: |draft, us| draft.options.camera.shutter_us = us,
            ..Whole::CAMERA
        }),
        default: Some("0"),
        help: "shutter time in microseconds; 0 is automatic",
        more: "A time longer than a frame makes the frame rate variable. The longest are about 6 s for the \
               OV5647 (camera 1), 10 s for the IMX219 (camera 2) and 200 s for the IMX477 (HQ camera).",
        ..IMAGE
    },
    Row {
        long: names::AWBGAINS,
        short: "awbg",
        placeholder: "RED,BLUE",
        kind: Kind::Special {
            takes: "RED,BLUE: two decimal numbers from 0 to 8",
            set: awb_gains,
        },
        default: Some("0,0"),
        help: "gains for red and blue, with -awb off",
        more: "Where one of them is 0, neither is set.",
        ..IMAGE
    },
    Row {
        long: names::DRC,
        short: "drc",
        placeholder: "LEVEL",
        kind: Kind::Words {
            words: DrcLevel::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.camera.drc = DrcLevel::ALL[at],
        },
        default: Some("off"),
        help: "dynamic range compression",
        ..IMAGE
    },
    Row {
        long: names::STATS,
        short: "st",
        kind: Kind::Flag(|draft| draft.options.camera.stats = true),
        help: "have the camera compute picture statistics",
        ..IMAGE
    },
    Row {
        long: names::ANNOTATE,
        short: "a",
        placeholder: "BITS|TEXT",
        kind: Kind::Special {
            takes: "a whole number of bits, or a text",
            set: |draft, text| annotation::annotate(&mut draft.options.annotation, text),
        },
        help: "write date, time or a text into the picture; may be given more than once",
        more: "A number is a sum of bits: 1 the text, 2 the settings of the encoder, 4 the date, 8 the time, \
               16 the shutter time, 32 the focus, 64 the gain, 128 the lens, 256 the motion, 512 the number \
               of the frame, 1024 a black background. All numbers that are given are joined. Anything else \
               is a text of at most 255 bytes, in which \\n begins a new line; with bit 4 or 8 it may hold \
               strftime(3) codes such as %Y-%m-%d %X, and stands in place of date and time.",
        ..IMAGE
    },
    Row {
        long: names::STEREO,
        short: "3d",
        placeholder: "MODE",
        kind: Kind::Words {
            words: StereoMode::NAMES,
            exact: false,
            unknown: Unknown::Default,
            set: |draft, at| draft.options.camera.stereo.mode = StereoMode::ALL[at],
        },
        default: Some("off"),
        help: "two cameras as one picture",
        ..IMAGE
    },
    Row {
        long: names::DECIMATE,
        short: "dec",
        kind: Kind::Flag(|draft| draft.options.camera.stereo.decimate = true),
        help: "halve width and height of such a picture",
        ..IMAGE
    },
    Row {
        long: names::SWAP_EYES,
        short: "3dswap",
        kind: Kind::Flag(|draft| draft.options.camera.stereo.swap_eyes = true),
        help: "swap the two cameras of such a picture",
        ..IMAGE
    },
    Row {
        long: names::ANNOTATEEX,
        short: "ae",
        placeholder: "SIZE,...",
        kind: Kind::Special {
            takes: "SIZE[,TEXT[,BACK[,JUSTIFY[,X[,Y]]]]]: a size from 0 to 255, colours as 0xVVUUYY or -1, \
                    0 to 2, and two offsets in pixels",
            set: |draft, text| annotation::annotate_extra(&mut draft.options.annotation, text),
        },
        default: Some("0,-1,-1,0,0,0"),
        help: "size, colours and place of that text",
        more: "SIZE[,TEXT[,BACK[,JUSTIFY[,X[,Y]]]]]: size 6 to 160, 0 leaves it to the camera; colours of the \
               text and of its background, hexadecimal as 0xVVUUYY, -1 leaves one as \
               it is. Justify 0 is the centre, 1 left, 2 right. What is left out at the end stays as it is.",
        ..IMAGE
    },
    Row {
        long: names::ANALOGGAIN,
        short: "ag",
        placeholder: "GAIN",
        kind: Kind::Decimal {
            max: 16.0,
            set: |draft, gain| draft.options.camera.analog_gain = gain,
        },
        default: Some("0"),
        help: "analog gain up to 16; 0 is automatic",
        ..IMAGE
    },
    Row {
        long: names::DIGITALGAIN,
        short: "dg",
        placeholder: "GAIN",
        kind: Kind::Decimal {
            max: 64.0,
            set: |draft, gain| draft.options.camera.digital_gain = gain,
        },
        default: Some("0"),
        help: "digital gain up to 64; 0 is automatic",
        ..IMAGE
    },
    Row {
        long: names::SETTINGS,
        short: "set",
        kind: Kind::Flag(|draft| draft.options.camera.settings_events = true),
        help: "report exposure, gains and white balance whenever they change",
        ..IMAGE
    },
    Row {
        long: names::FOCUS,
        short: "fw",
        kind: Kind::Flag(|draft| draft.options.camera.focus_window = true),
        help: "draw a box with the focus measure",
        ..IMAGE
    },
];

/// Four parts, none of them more than 1.
fn region(draft: &mut Draft, text: &OsStr) -> Checked {
    let (parts, rest) = scan::list(text.as_bytes(), b',', 4, scan::decimal);
    let [x, y, width, height] = parts[..] else {
        return Err(String::new());
    };
    if parts.iter().any(|part| *part > 1.0) {
        return Err(String::new());
    }
    let asked = Roi {
        x,
        y,
        width,
        height,
    };
    let roi = asked.cut_to_the_edge();
    draft.options.camera.roi = roi;
    Ok(if !roi.is_part_of_the_sensor() {
        Some(format!(
            "{roi} goes to the camera as it is, which may not take it"
        ))
    } else if roi != asked {
        Some(format!("it reaches over the edge, so it is cut to {roi}"))
    } else {
        instead(true, rest, roi)
    })
}

fn awb_gains(draft: &mut Draft, text: &OsStr) -> Checked {
    let (gains, rest) = scan::list(text.as_bytes(), b',', 2, scan::decimal);
    let [red, blue] = gains[..] else {
        return Err(String::new());
    };
    if gains.iter().any(|gain| *gain > 8.0) {
        return Err(String::new());
    }
    // Below zero a gain is sent as 0; where it is 0, neither is sent.
    let are_sent = red != 0.0 && blue != 0.0;
    let used = [red, blue].map(not_below_zero);
    draft.options.camera.awb_gains = are_sent.then_some((used[0], used[1]));
    let is_understood = gains.iter().all(|gain| *gain >= 0.0);
    Ok(instead(
        is_understood,
        rest,
        format!("{},{}", used[0], used[1]),
    ))
}
