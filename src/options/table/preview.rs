//! The preview window. A stream has no screen: all but `-n` are checked and ignored.

use super::{Fate, Group, Kind, Row};
use crate::options::value;

const PREVIEW: Row = Row {
    group: Group::Preview,
    fate: Fate::Ignored,
    ..Row::BLANK
};
const RANGE: std::ops::RangeInclusive<i64> = i32::MIN as i64..=i32::MAX as i64;

pub const ROWS: &[Row] = &[
    Row {
        long: "preview",
        short: "p",
        placeholder: "X,Y,W,H",
        kind: Kind::Special {
            takes: "X,Y,W,H: one to four whole numbers of pixels",
            set: |draft, text| {
                let list = value::whole_list(text, ',', 1..=4, RANGE)?;
                let report = &mut draft.options.report_only;
                let at = |index: usize, old: i32| list.get(index).map_or(old, |n| *n as i32);
                let (x, y, w, h) = report.preview_window;
                report.preview_window = (at(0, x), at(1, y), at(2, w), at(3, h));
                report.preview = true;
                report.fullscreen = false;
                Ok(())
            },
        },
        default: Some("0,0,1024,768"),
        help: "place of the preview window",
        ..PREVIEW
    },
    Row {
        long: "fullscreen",
        short: "f",
        kind: Kind::Flag(|draft| {
            draft.options.report_only.preview = true;
            draft.options.report_only.fullscreen = true;
        }),
        default: Some("on"),
        help: "preview on the whole screen",
        ..PREVIEW
    },
    Row {
        long: "opacity",
        short: "op",
        placeholder: "N",
        kind: Kind::Whole {
            min: 0,
            max: 255,
            unit: "",
            set: |draft, n| draft.options.report_only.opacity = n as u32,
        },
        default: Some("255"),
        help: "opacity of the preview",
        ..PREVIEW
    },
    Row {
        long: "nopreview",
        short: "n",
        kind: Kind::Flag(|draft| draft.options.report_only.preview = false),
        fate: Fate::Session,
        help: "no preview window; a stream never has one",
        ..PREVIEW
    },
    Row {
        long: "dispnum",
        short: "dn",
        placeholder: "N",
        kind: Kind::Whole {
            min: *RANGE.start(),
            max: *RANGE.end(),
            unit: "",
            set: |_, _| {},
        },
        default: Some("-1"),
        help: "display of the preview",
        ..PREVIEW
    },
];
