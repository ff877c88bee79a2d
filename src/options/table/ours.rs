//! The options that raspivid does not have. They have long names only, so that they never clash
//! with one of raspivid's.

use std::time::Duration;

use super::{Fate, Group, Kind, Row, Unknown};
use crate::options::endpoints::source;
use crate::options::model::Command;
use crate::options::names;
use crate::options::value::utf8;
use crate::options::words::Format;

const OURS: Row = Row {
    group: Group::Ours,
    fate: Fate::Session,
    ..Row::BLANK
};

pub const ROWS: &[Row] = &[
    Row {
        long: names::SOURCE,
        placeholder: "KIND",
        kind: Kind::Special {
            takes: "auto, rpicam, mmal, v4l2, v4l2:DEVICE, test, file:PATH, shared or shared:SOCKET",
            set: |draft, text| {
                draft.options.source = source(text)?;
                Ok(None)
            },
        },
        default: Some("auto"),
        help: "pictures from auto, rpicam, mmal, v4l2[:DEVICE], test, file:PATH or shared[:SOCKET]",
        more: "auto takes the camera that the machine has. rpicam is a libcamera camera, through the system's \
               rpicam-vid or libcamera-vid. mmal is the camera of the legacy stack (32-bit Raspbian up to \
               bullseye), driven as raspivid drives it. v4l2 is the first V4L2 camera, as USB cameras are; \
               v4l2:DEVICE is that of this device, such as /dev/video0. test is a live test card: colour bars, a frame \
               counter and the time. file:PATH plays a recorded H.264 stream (Annex B) over and over at the \
               rate of -fps. shared is the camera that picam-camera.service shares, with the options that it has there; \
               shared:SOCKET is that of another picam-stream serve.",
        ..OURS
    },
    Row {
        long: names::FORMAT,
        placeholder: "FORMAT",
        kind: Kind::Words {
            words: Format::NAMES,
            exact: false,
            unknown: Unknown::Refused,
            set: |draft, at| draft.options.format = Format::ALL[at],
        },
        default: Some("h264"),
        help: "form of the stream",
        more: "h264 is the bare stream that raspivid gives (with -cd MJPEG one JPEG after another). mpegts \
               wraps it in an MPEG transport stream with timestamps, which VLC and most recorders play \
               without an option; it cannot hold MJPEG.",
        ..OURS
    },
    Row {
        long: names::STALL_TIMEOUT,
        placeholder: "MS",
        kind: Kind::Special {
            takes: "a whole number of milliseconds from 1 to 3600000",
            set: |draft, text| {
                let number = utf8(text)?.parse().ok();
                let ms = number
                    .filter(|ms| (1..=3_600_000).contains(ms))
                    .ok_or_else(String::new)?;
                draft.options.stall_timeout = Duration::from_millis(ms);
                Ok(None)
            },
        },
        default: Some("5000"),
        help: "give up when the camera gives no picture for so long",
        more: "Before the first picture three times as long. The exit status is then 75.",
        ..OURS
    },
    Row {
        long: names::SERVICE,
        kind: Kind::Flag(|draft| draft.options.service = true),
        help: "stream to the viewer of this instance, as raspivid@.service does",
        more: "It stands for -t 0 -o -, which nothing behind it can change: an -o, -t or -l is overruled with one warning. Where \
               another viewer is watching, it waits for the camera for three seconds at most.",
        ..OURS
    },
    Row {
        long: names::VERSION,
        kind: Kind::Stop(|| Command::Version),
        help: "print the version and exit",
        ..OURS
    },
];
