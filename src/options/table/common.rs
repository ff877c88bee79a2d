//! The options that raspivid shares with its sister programs: size, output, which camera.

use super::{Beyond, Fate, Group, Kind, Row, Whole};
use crate::options::model::Command;
use crate::options::{endpoints, names};

const COMMON: Row = Row {
    group: Group::Common,
    fate: Fate::Session,
    ..Row::BLANK
};
/// The widest and highest picture that JPEG can hold (ITU-T T.81, B.2.2); H.264 ends earlier.
const MAX_PIXELS: i32 = 65_535;

pub const ROWS: &[Row] = &[
    Row {
        long: names::HELP,
        short: "?",
        kind: Kind::Stop(|| Command::Help),
        help: "print this help and exit",
        ..COMMON
    },
    Row {
        long: names::WIDTH,
        short: "w",
        placeholder: "PIXELS",
        kind: Kind::Whole(Whole {
            max: MAX_PIXELS,
            beyond: Beyond::Refused,
            unit: "pixels",
            set: |draft, n| draft.options.video.size.width = n.cast_unsigned(),
            ..Whole::BLANK
        }),
        default: Some("1920"),
        fate: Fate::Encoder,
        help: "width of the picture; 0 is the sensor's largest",
        ..COMMON
    },
    Row {
        long: names::HEIGHT,
        short: "h",
        placeholder: "PIXELS",
        kind: Kind::Whole(Whole {
            max: MAX_PIXELS,
            beyond: Beyond::Refused,
            unit: "pixels",
            set: |draft, n| draft.options.video.size.height = n.cast_unsigned(),
            ..Whole::BLANK
        }),
        default: Some("1080"),
        fate: Fate::Encoder,
        help: "height of the picture; 0 is the sensor's largest",
        ..COMMON
    },
    Row {
        long: names::OUTPUT,
        short: "o",
        placeholder: "OUTPUT",
        kind: Kind::Special {
            takes: "a file name, - for standard output, tcp://HOST:PORT or udp://HOST:PORT",
            set: |draft, text| {
                let (output, instead) = endpoints::output(text)?;
                draft.options.output = output;
                draft.options.report_only.filename = Some(text.to_string_lossy().into_owned());
                Ok(instead)
            },
        },
        help: "where the stream goes: a file, - (standard output), tcp://HOST:PORT, udp://HOST:PORT",
        more: "Any name that begins with - is standard output; under systemd or inetd, where that is the \
               journal or a terminal, the connection on standard input. HOST is a name, an IPv4 address or \
               an IPv6 address in brackets. Without -o the pictures are counted and thrown away.",
        ..COMMON
    },
    Row {
        long: names::VERBOSE,
        short: "v",
        kind: Kind::Flag(|draft| draft.options.verbose = true),
        help: "report the settings and each stage on standard error",
        ..COMMON
    },
    Row {
        long: names::CAMSELECT,
        short: "cs",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            set: |draft, n| draft.options.camera.number = n.cast_unsigned(),
            ..Whole::BLANK
        }),
        default: Some("0"),
        fate: Fate::Camera,
        help: "number of the camera",
        ..COMMON
    },
    Row {
        long: names::MODE,
        short: "md",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            set: |draft, n| draft.options.camera.sensor_mode = n.cast_unsigned(),
            ..Whole::BLANK
        }),
        default: Some("0"),
        fate: Fate::Camera,
        help: "mode of the sensor; 0 chooses by size and rate",
        ..COMMON
    },
    Row {
        long: names::GPSDEXIF,
        short: "gps",
        kind: Kind::Flag(|draft| draft.options.report_only.gps = true),
        fate: Fate::Ignored,
        help: "position from gpsd into the picture",
        ..COMMON
    },
];
