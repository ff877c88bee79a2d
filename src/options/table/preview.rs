//! The preview window. A stream has no screen: all but `-n` are checked and ignored.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Fate, Group, Kind, Row, Scan, Whole};
use crate::options::draft::Draft;
use crate::options::value::{Checked, instead};
use crate::options::{names, scan};

const PREVIEW: Row = Row {
    group: Group::Preview,
    fate: Fate::Ignored,
    ..Row::BLANK
};

pub const ROWS: &[Row] = &[
    Row {
        long: names::PREVIEW,
        short: "p",
        placeholder: "X,Y,W,H",
        kind: Kind::Special {
            takes: "X,Y,W,H: one to four whole numbers of pixels",
            set: window,
        },
        default: Some("0,0,1024,768"),
        help: "place of the preview window",
        ..PREVIEW
    },
    Row {
        long: names::FULLSCREEN,
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
        long: names::OPACITY,
        short: "op",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            set: |draft, n| draft.options.report_only.opacity = n,
            ..Whole::BLANK
        }),
        default: Some("255"),
        help: "opacity of the preview",
        ..PREVIEW
    },
    Row {
        long: names::NOPREVIEW,
        short: "n",
        kind: Kind::Flag(|draft| draft.options.report_only.preview = false),
        fate: Fate::Session,
        help: "no preview window; a stream never has one",
        ..PREVIEW
    },
    Row {
        long: names::DISPNUM,
        short: "dn",
        placeholder: "N",
        kind: Kind::Whole(Whole {
            scan: Scan::Signed,
            min: i32::MIN,
            ..Whole::BLANK
        }),
        default: Some("-1"),
        help: "display of the preview",
        ..PREVIEW
    },
];

/// Four numbers at most; without any of them raspivid takes the whole screen.
fn window(draft: &mut Draft, text: &OsStr) -> Checked {
    let (list, rest) = scan::list(text.as_bytes(), b',', 4, scan::signed);
    let report = &mut draft.options.report_only;
    let at = |index: usize, old: i32| list.get(index).copied().unwrap_or(old);
    let (x, y, w, h) = report.preview_window;
    report.preview_window = (at(0, x), at(1, y), at(2, w), at(3, h));
    report.preview = true;
    report.fullscreen = list.is_empty() && !text.is_empty();
    let used = match list.is_empty() {
        true => "the whole screen".to_owned(),
        false => list
            .iter()
            .map(i32::to_string)
            .collect::<Vec<_>>()
            .join(","),
    };
    Ok(instead(!list.is_empty(), rest, used))
}
